%% Maps of a hundred thousand keys, four times: put, get, update, fold, remove.
-module(large_maps).
-export([main/1]).

-define(TIMES, 4).

main(Args) ->
    N = bench:size(Args, 100000),
    bench:run(large_maps, N * 5 * ?TIMES, fun() -> bench:integers(N, 7) end,
              fun(Keys) -> [run(Keys, N) || _ <- lists:seq(1, ?TIMES)] end).

run(Keys, Count) ->
    Map1 = lists:foldl(fun(K, M) -> M#{K => K band 255} end, #{}, Keys),
    Map2 = lists:foldl(fun(K, M) -> #{K := V} = M, M#{K := V + 1} end, Map1, Keys),
    Found = get(Count * 2, Map2, 0),
    Sum = maps:fold(fun(K, V, Acc) -> (K bxor V) + Acc end, 0, Map2),
    Map3 = lists:foldl(fun maps:remove/2, Map2, lists:sublist(Keys, Count div 2)),
    {map_size(Map2), Found, Sum, lists:sum(maps:values(Map3)), lists:sum(maps:keys(Map3))}.

get(0, _Map, Found) -> Found;
get(K, Map, Found) ->
    case Map of
        #{K := _} -> get(K - 1, Map, Found + 1);
        #{} -> get(K - 1, Map, Found)
    end.
