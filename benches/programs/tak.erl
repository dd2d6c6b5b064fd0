%% Takeuchi's function: calls with three arguments and comparisons.
-module(tak).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 30),
    bench:run(tak, 10, fun() -> [tak(24, 16, 8) || _ <- lists:seq(1, N)] end).

tak(X, Y, Z) when Y < X -> tak(tak(X - 1, Y, Z), tak(Y - 1, Z, X), tak(Z - 1, X, Y));
tak(_X, _Y, Z) -> Z.
