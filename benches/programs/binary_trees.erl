%% Many short-lived trees beside one that stays: what a collector lives from.
-module(binary_trees).
-export([main/1]).

main(Args) ->
    Depth = bench:size(Args, 19),
    bench:run(binary_trees, made(Depth), fun() -> run(Depth) end).

%% How many nodes run/1 makes.
made(Max) ->
    lists:sum([1 bsl (Max + 1) - 1]
              ++ [(1 bsl (Max - Depth + 4)) * (1 bsl (Depth + 1) - 1)
                  || Depth <- lists:seq(4, Max, 4)]).

run(Max) ->
    Long = tree(Max),
    Short = [begin
                 Count = 1 bsl (Max - Depth + 4),
                 {Depth, Count, repeat(Count, Depth, 0)}
             end || Depth <- lists:seq(4, Max, 4)],
    {Short, check(Long)}.

repeat(0, _Depth, Sum) -> Sum;
repeat(Count, Depth, Sum) -> repeat(Count - 1, Depth, Sum + check(tree(Depth))).

tree(0) -> {nil, nil};
tree(Depth) -> {tree(Depth - 1), tree(Depth - 1)}.

check({nil, nil}) -> 1;
check({Left, Right}) -> 1 + check(Left) + check(Right).
