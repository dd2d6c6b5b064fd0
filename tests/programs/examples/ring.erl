%% A ring of processes that passes a token round and round.
-module(ring).
-include("t.hrl").

main() ->
    [io:format("~p processes, ~p rounds: ~p~n", [N, M, run(N, M)]) || {N, M} <- [{1, 1}, {1, 100}, {2, 50}, {10, 10}, {100, 20}, {1000, 3}]],
    ok.

run(N, M) ->
    Self = self(),
    First = spawn_link(fun() -> start(N - 1, Self) end),
    First ! {token, N * M, 0},
    receive {done, Hops} -> Hops end.

start(N, Main) ->
    Next = lists:foldl(fun(_, To) -> spawn_link(fun() -> member(To, Main) end) end, self(), lists:seq(1, N)),
    member(Next, Main).

member(Next, Main) ->
    receive
        {token, 0, Hops} -> Main ! {done, Hops}, Next ! stop;
        {token, Left, Hops} -> Next ! {token, Left - 1, Hops + 1}, member(Next, Main);
        stop -> Next ! stop
    end.
