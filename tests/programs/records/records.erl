%% Records: construction, defaults, access, update, matching, nesting, guards, badrecord.
-module(records).
-include("t.hrl").

-record(point, {x = 0, y = 0}).
-record(person, {name, age = 18 :: integer(), address = #point{}, tags = []}).
-record(big, {a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9, j = 10}).
-record(empty, {}).

main() ->
    P = id(#person{name = "Ann"}),
    ?T(P),
    ?T(P#person.age),
    ?T(P#person{age = 30, tags = [x | P#person.tags]}),
    ?T(P#person.address#point.x),
    ?T((P#person.address)#point{x = 5}),
    ?T(P#person{address = P#person.address#point{y = -1}}),
    ?T((id(not_record))#person.name),
    ?T((id({person, 1}))#person.name),
    ?T((id({point, 1, 2}))#person{age = 3}),
    ?T((id(#empty{}))),
    ?T(#point.y),
    ?T(record_info(fields, person)),
    ?T(record_info(size, person)),
    ?T(is_record(P, person)),
    ?T(is_record(id({person}), person)),
    ?T(is_record(id({person, 1, 2}), id(person), id(3))),
    ?T(is_record(id({person, 1, 2}), id(person), id(4))),
    ?T(is_record(id({person, 1, 2}), id("person"), 3)),
    ?T([what(X) || X <- [#point{}, #point{x = 1}, #point{x = 2, y = 2}, P, P#person{age = 70}, {point, 1}, x, #empty{}, #big{}]]),
    ?T(id(#big{})),
    ?T((id(#big{}))#big{a = x, j = y}),
    ?T(#point{_ = any}),
    ?T(begin #point{x = X} = id(#point{x = 9}), X end),
    ?T(begin #point{x = X} = id(P), X end),
    ?T(lists:keysort(#point.y, [#point{x = 1, y = 3}, #point{x = 2, y = 1}])),
    ?T([X#point.x + X#point.y || X = #point{} <- [#point{x = 1}, P, #point{y = 7}]]),
    ?T(setelement(#point.x, #point{}, moved)),
    ?T(sum_points([#point{x = N, y = N * N} || N <- lists:seq(1, 10)], #point{})),
    ?T(tree([5, 2, 8, 1, 9, 3])),
    ok.

what(#point{x = X, y = X}) when X > 0 -> diagonal;
what(#point{x = 0}) -> on_axis;
what(#point{}) -> point;
what(#person{age = A}) when A > 65 -> old;
what(#person{} = P) when P#person.tags =:= [] -> untagged;
what(R) when is_record(R, big), R#big.c =:= 3 -> big;
what(#empty{}) -> empty;
what(_) -> unknown.

sum_points([], Acc) -> Acc;
sum_points([#point{x = X, y = Y} | T], #point{x = AX, y = AY} = Acc) -> sum_points(T, Acc#point{x = AX + X, y = AY + Y}).

-record(node, {key, left = nil, right = nil}).

tree(L) -> lists:foldl(fun insert/2, nil, L).
insert(K, nil) -> #node{key = K};
insert(K, #node{key = N, left = L} = T) when K < N -> T#node{left = insert(K, L)};
insert(K, #node{right = R} = T) -> T#node{right = insert(K, R)}.
