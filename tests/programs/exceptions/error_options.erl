%% Errors raised with options, and from far down a file.
-module(error_options).
-export([main/0, far/1]).

main() ->
    io:format("~p~n", [[info(O) || O <- options()]]),
    try far(x)
    catch error:crash:Stack ->
        [{?MODULE, far, 1, Where} | _] = Stack,
        io:format("~p~n", [Where])
    end.

options() ->
    [[], bad, [bad], [{bad, tuple}], [{error_info, #{}}], [{error_info, not_map}],
     [{error_info, #{}}, bad], [{error_info, #{cause => a}}, {error_info, #{cause => b}}],
     [{error_info, #{cause => c}} | improper]].

info(Options) ->
    try error(reason, [Options], Options)
    catch error:reason:Stack ->
        [{?MODULE, info, [Options], Info} | _] = Stack,
        lists:keyfind(error_info, 1, Info)
    end.

%% A line that stock cannot note.
-file("far.erl", 16777210).
far(_) ->



    error(crash).
