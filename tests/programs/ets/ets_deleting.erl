%% Deleting and emptying large tables in turns with other processes; what deleted objects of a fixed
%% table keep; heirs that are dead; what options say of counters.
-module(ets_deleting).
-include("t.hrl").

main() ->
    [?T({delete, Type, in_turns(Type, fun ets:delete/1)}) || Type <- [set, ordered_set, bag]],
    [?T({empty, Type, in_turns(Type, fun ets:delete_all_objects/1)}) || Type <- [set, ordered_set]],
    ?T(killed_while_deleting()),
    ?T(exits_with_large_table()),
    ?T(kept_binaries()),
    ?T(dead_heir()),
    ?T(dead_heir_later()),
    [?T({Options, decentralized(Options)}) || Options <- options()],
    ok.

large(Type) ->
    T = ets:new(large, [Type, public]),
    ets:insert(T, [{N, N} || N <- lists:seq(1, 100000)]),
    T.

%% Whether the process was scheduled out meanwhile, as it is when it has used up its reductions.
in_turns(Type, Delete) ->
    T = large(Type),
    Self = self(),
    Tracer = spawn_link(fun() -> count(Self, 0) end),
    erlang:trace(Self, true, [running, {tracer, Tracer}]),
    true = Delete(T),
    erlang:trace(Self, false, [running]),
    Delivered = erlang:trace_delivered(Self),
    receive {trace_delivered, _, Delivered} -> ok end,
    Tracer ! {done, Self},
    receive {outs, N} -> {N >= 5, ets:info(T, size)} end.

count(Of, N) ->
    receive
        {trace, Of, out, _} -> count(Of, N + 1);
        {trace, Of, in, _} -> count(Of, N);
        {done, Of} -> Of ! {outs, N}
    end.

killed_while_deleting() ->
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() -> T = large(set), Self ! {table, T}, ets:delete(T) end),
    T = receive {table, Table} -> Table end,
    exit(Pid, kill),
    receive {'DOWN', Ref, process, Pid, _} -> ets:info(T) end.

exits_with_large_table() ->
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() -> Self ! {table, large(ordered_set)} end),
    T = receive {table, Table} -> Table end,
    receive {'DOWN', Ref, process, Pid, Reason} -> {Reason, ets:info(T)} end.

kept_binaries() ->
    T = ets:new(t, []),
    Binary = binary:copy(<<"a">>, id(100)),
    ets:insert(T, {key, Binary}),
    ets:safe_fixtable(T, true),
    ets:delete(T, key),
    Fixed = [Size || {_, Size, _} <- ets:info(T, binary)],
    ets:safe_fixtable(T, false),
    {Fixed, ets:info(T, binary), byte_size(Binary)}.

dead_heir() ->
    {Pid, Ref} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Ref, process, Pid, _} -> ok end,
    T = ets:new(t, [{heir, Pid, data}]),
    Made = ets:info(T, heir),
    ets:setopts(T, {heir, self(), data}),
    Self = ets:info(T, heir) =:= self(),
    ets:setopts(T, {heir, Pid, data}),
    {Made, Self, ets:info(T, heir)}.

%% One that dies later is still told.
dead_heir_later() ->
    {Pid, Ref} = spawn_monitor(fun() -> receive stop -> ok end end),
    T = ets:new(t, [{heir, Pid, data}]),
    Pid ! stop,
    receive {'DOWN', Ref, process, Pid, _} -> ok end,
    ets:info(T, heir) =:= Pid.

options() ->
    Words = [[], [ordered_set], [ordered_set, bag], [private]],
    Write = [[{write_concurrency, W}] || W <- [true, false, auto]],
    Said = [[], [{decentralized_counters, true}], [{decentralized_counters, false}]],
    [[public | A] ++ B || A <- Words, B <- Write] ++ [[public | B] ++ A || A <- Words, B <- Write]
        ++ [[public] ++ A ++ B ++ C || A <- Said, B <- Write, C <- Write]
        ++ [[public, ordered_set, {write_concurrency, true} | A] || A <- Said].

decentralized(Options) ->
    T = ets:new(t, Options),
    [ets:info(T, Item) || Item <- [decentralized_counters, write_concurrency, type]].
