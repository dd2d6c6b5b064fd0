%% Maps past 32 keys: insert, update, remove, lookup, equality whatever the history, merge, colliding keys. Printed in key order only.
-module(map_large).
-include("t.hrl").

main() ->
    [sizes(N) || N <- [31, 32, 33, 34, 64, 65, 100, 300, 1000]],
    M = from_seq(1, 200),
    ?T(ordered(maps:filter(fun(K, _) -> K rem 17 =:= 0 end, M))),
    ?T(ordered(maps:with([1, 5, 500, 100], M))),
    ?T(map_size(maps:without(lists:seq(1, 150), M))),
    ?T(maps:without(lists:seq(11, 200), M)),
    ?T(maps:get(1000, M, none)),
    ?T(maps:find(77, M)),
    ?T(maps:find(777, M)),
    ?T(begin #{50 := A, 150 := B} = M, {A, B} end),
    ?T(is_map_key(id(1.0), M)),
    ?T(M =:= maps:from_list(lists:reverse(maps:to_list(M)))),
    ?T(M == maps:map(fun(_, V) -> float(V) end, M)),
    ?T(M =:= maps:map(fun(_, V) -> float(V) end, M)),
    ?T(M < M#{200 := 0}),
    ?T(M#{200 := 0} < M),
    ?T(M < M#{201 => 0}),
    ?T(M#{1 := x} =:= M#{1 := y}),
    ?T(maps:merge(M, #{1 => new}) =:= M#{1 => new}),
    ?T(map_size(maps:merge(M, from_seq(150, 260)))),
    ?T(maps:merge(#{5 => x}, M) =:= M),
    ?T(lists:sort(maps:keys(M)) =:= lists:seq(1, 200)),
    ?T(lists:sum(maps:values(M))),
    ?T(maps:fold(fun(K, V, Acc) -> Acc + K * V end, 0, M)),
    ?T(M#{id(z) := 1} =:= error),
    ?T(maps:take(100, M) =:= {10000, maps:remove(100, M)}),
    ?T(erlang:phash2(M)),
    ?T(erlang:phash2(from_keys([{N, "k"} || N <- lists:seq(1, 100)]))),
    ?T(map_size(from_keys([N * (1 bsl 32) || N <- lists:seq(1, 500)]))),
    ?T(map_size(from_keys([{a, N, [N]} || N <- lists:seq(1, 500)]))),
    ?T(map_size(from_keys([float(N) || N <- lists:seq(1, 500)] ++ lists:seq(1, 500)))),
    ?T(map_size(from_keys([integer_to_binary(N) || N <- lists:seq(1, 500)]))),
    ?T(maps:get(<<"333">>, from_keys([integer_to_binary(N) || N <- lists:seq(1, 500)]))),
    ?T(map_size(from_keys([[] | [#{N => N} || N <- lists:seq(1, 60)]]))),
    ?T(length(drain(maps:iterator(M), []))),
    ?T(lists:sort(drain(maps:iterator(M), [])) =:= ordered(M)),
    ?T(words()),
    ?T(nested(40)),
    ?T(ordered(binary_to_term(term_to_binary(from_seq(1, 50)))) =:= ordered(from_seq(1, 50))),
    ?T(binary_to_term(term_to_binary(M)) =:= M),
    ?T(maps:from_keys([N rem 40 || N <- lists:seq(1, 100)], v) =:= maps:from_list([{N, v} || N <- lists:seq(0, 39)])),
    ok.

sizes(N) ->
    M = from_seq(1, N),
    Back = from_list_backwards(N),
    Removed = remove_odd(M, N),
    out("size", {N, map_size(M), M =:= Back, map_size(Removed), [maps:get(K, M) || K <- [1, N div 2, N]],
                 [K || K <- lists:seq(1, N), maps:is_key(K, Removed), K rem 2 =:= 1], erlang:phash2(M) =:= erlang:phash2(Back)}),
    out("rebuilt", maps:merge(Removed, maps:filter(fun(K, _) -> K rem 2 =:= 1 end, M)) =:= M).

from_seq(A, B) -> maps:from_list([{K, K * K} || K <- lists:seq(A, B)]).

from_list_backwards(N) -> lists:foldl(fun(K, M) -> M#{K => K * K} end, #{}, lists:seq(N, 1, -1)).

remove_odd(M, N) -> lists:foldl(fun maps:remove/2, M, lists:seq(1, N, 2)).

from_keys(Keys) -> lists:foldl(fun(K, M) -> M#{K => K} end, #{}, Keys).

drain(I, Acc) ->
    case maps:next(I) of
        none -> Acc;
        {K, V, Next} -> drain(Next, [{K, V} | Acc])
    end.

words() ->
    Words = [[$a + (N * 7) rem 26, $a + (N * N) rem 26] || N <- lists:seq(1, 400)],
    Counts = lists:foldl(fun(W, M) -> maps:update_with(W, fun(C) -> C + 1 end, 1, M) end, #{}, Words),
    lists:sublist(lists:reverse(lists:keysort(2, ordered(Counts))), 12).

nested(N) ->
    M = lists:foldl(fun(K, Acc) -> #{K => Acc, size => map_size(Acc)} end, #{}, lists:seq(1, N)),
    {erlang:phash2(M), depth(M, N)}.

depth(M, K) ->
    case M of
        #{K := Inner} -> 1 + depth(Inner, K - 1);
        _ -> 0
    end.
