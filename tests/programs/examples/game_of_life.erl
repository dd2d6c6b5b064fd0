%% Conway's game of life on sets of cells.
-module(game_of_life).
-include("t.hrl").

main() ->
    [run(Name, Cells, N) || {Name, Cells, N} <- [{blinker, [{1, 0}, {1, 1}, {1, 2}], 3}, {glider, [{1, 0}, {2, 1}, {0, 2}, {1, 2}, {2, 2}], 12}, {r_pentomino, [{1, 0}, {2, 0}, {0, 1}, {1, 1}, {1, 2}], 25}]],
    ok.

run(Name, Cells, N) ->
    Last = lists:foldl(fun(_, S) -> step(S) end, sets:from_list(Cells), lists:seq(1, N)),
    L = lists:sort(sets:to_list(Last)),
    io:format("~p after ~p: ~p cells~n~s", [Name, N, length(L), picture(L)]).

step(S) ->
    Counts = sets:fold(fun({X, Y}, M) ->
                               lists:foldl(fun(C, A) -> maps:update_with(C, fun(V) -> V + 1 end, 1, A) end, M,
                                           [{X + DX, Y + DY} || DX <- [-1, 0, 1], DY <- [-1, 0, 1], {DX, DY} =/= {0, 0}])
                       end, #{}, S),
    sets:from_list([C || {C, N} <- maps:to_list(Counts), N =:= 3 orelse (N =:= 2 andalso sets:is_element(C, S))]).

picture([]) -> "";
picture(L) ->
    {Xs, Ys} = lists:unzip(L),
    [[[case lists:member({X, Y}, L) of true -> $#; false -> $. end || X <- lists:seq(lists:min(Xs), lists:max(Xs))], $\n] || Y <- lists:seq(lists:min(Ys), lists:max(Ys))].
