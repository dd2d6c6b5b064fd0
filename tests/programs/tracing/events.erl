%% Messages and what happens to processes, as traced.
-module(events).
-export([nothing/0]).
-include("t.hrl").

nothing() -> ok.

%% Runs a function in a traced process; gives what was reported, with names for pids.
traced(Flags, F) ->
    Me = self(),
    Tracer = spawn(fun() -> collect(Me, []) end),
    {Pid, Ref} = spawn_monitor(fun() -> receive go -> F(Me) end end),
    1 = erlang:trace(Pid, true, [{tracer, Tracer} | Flags]),
    Pid ! go,
    receive {'DOWN', Ref, _, _, _} -> ok end,
    R = erlang:trace_delivered(Pid),
    receive {trace_delivered, Pid, R} -> ok end,
    Tracer ! {done, Pid},
    receive {collected, L} -> L end.

collect(Me, Acc) ->
    receive
        {done, Pid} -> Me ! {collected, [named(M, Pid, Me) || M <- lists:reverse(Acc)]};
        M -> collect(Me, [M | Acc])
    end.

named(P, P, _) -> tracee;
named(P, _, P) -> main;
named(P, _, _) when is_pid(P) -> other;
named(P, _, _) when is_reference(P) -> ref;
named(P, _, _) when is_function(P) -> function;
named(T, P, M) when is_tuple(T) -> list_to_tuple([named(E, P, M) || E <- tuple_to_list(T)]);
named([H | T], P, M) -> [named(H, P, M) | named(T, P, M)];
named(X, _, _) -> X.

