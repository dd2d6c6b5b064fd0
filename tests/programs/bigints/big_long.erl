%% Integers of hundreds and thousands of digits: factorials, Fibonacci numbers, powers, square roots, printing and parsing.
-module(big_long).
-include("t.hrl").

main() ->
    ?T(fac(100)),
    ?T(erlang:phash2(fac(1000))),
    ?T(digit_sum(fac(500))),
    ?T(fac(300) div fac(298)),
    ?T(fac(300) rem (fac(100) + 1) rem 1000000007),
    ?T(fib(1000)),
    ?T(pow(3, 500)),
    ?T(pow(-7, 301) rem pow(10, 40)),
    ?T(length(integer_to_list(pow(2, 20000)))),
    ?T(list_to_integer(integer_to_list(pow(13, 777))) =:= pow(13, 777)),
    ?T(list_to_integer(integer_to_list(-pow(13, 777), 7), 7) =:= -pow(13, 777)),
    ?T(list_to_integer(integer_to_list(pow(11, 400), 36), 36) =:= pow(11, 400)),
    ?T(isqrt(pow(10, 200) * 2)),
    ?T(gcd(fac(60), pow(6, 100))),
    ?T(pow(2, 521) - 1),
    ?T(mod_pow(5, pow(10, 30), pow(2, 127) - 1)),
    ?T(pi(100)),
    ?T(binary:decode_unsigned(binary:encode_unsigned(pow(7, 200))) =:= pow(7, 200)),
    ?T(pow(2, 3000) < pow(2, 3000) + 1),
    ?T(lists:sort([pow(-3, N) || N <- lists:seq(38, 46)])),
    ?T(pow(2, 1000) / pow(2, 990)),
    ?T(pow(2, 2000) / 3),
    ?T(float(pow(10, 300))),
    ?T(float(pow(10, 309))),
    ?T(trunc(1.0e22) * pow(10, 22)),
    ok.

fac(0) -> 1;
fac(N) -> N * fac(N - 1).

fib(N) -> fib(N, 0, 1).
fib(0, A, _) -> A;
fib(N, A, B) -> fib(N - 1, B, A + B).

pow(_, 0) -> 1;
pow(B, N) when N rem 2 =:= 0 -> pow(B * B, N div 2);
pow(B, N) -> B * pow(B, N - 1).

digit_sum(N) -> lists:sum([C - $0 || C <- integer_to_list(N)]).

isqrt(N) -> isqrt(N, N).
isqrt(N, X) ->
    case (X + N div X) div 2 of
        Y when Y >= X -> X;
        Y -> isqrt(N, Y)
    end.

gcd(A, 0) -> A;
gcd(A, B) -> gcd(B, A rem B).

mod_pow(_, 0, _) -> 1;
mod_pow(B, E, M) when E band 1 =:= 1 -> B * mod_pow(B * B rem M, E bsr 1, M) rem M;
mod_pow(B, E, M) -> mod_pow(B * B rem M, E bsr 1, M).

%% Machin's formula in fixed point.
pi(Digits) ->
    One = pow(10, Digits + 10),
    (4 * (4 * arctan(5, One) - arctan(239, One))) div pow(10, 10).

arctan(X, One) -> arctan(One div X, X * X, 1, 1, 0).
arctan(0, _, _, _, Acc) -> Acc;
arctan(P, XX, N, Sign, Acc) -> arctan(P div XX, XX, N + 2, -Sign, Acc + Sign * (P div N)).
