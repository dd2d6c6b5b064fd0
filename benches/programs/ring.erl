%% A message passed around a ring of processes: 1,000 of them, which a cache holds.
-module(ring).
-export([main/1, run/3]).

main(Args) -> run(ring_1k, 1000, bench:size(Args, 2000000)).

%% Passes one message Hops times around a ring of Count processes.
run(Name, Count, Hops) ->
    bench:run(Name, Hops, fun() -> build(Count) end,
              fun(First) ->
                      First ! {Hops, self()},
                      receive {done, Last} -> Last end
              end).

%% Each process knows the next; the first is told the last one's successor: itself.
build(Count) ->
    First = spawn(fun() -> receive {next, Next} -> hop(Next) end end),
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> hop(Next) end) end, First,
                       lists:seq(2, Count)),
    First ! {next, Last},
    First.

hop(Next) ->
    receive
        {0, Owner} -> Owner ! {done, 0};
        {Left, Owner} -> Next ! {Left - 1, Owner}, hop(Next)
    end.
