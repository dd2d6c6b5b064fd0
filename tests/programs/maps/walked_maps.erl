%% Lists of pairs, iterators, folds and takes of maps of all sizes agree with keys and values.
-module(walked_maps).
-include("t.hrl").

main() ->
    Sizes = [0, 1, 2, 31, 32, 33, 34, 63, 64, 65, 96, 97, 100, 128, 129, 1000, 1024, 1025, 3000, 20000],
    [?T({N, agree(from_seq(N)), agree(maps:from_list([{{K}, [K]} || K <- lists:seq(1, N)]))}) || N <- Sizes],
    ?T([taken(N) || N <- [1, 2, 5, 32, 33, 34, 35, 100, 1000]]),
    ?T(maps:take(x, #{})),
    ?T(maps:take(x, from_seq(100))),
    ?T(maps:take(id(1.0), #{1 => a, 2 => b})),
    ?T(maps:take(id(0.0), #{0.0 => a})),
    ?T([try_to(fun() -> maps:take(a, T) end) || T <- [1, [], {}, <<>>]]),
    ?T([try_to(fun() -> maps:to_list(id(T)) end) || T <- [[], a]]),
    ?T([maps:next(maps:iterator(M)) || M <- [#{}, #{a => 1}, #{a => 1, b => {2}}]]),
    ?T([try erts_internal:map_next(P, M, W) catch error:R -> R end || P <- [-1, a, 1.0], M <- [#{}, #{a => 1}], W <- [iterator, [], [x], y]]),
    ?T(lists:sort(erts_internal:map_next(0, from_seq(3), [x, y]))),
    ?T(maps:without([a, x, c], #{a => 1, b => 2, c => 3})),
    ok.

from_seq(N) -> maps:from_list([{K, -K} || K <- lists:seq(1, N)]).

agree(M) ->
    L = maps:to_list(M),
    Sorted = lists:sort(L),
    {length(L), L =:= lists:zip(maps:keys(M), maps:values(M)), Sorted =:= lists:sort(drain(maps:next(maps:iterator(M)), [])),
     Sorted =:= lists:sort(maps:fold(fun(K, V, A) -> [{K, V} | A] end, [], M)), M =:= maps:from_list(L),
     maps:to_list(maps:map(fun(_, V) -> {V} end, M)) =:= [{K, {V}} || {K, V} <- L], length(lists:usort(L)) =:= map_size(M)}.

drain(none, Acc) -> lists:reverse(Acc);
drain({K, V, I}, Acc) -> drain(maps:next(I), [{K, V} | Acc]).

%% All keys taken one by one, down to the empty map.
taken(N) ->
    M = from_seq(N),
    {Sum, Last} = lists:foldl(fun(K, {S, Acc}) ->
        {V, Rest} = maps:take(K, Acc),
        true = Rest =:= maps:remove(K, Acc),
        error = maps:take(K, Rest),
        {S + V, Rest}
    end, {0, M}, lists:seq(1, N)),
    {Sum, Last}.
