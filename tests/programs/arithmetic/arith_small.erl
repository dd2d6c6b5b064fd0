%% Small integers at the edges of the small range, with constants known to the compiler.
-module(arith_small).
-include("t.hrl").

main() ->
    Edge = id((1 bsl 59) - 1),
    ?T(Edge + 1),
    ?T(Edge + Edge),
    ?T(-Edge - 1),
    ?T(-Edge - 2),
    ?T(Edge * 2),
    ?T(Edge * -1),
    ?T(id(576460752303423488) - 1),
    ?T(id(576460752303423488) - 576460752303423487),
    ?T(-id(-576460752303423488)),
    ?T(abs(id(-576460752303423488))),
    ?T(id(-576460752303423488) div -1),
    ?T(id(-576460752303423488) rem -1),
    ?T(id(3037000500) * id(3037000500)),
    ?T(id(3037000499) * id(-3037000499)),
    ?T(id(1 bsl 30) * id(1 bsl 29)),
    ?T(id(1 bsl 30) * id(1 bsl 28)),
    ?T(id(7) div 2),
    ?T(id(-7) div 2),
    ?T(id(7) rem -2),
    ?T(id(-7) rem 2),
    ?T(id(-7) rem 8),
    ?T(id(-7) band 7),
    ?T(id(-1) bsr 70),
    ?T(id(1) bsl 200),
    ?T(id(0) bsl 100000000),
    ?T(id(1) bsl -1),
    ?T(id(-5) bsr 1),
    ?T(id(-5) bsl -1),
    ?T(id(5) bsr -62),
    ?T(id(1) bsl id(58)),
    ?T(id(1) bsl id(59)),
    ?T(id(-1) bsl id(59)),
    ?T(id(-1) bsl id(60)),
    ?T(id(a) + 1),
    ?T(1 + id(a)),
    ?T(id(1) div 0),
    ?T(id(1) rem id(0)),
    ?T(id(1) / id(0)),
    ?T(id(1) / 0.0),
    ?T(id(1.0) div 1),
    ?T(id(1.0) band 1),
    ?T(id(1) bsl a_shift()),
    ?T(bnot id(b)),
    ?T(sum(100000, 0)),
    ?T(collatz(27, 0)),
    ?T(gcd(1071, 462)),
    ?T(pow_mod(7, 1000003, 998244353)),
    ?T([isqrt(N) || N <- lists:seq(0, 30)]),
    ok.

a_shift() -> id(1.5).

sum(0, Acc) -> Acc;
sum(N, Acc) -> sum(N - 1, Acc + N).

collatz(1, Steps) -> Steps;
collatz(N, Steps) when N rem 2 =:= 0 -> collatz(N div 2, Steps + 1);
collatz(N, Steps) -> collatz(3 * N + 1, Steps + 1).

gcd(A, 0) -> A;
gcd(A, B) -> gcd(B, A rem B).

pow_mod(_, 0, _) -> 1;
pow_mod(B, E, M) when E band 1 =:= 1 -> B * pow_mod(B * B rem M, E bsr 1, M) rem M;
pow_mod(B, E, M) -> pow_mod(B * B rem M, E bsr 1, M).

isqrt(N) -> isqrt(N, N).
isqrt(N, X) when X * X =< N -> X;
isqrt(N, X) -> isqrt(N, (X + N div X) div 2).
