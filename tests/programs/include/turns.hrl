%% Processes that are never done, and whether their turns are shared out as they should be.

%% Whether what `Holds` asks holds of how many rounds of `Work` each process does in a while, after one
%% in which the load is spread. On a busy computer it may take longer until all have had their turns.
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
