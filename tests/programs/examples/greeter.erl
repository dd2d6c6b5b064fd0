%% A process that is greeted and greets back.
-module(greeter).
-include("t.hrl").

main() ->
    P = spawn(fun greet/0),
    P ! {hello, self()},
    receive Reply -> io:format("~p~n", [Reply]) end,
    [begin P ! {hello, N, self()}, receive R -> io:format("~p~n", [R]) end end || N <- ["Ann", <<"Bob">>, {nested, [name]}]],
    R = monitor(process, P),
    P ! stop,
    receive {'DOWN', R, process, P, Why} -> io:format("gone: ~p~n", [Why]) end.

greet() ->
    receive
        {hello, From} -> From ! {hello, back}, greet();
        {hello, Name, From} -> From ! {hello, Name, lists:flatten(io_lib:format("welcome ~p", [Name]))}, greet();
        stop -> ok
    end.
