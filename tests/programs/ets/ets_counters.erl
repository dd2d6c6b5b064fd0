%% update_counter and update_element in all forms; what they refuse leaves the table as it was.
-module(ets_counters).
-include("t.hrl").

main() ->
    [counters(ets:new(t, [K, public])) || K <- [set, ordered_set]],
    elements(),
    bags(),
    key_position(),
    ok.

counters(T) ->
    ets:insert(T, [{a, 1, 2, x, 3.0}, {big, 1 bsl 59, -(1 bsl 59) - 1, (1 bsl 64) - 1}]),
    U = fun(Key, Ops) -> out(io_lib:format("~w ~w", [Key, Ops]), {try_to(fun() -> ets:update_counter(T, Key, Ops) end), ets:lookup(T, Key)}) end,
    U(a, 1),
    U(a, -5),
    U(a, {3, 10}),
    U(a, [{2, 1}, {2, 1}, {3, 1}]),
    U(a, []),
    U(a, {2, 5, 3, 0}),
    U(a, {2, 5, 100, 0}),
    U(a, {2, -50, -10, -10}),
    U(a, {2, -5, -100, 7}),
    U(a, {2, 0, -1000, 7}),
    U(a, [{2, 1, 1000, 0}, {3, -1000, 0, 0}]),
    U(a, {1, 1}),
    U(a, {0, 1}),
    U(a, {6, 1}),
    U(a, {4, 1}),
    U(a, {5, 1}),
    U(a, {2, 1.0}),
    U(a, {2, x}),
    U(a, {x, 1}),
    U(a, {2, 1, 2}),
    U(a, {2, 1, x, 2}),
    U(a, {2, 1, 2, x}),
    U(a, [{2, 1}, {4, 1}]),
    U(a, [{2, 1} | x]),
    U(a, x),
    U(a, 1.5),
    U(missing, 1),
    U(big, 1 bsl 59),
    U(big, -(1 bsl 60)),
    U(big, {3, 1}),
    U(big, {3, -1}),
    U(big, {4, 1}),
    U(big, {4, 1 bsl 200}),
    U(big, {4, -(1 bsl 200)}),
    U(big, [{2, 1 bsl 80}, {2, 0}, {3, 1, -(1 bsl 70), 1 bsl 90}]),
    D = fun(Key, Ops, Default) ->
            out(io_lib:format("~w ~w ~w", [Key, Ops, Default]), {try_to(fun() -> ets:update_counter(T, Key, Ops, Default) end), ets:lookup(T, Key)})
        end,
    D(new1, 1, {ignored, 0}),
    D(new1, 1, {ignored, 100}),
    D(new2, {3, 5}, {k, a, 1, rest}),
    D(new3, 1, {k, x}),
    D(new3, 1, not_a_tuple),
    D(new1, 1, not_a_tuple),
    D(new3, {9, 1}, {k, 1}),
    D(new3, [], {k, 1}),
    D({compound, "key"}, [{2, 1 bsl 70}], {x, 0}),
    out("all", lists:sort(ets:tab2list(T))).

elements() ->
    T = ets:new(t, [set]),
    ets:insert(T, {a, 1, "two", <<3>>}),
    U = fun(Key, Spec) -> out(io_lib:format("~w ~w", [Key, Spec]), {try_to(fun() -> ets:update_element(T, Key, Spec) end), ets:lookup(T, Key)}) end,
    U(a, {2, x}),
    U(a, {2, {a, "longer", [thing]}}),
    U(a, [{2, 1}, {3, two}, {4, 3.0}]),
    U(a, [{2, 1}, {2, 2}]),
    U(a, []),
    U(a, {1, b}),
    U(a, {5, b}),
    U(a, {0, b}),
    U(a, {x, b}),
    U(a, {2}),
    U(a, x),
    U(a, [{2, changed}, {9, x}]),
    U(b, {2, x}),
    Big = binary:copy(<<"big">>, 100),
    ets:update_element(T, a, {3, Big}),
    ?T(ets:lookup_element(T, a, 3) =:= Big),
    ets:update_element(T, a, {2, 0}),
    garbage_collect(),
    ?T(ets:lookup_element(T, a, 3) =:= Big).

bags() ->
    [begin
         T = ets:new(b, [K]),
         ets:insert(T, {a, 1}),
         out("bag", {K, try_to(fun() -> ets:update_counter(T, a, 1) end), try_to(fun() -> ets:update_element(T, a, {2, 1}) end)})
     end || K <- [bag, duplicate_bag]].

key_position() ->
    T = ets:new(t, [{keypos, 2}]),
    ?T(ets:insert(T, {1, k, 5})),
    ?T(try_to(fun() -> ets:update_counter(T, k, 1) end)),
    ?T(ets:update_counter(T, k, {1, 1})),
    ?T(try_to(fun() -> ets:update_counter(T, k, {2, 1}) end)),
    ?T(ets:update_counter(T, n, {1, 1}, {10, x})),
    ?T(try_to(fun() -> ets:update_counter(T, m, 1, {10}) end)),
    ?T(try_to(fun() -> ets:insert(T, {1}) end)),
    ?T(lists:sort(ets:tab2list(T))).
