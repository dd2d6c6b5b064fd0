%% ets: all four kinds, insert, lookup, delete, counters, traversal, first and next, errors; match and select.
-module(ets_basics).
-include("t.hrl").

main() ->
    [kind(K) || K <- [set, ordered_set, bag, duplicate_bag]],
    T = ets:new(table, [ordered_set, public]),
    ets:insert(T, [{N, N * N, {x, N rem 3}} || N <- lists:seq(1, 20)]),
    ?T(ets:info(T, size)),
    ?T(ets:info(T, type)),
    ?T(ets:first(T)),
    ?T(ets:last(T)),
    ?T(ets:next(T, 5)),
    ?T(ets:next(T, 5.5)),
    ?T(ets:prev(T, 1)),
    ?T(ets:next(T, 20)),
    ?T(ets:match(T, {'$1', '_', {x, 2}})),
    ?T(ets:match_object(T, {'_', 16, '_'})),
    ?T(ets:select(T, [{{'$1', '$2', '_'}, [{'>', '$2', 300}], [{{'$1', '$2'}}]}])),
    ?T(ets:select(T, [{{'$1', '_', '_'}, [{'=:=', {'rem', '$1', 7}, 0}], ['$_']}])),
    ?T(ets:select_count(T, [{{'$1', '_', '_'}, [{'<', '$1', 6}], [true]}])),
    ?T(element(1, ets:select(T, [{{'$1', '_', '_'}, [], ['$1']}], 3))),
    ?T(ets:select_delete(T, [{{'$1', '_', '_'}, [{'>', '$1', 15}], [true]}])),
    ?T(ets:foldl(fun({K, _, _}, A) -> A + K end, 0, T)),
    ?T(ets:tab2list(T) =:= lists:sort(ets:tab2list(T))),
    ?T(ets:update_element(T, 3, {2, changed})),
    ?T(ets:update_element(T, 333, {2, changed})),
    ?T(ets:lookup_element(T, 3, 2)),
    ?T(try_to(fun() -> ets:lookup_element(T, 333, 2) end)),
    ?T(ets:take(T, 3)),
    ?T(ets:member(T, 3)),
    ?T(ets:delete(T, 4)),
    ?T(ets:insert_new(T, {5, dup})),
    ?T(ets:insert_new(T, {500, new})),
    ?T(ets:delete_all_objects(T)),
    ?T(ets:tab2list(T)),
    C = ets:new(counters, [set, named_table]),
    ?T(C),
    ?T(ets:update_counter(counters, a, 1, {a, 0})),
    ?T(ets:update_counter(counters, a, {2, 5})),
    ?T(ets:update_counter(counters, a, [{2, 1}, {2, 10, 12, 0}])),
    ?T(ets:update_counter(counters, zz, 1)),
    ?T(ets:insert(counters, not_a_tuple)),
    ?T(ets:insert(counters, {})),
    ?T(ets:new(counters, [named_table])),
    ?T(ets:new(x, [bogus])),
    ?T(ets:whereis(counters) =/= undefined),
    ?T(ets:rename(counters, renamed)),
    ?T(ets:lookup(renamed, a)),
    ?T(ets:lookup(counters, a)),
    ?T(ets:delete(renamed)),
    ?T(ets:info(renamed)),
    ?T(protected()),
    ?T(owner_dies()),
    ?T(heir()),
    ?T(many(2000)),
    ok.

kind(K) ->
    T = ets:new(k, [K]),
    [ets:insert(T, X) || X <- [{a, 1}, {b, 2}, {a, 3}, {a, 1}, {1, int}, {1.0, float}]],
    out("kind", {K, lists:sort(ets:tab2list(T)), ets:lookup(T, a), ets:lookup(T, 1), ets:info(T, size)}),
    ets:delete_object(T, {a, 1}),
    out("left", lists:sort(ets:tab2list(T))),
    ets:delete(T, a),
    out("left", {lists:sort(ets:tab2list(T)), ets:member(T, a)}),
    ets:delete(T).

protected() ->
    T = ets:new(p, [protected]),
    ets:insert(T, {k, v}),
    Self = self(),
    spawn(fun() -> Self ! {r, ets:lookup(T, k), try_to(fun() -> ets:insert(T, {k, w}) end)} end),
    receive {r, A, B} -> {A, B} end.

owner_dies() ->
    {P, R} = spawn_monitor(fun() -> ets:new(short_lived_table, [named_table, public]), receive stop -> ok end end),
    P ! stop,
    receive {'DOWN', R, process, P, _} -> ok end,
    ets:whereis(short_lived_table).

heir() ->
    Self = self(),
    P = spawn(fun() -> T = ets:new(inherited, [{heir, Self, {data, 1}}]), ets:insert(T, {a, 1}), ok end),
    receive {'ETS-TRANSFER', T, P, D} -> {D, ets:lookup(T, a)} end.

many(N) ->
    T = ets:new(m, [set, public, {read_concurrency, true}]),
    [ets:insert(T, {K, K * 2}) || K <- lists:seq(1, N)],
    [ets:delete(T, K) || K <- lists:seq(1, N, 2)],
    {ets:info(T, size), lists:sum([V || {_, V} <- ets:tab2list(T)])}.
