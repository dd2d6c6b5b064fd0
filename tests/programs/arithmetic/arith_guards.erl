%% Arithmetic and type tests in guards: a failing guard expression is false, never an exception.
-module(arith_guards).
-include("t.hrl").

main() ->
    Values = [0, 1, -1, 2, 3.5, 1 bsl 70, a, [], [1], [1, 2 | 3], {}, {1}, {a, 2}, <<>>, <<1, 2>>, <<1:3>>, #{}, #{a => 1},
              fun id/1, true, false, 0.0],
    [io:format("~p: ~p~n", [printable(V), classify(V)]) || V <- Values],
    [io:format("~p ~p: ~p~n", [printable(A), printable(B), two(A, B)]) || A <- Values, B <- Values],
    [io:format("types ~p: ~w~n", [printable(V), types(V)]) || V <- Values],
    ok.

printable(F) when is_function(F) -> a_fun;
printable(V) -> V.

classify(X) when X + 1 > 5 -> big_or_not;
classify(X) when X div 2 =:= 1 -> two_or_three;
classify(X) when hd(X) =:= 1 -> list_from_one;
classify(X) when element(1, X) =:= a -> tuple_a;
classify(X) when tuple_size(X) =:= 0 -> empty_tuple;
classify(X) when length(X) =:= 0 -> empty_list;
classify(X) when byte_size(X) > 1 -> bytes;
classify(X) when bit_size(X) =:= 3 -> bits;
classify(X) when map_size(X) =:= 1 -> map_one;
classify(X) when is_map_key(b, X); X =:= #{} -> map_zero;
classify(X) when is_function(X, 1) -> fun_one;
classify(X) when not X -> false_atom;
classify(X) when X -> true_atom;
classify(X) when abs(X) =:= 1 -> unit;
classify(X) when trunc(X) =:= 3 -> three_and_half;
classify(X) when round(X) =:= 0, is_float(X) -> float_zero;
classify(X) when is_atom(X) orelse element(2, X) -> atom_or;
classify(_) -> none.

two(A, B) when A < B, A + B > 0 -> less_and_positive_sum;
two(A, B) when A == B, A =/= B -> equal_not_identical;
two(A, B) when A =:= B -> identical;
two(A, B) when element(A, B) -> element;
two(A, B) when map_get(B, A) =:= 1 -> map_get;
two(A, B) when A and B; A xor B -> logic;
two(A, B) when (A band B) =:= 0 -> no_common_bits;
two(A, B) when hd(A) == hd(B) -> same_head;
two(A, B) when byte_size(A) + length(B) > 1 -> sizes;
two(A, B) when is_function(A, B) -> arity;
two(A, B) when A >= B -> first_larger;
two(_, _) -> second_larger.

types(V) ->
    [is_integer(V), is_float(V), is_number(V), is_atom(V), is_boolean(V), is_list(V), is_tuple(V), is_binary(V),
     is_bitstring(V), is_map(V), is_function(V), is_pid(V), is_port(V), is_reference(V), is_function(V, 1)].
