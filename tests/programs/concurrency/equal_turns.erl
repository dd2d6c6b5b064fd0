%% Processes that always have something to do get their turn equally often, wherever they were made,
%% and low ones more seldom than normal ones, however many of them there are.
-module(equal_turns).
-include("t.hrl").

work(Counter) ->
    _ = lists:seq(1, 100),
    counters:add(Counter, 1, 1),
    work(Counter).

count(Counter) ->
    counters:add(Counter, 1, 1),
    count(Counter).

%% Whether what `Holds` asks holds of how many rounds each process does in a while, after one in which
%% the load is spread. On a busy computer it may take longer until all have had their turns.
rounds(Priorities, Holds) -> rounds(Priorities, fun work/1, Holds, 20).

rounds(Priorities, Work, Holds, Times) ->
    Workers = [begin
                   C = counters:new(1, []),
                   {P, C, spawn_opt(fun() -> receive go -> Work(C) end end, [{priority, P}, link])}
               end || P <- Priorities],
    [W ! go || {_, _, W} <- Workers],
    timer:sleep(700),
    Before = [counters:get(C, 1) || {_, C, _} <- Workers],
    timer:sleep(500),
    Done = fun() ->
               [{P, counters:get(C, 1) - B} || {{P, C, _}, B} <- lists:zip(Workers, Before)]
           end,
    Result = at_last(Done, Holds, Times),
    [begin unlink(W), exit(W, kill) end || {_, _, W} <- Workers],
    Result.

at_last(Done, Holds, Times) ->
    timer:sleep(200),
    Holds(Done()) orelse Times > 0 andalso at_last(Done, Holds, Times - 1).

average(L) -> lists:sum(L) / length(L).

main() ->
    process_flag(priority, high),
    N = erlang:system_info(schedulers_online),
    %% Nobody is left behind.
    Together = fun(Done) ->
                   Rounds = [R || {_, R} <- Done],
                   lists:min(Rounds) > 0.25 * average(Rounds)
               end,
    ?T([rounds(lists:duplicate(Number, normal), Together) || Number <- [2 * N + 1, 20 * N]]),
    %% Few low ones among many normal ones, and many among few.
    Seldom = fun(Done) ->
                 Normal = average([R || {normal, R} <- Done]),
                 Ratio = average([R || {low, R} <- Done]) / max(Normal, 1),
                 Ratio > 0.01 andalso Ratio < 0.5
             end,
    ?T([rounds(lists:duplicate(Normal * N, normal) ++ lists:duplicate(Low * N, low), Seldom)
        || {Normal, Low} <- [{20, 2}, {10, 10}, {2, 20}]]),
    %% Beside one of high priority that never rests, those of one priority go on in turn: strictly so
    %% where one scheduler is left for them.
    Least = case N of 2 -> 0.85; _ -> 0.4 end,
    InTurn = fun(Done) ->
                 lists:all(fun(P) ->
                               Rounds = [R || {Q, R} <- Done, Q =:= P],
                               lists:min(Rounds) > Least * average(Rounds)
                           end, [normal, low])
             end,
    Many = lists:duplicate(100 * N, normal) ++ lists:duplicate(100 * N, low),
    ?T(N =:= 1 orelse rounds([high | Many], fun count/1, InTurn, 100)).
