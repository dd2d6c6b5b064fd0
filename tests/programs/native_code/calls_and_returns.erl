%% Calls and returns of functions that are called often enough to be compiled: deep recursion over the
%% ends of slices and collections, errors that skip callers, calls of another module while that is
%% replaced, traced, deleted and loaded again, by callers that return and by callers that do not, and of
%% traced functions of the same module.
-module(calls_and_returns).
-export([main/0]).

main() ->
    io:format("~w~n", [[sum_to(N) || N <- [0, 1, 15, 16, 17, 40, 3999, 4001, 30000]]]),
    Squares = [map(fun(X) -> X * X end, lists:seq(1, N)) || N <- [0, 3, 17, 2000, 9000]],
    io:format("~w~n", [[{length(S), lists:sum(S)} || S <- Squares]]),
    %% Thrown from one depth, caught at another, returned from there.
    io:format("~w~n", [[caught(N, Catch, Throw) || N <- [5, 20, 100], Catch <- [0, 1, 4, 18],
                                                   Throw <- [0, 2, 16, 50]]]),
    io:format("~w~n", [lists:sum([caught(60, I rem 61, I rem 47) || I <- lists:seq(1, 3000)])]),
    io:format("~w~n", [[tree(N) || N <- [1, 2, 8, 14]]]),
    replaced(),
    traced({elsewhere, step, 1}, fun() -> [{returning(I), last(I)} || I <- lists:seq(1, 150)] end),
    %% Functions of this module that call themselves and are called by others of it.
    traced({?MODULE, sum_to, 1}, fun() -> [sum_to(I rem 20) || I <- lists:seq(1, 50)] end),
    traced({?MODULE, tree, 1}, fun() -> [grove(I rem 7) || I <- lists:seq(1, 30)] end),
    traced({?MODULE, grove, 1}, fun() -> [grove(I rem 7) || I <- lists:seq(1, 30)] end),
    gone().

sum_to(0) -> 0;
sum_to(N) -> N + sum_to(N - 1).

map(_, []) -> [];
map(F, [X | Rest]) -> [F(X) | map(F, Rest)].

caught(N, Catch, Throw) ->
    try depths(N, Catch, Throw) catch throw:M -> -M end.

depths(0, _, _) -> 0;
depths(N, N, Throw) ->
    try 1 + depths(N - 1, N, Throw) catch throw:M -> 1000 * M + sum_to(M) end;
depths(N, _, N) -> throw(N);
depths(N, Catch, Throw) -> 1 + depths(N - 1, Catch, Throw).

tree(0) -> 1;
tree(N) when N rem 5 =:= 0 -> (catch throw(tree(N - 1))) + tree(N - 1);
tree(N) -> tree(N - 1) + tree(N - 1).

grove(N) ->
    M = tree(N),
    case N of
        3 -> tree(M rem 4);
        _ -> M + 1
    end.

%% Another module, of which there are many versions.
load(Version) ->
    Forms = [{attribute, 1, module, elsewhere},
             {attribute, 1, export, [{step, 1}, {ask, 2}]},
             {function, 1, step, 1,
              [{clause, 1, [{var, 1, 'X'}], [],
                [{tuple, 1, [{integer, 1, Version}, {op, 1, '+', {var, 1, 'X'}, {integer, 1, Version}}]}]}]},
             {function, 1, ask, 2,
              [{clause, 1, [{var, 1, 'F'}, {var, 1, 'X'}], [],
                [{tuple, 1, [{integer, 1, Version}, {call, 1, {var, 1, 'F'}, [{var, 1, 'X'}]}]}]}]}],
    {ok, elsewhere, Code} = compile:forms(Forms, []),
    code:purge(elsewhere),
    {module, elsewhere} = code:load_binary(elsewhere, "elsewhere.erl", Code),
    ok.

returning(X) ->
    {Version, Y} = elsewhere:step(X),
    {Version, Y - X}.

last(X) -> elsewhere:step(X).

asking(F, X) -> element(2, elsewhere:ask(F, X)) + 1.

replaced() ->
    Told = [begin
                load(Version),
                lists:usort([{returning(I), last(Version), asking(fun(X) -> X + 1 end, I) - I}
                             || I <- lists:seq(1, 200)])
            end || Version <- lists:seq(1, 12)],
    io:format("~w~n", [Told]),
    %% Replaced by what is called from it.
    Reload = fun(X) -> load(X), element(1, elsewhere:step(0)) end,
    io:format("~w ~w~n", [asking(Reload, 13), returning(1)]).

traced(Function, Call) ->
    Self = self(),
    Counter = spawn_link(fun() -> count(0, Self) end),
    erlang:trace(Self, true, [call, {tracer, Counter}]),
    Called = [begin
                  erlang:trace_pattern(Function, On, How),
                  Call(),
                  erlang:trace_delivered(Self),
                  receive {trace_delivered, Self, _} -> ok end,
                  Counter ! {tell, self()},
                  receive {told, N} -> N end
              end || _ <- [1, 2], {On, How} <- [{true, [global]}, {false, [global]}, {true, [local]},
                                               {[{'_', [], [{return_trace}]}], [local]}, {false, [local]}]],
    erlang:trace(Self, false, [call]),
    io:format("~w~n", [Called]).

count(N, Owner) ->
    receive
        {trace, Owner, _, _} -> count(N + 1, Owner);
        {trace, Owner, _, _, _} -> count(N + 1, Owner);
        {tell, From} -> From ! {told, N}, count(0, Owner)
    end.

gone() ->
    code:purge(elsewhere),
    true = code:delete(elsewhere),
    code:purge(elsewhere),
    io:format("~w~n", [[lists:usort([try F(I) catch error:E -> E end || I <- lists:seq(1, 100)])
                        || F <- [fun returning/1, fun last/1]]]),
    load(77),
    io:format("~w~n", [lists:usort([{returning(I), element(1, last(I))} || I <- lists:seq(1, 100)])]).
