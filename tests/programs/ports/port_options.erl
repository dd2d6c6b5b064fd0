%% The settings of open_port/2: how data is cut and given, what the program gets.
-module(port_options).
-include("t.hrl").

main() ->
    packets(),
    lines(),
    ends(),
    programs(),
    directions(),
    files(),
    errors().

all(P) ->
    receive
        {P, {data, D}} -> [D | all(P)];
        {P, {exit_status, S}} -> [{exit_status, S} | all(P)];
        {P, eof} -> port_close(P), [eof];
        {'EXIT', P, R} -> [{'EXIT', R}]
    end.

%% The output of a program as one binary, and its exit status.
run(Name, Settings) ->
    P = open_port(Name, [exit_status, binary | Settings]),
    collect(P, <<>>).

collect(P, Acc) ->
    receive
        {P, {data, D}} -> collect(P, <<Acc/binary, D/binary>>);
        {P, {exit_status, S}} -> {Acc, S}
    end.

data(P) -> receive {P, {data, D}} -> D end.

packets() ->
    [begin
         P = open_port({spawn, "cat"}, [{packet, N}, binary]),
         P ! {self(), {command, "one"}},
         P ! {self(), {command, ""}},
         P ! {self(), {command, [<<"two">>, "three"]}},
         ?T([data(P), data(P), data(P)]),
         Long = binary:copy(<<"0123456789">>, 20),
         port_command(P, Long),
         ?T(data(P) =:= Long),
         port_close(P)
     end || N <- [1, 2, 4]],
    process_flag(trap_exit, true),
    P1 = open_port({spawn, "cat"}, [{packet, 1}]),
    ?T(port_command(P1, lists:duplicate(256, $x))),
    ?T(all(P1)),
    P2 = open_port({spawn, "cat"}, [{packet, 2}, binary]),
    Big = binary:copy(<<"x">>, 65535),
    port_command(P2, Big),
    ?T(data(P2) =:= Big),
    P2 ! {self(), {command, [Big, $x]}},
    ?T(all(P2)),
    P4 = open_port({spawn, "cat"}, [{packet, 4}, binary]),
    Bigger = binary:copy(<<"0123456789">>, 30000),
    port_command(P4, Bigger),
    ?T(data(P4) =:= Bigger),
    port_close(P4),
    receive {'EXIT', P4, _} -> ok end,
    process_flag(trap_exit, false).

lines() ->
    process_flag(trap_exit, true),
    Script = "printf 'one\\ntwo\\r\\n\\nlonger than that\\nx\\ry\\n\\r\\nend'",
    [?T(all(open_port({spawn, Script}, [{line, N}, in | O]))) || N <- [1, 5, 80], O <- [[], [binary]]],
    ?T(all(open_port({spawn, "printf 'a\\nb'"}, [line, eof]))),
    ?T(all(open_port({spawn, "printf 'ab\\r'"}, [{line, 2}, eof]))),
    process_flag(trap_exit, false).

ends() ->
    process_flag(trap_exit, true),
    ?T(all(open_port({spawn, "true"}, []))),
    ?T(all(open_port({spawn, "true"}, [eof]))),
    receive {'EXIT', _, normal} -> ok end,
    ?T(all(open_port({spawn, "true"}, [exit_status]))),
    ?T(all(open_port({spawn, "sh -c 'exit 17'"}, [exit_status]))),
    ?T(all(open_port({spawn, "sh -c 'kill -9 $$'"}, [exit_status]))),
    ?T(all(open_port({spawn, "sh -c 'kill -TERM $$'"}, [exit_status, eof]))),
    receive {'EXIT', _, normal} -> ok end,
    ?T(all(open_port({spawn, "no_such_program_at_all"}, [exit_status, stderr_to_stdout, {line, 1000}])) =/= []),
    ?T(lists:last(lists:droplast(all(open_port({spawn, "no_such_program_at_all 2>/dev/null"}, [exit_status]))))),
    process_flag(trap_exit, false).

