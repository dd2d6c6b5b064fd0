%% Sums, differences and products whose carries run through all limbs, of lengths around those that
%% are treated apart, with every mixture of signs.
-module(carries).
-export([main/0]).

main() ->
    Lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 18, 31, 33, 64, 65],
    Bigs = [B || N <- Lengths, B <- around(64 * N)],
    Smalls = [0, 1, -1, 2, -7, 15, (1 bsl 59) - 1, -(1 bsl 59), 1 bsl 59, 1.5],
    All = Bigs ++ [-B || B <- Bigs] ++ Smalls,
    show(sum, fun(A, B) -> A + B end, All),
    show(difference, fun(A, B) -> A - B end, All),
    show(product, fun(A, B) -> A * B end, All),
    [io:format("~w ~w~n", [N, check(N)]) || N <- Lengths].

around(Bits) ->
    P = 1 bsl Bits,
    [P - 1, P, P + 1, P bor (P bsr 17), (P bsl 63) - 1].

show(Name, F, All) ->
    Results = [try F(A, B) catch error:R -> R end || A <- All, B <- All],
    io:format("~w ~w ~w~n", [Name, length([R || R <- Results, is_integer(R)]),
                             erlang:phash2([text(R) || R <- Results])]).

text(R) when is_integer(R) -> integer_to_binary(R, 36);
text(R) -> R.

%% What must hold of any machine.
check(N) ->
    [A, B, C, D, E] = around(64 * N),
    [A + 1 =:= B, C - B =:= 1, B - A =:= 1, (A + D) - D =:= A, E - E =:= 0, A - B =:= -1,
     A * A =:= B * B - 2 * B + 1, (A * E) div E =:= A, (A * -3) div A =:= -3, 0 * E =:= 0].
