%% Processes that always have something to do get their turn equally often, wherever they were made,
%% and low ones more seldom than normal ones, however many of them there are.
-module(equal_turns).
-include("t.hrl").

work(Counter) ->
    _ = lists:seq(1, 100),
    counters:add(Counter, 1, 1),
    work(Counter).

%% How many rounds each process does in a while, after one in which the load is spread.
rounds(Priorities) ->
    Workers = [begin
                   C = counters:new(1, []),
                   {P, C, spawn_opt(fun() -> receive go -> work(C) end end, [{priority, P}, link])}
               end || P <- Priorities],
    [W ! go || {_, _, W} <- Workers],
    timer:sleep(700),
    Before = [counters:get(C, 1) || {_, C, _} <- Workers],
    timer:sleep(700),
    Done = [{P, counters:get(C, 1) - B} || {{P, C, _}, B} <- lists:zip(Workers, Before)],
    [begin unlink(W), exit(W, kill) end || {_, _, W} <- Workers],
    Done.

average(L) -> lists:sum(L) / length(L).

main() ->
    process_flag(priority, high),
    N = erlang:system_info(schedulers_online),
    %% Nobody is left behind.
    ?T([begin
            Done = [R || {_, R} <- rounds(lists:duplicate(Many, normal))],
            lists:min(Done) > 0.25 * average(Done)
        end || Many <- [2 * N + 1, 20 * N]]),
    %% Few low ones among many normal ones, and many among few.
    ?T([begin
            Done = rounds(lists:duplicate(Normal * N, normal) ++ lists:duplicate(Low * N, low)),
            Ratio = average([R || {low, R} <- Done]) / average([R || {normal, R} <- Done]),
            Ratio > 0.01 andalso Ratio < 0.5
        end || {Normal, Low} <- [{20, 2}, {10, 10}, {2, 20}]]).
