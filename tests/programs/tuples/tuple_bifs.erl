%% Tuples: element, setelement, make_tuple, insert and delete, matching by size and first element, large tuples.
-module(tuple_bifs).
-include("t.hrl").

main() ->
    T = id({a, b, c}),
    ?T(element(id(1), T)),
    ?T(element(id(3), T)),
    ?T(element(id(0), T)),
    ?T(element(id(4), T)),
    ?T(element(2, id({a}))),
    ?T(element(1, id(x))),
    ?T(element(id(a), T)),
    ?T(setelement(id(2), T, x)),
    ?T(setelement(2, T, {T, T})),
    ?T(setelement(id(4), T, x)),
    ?T(setelement(id(0), T, x)),
    ?T(setelement(1, id(x), x)),
    ?T(setelement(1, setelement(2, setelement(3, id({x, y, z}), 3), 2), 1)),
    ?T(tuple_size(T)),
    ?T(tuple_size(id([]))),
    ?T(size(T)),
    ?T(erlang:make_tuple(id(3), x)),
    ?T(erlang:make_tuple(id(0), x)),
    ?T(erlang:make_tuple(id(-1), x)),
    ?T(erlang:make_tuple(5, def, [{2, two}, {4, four}, {2, again}])),
    ?T(erlang:make_tuple(5, def, [{6, two}])),
    ?T(erlang:make_tuple(5, def, [{0, two}])),
    ?T(erlang:append_element(T, d)),
    ?T(erlang:append_element(id({}), d)),
    ?T(erlang:insert_element(1, T, z)),
    ?T(erlang:insert_element(4, T, z)),
    ?T(erlang:insert_element(5, T, z)),
    ?T(erlang:delete_element(2, T)),
    ?T(erlang:delete_element(1, id({}))),
    ?T(tuple_to_list(T)),
    ?T(tuple_to_list(id([]))),
    ?T(list_to_tuple(lists:seq(1, 40))),
    ?T(tuple_size(list_to_tuple(lists:seq(1, 5000)))),
    ?T(element(4999, list_to_tuple(lists:seq(1, 5000)))),
    ?T(erlang:phash2(setelement(2500, list_to_tuple(lists:seq(1, 5000)), x))),
    [out("kind", kind(X)) || X <- [{}, {a}, {ok, 1}, {error, 2}, {ok, 1, 2}, {a, b}, {b, b}, {1, 2}, {1.0, 2}, {a, b, c, d, e}, [], x, {{a}, b}]],
    ?T(swap({1, 2})),
    ?T(swap(id({1, 2, 3}))),
    ?T(begin {A, A} = id({1, 1}), A end),
    ?T(begin {A, A} = id({1, 2}), A end),
    ?T(begin {ok, V} = id({error, enoent}), V end),
    ?T(id({1, 2}) < id({1, 2, 3})),
    ?T(id({2, 1}) < id({1, 2, 3})),
    ?T({id(1), {id(2), {id(3), {}}}}),
    ?T(matrix_mul({{1, 2}, {3, 4}}, {{5, 6}, {7, 8}})),
    ?T(update(id({rec, 1, 2, 3, 4}))),
    ok.

kind({}) -> empty;
kind({ok, V}) -> {value, V};
kind({error, E}) -> {failed, E};
kind({A, A}) -> {same, A};
kind({{_}, _}) -> nested;
kind({N, _}) when is_number(N) -> number;
kind({_, _}) -> pair;
kind(T) when tuple_size(T) > 4 -> large;
kind(T) when is_tuple(T) -> {tuple, tuple_size(T)};
kind(_) -> no_tuple.

swap({A, B}) -> {B, A}.

matrix_mul({{A, B}, {C, D}}, {{E, F}, {G, H}}) -> {{A * E + B * G, A * F + B * H}, {C * E + D * G, C * F + D * H}}.

update(T0) ->
    T1 = setelement(2, T0, a),
    T2 = setelement(3, T1, b),
    setelement(4, T2, {T0, T1}).
