%% Exceptions that are raised again, with another class, with options, and from far down a file.
-module(raised_again).
-export([main/0, far/1, pass/1]).

main() ->
    io:format("~p~n", [[class_of(C, D) || C <- [throw, error, exit], D <- [throw, error, exit]]]),
    io:format("~p~n", [[info(O) || O <- options()]]),
    try far(x)
    catch error:crash:Stack ->
        [{?MODULE, far, 1, Where} | _] = Stack,
        io:format("~p~n", [Where])
    end.

%% `after` raises what it found once more; the class must be the last one.
class_of(C, D) ->
    try pass(fun() ->
        try raise(C)
        catch C:Reason:Stack -> erlang:raise(D, Reason, Stack)
        end
    end)
    catch Class:reason:Stack -> {C, Class, is_list(Stack)}
    end.

pass(F) ->
    try F()
    after put(passed, true)
    end.

raise(throw) -> throw(reason);
raise(error) -> error(reason);
raise(exit) -> exit(reason).

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
