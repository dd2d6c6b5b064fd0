%% select, match and match_object some objects at a time; first and next, slot, fixed tables, ranges of keys.
-module(ets_walks).
-include("t.hrl").

main() ->
    O = ets:new(o, [ordered_set]),
    ets:insert(O, [{X, X rem 3} || X <- lists:seq(1, 10)]),
    MS = [{{'$1', '_'}, [], ['$1']}],
    [out("chunks", {L, rounds(fun() -> ets:select(O, MS, L) end, fun ets:select/1)}) || L <- [1, 2, 3, 5, 9, 10, 11, 100]],
    [out("reverse", {L, rounds(fun() -> ets:select_reverse(O, MS, L) end, fun ets:select_reverse/1)}) || L <- [1, 3, 10, 11]],
    ?T(ets:select_reverse(O, MS)),
    ?T(rounds(fun() -> ets:match(O, {'$1', 1}, 2) end, fun ets:match/1)),
    ?T(rounds(fun() -> ets:match_object(O, {'_', 1}, 2) end, fun ets:match_object/1)),
    ?T(ets:select(O, [{{4, '$1'}, [], ['$1']}], 1)),
    ?T(ets:select(O, [{{44, '$1'}, [], ['$1']}], 1)),
    ?T(ets:select(O, [{{'_', 7}, [], [x]}], 1)),
    S = ets:new(s, [set]),
    ets:insert(S, [{X, X rem 3} || X <- lists:seq(1, 1000)]),
    [begin
         R = rounds(fun() -> ets:select(S, MS, L) end, fun ets:select/1),
         out("set", {L, lists:sort(lists:append(R)) =:= lists:seq(1, 1000), [N || N <- lists:usort([length(C) || C <- R]), N > L]})
     end || L <- [1, 7, 100, 999, 2000]],
    ?T(ets:match(S, {7, '$1'}, 3)),
    ?T(ets:match(S, {7777, '$1'}, 3)),
    ?T(ets:match(S, {'_', 7}, 3)),
    ?T(ets:select('$end_of_table')),
    ?T(ets:match('$end_of_table')),
    ?T(ets:match_object('$end_of_table')),
    ?T(ets:select_reverse('$end_of_table')),
    [?T(try_to(fun() -> ets:select(O, MS, L) end)) || L <- [0, -1, a, 1.0, 1 bsl 70]],
    ?T(try_to(fun() -> ets:select(foo) end)),
    ?T(try_to(fun() -> ets:select({O, 1}) end)),
    repaired(O, S, MS),
    fixed(S),
    slots(),
    prefixes(),
    bags(),
    neighbours(O).

rounds(First, Next) -> rounds(First(), Next, []).

rounds('$end_of_table', _, Acc) -> lists:reverse(Acc);
rounds({L, C}, Next, Acc) -> rounds(Next(C), Next, [L | Acc]).

repaired(O, S, MS) ->
    [begin
         {_, C} = ets:select(T, MS, 3),
         C = ets:repair_continuation(C, MS),
         D = binary_to_term(term_to_binary(setelement(tuple_size(C) - 2 - (tuple_size(C) - 6) div 2, C, make_ref()))),
         R = ets:repair_continuation(setelement(1, D, T), MS),
         out("repaired", element(1, ets:select(R)) =:= element(1, ets:select(C)))
     end || T <- [O, S]].

fixed(S) ->
    ets:safe_fixtable(S, true),
    ets:safe_fixtable(S, true),
    ?T(ets:info(S, fixed)),
    ?T(case ets:info(S, safe_fixed) of {{_, _, _}, [{P, N}]} -> {P =:= self(), N} end),
    Seen = walk(ets:first(S), S, []),
    ?T(lists:sort(Seen) =:= lists:seq(1, 1000)),
    ?T(ets:info(S, size)),
    ets:safe_fixtable(S, false),
    ?T(ets:info(S, fixed)),
    ets:safe_fixtable(S, false),
    ?T(ets:info(S, fixed)),
    ?T(ets:first(S)),
    ?T(try_to(fun() -> ets:next(S, 1) end)),
    Self = self(),
    {P, M} = spawn_monitor(fun() -> ets:safe_fixtable(S, true), Self ! ets:info(S, fixed), receive stop -> ok end end),
    receive F -> out("fixed by another", F) end,
    P ! stop,
    receive {'DOWN', M, _, _, _} -> ok end,
    ?T(ets:info(S, fixed)),
    ?T(ets:safe_fixtable(S, false)).

