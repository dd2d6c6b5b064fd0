%% Tables as such: options, names, protection, owners, heirs, give_away; the texts of errors.
-module(ets_tables).
-include("t.hrl").

main() ->
    options(),
    names(),
    errors(),
    protection(),
    giving(),
    heirs(),
    owners(),
    objects(),
    everything().

options() ->
    Items = [name, named_table, type, keypos, protection, size, heir, compressed, read_concurrency, write_concurrency, decentralized_counters, node, fixed],
    [begin
         T = ets:new(opts, O),
         out(io_lib:format("~w", [O]), [ets:info(T, I) || I <- Items]),
         ets:delete(T)
     end || O <- [[], [set], [ordered_set], [bag], [duplicate_bag], [bag, set], [public], [private], [public, protected], [{keypos, 3}],
                  [compressed], [{read_concurrency, true}], [{write_concurrency, true}], [{write_concurrency, auto}],
                  [ordered_set, {write_concurrency, true}], [{write_concurrency, true}, {decentralized_counters, true}],
                  [private, {read_concurrency, true}, {write_concurrency, true}], [{heir, none}], [named_table, public]]],
    ?T([try_to(fun() -> ets:new(x, O) end)
        || O <- [[bogus], [{keypos, 0}], [{keypos, a}], [{keypos, 1 bsl 70}], [{heir, self()}], [{heir, x, y}], [{read_concurrency, x}],
                 [{write_concurrency, x}], [{decentralized_counters, 1}], [set | x], x, [{}], [1], [{protection, public}]]]),
    ?T(try_to(fun() -> ets:new("x", []) end)),
    T = ets:new(mine, [{heir, self(), data}]),
    ?T([K || {K, _} <- ets:info(T)]),
    ?T({ets:info(T, owner) =:= self(), ets:info(T, heir) =:= self(), ets:info(T, id) =:= T}),
    ?T(ets:setopts(T, [{heir, none}, {protection, private}])),
    ?T({ets:info(T, heir), ets:info(T, protection)}),
    ?T(ets:setopts(T, {protection, public})),
    [?T(try_to(fun() -> ets:setopts(T, O) end)) || O <- [x, [x], [{heir, x, y}], [{protection, x}], [{protection, public}, {protection, public}], {a}, []]],
    ?T(try_to(fun() -> ets:info(T, bogus) end)),
    ?T(try_to(fun() -> ets:info(T, 1) end)),
    ?T(ets:info(no_such_table)),
    ?T(ets:info(no_such_table, size)),
    ?T(ets:info("t")),
    ?T(try_to(fun() -> ets:info(make_ref()) end)),
    ?T(is_reference(T)),
    ?T(ets:delete(T)),
    ?T(ets:info(T)),
    ?T(ets:info(T, size)).

names() ->
    ?T(ets:new(named, [named_table])),
    ?T(try_to(fun() -> ets:new(named, [named_table]) end)),
    W = ets:whereis(named),
    ?T(is_reference(W)),
    ets:insert(W, {a, 1}),
    ?T(ets:lookup(named, a)),
    ?T(ets:info(W, id) =:= W),
    ?T(W =:= ets:whereis(named)),
    ?T(ets:rename(named, other)),
    ?T({ets:whereis(named), ets:whereis(other) =:= W, ets:lookup(other, a)}),
    ets:new(taken, [named_table]),
    ?T(try_to(fun() -> ets:rename(other, taken) end)),
    ?T(try_to(fun() -> ets:rename(other, "x") end)),
    U = ets:new(unnamed, []),
    ?T(ets:rename(U, renamed) =:= U),
    ?T(ets:info(U, name)),
    ?T(ets:whereis(renamed)),
    ?T(lists:member(other, ets:all()) andalso lists:member(U, ets:all())),
    ?T(try_to(fun() -> ets:whereis(1) end)),
    ets:delete(other),
    ?T({ets:whereis(other), lists:member(other, ets:all())}),
    ets:delete(taken).

