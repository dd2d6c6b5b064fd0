%% Integers to and from decimal text: lengths around those that are treated apart, signs, and what is
%% no text of an integer.
-module(decimals).
-export([main/0]).

main() ->
    Texts = ["", "0", "-0", "+0", "7", "+7", "-7", "007", "-", "+", "+-1", "--1", "1-", "1+", " 1",
             "1 ", "1x", "12345678901234567", "123456789012345678", "1234567890123456789",
             "-12345678901234567", "-99999999999999999", "99999999999999999999", "00000000000000000000012", "576460752303423487",
             "-576460752303423488", "-576460752303423489", "1_000", "0x10", [$1, 300], [$1, -1], [$1, a],
             [$1 | $2], [$1, [$2]], [$1 | <<"2">>], [49.0], "\x{661}"],
    [io:format("~w ~w ~w~n", [T, from(list_to_integer, T), from_binary(T)]) || T <- Texts],
    Numbers = [0, 1, -1, 9, 10, 11, 99, 100, -100, 1000000007, (1 bsl 59) - 1, -(1 bsl 59), 1 bsl 59,
               -(1 bsl 59) - 1, 1 bsl 63, -(1 bsl 64), 1 bsl 200, atom, 1.0],
    [io:format("~w ~w ~w~n", [N, from(integer_to_list, N), from(integer_to_binary, N)]) || N <- Numbers],
    [true = list_to_integer(integer_to_list(N)) =:= N || I <- lists:seq(0, 70), D <- [-1, 0, 1],
                                                        S <- [1, -1], N <- [S * ((1 bsl I) + D)]],
    ok.

from(F, T) ->
    try erlang:F(T) catch error:R -> {error, R} end.

from_binary(T) ->
    try iolist_to_binary(T) of
        B -> [from(binary_to_integer, B), from(binary_to_integer, unaligned(B))]
    catch error:_ -> no_binary
    end.

unaligned(B) ->
    <<_:3, Same/binary>> = <<5:3, B/binary>>,
    Same.
