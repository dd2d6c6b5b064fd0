%% halt/1 with a status of its own, from a process other than the first.
-module(halt_status).
-include("t.hrl").

main() ->
    io:format("before~n"),
    spawn(fun() -> io:format("halting~n"), halt(7) end),
    receive never -> ok end.
