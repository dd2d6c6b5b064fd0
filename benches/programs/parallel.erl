%% Processes that compute and have nothing to do with each other, more of them than schedulers:
%% calls, short-lived terms, maps and binaries.
-module(parallel).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 64),
    bench:run(parallel, N, fun() ->
        Workers = [spawn_monitor(fun() -> exit({result, work(I)}) end) || I <- lists:seq(1, N)],
        [receive {'DOWN', Ref, process, Pid, {result, Result}} -> Result end
         || {Pid, Ref} <- Workers]
    end).

work(I) ->
    Integers = bench:integers(20000, I),
    Counts = lists:foldl(fun(X, Map) ->
                             maps:update_with(X band 255, fun(Count) -> Count + 1 end, 1, Map)
                         end, #{}, Integers),
    Text = << <<(integer_to_binary(X))/binary, $,>> || X <- Integers >>,
    Sorted = lists:sort(Integers),
    {fib(23), check(tree(12)), lists:sort(maps:to_list(Counts)), erlang:phash2(Text),
     erlang:phash2(Sorted)}.

fib(N) when N < 2 -> N;
fib(N) -> fib(N - 1) + fib(N - 2).

tree(0) -> {nil, nil};
tree(Depth) -> {tree(Depth - 1), tree(Depth - 1)}.

check({nil, nil}) -> 1;
check({Left, Right}) -> 1 + check(Left) + check(Right).
