%% Sequential tracing: tokens that go with messages.
-module(sequential).
-include("t.hrl").

fresh(F) ->
    {P, R} = spawn_monitor(fun() -> exit({result, F()}) end),
    receive {'DOWN', R, process, P, {result, X}} -> X end.

%% What the system's tracer is told while a function runs, with names for pids.
told(Flags, F) ->
    Me = self(),
    Tracer = spawn(fun() -> collect(Me, []) end),
    seq_trace:set_system_tracer(Tracer),
    {P, R} = spawn_monitor(fun() ->
        seq_trace:set_token(label, 17),
        [seq_trace:set_token(X, true) || X <- Flags],
        F(Me),
        seq_trace:set_token([])
    end),
    receive {'DOWN', R, _, _, _} -> ok end,
    seq_trace:set_token([]),
    Tracer ! {done, P},
    receive {told, L} -> L end.

collect(Me, L) ->
    receive
        {done, P} -> Me ! {told, [named(X, P, Me) || X <- lists:reverse(L)]};
        X -> collect(Me, [X | L])
    end.

named(P, P, _) -> tracee;
named(P, _, P) -> main;
named(P, _, _) when is_pid(P) -> other;
named(R, _, _) when is_reference(R) -> ref;
named(F, _, _) when is_function(F) -> function;
named(T, P, M) when is_tuple(T) -> list_to_tuple([named(E, P, M) || E <- tuple_to_list(T)]);
named([H | T], P, M) -> [named(H, P, M) | named(T, P, M)];
named(X, _, _) -> X.

echo() -> receive {From, X} -> seq_trace:print(in_echo), From ! {self(), X, label()}, echo(); stop -> ok end.

label() -> case seq_trace:get_token(label) of {label, L} -> L; Other -> Other end.

token() ->
    case seq_trace:get_token() of
        {F, L, S, P, N} -> {F, L, S, P =:= self(), N};
        T -> T
    end.

main() ->
    ?T(fresh(fun() ->
        [seq_trace:get_token(), seq_trace:get_token(label), seq_trace:get_token(send),
         seq_trace:set_token(label, {a, "label"}), token(),
         seq_trace:set_token(send, true), seq_trace:set_token(send, true), seq_trace:set_token('receive', true),
         seq_trace:get_token(send), seq_trace:get_token(label), seq_trace:get_token(serial),
         seq_trace:set_token(serial, {4, 9}), seq_trace:get_token(serial), token(),
         seq_trace:set_token(send, false), begin T = seq_trace:set_token([]), {element(1, T), element(2, T)} end,
         seq_trace:get_token(),
         try_to(fun() -> seq_trace:set_token(nothing, true) end), try_to(fun() -> seq_trace:set_token(serial, x) end)]
    end)),
    Echo = spawn(fun echo/0),
    ?T(told([send, 'receive', print], fun(_) ->
        Echo ! {self(), hello}, receive {Echo, hello, L} -> seq_trace:print({answer, L}) end end)),
    ?T(told([send], fun(Me) -> Me ! {self(), a}, Me ! {self(), b} end)),
    flush(), seq_trace:set_token([]),
    ?T(told([print], fun(_) -> seq_trace:print(one), seq_trace:print(17, two), seq_trace:print(18, three) end)),
    ?T(told([], fun(_) -> seq_trace:print(one), Echo ! {self(), x}, receive {Echo, x, _} -> ok end end)),
    ?T([tuple_size(X) || X <- told([print, timestamp], fun(_) -> seq_trace:print(one) end)]),
    %% A message without a token takes the receiver's away; a big message keeps its own.
    ?T(told([send, 'receive'], fun(_) ->
        Self = self(), Big = lists:seq(1, 50),
        Echo ! {Self, Big}, garbage_collect(),
        receive {Echo, Big, _} -> garbage_collect() end,
        seq_trace:print(not_shown),
        Pure = spawn(fun() -> receive go -> Self ! pure end end),
        Token = seq_trace:set_token([]), Pure ! go, seq_trace:set_token(Token),
        receive pure -> Self ! {token, seq_trace:get_token()} end,
        receive {token, T1} -> Self ! {and_then, T1} end end)),
    ?T(told([send, 'receive'], fun(_) -> Self = self(), spawn(fun() -> Self ! {from_child, label()} end),
                                         receive {from_child, _} -> ok end end) =/= []),
    %% What exit signals without one leave of a token, and what messages of the system's do.
    Short = fun() -> spawn(fun() -> timer:sleep(50) end) end,
    Begins = fun() -> seq_trace:set_token(send, true) end,
    ?T([{What, left(F)} || {What, F} <- [
        {link, fun() -> link(Short()), Begins() end},
        {exit, fun() -> S = self(), spawn(fun() -> timer:sleep(50), exit(S, bye) end), Begins() end},
        {own_exit, fun() -> Begins(), exit(self(), bye) end},
        {child_exit, fun() -> Begins(), S = self(), spawn(fun() -> exit(S, bye) end) end},
        {no_process, fun() -> P = Short(), exit(P, kill), timer:sleep(50), Begins(), link(P) end},
        {down, fun() -> Begins(), monitor(process, Short()) end},
        {timer, fun() -> Begins(), erlang:send_after(20, self(), {hi}) end},
        {named_timer, fun() -> register(timed, self()), Begins(), erlang:start_timer(0, timed, x) end},
        {info, fun() -> Begins(), process_info(whereis(init), group_leader), self() ! {own} end}]]),
    Gone = spawn(fun() -> receive stop -> ok end end),
    seq_trace:set_system_tracer(Gone),
    Gone ! stop, timer:sleep(50),
    ?T([seq_trace:get_system_tracer(), seq_trace:set_system_tracer(self())]),
    ?T(seq_trace:set_system_tracer(false) =/= false),
    ?T(seq_trace:get_system_tracer()),
    ?T(try_to(fun() -> seq_trace:set_system_tracer(nobody) end)),
    ?T(seq_trace:reset_trace()),
    %% Of match specifications
    Me = self(),
    P = spawn(fun() -> receive go -> seq_trace:set_token(label, 5), lists:member(a, [a]), Me ! {after_call, label()}, seq_trace:set_token([]) end end),
    1 = erlang:trace_pattern({lists, member, 2}, [{'_', [{is_seq_trace}], [{message, {get_seq_token}}, {set_seq_token, label, 6}]}, {'_', [], [{message, none}]}], [local]),
    1 = erlang:trace(P, true, [call, {tracer, Me}]),
    P ! go,
    ?T(receive {trace, P, call, {lists, member, _}, M} -> setelement(4, M, pid) after 1000 -> timeout end),
    ?T(receive {after_call, L} -> L after 1000 -> timeout end),
    ?T(erlang:trace_pattern({lists, member, 2}, false, [local])),
    seq_trace:set_token([]).

%% The token that a process has after the first message, which comes because of a function.
left(F) ->
    fresh(fun() ->
        process_flag(trap_exit, true),
        F(),
        receive M -> {element(1, M), token()} after 2000 -> nothing end
    end).

flush() -> receive _ -> flush() after 0 -> ok end.
