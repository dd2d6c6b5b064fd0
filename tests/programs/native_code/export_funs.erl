%% Funs that stand for functions by name, called often enough to be compiled: natives and others, in bodies
%% and last, with the wrong number of arguments, of functions that are not there, that raise, that make
%% much, that take long and that are traced.
-module(export_funs).
-export([main/0, twice/1, none/0, last/2]).

main() ->
    Funs = [fun erlang:abs/1, fun erlang:length/1, fun erlang:atom_to_list/1, fun ?MODULE:twice/1,
            fun lists:reverse/1, fun erlang:binary_to_term/1, fun erlang:tuple_to_list/1,
            fun erlang:error/1, fun erlang:throw/1, fun erlang:exit/1, fun erlang:list_to_binary/1,
            fun erlang:phash2/1, fun erlang:term_to_binary/1, fun erlang:hd/1,
            fun missing:function/1, fun ?MODULE:missing/1, fun erlang:apply/2, fun ?MODULE:none/0,
            fun erlang:'+'/1, fun erlang:is_atom/1, fun(X) -> {x, X} end, none, {a, b}, 17],
    Args = [1, -7, [], [1, 2, 3], abc, {}, {a, "b", 3}, <<1, 2>>, term_to_binary({a, b}), 1.5, "text",
            1 bsl 70, #{a => b}, lists:seq(1, 300)],
    Results = [[{called(F, A), last_called(F, A)} || F <- Funs, A <- Args] || _ <- lists:seq(1, 6)],
    true = lists:all(fun(R) -> R =:= hd(Results) end, Results),
    io:format("~w~n~w~n", [erlang:phash2(Results), hd(Results)]),
    Map = maps:from_list([{I, I} || I <- lists:seq(1, 500)]),
    Empty = [lists:foldl(fun maps:remove/2, Map, lists:seq(1, 500)) || _ <- lists:seq(1, 20)],
    io:format("~w ~w~n", [lists:usort(Empty), maps:without(lists:seq(2, 500), Map)]),
    Large = lists:map(fun erlang:integer_to_list/1, [I bsl 200 || I <- lists:seq(1, 2000)]),
    io:format("~w~n", [erlang:phash2(Large)]),
    Lists = [lists:seq(1, N) || N <- lists:seq(0, 3000, 100)],
    io:format("~w~n", [lists:map(fun erlang:length/1, Lists)]),
    io:format("~w~n", [[erlang:phash2(L) || L <- lists:map(fun erlang:list_to_tuple/1, Lists)]]),
    % Others get their turn.
    Self = self(),
    spawn(fun() -> Self ! turn end),
    turn(fun erlang:length/1, [a, b]),
    traced().

called(F, A) ->
    try {F(A), kept} catch Class:Reason:Stack -> {Class, Reason, top(Stack)} end.

last_called(F, A) ->
    try last(F, A) catch Class:Reason:Stack -> {Class, Reason, top(Stack)} end.

last(F, A) -> F(A).

%% The function that the trace begins with, without its line.
top(Stack) -> [{M, F, A} || {M, F, A, _} <- lists:sublist(Stack, 1)].

twice(X) -> [X, X].

none() -> ok.

turn(F, L) ->
    receive turn -> io:format("a turn~n") after 0 -> F(L), turn(F, L) end.

traced() ->
    Self = self(),
    Tracer = spawn_link(fun() -> collect(Self, 0) end),
    1 = erlang:trace(Self, true, [call, {tracer, Tracer}]),
    1 = erlang:trace_pattern({erlang, abs, 1}, true, []),
    300 = lists:sum([abs_of(fun erlang:abs/1, -1) || _ <- lists:seq(1, 300)]),
    1 = erlang:trace_pattern({erlang, abs, 1}, false, []),
    300 = lists:sum([abs_of(fun erlang:abs/1, -1) || _ <- lists:seq(1, 300)]),
    Ref = erlang:trace_delivered(Self),
    receive {trace_delivered, Self, Ref} -> Tracer ! done end,
    receive {calls, N} -> io:format("traced ~w~n", [N]) end.

abs_of(F, X) -> element(1, {F(X)}).

collect(To, N) ->
    receive
        {trace, To, call, {erlang, abs, [-1]}} -> collect(To, N + 1);
        done -> To ! {calls, N}
    end.
