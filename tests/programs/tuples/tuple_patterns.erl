%% Clause selection: many clauses over atoms, integers, tuples and binaries, as the compiler's jump tables see them.
-module(tuple_patterns).
-include("t.hrl").

main() ->
    ?T([day(N) || N <- [1, 2, 3, 4, 5, 6, 7, 8, -1, 1.0, a]]),
    ?T([sparse(N) || N <- [0, 10, 1000, 100000, 10000000000, 1 bsl 70, -(1 bsl 70), 5, a]]),
    ?T([atom_of(A) || A <- [red, green, blue, 'Other', 1, "red"]]),
    ?T([message(M) || M <- [{add, 1, 2}, {sub, 5, 3}, {neg, 4}, {sum, [1, 2, 3]}, {add, a}, {}, {unknown}, {add, 1, 2, 3}, {1, 2}, {<<"k">>, 1}, {"s", 1}, {{a, b}, c}, [add, 1]]]),
    ?T([tree_kind(T) || T <- [nil, {node, 1, nil, nil}, {node, 1, {node, 0, nil, nil}, nil}, {node, 1, nil, {node, 2, nil, nil}}, {leaf, 3}, {node, a, b}]]),
    ?T([literal(X) || X <- [[], [1], [1, 2], "abc", {1, [2, {3}]}, #{a => [1]}, <<"bin">>, 1.5, 123456789012345678901234567890, -0.5]]),
    ?T([both(A, B) || A <- [1, 2, x], B <- [1, 2, x]]),
    ?T([deep(X) || X <- [{a, [{b, #{c => [1]}}, 2]}, {a, []}, {a, [{b, #{}}]}, z]]),
    ?T([guarded(X) || X <- [5, 50, 500, -5, 5.5, a, [1], {1}, <<1>>]]),
    ?T([vowel(C) || C <- "aeiouxyz"]),
    ?T(eval({'+', {'*', 2, 3}, {'-', {neg, 4}, 5}})),
    ?T(eval({'/', 1, 2})),
    ?T(if_chain(7)),
    ?T(if_chain(id(x))),
    ?T([case {X, Y} of {0, 0} -> origin; {0, _} -> y_axis; {_, 0} -> x_axis; {Z, Z} -> diagonal; _ -> plane end || {X, Y} <- [{0, 0}, {0, 1}, {1, 0}, {2, 2}, {2, 3}, {0.0, 0}]]),
    ok.

day(1) -> mon; day(2) -> tue; day(3) -> wed; day(4) -> thu; day(5) -> fri; day(6) -> sat; day(7) -> sun; day(_) -> none.

sparse(0) -> zero; sparse(10) -> ten; sparse(1000) -> thousand; sparse(100000) -> lakh; sparse(10000000000) -> ten_billion;
sparse(1180591620717411303424) -> two_to_70; sparse(-1180591620717411303424) -> minus_two_to_70; sparse(_) -> none.

atom_of(red) -> 1; atom_of(green) -> 2; atom_of(blue) -> 3; atom_of('Other') -> 4; atom_of(_) -> 0.

message({add, A, B}) -> A + B;
message({sub, A, B}) -> A - B;
message({neg, A}) -> -A;
message({sum, L}) -> lists:sum(L);
message({T}) -> {one, T};
message({}) -> empty;
message({N, _}) when is_integer(N) -> integer_key;
message({<<"k">>, V}) -> {binary_key, V};
message({"s", V}) -> {string_key, V};
message({{A, _}, _}) -> {nested, A};
message(T) when tuple_size(T) =:= 2 -> pair;
message(T) when is_tuple(T) -> {tuple, tuple_size(T)};
message(_) -> other.

tree_kind(nil) -> empty;
tree_kind({node, K, nil, nil}) -> {leaf, K};
tree_kind({node, K, {node, L, _, _}, nil}) -> {left, K, L};
tree_kind({node, K, nil, {node, R, _, _}}) -> {right, K, R};
tree_kind({Tag, _}) -> {other, Tag};
tree_kind(_) -> bad.

literal([]) -> nil;
literal([1]) -> one;
literal("abc") -> abc;
literal({1, [2, {3}]}) -> nested;
literal(#{a := [1]}) -> map;
literal(<<"bin">>) -> bin;
literal(1.5) -> float;
literal(123456789012345678901234567890) -> big;
literal(X) -> {other, X}.

both(X, X) -> same;
both(1, _) -> first_one;
both(_, 1) -> second_one;
both(_, _) -> neither.

deep({a, [{b, #{c := [N]}} | T]}) -> {found, N, T};
deep({a, [{b, _} | _]}) -> no_c;
deep({a, _}) -> no_b;
deep(_) -> no_a.

guarded(N) when is_integer(N), N > 100; is_float(N) -> large_or_float;
guarded(N) when is_integer(N), N >= 10, N =< 100 -> medium;
guarded(N) when is_integer(N) andalso (N > 0 orelse N < -100) -> small;
guarded(X) when is_list(X) or is_tuple(X) -> compound;
guarded(X) when not is_binary(X) -> {other, X};
guarded(_) -> binary.

vowel(C) when C =:= $a; C =:= $e; C =:= $i; C =:= $o; C =:= $u -> true;
vowel(_) -> false.

eval({'+', A, B}) -> eval(A) + eval(B);
eval({'-', A, B}) -> eval(A) - eval(B);
eval({'*', A, B}) -> eval(A) * eval(B);
eval({neg, A}) -> -eval(A);
eval(N) when is_number(N) -> N.

if_chain(N) ->
    if
        N < 5, is_number(N) -> less;
        N =:= 7 -> seven;
        is_number(N) -> more
    end.
