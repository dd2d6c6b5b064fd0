%% Order, equality and hashing of tuples in tuples, in the ways in which their elements decide.
-module(nested_tuples).
-include("t.hrl").

main() ->
    Leaves = [0, 1, 1.0, 0.0, id(-0.0), a, b, [], 1 bsl 70, "s", <<"b">>, {}],
    Pairs = [{X, Y} || X <- Leaves, Y <- [1, 1.0, a, 1 bsl 70]],
    Tuples = Pairs ++ [{{k, P}, x} || P <- Pairs] ++ [{{v, P}, {w, id(0.0)}} || P <- Pairs]
        ++ [{P, {P, Q}} || P <- lists:sublist(Pairs, 6), Q <- lists:sublist(Pairs, 6)],
    %% Copies, so that equal terms are not the same words.
    Copies = binary_to_term(term_to_binary(Tuples)),
    ?T(erlang:phash2([[{X < Y, X == Y, X =:= Y, X >= Y} || Y <- Copies] || X <- Tuples])),
    ?T(length([x || X <- Tuples, Y <- Copies, X =:= Y])),
    ?T(length([x || X <- Tuples, Y <- Copies, X == Y])),
    ?T(lists:sort(Copies) == lists:sort(Tuples)),
    ?T(lists:usort(lists:sublist(Copies, 60))),
    Large = maps:from_list([{T, N} || {N, T} <- lists:enumerate(Tuples)]),
    ?T(map_size(Large)),
    ?T(erlang:phash2([maps:get(T, Large) || T <- Copies])),
    Small = maps:from_list([{T, T} || T <- lists:sublist(Tuples, 1, 20)]),
    ?T([maps:is_key(T, Small) || T <- lists:sublist(Copies, 1, 40)]),
    ?T(lists:foldl(fun(T, M) -> M#{T => x} end, #{}, lists:sublist(Copies, 40, 30))).
