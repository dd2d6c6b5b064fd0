%% A process that only one scheduler may run gets its turn there, whatever else is busy.
-module(bound_processes).
-include("t.hrl").

main() ->
    ?T(beside_messages()),
    ?T(beside_busy(normal)),
    ?T(beside_busy(low)).

%% Two that wake each other all the time, and are always the next to run.
beside_messages() ->
    Schedulers = lists:seq(1, erlang:system_info(schedulers)),
    Pairs = [begin A = spawn(fun answer/0), B = spawn(fun answer/0), A ! {B, 0}, [A, B] end
             || _ <- Schedulers],
    Done = lists:usort([bound(S, normal) || S <- Schedulers]),
    [exit(P, kill) || Pair <- Pairs, P <- Pair],
    Done.

answer() -> receive {P, N} -> P ! {self(), N + 1}, answer() end.

beside_busy(Priority) ->
    Schedulers = lists:seq(1, erlang:system_info(schedulers)),
    Busy = [spawn(fun loop/0) || _ <- Schedulers],
    Done = lists:usort([bound(S, Priority) || S <- Schedulers]),
    [exit(P, kill) || P <- Busy],
    Done.

loop() -> loop().

bound(Scheduler, Priority) ->
    Run = fun() ->
                  [erlang:yield() || _ <- lists:seq(1, 50)],
                  exit({ran_there, erlang:system_info(scheduler_id) =:= Scheduler})
          end,
    {P, M} = spawn_opt(Run, [monitor, {scheduler, Scheduler}, {priority, Priority}]),
    receive {'DOWN', M, process, P, Reason} -> Reason end.
