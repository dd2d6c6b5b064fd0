%% term_to_binary and binary_to_term.
-module(external_terms).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 10000),
    Term = [{I, I * 1.5, integer_to_binary(I), "a list", [atom, {I, 1 bsl 70}], #{I => value}}
            || I <- lists:seq(1, 200)],
    bench:run(external_terms, N * 2, fun() -> repeat(N, Term) end).

repeat(0, Term) -> Term;
repeat(N, Term) -> repeat(N - 1, binary_to_term(term_to_binary(Term))).
