%% not random_slices: what is counted are turns, which are of one length.
%% Beside a process of high priority that never rests, those of one priority go on in turn: strictly so
%% where one scheduler is left for them.
-module(turns_beside_high).
-include("t.hrl").
-include("turns.hrl").

count(Counter) ->
    counters:add(Counter, 1, 1),
    count(Counter).

main() ->
    process_flag(priority, high),
    N = erlang:system_info(schedulers_online),
    Least = case N of 2 -> 0.85; _ -> 0.4 end,
    InTurn = fun(Done) ->
                 lists:all(fun(P) ->
                               Rounds = [R || {Q, R} <- Done, Q =:= P],
                               lists:min(Rounds) > Least * average(Rounds)
                           end, [normal, low])
             end,
    Many = lists:duplicate(100 * N, normal) ++ lists:duplicate(100 * N, low),
    ?T(N =:= 1 orelse rounds([high | Many], fun count/1, InTurn, 100)).
