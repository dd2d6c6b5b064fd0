%% The naive Fibonacci function: calls and small integers.
-module(fib).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 36),
    bench:run(fib, 1, fun() -> fib(N) end).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).
