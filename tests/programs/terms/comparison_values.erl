%% Comparisons whose value is asked for, of all pairs of some terms, in X and Y registers.
-module(comparison_values).
-export([main/0]).

main() ->
    Terms = [0, 1, -1, 1 bsl 59, -(1 bsl 59), 1 bsl 60, 1 bsl 200, 0.0, -0.0, 1.0, 1.5, 1.0e300, 1.0e-300,
             a, b, true, [], "a", [a | b], {}, {1}, {1.0}, {1, {2}}, <<>>, <<"a">>, <<1:1>>, #{}, #{a => 1},
             #{a => 1.0}, fun lists:map/2, self()],
    Pairs = [{A, B} || A <- Terms, B <- Terms],
    Values = [values(A, B) || {A, B} <- Pairs],
    io:format("~w ~w~n", [length(Values), erlang:phash2(Values)]),
    lists:foreach(fun({{A, B}, V}) when not is_function(A), not is_pid(A), not is_function(B), not is_pid(B) ->
                          io:format("~w ~w ~w~n", [A, B, [bit(X) || X <- V]]);
                     (_) -> ok
                  end, lists:zip(Pairs, Values)),
    Same = [A || A <- Terms, B <- Terms, kept(A, B) =/= list_to_tuple(values(A, B) ++ [A, B])],
    io:format("~w~n", [Same]),
    io:format("~w~n", [[constants(T) || T <- Terms]]).

bit(true) -> 1;
bit(false) -> 0.

values(A, B) ->
    [A < B, A > B, A =< B, A >= B, A == B, A /= B, A =:= B, A =/= B].

%% The values lie on the stack.
kept(A, B) ->
    {L, G, E} = {A < B, A > B, A == B},
    {M, N} = {A =< B, A =:= B},
    id(ok),
    {O, P, Q} = {A >= B, A /= B, A =/= B},
    id(ok),
    {L, G, M, O, E, P, N, Q, A, B}.

constants(A) ->
    [bit(A < 1), bit(A > 1.0), bit(a =< A), bit(A >= 3), bit(A == 0.0), bit(A /= []), bit(A =:= a),
     bit("a" =/= A)].

id(X) -> X.
