%% Ends in an exit that nobody catches.
-module(uncaught_exit).
-include("t.hrl").

main() ->
    io:format("before~n"),
    exit({some_reason, id(17)}).