programs() ->
    Sh = {spawn_executable, "/bin/sh"},
    ?T(run(Sh, [{args, ["-c", "echo $0 \"$1\" \"$2\"", "zero", "one two", <<"three">>]}])),
    ?T(run(Sh, [{arg0, "called"}, {args, ["-c", "echo $0"]}])),
    ?T(run(Sh, [{args, ["-c", "echo $A-$B-$HOME_OF_NOTHING"]}, {env, [{"A", "a"}, {"B", "b"}]}])),
    os:putenv("PORT_TEST_VARIABLE", "set"),
    ?T(run({spawn, "echo \"<$PORT_TEST_VARIABLE>\""}, [])),
    ?T(run({spawn, "echo \"<$PORT_TEST_VARIABLE>\""}, [{env, [{"PORT_TEST_VARIABLE", false}]}])),
    ?T(run({spawn, "echo \"<$PORT_TEST_VARIABLE>\""}, [{env, [{"PORT_TEST_VARIABLE", "1"}]}, {env, []}])),
    ?T(run({spawn, "pwd"}, [{cd, "/"}])),
    ?T(run({spawn, <<"pwd">>}, [{cd, <<"/usr">>}])),
    ?T(run({spawn, "sh -c 'echo out; echo err >&2'"}, [stderr_to_stdout])),
    ?T(run({spawn, "sh -c 'echo to four >&4'"}, [nouse_stdio, in])),
    P = open_port({spawn, "sh -c 'read X <&3; echo got $X >&4'"}, [nouse_stdio]),
    port_command(P, "three\n"),
    ?T(data(P)),
    ?T(run({spawn_executable, "true"}, [{cd, "/bin"}]) =/= x).

directions() ->
    process_flag(trap_exit, true),
    P = open_port({spawn, "echo in only"}, [in]),
    ?T(all(P)),
    P2 = open_port({spawn, "cat >/dev/null"}, [out]),
    ?T(port_command(P2, "data\n")),
    ?T(port_close(P2)),
    receive {'EXIT', P2, R} -> ?T(R) end,
    %% Nobody reads any more.
    P3 = open_port({spawn, "sh -c 'exec 0<&-; echo; exec sleep 1 2>/dev/null'"}, []),
    [] = [x || data(P3) =:= x],
    ?T(broken(P3)),
    process_flag(trap_exit, false).

broken(P) ->
    catch port_command(P, "x"),
    receive {'EXIT', P, R} -> R after 1 -> broken(P) end.

files() ->
    process_flag(trap_exit, true),
    Dir = os:getenv("TMPDIR", "/tmp"),
    File = Dir ++ "/girder_port_options_" ++ os:getpid(),
    P = open_port(File, [out]),
    ?T(port_command(P, "written\nto a file\n")),
    ?T(port_close(P)),
    receive {'EXIT', P, R} -> ?T(R) end,
    ?T(os:cmd("cat " ++ File)),
    os:cmd("rm " ++ File),
    process_flag(trap_exit, false).

errors() ->
    Cat = {spawn, "cat"},
    [?T(open_port(Name, Settings)) ||
        {Name, Settings} <- [{Cat, not_a_list}, {Cat, [x | y]}, {Cat, [nonsense]}, {Cat, [{packet, 3}]},
                             {Cat, [{line, 0}]}, {Cat, [{line, a}]}, {Cat, [line, {packet, 2}]},
                             {Cat, [nouse_stdio, stderr_to_stdout]}, {Cat, [{args, []}]}, {Cat, [{arg0, "x"}]},
                             {Cat, [{env, [a]}]}, {Cat, [{env, x}]}, {Cat, [{cd, 17}]}, {Cat, [{cd, [0, $a]}]},
                             {Cat, [{parallelism, 1}]}, {Cat, [{busy_limits_port, {1}}]}, {Cat, [{busy_limits_msgq, x}]},
                             {{spawn_executable, "/bin/cat"}, [{args, x}]}, {{spawn_executable, "/bin/cat"}, [{args, [x | y]}]},
                             {{spawn, 17}, []}, {{spawn}, []}, {17, []}, {{}, []}, {{spawn_driver, "no_such_driver"}, []},
                             {{fd, 0}, []}, {{fd, a, b}, []}, {{fd, 0, 1}, [exit_status]},
                             {{spawn_executable, "/no/such/file"}, []}, {{spawn_executable, "/etc/passwd"}, []},
                             {{spawn_executable, ""}, []},
                             {"/no/such/folder/file", [out]}]],
    P = open_port(Cat, [hide, overlapped_io, {parallelism, true}, {busy_limits_port, disabled}, {busy_limits_msgq, {1, 2}}]),
    ?T(erlang:port_info(P, parallelism)),
    ?T(port_close(P)).
