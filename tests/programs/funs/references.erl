%% How often a fun is there, as fun_info(F, refc) tells: with its code, in heaps, messages, tables and
%% persistent terms.
-module(references).
-export([main/0, make/1, id/1]).

main() ->
    F = make(2),
    show(one, refc(F)),
    G = make(42),
    show(two, [refc(F), refc(G)]),
    show(shared, refc(id([F, {F}, #{f => F}]))),
    other_process(F),
    show(after_exit, refc(F)),
    tables(F),
    show(after_tables, refc(F)),
    terms(F),
    messages(F),
    Copy = binary_to_term(term_to_binary(F)),
    show(copy, refc(F)),
    show(values, [F(1), G(1), Copy(1)]),
    show(exports, [erlang:fun_info(fun ?MODULE:id/1, refc), erlang:fun_info(fun lists:map/2, refc)]),
    show(bad, [bad(X) || X <- [a, 1, {F}]]).

show(What, X) -> io:format("~p: ~p~n", [What, X]).

id(X) -> X.

make(N) -> fun(X) -> X + N end.

refc([F | _]) -> refc(F);
refc(F) -> {refc, N} = erlang:fun_info(F, refc), N.

bad(X) -> try erlang:fun_info(X, refc) catch C:R -> {C, R} end.

other_process(F) ->
    {P, R} = spawn_monitor(fun() -> exit(refc(F)) end),
    receive {'DOWN', R, process, P, N} -> show(other_process, N) end,
    gone(F, 100).

%% The heap of a process goes after it has been told that it is gone.
gone(F, N) ->
    case refc(F) of
        3 -> ok;
        _ when N > 0 -> receive after 10 -> gone(F, N - 1) end
    end.

tables(F) ->
    [table(F, Kind) || Kind <- [set, ordered_set, bag, duplicate_bag]].

table(F, Kind) ->
    T = ets:new(t, [Kind]),
    ets:insert(T, {k, F}),
    One = refc(F),
    ets:insert(T, {k, F, [F]}),
    Two = refc(F),
    ets:insert(T, {l, F}),
    Three = refc(F),
    ets:delete(T, k),
    Four = refc(F),
    ets:delete(T),
    show(Kind, [One, Two, Three, Four, refc(F)]).

terms(F) ->
    persistent_term:put(?MODULE, {F}),
    show(persistent, refc(F)).

messages(F) ->
    P = spawn(fun() -> receive go -> ok end end),
    P ! {f, F},
    P ! {f, F},
    process_info(P, message_queue_len),
    show(messages, refc(F)),
    R = monitor(process, P),
    exit(P, kill),
    receive {'DOWN', R, process, P, _} -> ok end.
