%% Call tracing: local and global, arguments and arity, returns, exceptions, match specifications.
-module(calls).
-export([fact/1, twice/1, boom/1, tail/2, server/0, catches/1, bin/1, outer/1, nested/1, keeps/1]).
-include("t.hrl").

fact(0) -> 1;
fact(N) -> N * fact(N - 1).

twice(X) -> hidden(X) + hidden(X).

hidden(X) -> X * 2.

boom(X) -> erlang:error({boom, X}).

tail(0, Acc) -> Acc;
tail(N, Acc) -> tail(N - 1, Acc + N).

outer(X) -> catches(X), nested(X).

nested(X) -> Y = hidden(X), Y + 1.

catches(X) ->
    try boom(X) catch error:{boom, Y} -> {caught, Y} end.

keeps(X) -> [X, catch boom(X), hidden(X)].

bin(<<A, Rest/binary>>) -> [A | bin(Rest)];
bin(<<>>) -> [].

%% A function that begins with a receive: its loop is no call.
server() ->
    receive
        {From, ping} -> From ! pong, server();
        stop -> ok
    end.

%% Runs a call in a process of its own that is traced, and gives what was reported.
traced(Flags, F) ->
    Me = self(),
    Tracer = spawn(fun() -> collect(Me, []) end),
    {Pid, Ref} = spawn_monitor(fun() -> Me ! ready, receive go -> F() end end),
    %% It has been called by now, which is not to be seen.
    receive ready -> ok end,
    1 = erlang:trace(Pid, true, [{tracer, Tracer} | Flags]),
    Pid ! go,
    receive {'DOWN', Ref, _, _, _} -> ok end,
    R = erlang:trace_delivered(Pid),
    receive {trace_delivered, Pid, R} -> ok end,
    Tracer ! {done, Pid},
    receive {collected, L} -> L end.

collect(Me, Acc) ->
    receive
        {done, Pid} -> Me ! {collected, lists:reverse([anonymous(M, Pid) || M <- Acc])};
        M -> collect(Me, [M | Acc])
    end.

anonymous(Pid, Pid) -> traced_pid;
anonymous(P, _) when is_pid(P) -> pid;
anonymous(T, Pid) when is_tuple(T) ->
    list_to_tuple([anonymous(E, Pid) || E <- tuple_to_list(T)]);
anonymous([H | T], Pid) -> [anonymous(H, Pid) | anonymous(T, Pid)];
anonymous(X, _) -> X.

without_stack({trace, P, W, F, [X, {'EXIT', {E, _}}, V]}) -> {trace, P, W, F, [X, {'EXIT', E}, V]};
without_stack(M) -> M.

pattern(MFA, Spec, Flags) -> erlang:trace_pattern(MFA, Spec, Flags).

