%% Processes that are started, monitored and end at once.
-module(spawn_exit).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 400000),
    bench:run(spawn_exit, N, fun() -> loop(N, 0) end).

loop(0, Sum) -> Sum;
loop(N, Sum) ->
    {Pid, Ref} = spawn_monitor(fun() -> exit(N band 3) end),
    receive {'DOWN', Ref, process, Pid, Reason} -> loop(N - 1, Sum + Reason) end.
