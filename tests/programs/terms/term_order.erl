%% The order of all terms: every pair of a list of terms of every kind compared with every operator, and sorted.
-module(term_order).
-include("t.hrl").

main() ->
    F1 = fun lists:map/2,
    F2 = fun lists:foldl/3,
    Terms = [0, 1, -1, 1.0, 0.5, -0.5, 1 bsl 70, -(1 bsl 70), 1.0e30, a, b, ab, '', 'A', true, [], [1], [1, 2], [2], [1.0], [a | b], [[]], "abc", {}, {1}, {a}, {1, 2}, {1.0, 2}, {0, 0, 0},
             #{}, #{a => 1}, #{a => 1.0}, #{b => 1}, #{a => 1, b => 2}, #{1 => a}, #{1.0 => a}, #{c => 0, d => 0}, <<>>, <<0>>, <<1>>, <<1, 0>>, <<1:1>>, <<0:1>>, <<255:7>>, <<"abc">>, F1, F2, [F1], {F1}, [#{}], [<<>>], [{}]],
    [io:format("~s~n", [[row(A, B) || B <- Terms]]) || A <- Terms],
    io:format("~p~n", [lists:sort(Terms)]),
    io:format("~p~n", [lists:usort(Terms)]),
    io:format("~p~n", [lists:reverse(lists:sort(fun(A, B) -> A =< B end, lists:reverse(Terms)))]),
    Self = self(),
    Ref = make_ref(),
    Kinds = [{1, number}, {a, atom}, {Ref, reference}, {F1, 'fun'}, {Self, pid}, {{}, tuple}, {#{}, map}, {[], nil}, {[1], list}, {<<>>, bits}],
    io:format("~p~n", [[K || {_, K} <- lists:sort(lists:reverse(Kinds))]]),
    ?T([max(1, 1.0), max(1.0, 1), min(1, 1.0), min(1.0, 1)]),
    ?T([max(a, id(5)), min({}, id([]))]),
    ?T(make_ref() =:= make_ref()),
    ?T(Ref == Ref),
    ?T(begin R1 = make_ref(), R2 = make_ref(), R1 < R2 end),
    ?T(begin P = spawn(fun() -> ok end), [P =:= Self, P == P, P < Self orelse P > Self] end),
    ?T(lists:sort(["b", "a", "", "ab", "aa", "B"])),
    ?T(lists:sort([<<"b">>, <<"a">>, <<>>, <<"ab">>, <<"B">>, <<1:1>>])),
    ?T(lists:sort(['\x{e5}', z, '\x{3b1}', 'a b', a])),
    ?T(large_maps()),
    ?T(deep(1000) < deep(1001)),
    ?T(deep(1000) =:= deep(1000)),
    ?T(long(5000, 1) < long(5000, 2)),
    ok.

row(A, B) -> [sign(A < B), sign(A =:= B), sign(A == B), sign(A >= B), sign(A > B), $\s].
sign(true) -> $t;
sign(false) -> $f.

large_maps() ->
    M1 = maps:from_list([{N, N} || N <- lists:seq(1, 100)]),
    [M1 < M1#{50 := 51}, M1 < M1#{101 => 0}, M1#{1 := 0} < M1, M1 == M1#{5 := 5.0}, M1 =:= M1#{5 := 5.0}, #{x => 1} < M1].

deep(0) -> end_of_term;
deep(N) -> {deep(N - 1)}.

long(N, Last) -> lists:seq(1, N) ++ [Last].
