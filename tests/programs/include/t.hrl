%% What the programs of the differential corpus share. Every program includes this file, exports
%% main/0 and prints what it computes; the output must be the same on every run and every machine.
%%
%% ?T(Expression) prints the expression's text and its value, or the exception with its first
%% stack frames. id/1 hides a value from the compiler, which would otherwise fold the expression.

-export([main/0, id/1]).
-compile({nowarn_unused_function, [{t, 2}, {frames, 1}, {frame, 1}, {out, 2}, {try_to, 1}, {ordered, 1}]}).

-define(T(E), t(??E, fun() -> E end)).

id(X) -> X.

t(Label, Fun) ->
    try Fun() of
        Value -> io:format("~s~n   => ~p~n", [Label, Value])
    catch
        Class:Reason:Stack ->
            io:format("~s~n   !! ~p:~p~n      ~p~n", [Label, Class, Reason, frames(Stack)])
    end.

%% The frames of the program under test, without those of this file.
frames(Stack) ->
    Own = lists:takewhile(fun({M, F, _, _}) -> {M, F} =/= {?MODULE, t} andalso {M, F} =/= {?MODULE, try_to} end, Stack),
    [frame(F) || F <- lists:sublist(Own, 4)].

frame({M, F, A, Location}) ->
    case lists:keyfind(line, 1, Location) of
        {line, Line} -> {M, F, A, Line};
        false -> {M, F, A}
    end.

out(Label, Value) -> io:format("~s: ~p~n", [Label, Value]).

%% The value, or what was raised, as one term: for tables of cases.
try_to(Fun) ->
    try Fun()
    catch
        Class:Reason -> {Class, Reason}
    end.

%% A map in an order that does not depend on its representation.
ordered(Map) -> lists:sort(maps:to_list(Map)).
