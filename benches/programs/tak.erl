%% Takeuchi's function: calls with three arguments and comparisons.
-module(tak).
-export([main/1]).

%% How many calls of tak/3 tak(24, 16, 8) takes.
-define(CALLS, 2493349).

main(Args) ->
    N = bench:size(Args, 90),
    bench:run(tak, N * ?CALLS, fun() -> [tak(24, 16, 8) || _ <- lists:seq(1, N)] end).

tak(X, Y, Z) when Y < X -> tak(tak(X - 1, Y, Z), tak(Y - 1, Z, X), tak(Z - 1, X, Y));
tak(_X, _Y, Z) -> Z.
