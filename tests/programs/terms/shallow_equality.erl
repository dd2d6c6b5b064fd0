%% Equality of tuples and small maps whose parts are told by words, by a few cells of lists, or by looking
%% deeper: every kind of part in every place, against itself copied and against what differs late.
-module(shallow_equality).
-include("t.hrl").

main() ->
    Parts = parts(),
    Copies = [copied(P) || P <- Parts],
    N = length(Parts),
    All = lists:seq(1, N),
    [?T({I, bits([equal(Wrap, lists:nth(I, Parts), lists:nth(J, Copies)) || J <- All])})
     || Wrap <- wraps(), I <- All],
    ?T(bits([A =:= B || A <- keys(), B <- [copied(K) || K <- keys()]])),
    ?T(bits([A == B || A <- keys(), B <- [copied(K) || K <- keys()]])),
    ok.

copied(Term) -> binary_to_term(term_to_binary(Term)).

equal(Wrap, A, B) ->
    {X, Y} = {Wrap(id(A)), copied(Wrap(B))},
    [X =:= Y, X == Y, Y =:= X, Y == X, X =/= Y].

bits(List) -> erlang:phash2(List).

wraps() ->
    [fun(P) -> {P} end,
     fun(P) -> {a, P} end,
     fun(P) -> {a, "abc", <<"def">>, P, [1, 2, 3]} end,
     fun(P) -> {{a, b}, P, P} end,
     fun(P) -> [x, P] end,
     fun(P) -> #{a => P} end,
     fun(P) -> #{P => a, b => "abc"} end,
     fun(P) -> #{{k, P} => P, "k" => [P]} end].

parts() ->
    [a, 1, 1.0, 0.0, -0.0, [], 1 bsl 59, float(1 bsl 59), 1 bsl 70, -(1 bsl 70), float(1 bsl 70), 1.0e300,
     <<>>, <<"def">>, <<"deg">>, <<1:3>>, binary:copy(<<"x">>, 100), "abc", "abd", "abcd", [a | b], [a | c],
     [a | 1.0], [a | 0.0], [a | -0.0], [0.0, a], [-0.0, a], [0, a], [1.0, a], [1, a], {}, {1}, {1.0}, {0.0}, {-0.0},
     ["abc"], ["abd"], [{1, 2}, b], [{1, 2}, c], #{}, #{1 => 2}, #{1.0 => 2}, #{1 => 2.0}, #{"k" => "v"},
     #{"k" => "w"}, fun lists:map/2, fun lists:map/3]
    ++ [lists:seq(1, L) ++ Tail || L <- [14, 15, 16, 17, 18, 40], Tail <- [[], tail, [1.0], [x], [{x}], [{y}]]].

keys() ->
    [maps:from_list([{{k, I}, I} || I <- lists:seq(1, N)] ++ Last)
     || N <- [1, 2, 31, 32], Last <- [[], [{{k, 1}, 1.0}], [{{k, 1.0}, 1}], [{a, 1}], [{a, 2}], [{b, 1}]]].
