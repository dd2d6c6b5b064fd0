%% What erts_debug:get_internal_state tells of references to nodes, and of monitors and links: where
%% identifiers of another node are, and who watches whom by which name.
-module(node_references).
-export([main/0, wait/0]).

main() ->
    erts_debug:set_internal_state(available_internal_state, true),
    show(none, counts()),
    Ids = ids(),
    heap(Ids),
    tables(Ids),
    timers(Ids),
    messages(Ids),
    show(alive, length(Ids)),
    show(given_up, after_all()),
    own(),
    monitors(),
    links(),
    show(bad, [bad(X) || X <- [{monitor_list, 1}, {link_list, "x"}, {monitor_list, nobody@nowhere}]]).

show(What, X) -> io:format("~p: ~p~n", [What, X]).

bad(X) -> try erts_debug:get_internal_state(X) catch C:R -> {C, R} end.

-define(NODE, 'somewhere@far.away').
-define(CREATION, 7).

%% A pid, a port and a reference of a node that nobody has heard of.
ids() ->
    [binary_to_term(<<131, X/binary>>)
     || X <- [<<88, (name())/binary, 4711:32, 3:32, ?CREATION:32>>,
              <<89, (name())/binary, 4712:32, ?CREATION:32>>,
              <<90, 3:16, (name())/binary, ?CREATION:32, 1:32, 2:32, 3:32>>]].

name() ->
    Name = atom_to_binary(?NODE),
    <<119, (byte_size(Name)), Name/binary>>.

references() ->
    {{node_references, Nodes}, {dist_references, Entries}}
        = erts_debug:get_internal_state(node_and_dist_references),
    {Nodes, Entries}.

%% How often the node is referred to, by kind of reference.
counts() ->
    erlang:garbage_collect(),
    {Nodes, _} = references(),
    case lists:keyfind({?NODE, ?CREATION}, 1, Nodes) of
        false ->
            none;
        %% It lingers on stock.
        {_, 0, _} ->
            none;
        {_, Count, By} ->
            Kinds = [{Kind, N} || {_, Kinds} <- By, {Kind, N} <- Kinds],
            true = Count =:= lists:sum([N || {_, N} <- Kinds]),
            Sum = fun({K, N}, Acc) -> Acc#{K => N + maps:get(K, Acc, 0)} end,
            lists:sort(maps:to_list(lists:foldl(Sum, #{}, Kinds)))
    end.

heap(Ids) ->
    show(heap, counts()),
    show(shared, counts_with([Ids, {Ids}])),
    show(more, counts_with([ids()])),
    {_, Entries} = references(),
    {_, _, By} = lists:keyfind(?NODE, 1, Entries),
    show(entry, By).

counts_with(Terms) ->
    N = counts(),
    {N, length(Terms)}.

tables([Pid, Port, Ref] = Ids) ->
    T = ets:new(t, []),
    ets:insert(T, [{a, Pid}, {b, Port, [Pid]}, {c, Ref, self(), make_ref()}]),
    show(table, counts()),
    ets:delete(T, b),
    show(table, counts()),
    ets:delete(T),
    show(table, counts()),
    show(ids, length(Ids)).

timers(Ids) ->
    P = spawn(fun ?MODULE:wait/0),
    T = erlang:start_timer(100000, P, Ids),
    erlang:send_after(100000, P, {Ids, hello}),
    show(timer, counts()),
    erlang:cancel_timer(T),
    show(timer, counts()),
    kill(P),
    show(timer, counts()),
    show(ids, length(Ids)).

messages(Ids) ->
    P = spawn(fun ?MODULE:wait/0),
    P ! {Ids, one},
    process_info(P, message_queue_len),
    show(message, counts()),
    kill(P),
    show(ids, length(Ids)).

kill(P) ->
    R = monitor(process, P),
    exit(P, kill),
    receive {'DOWN', R, process, P, _} -> ok end.

wait() -> receive stop -> ok end.

after_all() ->
    wait_for(fun() -> counts() =:= none end, 100).

wait_for(_, 0) -> timeout;
wait_for(F, N) ->
    case F() of
        true -> ok;
        false -> receive after 10 -> wait_for(F, N - 1) end
    end.

own() ->
    {Nodes, Entries} = references(),
    show(own, [lists:keymember({node(), erlang:system_info(creation)}, 1, Nodes),
               lists:keymember(node(), 1, Entries)]).

monitors() ->
    P = spawn(fun ?MODULE:wait/0),
    register(waiting, P),
    R1 = monitor(process, P),
    R2 = monitor(process, waiting),
    R3 = monitor(process, P, [{alias, explicit_unalias}]),
    _ = monitor(process, self()),
    Name = fun(R) -> proplists:get_value(R, [{R1, by_pid}, {R2, by_name}, {R3, alias}], other) end,
    Told = fun(Of, Other) ->
                   lists:sort([{Tag, Type, Dir, Name(R), O =:= Other, N}
                               || {Tag, Type, Dir, R, O, N}
                                      <- erts_debug:get_internal_state({monitor_list, Of}),
                                  Name(R) =/= other])
           end,
    show(mine, Told(self(), P)),
    show(its, Told(P, self())),
    demonitor(R2),
    unregister(waiting),
    show(mine, Told(self(), P)),
    show(its, Told(P, self())),
    kill(P),
    show(gone, erts_debug:get_internal_state({monitor_list, P})).

links() ->
    P = spawn(fun ?MODULE:wait/0),
    link(P),
    Told = fun(Of, Other) ->
                   [{Tag, Type, State} || {Tag, Type, O, State, _}
                                              <- erts_debug:get_internal_state({link_list, Of}),
                                          O =:= Other]
           end,
    show(mine, Told(self(), P)),
    show(its, Told(P, self())),
    unlink(P),
    show(its, Told(P, self())),
    kill(P).