errors() ->
    T = ets:new(t, []),
    B = ets:new(t, [bag]),
    D = ets:new(t, []),
    ets:delete(D),
    [error_text(F) || F <-
        [fun() -> ets:lookup(no_such, a) end, fun() -> ets:lookup(D, a) end, fun() -> ets:lookup(1, a) end, fun() -> ets:lookup("x", a) end,
         fun() -> ets:insert(T, a) end, fun() -> ets:insert(T, {}) end, fun() -> ets:insert(T, [{a} | b]) end, fun() -> ets:insert(T, [{a}, b]) end,
         fun() -> ets:insert(D, a) end, fun() -> ets:insert_new(T, x) end, fun() -> ets:lookup_element(T, a, 1) end,
         fun() -> ets:lookup_element(T, a, 0) end, fun() -> ets:lookup_element(T, a, x) end, fun() -> ets:next(T, nokey) end,
         fun() -> ets:prev(T, nokey) end, fun() -> ets:update_counter(T, nokey, 1) end, fun() -> ets:update_counter(B, nokey, 1) end,
         fun() -> ets:update_element(B, nokey, {2, 1}) end, fun() -> ets:update_element(T, nokey, {1, 1}) end, fun() -> ets:slot(T, a) end,
         fun() -> ets:slot(T, 1 bsl 40) end, fun() -> ets:select(T, x) end, fun() -> ets:select(T, [{'_', [], ['$_']}], 0) end,
         fun() -> ets:match(T, '_', x) end, fun() -> ets:match_spec_compile(x) end, fun() -> ets:select_count(T, x) end,
         fun() -> ets:select_delete(T, x) end, fun() -> ets:select_replace(B, [{'_', [], ['$_']}]) end, fun() -> ets:select_replace(T, x) end,
         fun() -> ets:new(t, [x]) end, fun() -> ets:new(1, []) end, fun() -> ets:rename(T, 1) end, fun() -> ets:rename(D, x) end,
         fun() -> ets:delete(D) end, fun() -> ets:delete(nope) end, fun() -> ets:delete(nope, x) end, fun() -> ets:delete_object(T, x) end,
         fun() -> ets:delete_object(D, {x}) end, fun() -> ets:give_away(T, self(), x) end, fun() -> ets:give_away(T, x, y) end,
         fun() -> ets:give_away(D, self(), y) end, fun() -> ets:setopts(T, x) end, fun() -> ets:safe_fixtable(T, x) end,
         fun() -> ets:safe_fixtable(D, true) end, fun() -> ets:info(T, x) end, fun() -> ets:info(1) end, fun() -> ets:whereis(1) end,
         fun() -> ets:take(D, x) end, fun() -> ets:member(D, x) end, fun() -> ets:delete_all_objects(D) end, fun() -> ets:first(D) end]].

error_text(F) ->
    try F() of
        V -> out("no error", V)
    catch
        error:R:St ->
            {ets, N, As, Info} = hd(St),
            Map = proplists:get_value(error_info, Info, none),
            Cause = case Map of #{cause := C} -> C; _ -> none end,
            out(atom_to_list(N), {R, length(As), Cause, lists:sort(maps:to_list(erl_stdlib_errors:format_error(R, St)))})
    end.

protection() ->
    [begin
         T = ets:new(p, [P]),
         ets:insert(T, {k, v}),
         R = elsewhere(fun() ->
                 [try_to(F) || F <- [fun() -> ets:lookup(T, k) end, fun() -> ets:insert(T, {k, w}) end, fun() -> ets:delete(T, x) end,
                                     fun() -> ets:first(T) end, fun() -> ets:info(T, size) end, fun() -> ets:setopts(T, {protection, public}) end,
                                     fun() -> ets:give_away(T, self(), x) end, fun() -> ets:safe_fixtable(T, true) end]]
             end),
         out("protection", {P, R, ets:info(T, protection)})
     end || P <- [private, protected, public]].

elsewhere(F) ->
    Self = self(),
    {P, M} = spawn_monitor(fun() -> Self ! {self(), F()} end),
    receive {P, R} -> receive {'DOWN', M, _, _, _} -> R end end.

giving() ->
    Self = self(),
    T = ets:new(gift, []),
    ets:insert(T, {a, 1}),
    {P, M} = spawn_monitor(fun() ->
                 receive {'ETS-TRANSFER', Tab, From, Data} -> Self ! {got, Tab =:= T, From =:= Self, Data, ets:insert(T, {b, 2})} end,
                 receive stop -> ok end
             end),
    Big = {data, "with", binary:copy(<<"z">>, 100)},
    ?T(ets:give_away(T, P, Big)),
    receive {got, A, B, C, D} -> out("got", {A, B, C =:= Big, D}) end,
    ?T(ets:info(T, owner) =:= P),
    ?T(try_to(fun() -> ets:insert(T, {c, 3}) end)),
    ?T(try_to(fun() -> ets:give_away(T, self(), x) end)),
    ?T(lists:sort(ets:tab2list(T))),
    P ! stop,
    receive {'DOWN', M, _, _, _} -> ok end,
    ?T(ets:info(T)),
    U = ets:new(gift, []),
    ?T(try_to(fun() -> ets:give_away(U, P, x) end)),
    ?T(try_to(fun() -> ets:give_away(U, self(), x) end)),
    ets:delete(U).

