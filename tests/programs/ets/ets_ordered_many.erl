%% Ordered tables with many objects, put in and taken out in many orders: what is found, what comes
%% before and behind, walks that stop and go on, and changes of all objects at once.
-module(ets_ordered_many).
-include("t.hrl").

main() ->
    [orders(Put, Take) || Put <- [up, down, mixed], Take <- [up, down, mixed]],
    keys_of_all_types(),
    changed_at_once(),
    walked_while_it_changes(),
    element_in_place(),
    new_ones().

order(up, N) -> lists:seq(1, N);
order(down, N) -> lists:seq(N, 1, -1);
order(mixed, N) -> [I * 1777 rem N + 1 || I <- lists:seq(1, N)].

orders(Put, Take) ->
    N = 3001,
    T = ets:new(t, [ordered_set]),
    [ets:insert(T, {2 * K, K}) || K <- order(Put, N)],
    [ets:insert(T, {2 * K, new}) || K <- order(Put, N), K rem 7 =:= 0],
    around(T, [0, 1, 2, 3, 126, 127, 128, 129, 130, 4001, 4002, 6000, 6001, 6002, 6003]),
    {Some, Rest} = lists:split(2900, order(Take, N)),
    [ets:delete(T, 2 * K) || K <- Some],
    io:format("~w ~w: ~w ~w~n", [Put, Take, ets:info(T, size), erlang:phash2(ets:tab2list(T))]),
    around(T, [0, 1, 2, 3, 200, 202, 3000, 6001, 6002, 6003]),
    [ets:insert(T, {2 * K + 1, K}) || K <- order(Put, 500)],
    [ets:delete(T, 2 * K) || K <- Rest],
    io:format("~w ~w~n", [ets:info(T, size), erlang:phash2(all(T, ets:first(T)))]),
    ets:delete_all_objects(T),
    ?T({ets:first(T), ets:last(T), ets:next(T, 1), ets:prev(T, 1), ets:info(T, size)}),
    ets:delete(T).

around(T, Keys) ->
    io:format("~w~n", [[{ets:lookup(T, K), ets:member(T, K), ets:prev(T, K), ets:next(T, K)} || K <- Keys]]).

all(_, '$end_of_table') -> [];
all(T, K) -> [hd(ets:lookup(T, K)) | all(T, ets:next(T, K))].

%% What is the same by value is one key.
keys_of_all_types() ->
    T = ets:new(t, [ordered_set]),
    Keys = [if I rem 6 =:= 0 -> I; I rem 6 =:= 1 -> float(I - 1); I rem 6 =:= 2 -> {I rem 50, a};
               I rem 6 =:= 3 -> integer_to_binary(I); I rem 6 =:= 4 -> [I]; true -> I * (1 bsl 60) - (1 bsl 70) end
            || I <- order(mixed, 900)] ++ [a, b, '', true, 0.0, -0.0, -1, -(1 bsl 59), (1 bsl 59) - 1, 1 bsl 59],
    [ets:insert(T, {K, N}) || {N, K} <- lists:enumerate(Keys)],
    true = [K || {K, _} <- ets:tab2list(T)] =:= lists:reverse(down(T, ets:last(T))),
    io:format("~w ~w~n", [ets:info(T, size), erlang:phash2(ets:tab2list(T))]),
    [[] = [K || ets:lookup(T, K) =:= []] || K <- Keys],
    io:format("~w~n", [[{ets:prev(T, K), ets:next(T, K)}
                        || K <- [-1.0e300, -1, 0, 0.0, 1.0e300, 1 bsl 59, a, c, {}, {25, a}, {25, b}, [], [3], <<>>, <<"500">>, <<"999999">>]]]),
    [ets:delete(T, if is_integer(K), abs(K) < 1000 -> float(K); is_float(K) -> trunc(K); true -> K end) || K <- Keys],
    ?T(ets:tab2list(T)).

down(_, '$end_of_table') -> [];
down(T, K) -> [K | down(T, ets:prev(T, K))].

