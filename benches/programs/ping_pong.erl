%% Two processes answering each other.
-module(ping_pong).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 1000000),
    bench:run(ping_pong, N, fun() -> spawn(fun pong/0) end, fun(Pong) -> ping(Pong, N, 0) end).

ping(_Pong, 0, Sum) -> Sum;
ping(Pong, N, Sum) ->
    Pong ! {self(), N},
    receive {Pong, Answer} -> ping(Pong, N - 1, Sum + Answer) end.

pong() ->
    receive {From, N} -> From ! {self(), N band 7}, pong() end.