heirs() ->
    Self = self(),
    {P, M} = spawn_monitor(fun() ->
                 T = ets:new(inherited, [named_table, {heir, Self, {data, [1, "x"]}}]),
                 ets:insert(T, {a, 1}),
                 exit(done)
             end),
    receive {'ETS-TRANSFER', T, P, D} -> out("inherited", {T, D, ets:lookup(T, a), ets:insert(T, {b, 2})}) end,
    receive {'DOWN', M, _, _, R} -> out("down", R) end,
    ?T({ets:info(inherited, owner) =:= self(), ets:info(inherited, heir) =:= self()}),
    ets:delete(inherited),
    %% An heir that is gone inherits nothing.
    elsewhere(fun() -> ets:new(orphan, [named_table, {heir, P, x}]) end),
    ?T(ets:whereis(orphan)).

owners() ->
    T = elsewhere(fun() -> T = ets:new(x, [public]), ets:insert(T, [{N} || N <- lists:seq(1, 10000)]), T end),
    ?T(ets:info(T)),
    ?T(try_to(fun() -> ets:lookup(T, 1) end)),
    ?T(ets:whereis(x)).

objects() ->
    T = ets:new(t, []),
    ?T(ets:insert(T, [])),
    ?T(ets:insert(T, [{a, 1}, {b, 2}, {a, 3}])),
    ?T(lists:sort(ets:tab2list(T))),
    ?T(ets:insert_new(T, [{c, 1}, {a, 9}])),
    ?T(ets:insert_new(T, [{c, 1}, {d, 9}])),
    ?T(ets:insert_new(T, [])),
    ?T(ets:insert_new(T, {d, 10})),
    ?T(lists:sort(ets:tab2list(T))),
    ?T(ets:delete_object(T, {a, 1})),
    ?T(ets:delete_object(T, {a, 3})),
    ?T(ets:delete_object(T, {zz, 3})),
    ?T(lists:sort(ets:tab2list(T))),
    ?T({ets:take(T, c), ets:take(T, c), ets:member(T, c)}),
    ?T(ets:select_delete(T, [{'_', [], [true]}])),
    ?T(ets:info(T, size)),
    Big = binary:copy(<<"0123456789">>, 1000),
    <<_:7/binary, Part:500/binary, _/binary>> = Big,
    Keys = [1, 1.0, -0.0, 0, a, "a", {a, [b]}, <<"bin">>, <<1:3>>, Big, 1 bsl 100, #{a => 1}, fun lists:map/2, self(), make_ref(), []],
    [ets:insert(T, {K, K, Part}) || K <- Keys],
    garbage_collect(),
    ?T(length([x || K <- Keys, ets:lookup(T, K) =:= [{K, K, Part}]])),
    ?T(ets:info(T, size)),
    ?T(lists:sum([byte_size(B) || {_, _, B} <- ets:tab2list(T)])),
    O = ets:new(o, [ordered_set]),
    ets:insert(O, [{K} || K <- Keys]),
    ?T(length(ets:tab2list(O))),
    ?T([K || {K} <- ets:tab2list(O)] =:= lists:usort([K || {K} <- ets:tab2list(O)])),
    ?T(ets:lookup(O, 1)),
    ?T(ets:delete(O, 1)),
    ?T(ets:lookup(O, 1.0)).

everything() ->
    T = ets:new(t, [ordered_set, public]),
    Self = self(),
    Pids = [spawn(fun() -> [ets:insert(T, {{W, N}, N}) || N <- lists:seq(1, 500)], [ets:update_counter(T, sum, N, {sum, 0}) || N <- lists:seq(1, 500)], Self ! done end) || W <- lists:seq(1, 8)],
    [receive done -> ok end || _ <- Pids],
    ?T(ets:info(T, size)),
    ?T(ets:lookup(T, sum)),
    ?T(ets:foldl(fun({_, N}, A) -> A + N end, 0, T)),
    ?T(ets:foldr(fun({{1, N}, _}, A) -> [N | A]; (_, A) -> A end, [], T) =:= lists:seq(1, 500)),
    ok.
