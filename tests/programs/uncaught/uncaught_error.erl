%% Ends in an error that nobody catches, after output that must not be lost.
-module(uncaught_error).
-include("t.hrl").

main() ->
    io:format("before~n"),
    {ok, _} = id(not_ok).
