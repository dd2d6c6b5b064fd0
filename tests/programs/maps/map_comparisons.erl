%% Maps as keys, in sets and in sorts; equality across histories; large maps in patterns and guards; updates that share.
-module(map_comparisons).
-include("t.hrl").

main() ->
    Ms = [#{}, #{a => 1}, #{a => 2}, #{b => 1}, #{a => 1, b => 2}, #{1 => a}, #{1.0 => a}, #{"a" => 1}, #{[] => 1}, #{#{} => #{}}, #{{} => 1}, #{<<>> => 1}],
    ?T(lists:sort(lists:reverse(Ms))),
    ?T(length(lists:usort(Ms ++ Ms))),
    ?T([[A < B || B <- Ms] || A <- Ms]),
    ?T(ordered(maps:from_list([{M, N} || {M, N} <- lists:zip(Ms, lists:seq(1, length(Ms)))]))),
    ?T(#{#{a => 1} => x} =:= #{#{a => id(1)} => x}),
    ?T(maps:get(#{k => [1]}, #{#{k => [1]} => found})),
    Large = [maps:from_list([{K, K rem M} || K <- lists:seq(1, 40)]) || M <- [2, 3, 4]],
    ?T([[A < B || B <- Large] || A <- Large]),
    ?T([A == B || A <- Large, B <- Large]),
    ?T(history()),
    ?T(sharing()),
    ?T([pick(maps:from_list([{K, K} || K <- lists:seq(1, N)])) || N <- [0, 1, 5, 31, 33, 50]]),
    ?T(ordered(lists:foldl(fun(K, M) -> maps:update_with(K rem 50, fun(L) -> [K | L] end, [], M) end, #{}, lists:seq(1, 200)))),
    ?T(mixed_keys()),
    ?T(delete_down(64)),
    ok.

history() ->
    Base = maps:from_list([{K, v} || K <- lists:seq(1, 40)]),
    Grown = maps:remove(extra, Base#{extra => 1}),
    Shrunk = lists:foldl(fun maps:remove/2, maps:from_list([{K, v} || K <- lists:seq(1, 100)]), lists:seq(41, 100)),
    {Base =:= Grown, Base =:= Shrunk, erlang:phash2(Base) =:= erlang:phash2(Shrunk), term_to_binary(maps:with([1, 2], Base)) =:= term_to_binary(maps:with([2, 1], Shrunk))}.

sharing() ->
    M0 = maps:from_list([{K, 0} || K <- lists:seq(1, 100)]),
    Versions = [M0#{K := changed} || K <- lists:seq(1, 100)],
    {lists:all(fun(M) -> map_size(M) =:= 100 end, Versions), length([x || M <- Versions, maps:get(50, M) =:= changed]), M0 =:= (hd(Versions))#{1 := 0}}.

pick(#{33 := X, 1 := Y}) -> {X, Y};
pick(#{5 := X}) -> X;
pick(M) when map_size(M) > 0 -> small;
pick(M) when M =:= #{} -> empty.

mixed_keys() ->
    Keys = lists:append([[N, float(N), {N}, [N], integer_to_binary(N), list_to_atom("k" ++ integer_to_list(N)), -N, 1 bsl (60 + N)] || N <- lists:seq(1, 10)]),
    M = maps:from_list([{K, {v, K}} || K <- Keys]),
    {map_size(M), lists:all(fun(K) -> maps:get(K, M) =:= {v, K} end, Keys), lists:sort(maps:keys(M)) =:= lists:sort(Keys) orelse length(lists:usort(maps:keys(M)))}.

delete_down(N) ->
    M = maps:from_list([{K, K} || K <- lists:seq(1, N)]),
    Last = lists:foldl(fun(K, A) ->
                               B = maps:remove(K, A),
                               true = map_size(B) =:= N - K,
                               true = lists:sort(maps:keys(B)) =:= lists:seq(K + 1, N),
                               B
                       end, M, lists:seq(1, N)),
    Last =:= #{}.
