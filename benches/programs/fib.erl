%% The naive Fibonacci function: calls and small integers.
-module(fib).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 39),
    bench:run(fib, calls(N, 1, 1), fun() -> fib(N) end).

%% How many calls of fib/1 fib(N) takes.
calls(0, Calls, _Next) -> Calls;
calls(N, Calls, Next) -> calls(N - 1, Next, Calls + Next + 1).

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).
