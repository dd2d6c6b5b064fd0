%% os:cmd and what it is made of.
-module(os_commands).
-include("t.hrl").

main() ->
    ?T(os:cmd("echo hi")),
    ?T(os:cmd("echo out; echo err >&2")),
    ?T(os:cmd("true")),
    ?T(os:cmd("exit 3")),
    ?T(os:cmd("printf 'no newline'")),
    ?T(os:cmd(["ec", "ho", $ , "deep"])),
    ?T(os:cmd(an_atom_that_is_no_command) =/= ""),
    ?T(length(os:cmd("head -c 300000 /dev/zero"))),
    ?T(os:cmd("cat")),
    ?T(os:cmd("echo 0123456789", #{max_size => 4})),
    ?T(os:cmd("")),
    ?T(catch os:cmd([0])),
    ?T(os:cmd("pwd -P") =/= ""),
    Me = self(),
    [spawn_link(fun() -> Me ! {N, os:cmd("echo " ++ integer_to_list(N))} end) || N <- lists:seq(1, 30)],
    ?T([receive {N, R} -> R end || N <- lists:seq(1, 30)]).