main() ->
    All = {?MODULE, '_', '_'},
    ?T(pattern({?MODULE, fact, 1}, true, [local])),
    ?T(traced([call], fun() -> fact(3) end)),
    ?T(traced([call, arity], fun() -> ?MODULE:fact(3) end)),
    ?T(traced([call, silent], fun() -> ?MODULE:fact(3) end)),
    ?T(traced([], fun() -> fact(3) end)),
    ?T(pattern({?MODULE, fact, 1}, [{'_', [], [{return_trace}]}], [local])),
    ?T(traced([call], fun() -> fact(2) end)),
    ?T(pattern({?MODULE, fact, 1}, [{[2], [], [{return_trace}, {message, two}]},
                                    {['$1'], [{'>', '$1', 2}], [{message, {{more, '$1'}}}]},
                                    {[0], [], [{message, false}]}], [local])),
    ?T(traced([call], fun() -> fact(4) end)),
    ?T(erlang:trace_info({?MODULE, fact, 1}, traced)),
    ?T(erlang:trace_info({?MODULE, fact, 1}, match_spec)),
    ?T(erlang:trace_info({?MODULE, fact, 1}, all)),
    ?T(pattern({?MODULE, fact, 1}, false, [local])),
    ?T(erlang:trace_info({?MODULE, fact, 1}, traced)),
    ?T(erlang:trace_info({?MODULE, no_such, 1}, traced)),
    ?T(traced([call], fun() -> fact(2) end)),
    %% Global: only calls by name are seen.
    ?T(pattern({?MODULE, fact, 1}, true, [])),
    ?T(erlang:trace_info({?MODULE, fact, 1}, traced)),
    ?T(traced([call], fun() -> fact(3), ?MODULE:fact(1), apply(?MODULE, fact, [0]) end)),
    F = fun ?MODULE:fact/1,
    ?T(traced([call], fun() -> F(2) end)),
    ?T(pattern({?MODULE, fact, 1}, [{'_', [], [{return_trace}]}], [global])),
    ?T(traced([call], fun() -> ?MODULE:fact(2) end)),
    ?T(pattern({?MODULE, fact, 1}, false, [global])),
    %% return_to
    ?T(pattern({?MODULE, hidden, 1}, true, [local])),
    ?T(traced([call, return_to], fun() -> twice(3) end)),
    ?T(pattern({?MODULE, twice, 1}, [{'_', [], [{return_trace}]}], [local])),
    ?T(traced([call, return_to], fun() -> twice(3), ok end)),
    ?T(pattern({?MODULE, '_', '_'}, false, [local]) > 10),
    %% Tail calls: each has a frame of its own to return from.
    ?T(pattern({?MODULE, tail, 2}, [{'_', [], [{return_trace}]}], [local])),
    ?T(traced([call], fun() -> tail(3, 0) end)),
    %% Exceptions
    ?T(pattern({?MODULE, boom, 1}, [{'_', [], [{exception_trace}]}], [local])),
    ?T(pattern({?MODULE, catches, 1}, [{'_', [], [{exception_trace}]}], [local])),
    ?T(pattern({?MODULE, keeps, 1}, [{'_', [], [{exception_trace}]}], [local])),
    ?T(traced([call], fun() -> catches(1) end)),
    ?T(traced([call], fun() -> boom(2) end)),
    ?T([without_stack(M) || M <- traced([call], fun() -> keeps(3) end)]),
    ?T(traced([call, return_to], fun() -> outer(4), ok end)),
    ?T(pattern(All, false, [local]) > 10),
    %% What a stack trace looks like in traced functions.
    ?T(pattern(All, [{'_', [], [{return_trace}]}], [local]) > 10),
    ?T(length(traced([call], fun() -> catches(1), bin(<<1, 2, 3>>) end))),
    Trace = fun() -> try boom(1) catch _:_:S -> exit([{M, Fu, A} || {M, Fu, A, _} <- S, M =:= ?MODULE, Fu =:= boom]) end end,
    ?T(lists:last(traced([call], Trace))),
    ?T(pattern(All, false, [local]) > 10),
    ?T(pattern({?MODULE, bin, 1}, true, [local])),
    ?T(traced([call], fun() -> bin(<<1, 2, 3>>) end)),
    ?T(pattern({?MODULE, bin, 1}, false, [local])),
    %% A receive at the entry
    ?T(pattern({?MODULE, server, 0}, true, [local])),
    ?T(traced([call], fun() ->
                          self() ! a, self() ! b, Me = self(),
                          spawn(fun() -> Me ! {Me, ping}, timer:sleep(20), Me ! c, Me ! stop end),
                          server()
                      end)),
    ?T(pattern({?MODULE, server, 0}, false, [local])),
    %% Natives
    ?T(pattern({lists, reverse, 2}, [{'_', [], [{return_trace}]}], [local])),
    ?T(pattern({erlang, atom_to_list, 1}, [{'_', [], [{exception_trace}]}], [])),
    ?T(traced([call], fun() -> lists:reverse([1, 2], []), _ = atom_to_list(id(x)), catch apply(erlang, id(atom_to_list), [1]), ok end)),
    ?T(erlang:trace_info({lists, reverse, 2}, traced)),
    ?T(erlang:trace_info({erlang, atom_to_list, 1}, traced)),
    ?T(pattern({lists, reverse, 2}, false, [local])),
    ?T(pattern({erlang, atom_to_list, 1}, false, [])),
    ?T(traced([call], fun() -> lists:reverse([1, 2], []), atom_to_list(id(x)) end)),
    %% caller and what matches
    ?T(pattern({?MODULE, hidden, 1}, [{'_', [], [{message, {caller}}]}], [local])),
    ?T(traced([call], fun() -> nested(1), ok end)),
    ?T(pattern({?MODULE, hidden, 1}, [{['$1'], [{'=:=', '$1', 7}], [{message, {self}}, {return_trace}]}], [local])),
    ?T(traced([call], fun() -> nested(1), nested(7), ok end)),
    ?T(pattern({?MODULE, hidden, 1}, [{'$1', [], [{message, '$1'}]}], [local])),
    ?T(traced([call], fun() -> nested(1), ok end)),
    ?T(pattern({?MODULE, hidden, 1}, [{'_', [], [{silent, true}]}], [local])),
    ?T(pattern({?MODULE, tail, 2}, [{[1, '_'], [], [{silent, false}]}, {'_', [], []}], [local])),
    ?T(traced([call], fun() -> tail(2, 0), nested(1), tail(3, 1), ok end)),
    ?T(pattern({?MODULE, hidden, 1}, [{'_', [], [{disable_trace, call}]}], [local])),
    ?T(traced([call, procs], fun() -> tail(0, 0), nested(1), tail(0, 1), ok end)),
    ?T(pattern(All, false, [local]) > 10),
    %% Bad arguments
    ?T(pattern({?MODULE, fact, 1}, [{'_', [], [{no_such}]}], [local])),
    ?T(pattern({?MODULE, fact, 1}, [{['$1'], [], ['$2']}], [local])),
    ?T(pattern({?MODULE, fact, 1}, true, [local, global])),
    ?T(pattern({?MODULE, '_', 1}, true, [local])),
    ?T(pattern({?MODULE, fact}, true, [local])),
    ?T(pattern({?MODULE, fact, 1}, [{'_', [], []}], [call_count])),
    ?T(try_to(fun() -> erlang:trace(self(), true, [no_such_flag]) end)),
    ?T(erlang:trace(nobody, true, [call])),
    ?T(try_to(fun() -> erlang:trace(self(), maybe_not, [call]) end)).
