%% List BIFs and operators: hd, tl, length, ++, --, member, reverse, key functions, with improper lists and wrong types.
-module(list_bifs).
-include("t.hrl").

main() ->
    ?T(hd(id([1, 2]))),
    ?T(hd(id([]))),
    ?T(hd(id(a))),
    ?T(tl(id([1 | 2]))),
    ?T(tl(id([]))),
    ?T(length(id([1, 2, 3]))),
    ?T(length(id([1, 2 | 3]))),
    ?T(length(id({}))),
    ?T(id([1, 2]) ++ [3]),
    ?T(id([1, 2]) ++ tail),
    ?T(id([]) ++ tail),
    ?T(id([1 | 2]) ++ [3]),
    ?T(id(a) ++ [3]),
    ?T(id([1, 2, 3, 2, 1]) -- [2, 1]),
    ?T(id([1, 2, 3]) -- []),
    ?T(id([]) -- [1]),
    ?T(id([1 | 2]) -- [1]),
    ?T(id([1]) -- id(a)),
    ?T(length(lists:seq(1, 1000) -- lists:seq(1, 1000, 2))),
    ?T(lists:reverse(id([1, 2, 3]))),
    ?T(lists:reverse(id([1, 2, 3]), [x])),
    ?T(lists:reverse(id([1, 2, 3]), tail)),
    ?T(lists:reverse(id([1 | 2]))),
    ?T(lists:reverse(id(a))),
    ?T(lists:member(id(2), [1, 2, 3])),
    ?T(lists:member(id(2.0), [1, 2, 3])),
    ?T(lists:member(id({a, [1]}), [{a, [2]}, {a, [1]}])),
    ?T(lists:member(id(5), [1 | 2])),
    ?T(lists:member(id(5), a)),
    ?T(lists:keyfind(id(b), 1, [{a, 1}, x, {}, {b, 2}])),
    ?T(lists:keyfind(id(1), 2, [{a}, {b, 1.0}])),
    ?T(lists:keyfind(id(c), 1, [{a, 1}])),
    ?T(lists:keyfind(id(c), 0, [{a, 1}])),
    ?T(lists:keyfind(id(c), 1, [{a, 1} | b])),
    ?T(lists:keyfind(id(c), x, [])),
    ?T(lists:keymember(id(2), 2, [{a, 1}, {b, 2}])),
    ?T(lists:keymember(id(2), 2, a)),
    ?T(lists:keysearch(id(b), 1, [{a, 1}, {b, 2}])),
    ?T(lists:keysearch(id(z), 1, [{a, 1}, {b, 2}])),
    ?T(lists:nth(id(3), [a, b, c])),
    ?T(lists:nth(id(4), [a, b, c])),
    ?T(lists:nth(id(0), [a, b, c])),
    ?T(lists:nthtail(id(2), [a, b, c])),
    ?T(lists:nthtail(id(4), [a, b, c])),
    ?T(lists:last(id([1, 2, 3]))),
    ?T(lists:last(id([]))),
    ?T(is_list(id([a | b]))),
    ?T([A || A <- id([1, 2 | 3])]),
    ?T(case id([1, 2, 3]) of [A, B | C] -> {A, B, C} end),
    ?T(case id([1]) of [_, _ | _] -> two; [_ | _] -> one; [] -> none end),
    ?T(begin [H | T] = id([1, 2]), {H, T} end),
    ?T(begin [H | T] = id([]), {H, T} end),
    ?T(depth(deep(10000))),
    ?T(length(build(5000))),
    ?T(lists:foldl(fun(X, Acc) -> [X | Acc] end, [], lists:seq(1, 20))),
    ?T([id(1) | id(2)]),
    ?T(id("abc") =:= [97, 98, 99]),
    ?T(id([a, [b, [c, []]], "", "xyz", <<"b">>])),
    ok.

deep(0) -> [];
deep(N) -> [deep(N - 1)].

depth([]) -> 0;
depth([X]) -> 1 + depth(X).

build(0) -> [];
build(N) -> [N | build(N - 1)].
