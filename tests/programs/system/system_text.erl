%% What the emulator tells of itself and of processes as text.
-module(system_text).
-include("t.hrl").

main() ->
    ?T(erlang:system_info(dist)),
    ?T(starts(erlang:system_info(info), [<<"=memory\n">>, <<"=allocated_areas\n">>])),
    Pid = spawn(fun() -> wait(a_word_to_find) end),
    Name = list_to_binary(["=proc:", pid_to_list(Pid), $\n]),
    wait_until_waiting(Pid),
    Text = erlang:system_info(procs),
    ?T(starts(Text, [Name, <<"State: Waiting">>, <<"Spawned as: ">>, <<"a_word_to_find">>])),
    ?T(lists:all(fun is_binary/1, [erlang:system_info(procs) || _ <- lists:seq(1, 20)])),
    {backtrace, Trace} = process_info(Pid, backtrace),
    ?T(starts(Trace, [<<"Program counter: ">>, <<"(system_text:wait/1 + ">>, <<"y(0) ">>,
                      <<"a_word_to_find">>, <<"Return addr ">>])),
    Pid ! stop,
    {Hidden, Ref} = spawn_monitor(fun() ->
        put(key, value),
        process_flag(sensitive, true),
        receive stop -> ok end
    end),
    wait_until_waiting(Hidden),
    Hidden ! message,
    ?T(process_info(Hidden, [backtrace, messages, dictionary])),
    Hidden ! stop,
    receive {'DOWN', Ref, process, Hidden, Reason} -> ?T(Reason) end.

wait(Word) ->
    receive stop -> ok end,
    id(Word).

wait_until_waiting(Pid) ->
    case process_info(Pid, status) of
        {status, waiting} -> ok;
        _ -> erlang:yield(), wait_until_waiting(Pid)
    end.

starts(Text, Parts) -> [Part || Part <- Parts, binary:match(Text, Part) =:= nomatch].
