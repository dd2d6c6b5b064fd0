%% Naive list reversal: list cells made and dropped.
-module(nrev).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 600),
    List = lists:seq(1, 500),
    %% Each element makes as many cells as there are behind it, and its own.
    bench:run(nrev, N * (500 * 501 div 2), fun() -> repeat(N, List) end).

repeat(0, List) -> List;
repeat(N, List) -> repeat(N - 1, nrev(List)).

nrev([]) -> [];
nrev([Head | Tail]) -> append(nrev(Tail), [Head]).

append([], List) -> List;
append([Head | Tail], List) -> [Head | append(Tail, List)].