main() ->
    register(events_main, self()),
    Dead = spawn(fun() -> ok end),
    DeadRef = monitor(process, Dead),
    receive {'DOWN', DeadRef, _, _, _} -> ok end,
    ?T(traced([send], fun(Me) -> Me ! {hello, self()}, events_main ! named, {events_main, node()} ! far, Dead ! lost,
                                 erlang:send(Me, again), erlang:send_nosuspend(Me, more) end)),
    ?T(traced([send], fun(_) -> catch nobody_here ! x end)),
    ?T(traced(['receive'], fun(Me) -> self() ! one, receive one -> ok end, self() ! {two, Me} end)),
    ?T(traced(['receive'], fun(_) -> process_flag(trap_exit, true), P = spawn_link(fun() -> exit(bye) end),
                                     receive {'EXIT', P, bye} -> ok end end)),
    ?T(traced(['receive'], fun(_) -> {_, R} = spawn_monitor(fun() -> exit(bye) end), receive {'DOWN', R, _, _, bye} -> ok end end)),
    ?T(traced([procs], fun(_) -> ok end)),
    ?T(traced([procs], fun(_) -> exit(because) end)),
    ?T(traced([procs], fun(_) -> register(a_name, self()), unregister(a_name), register(b_name, self()) end)),
    ?T(traced([procs], fun(_) -> {_, R} = spawn_monitor(?MODULE, nothing, []), receive {'DOWN', R, _, _, _} -> ok end end)),
    ?T(traced([procs], fun(_) ->
                           process_flag(trap_exit, true),
                           P = spawn_link(?MODULE, nothing, []),
                           receive {'EXIT', P, normal} -> ok end
                       end)),
    ?T(traced([procs], fun(Me) -> link(Me), unlink(Me) end)),
    %% Handed on to what it spawns
    ?T(length([x || {trace, other, spawned, tracee, _} <-
                    traced([procs, set_on_spawn], fun(_) ->
                               {_, R} = spawn_monitor(?MODULE, nothing, []), receive {'DOWN', R, _, _, _} -> ok end,
                               {_, R2} = spawn_monitor(?MODULE, nothing, []), receive {'DOWN', R2, _, _, _} -> ok end
                           end)])),
    ?T(length([x || {trace, other, spawned, tracee, _} <-
                    traced([procs, set_on_first_spawn], fun(_) ->
                               {_, R} = spawn_monitor(?MODULE, nothing, []), receive {'DOWN', R, _, _, _} -> ok end,
                               {_, R2} = spawn_monitor(?MODULE, nothing, []), receive {'DOWN', R2, _, _, _} -> ok end
                           end)])),
    %% Slices: in and out take turns.
    Running = traced([running], fun(_) -> [begin self() ! x, receive x -> ok after 10 -> ok end, receive after 2 -> ok end end || _ <- [1, 2, 3]] end),
    ?T(turns([W || {trace, tracee, W, _} <- Running])),
    ?T(lists:usort([W || {trace, tracee, W, _} <- traced([garbage_collection], fun(_) -> erlang:garbage_collect(), ok end)]) -- [gc_minor_start, gc_minor_end]),
    ?T(lists:usort([[K || {K, _} <- lists:sort(I)] || {trace, tracee, _, I} <- traced([garbage_collection], fun(_) -> erlang:garbage_collect() end)])),
    %% Time stamps
    ?T(stamps(traced([procs, timestamp], fun(_) -> ok end))),
    ?T(stamps(traced([procs, monotonic_timestamp], fun(_) -> ok end))),
    ?T(stamps(traced([procs, strict_monotonic_timestamp], fun(_) -> ok end))),
    %% Patterns of messages
    ?T(erlang:trace_info(send, match_spec)),
    ?T(erlang:trace_pattern(send, [{['_', {keep, '_'}], [], [{message, {{kept, {self}}}}]}], [])),
    ?T(erlang:trace_info(send, match_spec)),
    ?T(traced([send], fun(Me) -> Me ! {keep, 1}, Me ! {drop, 2}, Me ! {keep, 3} end)),
    ?T(erlang:trace_pattern(send, false, [])),
    ?T(erlang:trace_info(send, match_spec)),
    ?T(traced([send], fun(Me) -> Me ! {keep, 1} end)),
    ?T(erlang:trace_pattern(send, true, [])),
    ?T(traced([send], fun(Me) -> Me ! {keep, 1} end)),
    ?T(erlang:trace_pattern('receive', [{['_', '_', go], [], []}], [])),
    ?T(traced(['receive'], fun(_) -> self() ! hidden end)),
    ?T(erlang:trace_pattern('receive', true, [])),
    ?T(erlang:trace_pattern('receive', [{['_', '_', '_'], [], [{return_trace}]}], [local])),
    ?T(erlang:trace_pattern('receive', [{['_', '_', '_'], [], [{silent, true}]}], [])),
    %% Flags and tracers
    T = spawn(fun() -> receive stop -> ok end end),
    P = spawn(fun() -> receive stop -> ok end end),
    ?T(erlang:trace(P, true, [call, procs, send, 'receive', timestamp, {tracer, T}])),
    ?T(lists:sort(element(2, erlang:trace_info(P, flags)))),
    ?T(element(2, erlang:trace_info(P, tracer)) =:= T),
    ?T(erlang:trace(P, false, [call, timestamp])),
    ?T(lists:sort(element(2, erlang:trace_info(P, flags)))),
    ?T(try_to(fun() -> erlang:trace(P, true, [call]) end)),
    TR = monitor(process, T),
    T ! stop,
    receive {'DOWN', TR, _, _, _} -> ok end,
    ?T(erlang:trace_info(P, tracer)),
    ?T(erlang:trace_info(P, flags)),
    ?T(erlang:trace(self(), true, [call])),
    ?T(erlang:trace_info(self(), tracer) =:= {tracer, self()}),
    ?T(try_to(fun() -> erlang:trace(Dead, true, [call]) end)),
    ?T(erlang:trace_info(Dead, flags)),
    ?T(erlang:trace_info(new, flags)),
    ?T(erlang:trace(new, true, [procs, {tracer, P}])),
    ?T(erlang:trace_info(new, flags)),
    ?T(erlang:trace(new, false, [all])),
    ?T(erlang:trace_info(new, tracer)).

turns(L) -> alternate(L) andalso length(L) > 4.

alternate([in, out | T]) -> alternate(T);
alternate([out, in | T]) -> alternate([in | T]);
alternate([in]) -> true;
alternate([out]) -> true;
alternate([]) -> true;
alternate(_) -> false.

stamps(L) -> [kind(element(tuple_size(M), M)) || M <- L, element(1, M) =:= trace_ts].

kind({A, B, C}) when is_integer(A), is_integer(B), is_integer(C) -> now;
kind({A, B}) when is_integer(A), is_integer(B) -> strict;
kind(N) when is_integer(N) -> monotonic;
kind(Other) -> Other.
