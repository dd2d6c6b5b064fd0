%% Who waits for an answer does not wait for those of a priority in between.
-module(asked_by_max).
-include("t.hrl").

main() ->
    Asked = [spawn(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, 10)],
    process_flag(priority, max),
    Busy = [spawn_opt(fun loop/0, [{priority, high}])
            || _ <- lists:seq(1, 2 * erlang:system_info(schedulers))],
    Other = spawn(fun() -> receive stop -> ok end end),
    %% Nothing else meanwhile: whoever loads modules or prints has to wait.
    Answers = [ask(P, Other) || _ <- Asked, P <- Asked],
    [exit(P, kill) || P <- Busy],
    [P ! stop || P <- [Other | Asked]],
    process_flag(priority, normal),
    ?T(lists:usort(Answers)),
    ?T(queue_is_skipped()).

loop() -> loop().

ask(P, Leader) ->
    %% So that it waits to run, at its own priority, when it is asked.
    erlang:demonitor(erlang:monitor(process, P)),
    true = group_leader(Leader, P),
    {group_leader, Now} = process_info(P, group_leader),
    {Now =:= Leader, is_process_alive(P), process_info(P, priority)}.

%% Answers are found behind all messages that were there before.
queue_is_skipped() ->
    [self() ! N || N <- lists:seq(1, 200_000)],
    P = spawn(fun() -> receive stop -> ok end end),
    [process_info(P, priority) || _ <- lists:seq(1, 2000)],
    P ! stop,
    receive Message -> Message end.
