%% Processes that always have something to do get their turn equally often, wherever they were made,
%% and low ones more seldom than normal ones, however many of them there are.
-module(equal_turns).
-include("t.hrl").
-include("turns.hrl").

work(Counter) ->
    _ = lists:seq(1, 100),
    counters:add(Counter, 1, 1),
    work(Counter).

main() ->
    process_flag(priority, high),
    N = erlang:system_info(schedulers_online),
    %% Nobody is left behind.
    Together = fun(Done) ->
                   Rounds = [R || {_, R} <- Done],
                   lists:min(Rounds) > 0.25 * average(Rounds)
               end,
    ?T([rounds(lists:duplicate(Number, normal), fun work/1, Together, 20)
        || Number <- [2 * N + 1, 20 * N]]),
    %% Few low ones among many normal ones, and many among few.
    Seldom = fun(Done) ->
                 Normal = average([R || {normal, R} <- Done]),
                 Ratio = average([R || {low, R} <- Done]) / max(Normal, 1),
                 Ratio > 0.01 andalso Ratio < 0.5
             end,
    ?T([rounds(lists:duplicate(Normal * N, normal) ++ lists:duplicate(Low * N, low), fun work/1,
               Seldom, 20)
        || {Normal, Low} <- [{20, 2}, {10, 10}, {2, 20}]]).
