%% Ends in a throw that nobody catches.
-module(uncaught_throw).
-include("t.hrl").

main() ->
    io:format("before~n"),
    throw({ball, id(17)}).
