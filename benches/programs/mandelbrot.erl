%% The Mandelbrot set: float arithmetic in registers.
-module(mandelbrot).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 1000),
    bench:run(mandelbrot, N * N, fun() -> rows(N - 1, N, []) end).

rows(-1, _N, Acc) -> Acc;
rows(Y, N, Acc) -> rows(Y - 1, N, [row(N - 1, 2.0 * Y / N - 1.0, N, 0) | Acc]).

row(-1, _Ci, _N, Count) -> Count;
row(X, Ci, N, Count) -> row(X - 1, Ci, N, Count + point(2.0 * X / N - 1.5, Ci, 0.0, 0.0, 50)).

point(_Cr, _Ci, _Zr, _Zi, 0) -> 0;
point(Cr, Ci, Zr, Zi, Left) ->
    Zr2 = Zr * Zr,
    Zi2 = Zi * Zi,
    if
        Zr2 + Zi2 > 4.0 -> Left;
        true -> point(Cr, Ci, Zr2 - Zi2 + Cr, 2.0 * Zr * Zi + Ci, Left - 1)
    end.
