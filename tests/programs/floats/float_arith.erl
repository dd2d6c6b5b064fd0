%% Float arithmetic, its overflow errors, and the operations the compiler turns into float registers.
-module(float_arith).
-include("t.hrl").

main() ->
    ?T(id(0.1) + id(0.2)),
    ?T(id(1.0e308) * 10),
    ?T(id(1.0e308) + id(1.0e308)),
    ?T(id(-1.0e308) - id(1.0e308)),
    ?T(id(1.0) / id(3.0)),
    ?T(id(1.0) / id(0.0)),
    ?T(id(0.0) / id(0.0)),
    ?T(id(1) / id(3)),
    ?T(id(4) / 2),
    ?T(id(1 bsl 1023) * 1.0),
    ?T(id(1 bsl 1024) * 1.0),
    ?T(id(1 bsl 1024) / 2),
    ?T(id(1 bsl 1024) / (1 bsl 1000)),
    ?T(id(-0.0)),
    ?T(0.0 * id(-1)),
    ?T(-id(0.0)),
    ?T(abs(id(-0.0))),
    ?T(id(0.0) == id(-0.0)),
    ?T(id(0.0) =:= id(-0.0)),
    ?T(id(5.0e-324) / 2),
    ?T(id(1.0e-200) * id(1.0e-200)),
    ?T(poly(2.0)),
    ?T(poly(3)),
    ?T(poly(a)),
    ?T(mean([1, 2, 3.5, 4])),
    ?T(newton(2.0, 1.0, 20)),
    ?T(euler(1000)),
    ?T(leibniz(2000)),
    ?T(kahan([0.1 || _ <- lists:seq(1, 1000)])),
    ?T(lists:sum([0.1 || _ <- lists:seq(1, 1000)])),
    ?T(horner([1, -2.5, 3, 4.25], 1.5)),
    ?T(nbody(100)),
    ?T(mandel_row(0.25, 40)),
    ?T([X * X || X <- [1.0e-30, 1.0e-38, 2.0e-39, 1.0e38, 3.0e38, 1.0e39]]),
    ?T([X + 1 || X <- [1.0e15, 1.0e16, -1.0e16, 0.5, 1.0e-20]]),
    ?T([math:sqrt(X) + X * 2.0 - 1 || X <- [1, 4, 9.0, 16]]),
    ?T(is_float(id(1.0) + 1)),
    ?T({id(1.0) < 2, id(2) < 1.5, id(1) == 1.0, id(1) =:= 1.0}),
    ?T(<<(id(1.5)):64/float>>),
    ?T(<<(id(1.5)):32/float-little>>),
    ?T(<<(id(1.5)):16/float>>),
    ?T(<<(id(1.0e300)):32/float>>),
    ?T(read_floats(<<1.5:64/float, 2.5:32/float, -0.125:16/float, 3.0:64/float-little>>)),
    ?T(read_floats(<<-1:200>>)),
    ok.

poly(X) -> 3.0 * X * X - 2.5 * X + 1.

mean(L) -> lists:sum(L) / length(L).

newton(_, X, 0) -> X;
newton(A, X, N) -> newton(A, (X + A / X) / 2, N - 1).

euler(N) -> math:pow(1 + 1 / N, N).

leibniz(N) -> 4 * leibniz(N, 0, 0.0).
leibniz(N, N, Acc) -> Acc;
leibniz(N, K, Acc) when K band 1 =:= 0 -> leibniz(N, K + 1, Acc + 1 / (2 * K + 1));
leibniz(N, K, Acc) -> leibniz(N, K + 1, Acc - 1 / (2 * K + 1)).

kahan(L) -> kahan(L, 0.0, 0.0).
kahan([], Sum, _) -> Sum;
kahan([X | T], Sum, C) ->
    Y = X - C,
    S = Sum + Y,
    kahan(T, S, (S - Sum) - Y).

horner(Cs, X) -> lists:foldr(fun(C, Acc) -> C + X * Acc end, 0.0, Cs).

nbody(N) -> nbody(N, {1.0, 0.0, 0.0, 1.0}).
nbody(0, S) -> S;
nbody(N, {X, Y, VX, VY}) when is_float(X), is_float(Y), is_float(VX), is_float(VY) ->
    R2 = X * X + Y * Y,
    R3 = R2 * math:sqrt(R2),
    VX1 = VX - 0.01 * X / R3,
    VY1 = VY - 0.01 * Y / R3,
    nbody(N - 1, {X + 0.01 * VX1, Y + 0.01 * VY1, VX1, VY1}).

mandel_row(Ci, N) -> [escape(-2.0 + 3.0 * K / N, Ci, 0.0, 0.0, 0) || K <- lists:seq(0, N - 1)].
escape(_, _, _, _, 50) -> 50;
escape(Cr, Ci, Zr, Zi, K) when Zr * Zr + Zi * Zi =< 4.0 -> escape(Cr, Ci, Zr * Zr - Zi * Zi + Cr, 2.0 * Zr * Zi + Ci, K + 1);
escape(_, _, _, _, K) -> K.

read_floats(<<A/float, B:32/float, C:16/float, D/float-little>>) -> [A, B, C, D];
read_floats(_) -> not_floats.
