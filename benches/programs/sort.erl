%% Sorting in the ways of the lists module, three times.
-module(sort).
-export([main/1]).

-define(TIMES, 3).

main(Args) ->
    N = bench:size(Args, 100000),
    bench:run(sort, N * 4 * ?TIMES, fun() -> bench:integers(N, 42) end,
              fun(List) -> [run(List) || _ <- lists:seq(1, ?TIMES)] end).

run(List) ->
    Pairs = [{X rem 1000, X} || X <- List],
    {lists:sort(List),
     lists:usort([X rem 10000 || X <- List]),
     lists:keysort(1, Pairs),
     lists:sort(fun({A, B}, {C, D}) -> {B, A} =< {D, C} end, Pairs)}.
