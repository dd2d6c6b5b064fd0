%% Tasks that others give a process, each with an urgency of its own.
-module(system_tasks).
-include("t.hrl").

main() ->
    P = spawn(fun() -> receive stop -> ok end end),
    {Gone, M} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', M, _, _, _} -> ok end,
    Task = {system_task_test, {some, term}},
    [?T({U, asked(P, U, Task)}) || U <- [low, normal, high, max, inherit]],
    ?T(asked(Gone, normal, Task)),
    ?T(asked(self(), normal, Task)),
    ?T(asked(P, normal, {garbage_collect, id, major})),
    ?T(asked(P, normal, {check_process_code, id, lists})),
    [?T({U, R, try erts_internal:request_system_task(A, U, R) catch error:E -> E end})
     || {A, U, R} <- [{P, urgent, Task}, {P, 1, Task}, {p, low, Task}, {P, low, task},
                      {P, low, {unknown, id}}]],
    ?T(max_is_not_held_up()),
    ?T(all_processes()),
    P ! stop.

asked(P, Urgency, Task) ->
    ok = erts_internal:request_system_task(P, Urgency, Task),
    receive Answer when element(1, Answer) =:= element(1, Task) -> Answer end.

%% Between the one that asks and the one that is asked are others of the priority of the first.
max_is_not_held_up() ->
    %% Loaded now, not when nothing else gets to run.
    ok = erts_internal:request_system_task(self(), max, {system_task_test, before}),
    receive {system_task_test, before, true} -> ok end,
    Low = spawn_opt(fun loop/0, [{priority, low}]),
    process_flag(priority, max),
    Busy = [spawn_opt(fun loop/0, [{priority, max}])
            || _ <- lists:seq(1, 2 * erlang:system_info(schedulers))],
    Answer = asked(Low, max, {system_task_test, urgent}),
    Monitors = [monitor(process, P) || P <- [Low | Busy]],
    [exit(P, kill) || P <- [Low | Busy]],
    process_flag(priority, normal),
    %% Gone before anything lists all processes.
    [receive {'DOWN', M, _, _, killed} -> ok end || M <- Monitors],
    Answer.

loop() -> loop().

all_processes() ->
    Before = erts_debug:set_internal_state(available_internal_state, true),
    Same = lists:sort(erts_debug:get_internal_state(processes)) =:= lists:sort(processes()),
    Info = erts_debug:get_internal_state(processes_bif_info),
    erts_debug:set_internal_state(available_internal_state, Before),
    {Before, Same, element(1, Info), tuple_size(Info)}.