%% Deletes what it stands on.
walk('$end_of_table', _, Seen) -> Seen;
walk(K, S, Seen) ->
    ets:delete(S, K),
    walk(ets:next(S, K), S, [K | Seen]).

slots() ->
    O = ets:new(o, [ordered_set]),
    ets:insert(O, [{b}, {a}, {c}]),
    [out("slot", {I, try_to(fun() -> ets:slot(O, I) end)}) || I <- [0, 1, 2, 3, 4, -1, a]],
    S = ets:new(s, [bag]),
    ets:insert(S, [{X rem 10, X} || X <- lists:seq(1, 100)]),
    ?T(lists:sort(all_slots(S, 0)) =:= lists:sort(ets:tab2list(S))).

all_slots(S, I) ->
    case ets:slot(S, I) of
        '$end_of_table' -> [];
        L -> L ++ all_slots(S, I + 1)
    end.

%% Keys that are tuples whose first elements are known.
prefixes() ->
    T = ets:new(t, [ordered_set]),
    Least = -(1 bsl 2000),
    ets:insert(T, [{{X, Y, Z}, {X, Y}} || X <- [1, 2, 2.5, a, "s"], Y <- [Least, 1, 1.5, b, <<>>], Z <- [x, y]]),
    ets:insert(T, [{{1, 1}, pair}, {1, one}, {{2, 0, 0, 0}, four}, {{1.0, 7, 7}, float}]),
    M = fun(P) -> out(io_lib:format("~P", [P, 12]), length(ets:match_object(T, P))) end,
    M({{2, '_', '_'}, '_'}),
    M({{2, 1, '_'}, '_'}),
    M({{2, '$1', '$1'}, '_'}),
    M({{2, Least, '_'}, '_'}),
    M({{1, '_', '_'}, '_'}),
    M({{1.0, '_', '_'}, '_'}),
    M({{'_', 1, '_'}, '_'}),
    M({{"s", '_', '_'}, '_'}),
    M({{"s", <<>>, '_'}, '_'}),
    M({{1, '_'}, '_'}),
    M({{9, '_', '_'}, '_'}),
    M({{2, '_', '_', '_'}, '_'}),
    ?T(ets:match(T, {{2, '$1', x}, '_'}) =:= [[Least], [1], [1.5], [b], [<<>>]]),
    ?T(ets:select_reverse(T, [{{{2, '$1', x}, '_'}, [{'>', '$1', 0}], ['$1']}])),
    ?T(ets:select_count(T, [{{{2, '_', x}, '_'}, [], [true]}])),
    ?T(ets:select_delete(T, [{{{2, '_', x}, '_'}, [], [true]}])),
    ?T(ets:info(T, size)).

bags() ->
    [begin
         B = ets:new(b, [K]),
         [ets:insert(B, {1, X}) || X <- [a, b, c, a]],
         out("bag", {K, ets:lookup(B, 1), ets:tab2list(B), ets:match_object(B, {1, '_'})}),
         out("some", {element(1, ets:match_object(B, {1, '_'}, 2)), rounds(fun() -> ets:match(B, {'_', '$1'}, 2) end, fun ets:match/1)}),
         out("take", {ets:take(B, 1), ets:tab2list(B)}),
         ets:insert(B, [{2, a}, {2, b}, {2, c}]),
         out("inserted together", {ets:lookup(B, 2), ets:lookup_element(B, 2, 2)}),
         ets:delete_object(B, {2, b}),
         out("without one", {ets:lookup(B, 2), ets:member(B, 2), ets:first(B), ets:next(B, 2)})
     end || K <- [bag, duplicate_bag]].

neighbours(O) ->
    ?T([ets:next(O, X) || X <- [0, 1, 1.0, 1.5, 9, 10, 10.0, a]]),
    ?T([ets:prev(O, X) || X <- [0, 1, 1.0, 1.5, 9, 10, 10.0, a]]),
    ?T({ets:first(O), ets:last(O)}),
    ets:delete_all_objects(O),
    ?T({ets:first(O), ets:last(O), ets:next(O, 1), ets:prev(O, 1)}).
