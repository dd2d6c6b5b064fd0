%% apply/2 and apply/3 with lists that are made when it runs: called and called last, of functions, natives
%% and funs of all kinds, of what raises, and of what cannot be called.
-module(apply_lists).
-export([count/1, count/2, count/3, loop/2, sum/1]).
-include("t.hrl").

main() ->
    Funs = [fun() -> none end, fun(X) -> {one, X} end, fun(X, Y) -> {two, X, Y} end,
            fun lists:reverse/1, fun lists:reverse/2, fun ?MODULE:count/2, fun ?MODULE:missing/1,
            fun count/1, captures(a, [b]), captures2(1, 2.5), no_fun, {?MODULE, count}, 17],
    Lists = [[], [[x, y]], [[1, 2], [3]], [1, 2, 3], [1 | 2], improper, lists:seq(1, 255),
             lists:seq(1, 300) ++ tail],
    [begin
         ?T(short(fun() -> called(id(F), id(L)) end)),
         ?T(short(fun() -> called_last(id(F), id(L)) end))
     end || F <- Funs, L <- Lists],
    Names = [{?MODULE, count}, {?MODULE, missing}, {missing, f}, {lists, reverse}, {erlang, '+'},
             {erlang, error}, {erlang, exit}, {erlang, throw}, {erlang, length}, {erlang, self_},
             {erlang, hd}, {maps, get}, {"string", f}, {?MODULE, 1}, {lists, keyfind}],
    More = [[?MODULE, count, [1]], [erlang, error, [x]], [fun count/1, [y]], [#{a => b}, c]],
    [begin
         ?T(short(fun() -> called(id(M), id(F), id(L)) end)),
         ?T(short(fun() -> called_last(id(M), id(F), id(L)) end))
     end || {M, F} <- Names, L <- Lists ++ More],
    %% What is no list is no argument list.
    [begin
         ?T(short(fun() -> erlang:error(x, id(Args)) end)),
         ?T(short(fun() -> erlang:error(x, id(Args), [{error_info, #{}}]) end))
     end || Args <- [foo, [1 | 2], 5, [], none, [a], {a}, <<>>]],
    %% The stack stays flat, and others have their turns.
    ?T(apply(?MODULE, id(loop), id([100000, []]))),
    ?T(turns(fun(N, F) -> case N of 0 -> done; _ -> apply(F, id([N - 1, F])) end end)),
    %% The functions that are called by names are many.
    Modules = [{list_to_atom("module" ++ integer_to_list(I)), f, [I]} || I <- lists:seq(1, 300)],
    ?T(lists:usort([element(2, catched(M, F, A)) || {M, F, A} <- Modules])),
    ?T(apply(?MODULE, id(sum), id([lists:seq(1, 10)]))),
    {Pid, Monitor} = spawn_monitor(erlang, apply, [?MODULE, sum, [[1, b]]]),
    ?T(receive {'DOWN', Monitor, process, Pid, {Reason, _}} -> Reason end).

captures(A, B) -> fun(C) -> {A, B, C} end.
captures2(A, B) -> fun(C, D) -> {A, B, C, D} end.

called(F, L) -> {called, apply(F, L)}.
called_last(F, L) -> apply(F, L).
called(M, F, L) -> [called | apply(M, F, L)].
called_last(M, F, L) -> apply(M, F, L).

catched(M, F, A) -> try apply(M, F, A) catch C:R:S -> {C, R, hd(S)} end.

count(A) -> {1, A}.
count(A, B) -> {2, A, B}.
count(A, B, C) -> {3, A, B, C}.

sum([]) -> 0;
sum([X | Rest]) -> X + apply(?MODULE, id(sum), id([Rest])).

loop(0, Acc) -> length(Acc);
loop(N, Acc) -> apply(?MODULE, id(loop), id([N - 1, [N | Acc]])).

turns(F) ->
    Self = self(),
    Others = [spawn_link(fun() -> Self ! {self(), apply(F, [200000, F])} end) || _ <- [1, 2, 3]],
    [receive {Other, Result} -> Result end || Other <- Others].

%% What comes of it, and the functions in the trace that are this module's or applied by it.
short(F) ->
    try F()
    catch
        Class:Reason:Stack -> {Class, Reason, [{M, N, A} || {M, N, A, _} <- lists:sublist(Stack, 3)]}
    end.
