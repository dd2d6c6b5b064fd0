%% An exception that is raised again with another class keeps it, through `after` too.
-module(class_changed).
-include("t.hrl").

main() ->
    [?T(caught(From, To)) || From <- [throw, error, exit], To <- [throw, error, exit]],
    ?T(whole()).

caught(From, To) ->
    try passed_on(From, To)
    catch Class:Reason:Stack -> {Class, Reason, [F || {?MODULE, F, _, _} <- Stack]}
    end.

passed_on(From, To) ->
    try changed(From, To) after io:format("passing on ~p~n", [To]) end.

changed(From, throw) -> try raised(From) catch From:R:S -> erlang:raise(throw, R, S) end;
changed(From, error) -> try raised(From) catch From:R:S -> erlang:raise(error, R, S) end;
changed(From, exit) -> try raised(From) catch From:R:S -> erlang:raise(exit, R, S) end.

raised(Class) -> erlang:raise(Class, why, []).

whole() ->
    try
        try throw(ball) catch throw:B:S -> erlang:raise(error, {caught, B}, S) end
    of _ -> no
    catch error:E -> {error, E}
    end.
