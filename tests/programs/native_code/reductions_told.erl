%% What a process is told of its own reductions counts those of the slice that it is in, also where
%% native code asks.
-module(reductions_told).
-export([main/0]).

main() ->
    io:format("~w~n", [lists:usort([counted() || _ <- lists:seq(1, 20000)])]).

counted() ->
    {reductions, Before} = process_info(self(), reductions),
    loop(100),
    {reductions, After} = process_info(self(), reductions),
    After - Before >= 100.

loop(0) -> ok;
loop(N) -> loop(N - 1).