filled(N) ->
    T = ets:new(t, [ordered_set]),
    ets:insert(T, [{K, K rem 10, [K]} || K <- order(mixed, N)]),
    T.

changed_at_once() ->
    T = filled(2000),
    ?T(ets:select_delete(T, [{{'$1', 3, '_'}, [], [true]}, {{'$1', '_', '_'}, [{'<', '$1', 300}], [true]}])),
    ?T(ets:select_replace(T, [{{'$1', 4, '_'}, [], [{{'$1', 4, replaced}}]}])),
    ?T(ets:select_count(T, [{{'_', '_', replaced}, [], [true]}])),
    ?T({ets:info(T, size), ets:first(T), ets:last(T), ets:next(T, 300), ets:prev(T, 1994)}),
    ?T(erlang:phash2(ets:tab2list(T))),
    ?T(ets:match_delete(T, {'_', '_', replaced})),
    ?T({ets:info(T, size), erlang:phash2(ets:tab2list(T))}),
    ?T(ets:select_delete(T, [{'_', [], [true]}])),
    ?T({ets:tab2list(T), ets:first(T), ets:last(T)}).

%% What was there is met in order, whatever comes and goes behind the walk.
walked_while_it_changes() ->
    T = filled(1000),
    Walk = fun Walk('$end_of_table') -> [];
               Walk({Keys, More}) ->
                   [begin ets:delete(T, K), ets:insert(T, {K + 0.5, 0, []}) end || K <- Keys, is_integer(K), K rem 3 =:= 0],
                   Keys ++ Walk(ets:select(More))
           end,
    Met = Walk(ets:select(T, [{{'$1', '_', '_'}, [], ['$1']}], 7)),
    ?T({length(Met), Met =:= lists:sort(Met), erlang:phash2(Met)}),
    Back = fun Back('$end_of_table') -> [];
               Back({Keys, More}) -> Keys ++ Back(ets:select_reverse(More))
           end,
    Down = Back(ets:select_reverse(T, [{{'$1', '_', '_'}, [], ['$1']}], 13)),
    ?T({length(Down), lists:reverse(Down) =:= [K || {K, _, _} <- ets:tab2list(T)]}),
    ?T([ets:slot(T, N) || N <- [0, 1, 500, 999]]),
    ?T(ets:foldl(fun({K, _, _}, S) -> trunc(S * 31 + K) rem 1000003 end, 0, T)),
    ?T(ets:foldr(fun({K, _, _}, S) -> trunc(S * 31 + K) rem 1000003 end, 0, T)).

%% An element that is changed where it lies, and such as are not.
element_in_place() ->
    [begin
         T = ets:new(t, [Kind, {keypos, 2}]),
         ets:insert(T, {a, k, "b", 7}),
         [begin
              Result = try ets:update_element(T, Key, Spec) catch error:E -> E end,
              io:format("~w ~w ~w ~w~n", [Key, Spec, Result, ets:lookup(T, k)])
          end || Key <- [k, no], Spec <- [{1, b}, {4, 8}, {3, c}, {1, "d"}, {1, e}, {2, k}, {2, x}, {0, x}, {5, x}, {-1, x}, {1 bsl 70, x},
                                          {1.0, x}, {a, x}, {1}, {1, 2, 3}, [], [{1, f}, {4, g}], [{1, h}, {2, k}], [{1, i} | x], x]]
     end || Kind <- [set, ordered_set]].

new_ones() ->
    [begin
         T = ets:new(t, [Kind]),
         ?T([ets:insert_new(T, O) || O <- [{a, 1}, {a, 2}, {b, "x", <<0:800>>}, {b}, {1}, {1.0}, {1, 1}]]),
         ?T(ets:lookup(T, a) ++ ets:lookup(T, 1)),
         ets:delete(T, a),
         ?T({ets:insert_new(T, {a, 3}), ets:lookup(T, a)}),
         [?T(try_to(fun() -> ets:insert_new(T, id(O)) end)) || O <- [{}, a, [{}], [a], [{a, 1} | b]]]
     end || Kind <- [set, ordered_set, bag, duplicate_bag]].
