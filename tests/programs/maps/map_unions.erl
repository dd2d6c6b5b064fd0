%% Merging maps of all sizes, made from lists in all orders, with keys that both have, that are equal but
%% not the same, and that differ only in type; and walking what comes of it.
-module(map_unions).
-include("t.hrl").

-define(SIZES, [0, 1, 2, 5, 16, 17, 31, 32, 33, 40, 64, 100, 700]).

main() ->
    [merge(N, M, Shift) || N <- ?SIZES, M <- ?SIZES, Shift <- [0, 3, 50]],
    deep(),
    zeros(),
    kept(),
    [made(N) || N <- lists:seq(0, 34) ++ [100]],
    refused(),
    [walked(N) || N <- ?SIZES].

key(N) when N rem 5 =:= 0 -> float(N);
key(N) when N rem 5 =:= 1 -> {N div 5, a};
key(N) when N rem 5 =:= 2 -> integer_to_binary(N);
key(N) when N rem 5 =:= 3 -> [N | b];
key(N) -> N div 5 * 5.

map(From, Count, Value) ->
    maps:from_list([{key(N), {Value, N}} || N <- lists:seq(From, From + Count - 1)]).

%% What merging is, by putting one after the other.
merge(N, M, Shift) ->
    {A, B} = {map(0, N, a), map(Shift, M, b)},
    Both = maps:merge(A, B),
    Both = maps:fold(fun maps:put/3, A, B),
    Both = maps:from_list(maps:to_list(A) ++ maps:to_list(B)),
    Both = maps:merge(Both, B),
    Both = maps:merge(Both, Both),
    true = maps:merge(B, A) =:= maps:fold(fun maps:put/3, B, A),
    %% Nothing happens to them.
    {A, B} = {map(0, N, a), map(Shift, M, b)},
    Left = lists:foldl(fun maps:remove/2, Both, maps:keys(B)),
    Left = maps:without(maps:keys(B), A),
    io:format("~w ~w ~w: ~w ~w~n", [N, M, Shift, map_size(Both), erlang:phash2(Both)]).

%% Large maps in which few keys differ, again and again.
deep() ->
    Whole = map(0, 5000, a),
    {_, Sum} =
        lists:foldl(
          fun(N, {Map, Sum}) ->
                  New = maps:merge(Map, map(N * 37 rem 6000, N rem 90, N)),
                  {New, (Sum * 31 + erlang:phash2(maps:get(key(N * 37 rem 6000), New, none)) + map_size(New)) rem 1000003}
          end, {Whole, 0}, lists:seq(1, 300)),
    ?T(Sum).

zeros() ->
    {Plus, Minus} = {id(0.0), id(-0.0)},
    Large = map(1, 50, a),
    [?T([K || K <- maps:keys(maps:merge(A, B)), K == 0.0, is_float(K)])
     || Rest <- [#{}, #{x => 1}, Large], Other <- [#{}, #{x => 1}, #{y => 2}, Large],
        {Zero, Nought} <- [{Plus, Minus}, {Minus, Plus}], Value <- [1, 2],
        {A, B} <- [{Rest#{Zero => 1}, Other#{Nought => Value}}]],
    [?T(maps:keys(maps:from_list([{Plus, 1}, {a, 2}, {Minus, Value}]))) || Value <- [1, 2]],
    ?T(maps:keys(maps:from_keys([Plus, a, Minus, 1, Plus], x))),
    ?T(lists:sort(maps:to_list(maps:merge(#{1 => a, 1.0 => b}, #{1.0 => c, 2 => d})))).

%% A map that has all is the merged one itself.
kept() ->
    [?T(maps:merge(A, B) =:= B)
     || {A, B} <- [{map(3, 4, a), map(0, 10, b)}, {map(3, 4, a), map(0, 100, b)}, {map(3, 40, a), map(0, 100, b)},
                   {map(0, 10, a), map(0, 10, b)}, {#{}, map(0, 3, b)}]].

made(N) ->
    Pairs = [{key(I), I} || I <- lists:seq(1, N)],
    Map = maps:from_list(Pairs),
    Map = maps:from_list(lists:reverse(Pairs)),
    Map = maps:from_list(lists:keysort(2, [{K, V * 17 rem 37} || {K, V} <- Pairs]) ++ Pairs),
    Keys = maps:from_keys([K || {K, _} <- Pairs], v),
    Keys = maps:from_keys([K || {K, _} <- lists:reverse(Pairs) ++ Pairs], v),
    Keys = maps:map(fun(_, _) -> v end, Map),
    Twice = maps:from_list(Pairs ++ [{K, last} || {K, _} <- Pairs]),
    io:format("~w ~w ~w ~w~n", [N, map_size(Map), erlang:phash2(Map), erlang:phash2(Twice)]).

refused() ->
    Bad = [[{a, 1} | b], [{a, 1}, {b}], [{a, 1}, b], [{a, 1, 2}], a, #{}, [{a, 1} | {b, 2}]],
    [?T(maps:from_list(id(L))) || L <- Bad],
    [?T(maps:from_keys(id(L), v)) || L <- [[a | b], a, {a}]],
    [?T(maps:merge(id(A), id(B))) || {A, B} <- [{#{}, a}, {a, #{}}, {#{a => 1}, []}, {{}, {}}]].

walked(N) ->
    Map = map(0, N, a),
    Next = fun Next(I) -> case maps:next(I) of {K, V, J} -> [{K, V} | Next(J)]; none -> [] end end,
    Pairs = lists:sort(maps:to_list(Map)),
    Pairs = lists:sort(Next(maps:iterator(Map))),
    Pairs = lists:sort(lists:zip(maps:keys(Map), maps:values(Map))),
    Pairs = lists:sort(maps:fold(fun(K, V, All) -> [{K, V} | All] end, [], Map)),
    Map = maps:filter(fun(_, _) -> true end, Map),
    if N =< 5 -> ?T(maps:to_list(Map)), ?T(Next(maps:iterator(Map))); true -> ok end,
    [?T(try_to(fun() -> erts_internal:map_next(Path, Map, What) end))
     || N =< 5, Path <- [0, a], What <- [iterator, [], [x], y]],
    [?T(try_to(fun() -> erts_internal:map_next(a, Map, What) end)) || N > 32, What <- [iterator, []]].
