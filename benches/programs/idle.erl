%% Processes that do nothing, for the memory they take. Prints `ready' once all of them wait
%% and then stays until it is killed: who measures looks from outside.
-module(idle).
-export([main/1, wait/0]).

main(Args) ->
    Count = bench:size(Args, 1000000),
    spawn_all(Count),
    io:format("ready ~w~n", [Count]),
    receive stop -> ok after 120000 -> ok end.

spawn_all(0) -> ok;
spawn_all(N) ->
    spawn(?MODULE, wait, []),
    spawn_all(N - 1).

wait() -> receive stop -> ok end.
