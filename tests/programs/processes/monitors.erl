%% Monitors: DOWN for every kind of end, names, demonitor with its options, aliases, tags, monitored by many.
-module(monitors).
-include("t.hrl").

main() ->
    [out("reason", {R, down(fun() -> exit(R) end)}) || R <- [normal, kill, shutdown, {a, b}]],
    out("return", down(fun() -> 42 end)),
    ?T(dead()),
    ?T(by_name()),
    ?T(by_missing_name()),
    ?T(many_monitors()),
    ?T(demonitor_flush()),
    ?T(demonitor_info()),
    ?T(demonitor(id(x))),
    ?T(demonitor(make_ref())),
    ?T(demonitor(make_ref(), [info])),
    ?T(try_to(fun() -> demonitor(make_ref(), id([bogus])) end)),
    ?T(monitor(process, id(5))),
    ?T(monitor(id(bogus), x)),
    ?T(self_monitor()),
    ?T(killed()),
    ?T(tagged()),
    ?T(alias_basic()),
    ?T(alias_reply()),
    ?T(alias_demonitor()),
    ?T(alias_reply_demonitor()),
    ?T(unalias(make_ref())),
    ?T(alias([bogus])),
    ?T(not_dying_twice()),
    ?T(order()),
    ?T(monitored_by()),
    ?T(spawn_opt_tag()),
    ?T(time_offset()),
    ?T(receive M -> M after 0 -> mailbox_empty end),
    ok.

down(F) ->
    {P, R} = spawn_monitor(F),
    receive {'DOWN', R, process, P, Why} -> Why end.

dead() ->
    P = spawn(fun() -> ok end),
    R0 = monitor(process, P),
    receive {'DOWN', R0, process, P, _} -> ok end,
    R = monitor(process, P),
    receive {'DOWN', R, process, P, Why} -> Why end.

waiter() -> spawn(fun() -> receive {stop, R} -> exit(R) end end).

by_name() ->
    P = waiter(),
    register(a_name, P),
    R = monitor(process, a_name),
    R2 = monitor(process, {a_name, node()}),
    P ! {stop, bye},
    {receive {'DOWN', R, process, N, W} -> {N, W} end, receive {'DOWN', R2, process, N2, W2} -> {N2, W2} end}.

by_missing_name() ->
    R = monitor(process, no_such_name_here),
    receive {'DOWN', R, process, N, W} -> {N, W} end.

many_monitors() ->
    P = waiter(),
    Rs = [monitor(process, P) || _ <- lists:seq(1, 50)],
    P ! {stop, all},
    lists:usort([receive {'DOWN', R, process, P, W} -> W end || R <- Rs]).

demonitor_flush() ->
    P = waiter(),
    R = monitor(process, P),
    R2 = monitor(process, P),
    P ! {stop, x},
    receive {'DOWN', R2, process, P, x} -> ok end,
    A = demonitor(R, [flush]),
    {A, receive {'DOWN', R, _, _, _} -> still_there after 0 -> flushed end}.

demonitor_info() ->
    P = waiter(),
    R = monitor(process, P),
    A = demonitor(R, [info]),
    B = demonitor(R, [info]),
    R2 = monitor(process, P),
    C = demonitor(R2, [flush, info]),
    P ! {stop, x},
    {A, B, C}.

self_monitor() ->
    R = monitor(process, self()),
    {is_reference(R), demonitor(R, [info])}.

killed() ->
    P = waiter(),
    R = monitor(process, P),
    exit(P, kill),
    receive {'DOWN', R, process, P, Why} -> Why end.

tagged() ->
    P = waiter(),
    R = monitor(process, P, [{tag, {my, tag}}]),
    P ! {stop, tagged},
    receive {{my, tag}, R, process, P, Why} -> Why end.

alias_basic() ->
    A = alias(),
    A ! one,
    X = receive one -> got_one end,
    B = unalias(A),
    C = unalias(A),
    A ! two,
    {X, B, C, receive two -> got_two after 0 -> nothing end}.

server() ->
    spawn(fun Loop() ->
                  receive
                      {Req, Ref} when Req =/= stop -> Ref ! {reply, Ref, Req}, Loop();
                      stop -> ok
                  end
          end).

alias_reply() ->
    S = server(),
    R = alias([reply]),
    S ! {first, R},
    A = receive {reply, R, X} -> X end,
    S ! {second, R},
    S ! {done, self()},
    B = receive {reply, R, Y} -> Y; {reply, _, done} -> no_second end,
    S ! stop,
    {A, B}.

alias_demonitor() ->
    S = server(),
    R = monitor(process, S, [{alias, demonitor}]),
    S ! {a, R},
    A = receive {reply, R, X} -> X end,
    S ! {b, R},
    B = receive {reply, R, Y} -> Y end,
    demonitor(R),
    S ! {c, R},
    S ! {done, self()},
    C = receive {reply, R, Z} -> Z; {reply, _, done} -> dropped end,
    S ! stop,
    {A, B, C}.

alias_reply_demonitor() ->
    S = server(),
    R = monitor(process, S, [{alias, reply_demonitor}]),
    S ! {a, R},
    A = receive {reply, R, X} -> X end,
    R2 = monitor(process, S),
    S ! stop,
    receive {'DOWN', R2, process, S, normal} -> ok end,
    {A, receive {'DOWN', R, _, _, _} -> monitored after 0 -> not_monitored end}.

not_dying_twice() ->
    P = waiter(),
    R = monitor(process, P),
    P ! {stop, first},
    P ! {stop, second},
    receive {'DOWN', R, process, P, W} -> W end.

order() ->
    Self = self(),
    {P, R} = spawn_monitor(fun() -> [Self ! {self(), N} || N <- lists:seq(1, 5)], exit(last) end),
    [receive {P, N} -> N; {'DOWN', R, process, P, W} -> W end || _ <- lists:seq(1, 6)].

monitored_by() ->
    P = waiter(),
    R = monitor(process, P),
    {monitored_by, By} = process_info(P, monitored_by),
    {monitors, Ms} = process_info(self(), monitors),
    A = {By =:= [self()], Ms =:= [{process, P}]},
    demonitor(R),
    {monitors, Ms2} = process_info(self(), monitors),
    P ! {stop, x},
    {A, Ms2}.

spawn_opt_tag() ->
    {P, R} = spawn_opt(fun() -> exit(gone) end, [{monitor, [{tag, 'GONE'}, {alias, explicit_unalias}]}]),
    receive {'GONE', R, process, P, W} -> {W, unalias(R), unalias(R)} end.

time_offset() ->
    R = monitor(time_offset, clock_service),
    {is_reference(R), demonitor(R)}.
