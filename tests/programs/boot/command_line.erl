%% boot -foo one -foo two three -foo -kernel greeting {hello,[1]} -env GREETING hello plain
%% What programs see of the words they were started with.
-module(command_line).
-include("t.hrl").

main() ->
    ?T(init:get_argument(foo)),
    ?T(init:get_argument(no_such)),
    ?T(init:get_argument(progname)),
    ?T(element(1, init:get_argument(root))),
    ?T([K || {K, _} <- init:get_arguments(), K =/= pa]),
    ?T(init:get_plain_arguments()),
    ?T(application:get_env(kernel, greeting)),
    ?T(os:getenv("GREETING")),
    ?T([os:getenv(V) =/= false || V <- ["ROOTDIR", "BINDIR", "EMU", "PROGNAME"]]),
    ?T(os:getenv("EMU")),
    ?T(lists:member(os:getenv("BINDIR"), string:split(os:getenv("PATH"), ":", all))),
    ?T(init:script_id()),
    ?T(init:get_status()),
    ok.
