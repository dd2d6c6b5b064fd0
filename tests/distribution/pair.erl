%% Two nodes: the first runs `main/0` and does to the second what nodes do to each other. What is
%% printed says nothing of which machine either node is.
-module(pair).
-export([main/0, peer/0]).
-export([sent/2, linked_to/3, echo/0, wait/0, server/1, trapper/1, init/1, handle_call/3, handle_cast/2, handle_info/2,
         fail/2, send_to/2, hold/2, flooded/1, orphan/1,
         sequential_tracer/0, sequential_told/0, with_token/1, send_back/1]).
-behaviour(gen_server).

-define(PEER, 'peer@127.0.0.1').

%% The second node: waits until the first has found it, and then for its end.
peer() ->
    register(pair_peer, self()),
    receive never -> ok end.

main() ->
    process_flag(trap_exit, true),
    Sections = [fun connect/0, fun calls/0, fun spawning/0, fun requests/0, fun terms/0,
                fun messages/0, fun links/0, fun monitors/0, fun aliases/0, fun exits/0, fun reports/0,
                fun restrictions/0, fun servers/0, fun traced/0, fun tokens/0, fun large/0, fun flood/0, fun names/0,
                fun strangers/0, fun disconnecting/0, fun killed/0],
    lists:foreach(fun(F) ->
                          {name, Name} = erlang:fun_info(F, name),
                          say("== ~s", [Name]),
                          F(),
                          none()
                  end, Sections),
    say("done", []).

say(Format, Args) -> io:format(Format ++ "~n", Args).

%% Nothing is left in the message queue.
none() ->
    receive
        M -> say("left: ~p", [plain(M)]), none()
    after 0 -> ok
    end.

next() -> receive M -> M after 10000 -> nothing end.

%% A term without what differs from run to run.
plain(P) when is_pid(P) -> {pid, node(P)};
plain(R) when is_reference(R) -> {reference, node(R)};
plain(P) when is_port(P) -> {port, node(P)};
plain(L) when is_list(L) -> try lists:map(fun plain/1, L) catch _:_ -> L end;
plain(T) when is_tuple(T) -> list_to_tuple(plain(tuple_to_list(T)));
plain(M) when is_map(M) -> maps:map(fun(_, V) -> plain(V) end, M);
plain(T) -> T.

attempt(F) ->
    try plain(F())
    catch C:R:S -> {C, plain(R), case S of [{M, N, A, _} | _] when is_list(A) -> {M, N, length(A)};
                                           [{M, N, A, _} | _] -> {M, N, A}; _ -> S end}
    end.

connect() ->
    ok = net_kernel:monitor_nodes(true),
    ok = net_kernel:monitor_nodes(true, [{node_type, all}, nodedown_reason]),
    say("~p ~p ~p", [node(), is_alive(), nodes()]),
    say("~p", [wait_for_peer(100)]),
    Up = [next(), next()],
    say("~p", [lists:sort(Up)]),
    ok = net_kernel:monitor_nodes(false),
    ok = net_kernel:monitor_nodes(false, [{node_type, all}, nodedown_reason]),
    say("~p ~p ~p", [nodes(), nodes(hidden), nodes(connected)]),
    say("~p ~p", [nodes(this), lists:sort(nodes(known))]),
    say("~p", [nodes(visible, #{node_type => true})]),
    say("~p", [net_adm:ping('nobody@127.0.0.1')]),
    say("~p", [lists:sort(nodes(known))]),
    say("~p", [[N || {N, _} <- erlang:system_info(dist_ctrl)]]),
    say("~p", [is_integer(erlang:system_info(creation))]).

wait_for_peer(0) -> pang;
wait_for_peer(N) ->
    case net_adm:ping(?PEER) of
        pang -> timer:sleep(100), wait_for_peer(N - 1);
        pong -> pong
    end.

calls() ->
    say("~p", [rpc:call(?PEER, erlang, node, [])]),
    say("~p", [rpc:call(?PEER, erlang, nodes, [])]),
    say("~p", [rpc:call(?PEER, lists, reverse, [[1, 2, 3]])]),
    say("~p", [plain(rpc:call(?PEER, ?MODULE, fail, [error, oops]))]),
    say("~p", [plain(rpc:call(?PEER, ?MODULE, fail, [exit, oops]))]),
    say("~p", [plain(rpc:call(?PEER, ?MODULE, fail, [throw, oops]))]),
    say("~p", [element(1, rpc:call(?PEER, no_such, function, []))]),
    say("~p", [rpc:call(?PEER, timer, sleep, [5000], 50)]),
    Key = rpc:async_call(?PEER, lists, seq, [1, 5]),
    say("~p", [rpc:yield(Key)]),
    say("~p", [rpc:multicall([node(), ?PEER, 'nobody@127.0.0.1'], erlang, node, [])]),
    say("~p", [erpc:call(?PEER, erlang, node, [])]),
    say("~p", [erpc:call(?PEER, fun() -> {fun_of, node()} end)]),
    say("~p", [attempt(fun() -> erpc:call(?PEER, ?MODULE, fail, [error, oops]) end)]),
    say("~p", [attempt(fun() -> erpc:call(?PEER, ?MODULE, fail, [exit, oops]) end)]),
    say("~p", [attempt(fun() -> erpc:call(?PEER, ?MODULE, fail, [throw, oops]) end)]),
    say("~p", [attempt(fun() -> erpc:call(?PEER, timer, sleep, [5000], 50) end)]),
    say("~p", [attempt(fun() -> erpc:call('nobody@127.0.0.1', erlang, node, []) end)]),
    say("~p", [erpc:multicall([node(), ?PEER], erlang, node, [])]),
    Id = erpc:send_request(?PEER, lists, sum, [[1, 2, 3]]),
    say("~p", [erpc:receive_response(Id)]),
    ok = erpc:cast(?PEER, ?MODULE, send_to, [self(), cast]),
    say("~p", [next()]),
    rpc:call(?PEER, io, format, ["by the group leader~n"]).

fail(error, What) -> error(What);
fail(exit, What) -> exit(What);
fail(throw, What) -> throw(What).

send_to(To, What) -> To ! What.

spawning() ->
    Me = self(),
    P = spawn(?PEER, fun() -> Me ! {up, node(), node(group_leader())} end),
    say("~p ~p", [node(P), next()]),
    P1 = spawn_link(?PEER, ?MODULE, fail, [exit, reason]),
    say("~p", [case next() of {'EXIT', P1, R1} -> R1; O1 -> O1 end]),
    {P2, R2} = spawn_monitor(?PEER, ?MODULE, fail, [exit, {because, "this"}]),
    say("~p", [case next() of {'DOWN', R2, process, P2, W2} -> W2; O2 -> O2 end]),
    {P3, R3} = spawn_opt(?PEER, erlang, apply, [fun() -> ok end, []], [monitor, {priority, high}]),
    say("~p", [case next() of {'DOWN', R3, process, P3, W3} -> W3; O3 -> O3 end]),
    {P4, R4} = spawn_monitor(?PEER, no_such, function, [1]),
    say("~p", [case next() of
                   {'DOWN', R4, process, P4, {undef, [{no_such, function, [1], []}]}} -> undef;
                   O4 -> plain(O4)
               end]),
    {P5, R5} = spawn_opt(?PEER, ?MODULE, wait, [],
                         [link, {monitor, [{tag, 'MINE'}]}, {message_queue_data, off_heap}]),
    say("~p", [rpc:call(?PEER, erlang, process_info, [P5, message_queue_data])]),
    {links, L5} = rpc:call(?PEER, erlang, process_info, [P5, links]),
    {monitored_by, M5} = rpc:call(?PEER, erlang, process_info, [P5, monitored_by]),
    {parent, Parent} = rpc:call(?PEER, erlang, process_info, [P5, parent]),
    say("~p ~p ~p", [L5 =:= [Me], M5 =:= [Me], Parent =:= Me]),
    {links, Mine} = process_info(self(), links),
    {monitors, Watched} = process_info(self(), monitors),
    say("~p ~p", [lists:member(P5, Mine), lists:member({process, P5}, Watched)]),
    P5 ! {exit, gone},
    Got = lists:sort([element(1, next()), element(1, next())]),
    _ = R5,
    say("~p", [Got]),
    say("~p", [attempt(fun() -> spawn_opt(?PEER, ?MODULE, wait, [], [nonsense]) end)]),
    say("~p", [attempt(fun() -> spawn_opt(?PEER, ?MODULE, wait, [], [link | x]) end)]),
    say("~p", [attempt(fun() -> spawn_opt(?PEER, ?MODULE, wait, [], [{reply, no}]) end)]),
    say("~p", [attempt(fun() -> spawn(?PEER, 1, wait, []) end)]).

wait() ->
    receive
        {exit, Reason} -> exit(Reason);
        {From, Ref, F} when is_function(F) -> From ! {Ref, F()}, wait();
        stop -> ok
    end.

requests() ->
    R1 = spawn_request(?PEER, ?MODULE, wait, [], [{reply_tag, tagged}]),
    say("~p", [case next() of {tagged, R1, ok, P1} -> {ok, node(P1)}; O1 -> plain(O1) end]),
    R2 = spawn_request(?PEER, ?MODULE, wait, [], [nonsense]),
    say("~p", [case next() of {spawn_reply, R2, error, E2} -> E2; O2 -> plain(O2) end]),
    R3 = spawn_request('nobody@127.0.0.1', ?MODULE, wait, [], []),
    say("~p", [case next() of {spawn_reply, R3, error, E3} -> E3; O3 -> plain(O3) end]),
    _ = spawn_request(?PEER, ?MODULE, wait, [], [{reply, no}]),
    _ = spawn_request(?PEER, ?MODULE, wait, [], [{reply, error_only}]),
    R6 = spawn_request(?PEER, ?MODULE, fail, [exit, early], [monitor]),
    say("~p", [case next() of {spawn_reply, R6, ok, P6} -> node(P6); O6 -> plain(O6) end]),
    say("~p", [case next() of {'DOWN', R6, process, _, E6} -> E6; O7 -> plain(O7) end]),
    R8 = spawn_request(?PEER, ?MODULE, wait, [], [link, monitor]),
    %% It may have been answered by now.
    case spawn_request_abandon(R8) of
        true -> ok;
        false ->
            receive
                {spawn_reply, R8, ok, P8} ->
                    demonitor(R8, [flush]),
                    unlink(P8),
                    exit(P8, kill)
            end
    end,
    say("~p", [rpc:call(?PEER, erlang, node, [])]),
    say("~p", [spawn_request_abandon(R8)]),
    say("~p", [spawn_request_abandon(rpc:call(?PEER, erlang, make_ref, []))]),
    say("~p", [attempt(fun() -> spawn_request(?PEER, ?MODULE, wait, [], [{reply_tag, a} | b]) end)]),
    say("~p", [orphans(500)]),
    say("~p", [abandoned(300)]).

%% What children hear whose parents exit while they are being made.
orphans(N) ->
    Self = self(),
    [spawn(fun() ->
                   T = ets:new(t, []),
                   ets:insert(T, [{I, I} || I <- lists:seq(1, 2000)]),
                   spawn_request(?PEER, ?MODULE, orphan, [Self], [link, {priority, max}]),
                   receive after I rem 5 -> exit(kaboom) end
           end) || I <- lists:seq(1, N)],
    lists:usort(heard()).

%% What children hear whose parents give them up and end as if nothing had been.
abandoned(N) ->
    Self = self(),
    [spawn(fun() ->
                   R = spawn_request(?PEER, ?MODULE, orphan, [Self], [link]),
                   receive after I rem 3 -> ok end,
                   case spawn_request_abandon(R) of
                       true -> busy(erlang:monotonic_time(microsecond) + I);
                       false -> exit(abandoned)
                   end
           end) || I <- lists:seq(1, N)],
    lists:usort(heard()).

%% The answer may come meanwhile, and is not looked at.
busy(Until) ->
    case erlang:monotonic_time(microsecond) of
        Now when Now < Until -> busy(Until);
        _ -> ok
    end.

orphan(To) ->
    process_flag(trap_exit, true),
    receive {'EXIT', _, Reason} -> To ! {orphan, Reason} end.

heard() -> receive {orphan, Reason} -> [Reason | heard()] after 1000 -> [] end.

echo() ->
    receive
        {From, Term} -> From ! {self(), Term}, echo();
        stop -> ok
    end.

terms() ->
    P = spawn(?PEER, ?MODULE, echo, []),
    Port = hd(erlang:ports()),
    X = rpc:call(?PEER, erlang, make_ref, []),
    Long = list_to_atom(lists:duplicate(255, $a)),
    Wide = list_to_atom(lists:duplicate(255, 16#1F600)),
    Terms = [0, 255, 256, -1, 1 bsl 27, -(1 bsl 27) - 1, 1 bsl 59, 1 bsl 64, -(1 bsl 2000), 1 bsl 2040,
             0.0, -0.0, 1.0e300, 1.0e-300, 3.14, a, '', Long, Wide, '\x{e5}\x{e4}\x{f6}', true,
             [], [a | b], "string", lists:seq(1, 70000), lists:duplicate(70000, 1), {}, {a},
             list_to_tuple(lists:seq(1, 300)), <<>>, <<"bytes">>, <<1:1>>, <<5:3, 1, 2>>,
             binary:copy(<<"x">>, 100000), <<(binary:copy(<<"x">>, 100))/binary, 1:5>>,
             #{}, #{a => 1}, maps:from_list([{I, I} || I <- lists:seq(1, 1000)]), self(), P, Port,
             make_ref(), alias(), X, node(X), group_leader(), fun lists:map/2, fun erlang:node/0,
             [[[[[[deep]]]]]], lists:foldl(fun(I, A) -> {I, A} end, [], lists:seq(1, 10000)),
             {1, [2, {3.0, <<4>>, [#{five => [6 | 7]}]}]}],
    Bad = [T || T <- Terms, begin P ! {self(), T}, T =/= (receive {P, U} -> U end) end],
    say("~p of ~p", [length(Bad), length(Terms)]),
    F = fun(Y) -> {Y, length(Terms), node()} end,
    P ! {self(), F},
    G = receive {P, H} -> H end,
    say("~p ~p", [F =:= G, G(1)]),
    say("~p", [rpc:call(?PEER, erlang, apply, [F, [2]])]),
    Old = rpc:call(?PEER, erlang, list_to_pid, ["<0.1.0>"]),
    say("~p ~p", [is_pid(Old), node(Old)]),
    say("~p", [binary_to_term(term_to_binary(Old)) =:= Old]),
    %% Both nodes order identifiers alike.
    Pids = [self(), P, Old, group_leader(), whereis(init)],
    say("~p", [lists:sort(Pids) =:= rpc:call(?PEER, lists, sort, [Pids])]),
    Refs = [make_ref(), X, rpc:call(?PEER, erlang, make_ref, []), make_ref()],
    say("~p", [lists:sort(Refs) =:= rpc:call(?PEER, lists, sort, [Refs])]),
    say("~p", [[erlang:phash2(T) || T <- Pids] =:=
                   rpc:call(?PEER, lists, map, [fun erlang:phash2/1, Pids])]),
    P ! stop.

messages() ->
    {pair_peer, ?PEER} ! ignored,
    P = spawn(?PEER, ?MODULE, echo, []),
    [P ! {self(), I} || I <- lists:seq(1, 1000)],
    say("~p", [[receive {P, I} -> I end || _ <- lists:seq(1, 1000)] =:= lists:seq(1, 1000)]),
    rpc:call(?PEER, erlang, register, [echo, P]),
    {echo, ?PEER} ! {self(), by_name},
    say("~p", [element(2, next())]),
    {no_such_name, ?PEER} ! lost,
    say("~p", [erlang:send({echo, ?PEER}, {self(), sent}, [noconnect])]),
    say("~p", [element(2, next())]),
    say("~p", [erlang:send(P, {self(), sent}, [nosuspend])]),
    say("~p", [element(2, next())]),
    say("~p", [erlang:send({echo, 'nobody@127.0.0.1'}, lost, [noconnect])]),
    say("~p", [erlang:send_nosuspend(P, {self(), sent})]),
    say("~p", [element(2, next())]),
    {echo, node()} ! lost,
    say("~p", [attempt(fun() -> {echo, ?PEER, x} ! lost end)]),
    register(me, self()),
    rpc:call(?PEER, erlang, send, [{me, node()}, from_there]),
    say("~p", [next()]),
    unregister(me),
    P ! stop.

%% Links itself to a process and tells of exit signals.
trapper(To) ->
    process_flag(trap_exit, true),
    link(To),
    To ! {self(), ready},
    receive {'EXIT', To, Reason} -> {pair_first, node(To)} ! {trapped, Reason} end.

links() ->
    register(pair_first, self()),
    A = spawn(?PEER, ?MODULE, wait, []),
    link(A), link(A),
    A ! {exit, one},
    say("~p", [case next() of {'EXIT', A, R1} -> R1; O1 -> plain(O1) end]),
    link(A),
    say("~p", [case next() of {'EXIT', A, R2} -> R2; O2 -> plain(O2) end]),
    B = spawn(?PEER, ?MODULE, wait, []),
    link(B), unlink(B), unlink(B),
    B ! {exit, two},
    say("~p", [gone(fun() -> rpc:call(?PEER, erlang, is_process_alive, [B]) end, false, 100)]),
    C = spawn(?PEER, ?MODULE, wait, []),
    [begin link(C), unlink(C) end || _ <- lists:seq(1, 100)],
    link(C),
    C ! {exit, three},
    say("~p", [case next() of {'EXIT', C, R3} -> R3; O3 -> plain(O3) end]),
    %% The other way: a process there is linked to one here.
    D = spawn(fun() -> receive {P, ready} -> P end, receive {exit, W} -> exit(W) end end),
    spawn(?PEER, ?MODULE, trapper, [D]),
    D ! {exit, four},
    say("~p", [next()]),
    Me = self(),
    E = spawn(fun() -> receive {P, ready} -> Me ! {linked, P} end, receive never -> ok end end),
    Ref = monitor(process, E),
    T = spawn(?PEER, ?MODULE, trapper, [E]),
    receive {linked, T} -> exit(E, five) end,
    say("~p", [lists:sort([plain(next()), plain(next())])]),
    _ = Ref,
    F = spawn(fun() -> link(spawn(?PEER, ?MODULE, wait, [])), receive never -> ok end end),
    exit(F, kill),
    unregister(pair_first).

%% Whoever watched a process does so no longer once it has ended.
ends_watching(End) ->
    Self = self(),
    W = spawn(?PEER, fun() ->
                             R = monitor(process, Self),
                             Self ! watching,
                             receive demonitor -> demonitor(R), receive never -> ok end;
                                     exit -> ok
                             end
                     end),
    Watches = fun() -> lists:member(W, element(2, process_info(Self, monitored_by))) end,
    say("~p ~p", [next(), Watches()]),
    W ! End,
    say("~p", [until(fun() -> not Watches() end, 100)]),
    exit(W, kill).

until(_, 0) -> false;
until(F, N) -> F() orelse begin timer:sleep(50), until(F, N - 1) end.

%% What the machine logs of processes says on which node they were.
reports() ->
    Before = erlang:system_flag(system_logger, self()),
    spawn(fun() -> error(oops) end),
    report(),
    spawn_opt(fun() -> lists:seq(1, 100000) end, [{max_heap_size, 1000}]),
    report(),
    erlang:system_flag(system_logger, Before).

report() ->
    receive {log, error, Format, [P, Node | _], _} -> say("~tp ~p", [Format, {is_pid(P), Node}])
    after 5000 -> say("no report", [])
    end.

monitors() ->
    A = spawn(?PEER, ?MODULE, wait, []),
    R1 = monitor(process, A),
    A ! {exit, {monitored, [1, 2]}},
    say("~p", [case next() of {'DOWN', R1, process, A, W1} -> W1; O1 -> plain(O1) end]),
    R2 = monitor(process, A),
    say("~p", [case next() of {'DOWN', R2, process, A, W2} -> W2; O2 -> plain(O2) end]),
    B = spawn(?PEER, ?MODULE, wait, []),
    rpc:call(?PEER, erlang, register, [watched, B]),
    R3 = monitor(process, {watched, ?PEER}),
    {monitors, M} = process_info(self(), monitors),
    say("~p", [M]),
    B ! {exit, by_name},
    say("~p", [case next() of {'DOWN', R3, process, W, W3} -> {W, W3}; O3 -> plain(O3) end]),
    R4 = monitor(process, {watched, ?PEER}),
    say("~p", [case next() of {'DOWN', R4, process, V, W4} -> {V, W4}; O4 -> plain(O4) end]),
    C = spawn(?PEER, ?MODULE, wait, []),
    R5 = monitor(process, C),
    say("~p ~p", [demonitor(R5, [info]), demonitor(R5, [info])]),
    {monitored_by, By} = rpc:call(?PEER, erlang, process_info, [C, monitored_by]),
    say("~p", [By]),
    R6 = monitor(process, C, [{tag, {tagged, 6}}]),
    C ! {exit, six},
    say("~p", [case next() of {{tagged, 6}, R6, process, C, W6} -> W6; O6 -> plain(O6) end]),
    R7 = monitor(process, C),
    timer:sleep(50),
    say("~p", [demonitor(R7, [flush, info])]),
    %% The other way.
    D = spawn(fun() -> receive {exit, Y} -> exit(Y) end end),
    Me = self(),
    E = spawn(?PEER, fun() ->
                             R = monitor(process, D),
                             Me ! {self(), watching},
                             receive {'DOWN', R, process, D, X} -> Me ! {self(), down, X} end
                     end),
    receive {E, watching} -> D ! {exit, seven} end,
    say("~p", [case next() of {E, down, W7} -> W7; O7 -> plain(O7) end]),
    [ends_watching(End) || End <- [demonitor, exit]],
    say("~p", [attempt(fun() -> monitor(port, {x, ?PEER}) end)]),
    say("~p", [attempt(fun() -> monitor(process, {x, 1}) end)]).

aliases() ->
    P = spawn(?PEER, ?MODULE, wait, []),
    Send = fun(To, What) -> P ! {self(), r, fun() -> To ! What, sent end}, receive {r, sent} -> ok end end,
    A = alias(),
    Send(A, one),
    say("~p", [next()]),
    say("~p", [unalias(A)]),
    Send(A, two),
    none(),
    B = alias([reply]),
    Send(B, three), Send(B, four),
    say("~p", [next()]),
    none(),
    R = monitor(process, P, [{alias, reply_demonitor}]),
    Send(R, five), Send(R, six),
    say("~p", [next()]),
    say("~p", [demonitor(R, [info])]),
    R2 = monitor(process, P, [{alias, demonitor}]),
    Send(R2, seven),
    say("~p", [next()]),
    demonitor(R2),
    Send(R2, eight),
    none(),
    Far = rpc:call(?PEER, erlang, make_ref, []),
    say("~p", [plain(Far ! nothing)]),
    R3 = spawn_request(?PEER, ?MODULE, wait, [], [{monitor, [{alias, explicit_unalias}]}]),
    Q = receive {spawn_reply, R3, ok, Q1} -> Q1 end,
    Q ! {self(), r, fun() -> R3 ! nine, sent end},
    say("~p", [lists:sort([next(), next()])]),
    Q ! {exit, ten},
    say("~p", [case next() of {'DOWN', R3, process, Q, W} -> W; O -> plain(O) end]),
    Send(R3, eleven),
    say("~p", [next()]),
    unalias(R3),
    P ! stop.

exits() ->
    A = spawn(?PEER, ?MODULE, wait, []),
    R1 = monitor(process, A),
    exit(A, normal),
    A ! {self(), alive, fun() -> true end},
    say("~p", [next()]),
    exit(A, kill),
    say("~p", [element(5, next())]),
    _ = R1,
    B = spawn(?PEER, ?MODULE, wait, []),
    R2 = monitor(process, B),
    exit(B, {large, lists:seq(1, 1000)}),
    {large, L} = element(5, next()),
    _ = R2,
    say("~p", [length(L)]),
    Me = self(),
    rpc:call(?PEER, erlang, exit, [Me, from_there]),
    say("~p", [case next() of {'EXIT', From, W} -> {node(From), W}; O -> plain(O) end]),
    C = spawn(?PEER, ?MODULE, wait, []),
    true = group_leader(Me, C),
    C ! {self(), leader, fun() -> group_leader() end},
    say("~p", [case next() of {leader, Me} -> same; O3 -> plain(O3) end]),
    C ! stop.

restrictions() ->
    P = spawn(?PEER, ?MODULE, wait, []),
    Port = rpc:call(?PEER, erlang, hd, [rpc:call(?PEER, erlang, ports, [])]),
    lists:foreach(
      fun({Name, F}) -> say("~s: ~p", [Name, attempt(F)]) end,
      [{process_info, fun() -> process_info(P) end},
       {process_info, fun() -> process_info(P, links) end},
       {is_process_alive, fun() -> is_process_alive(P) end},
       {register, fun() -> register(far, P) end},
       {suspend_process, fun() -> erlang:suspend_process(P) end},
       {garbage_collect, fun() -> garbage_collect(P) end},
       {check_process_code, fun() -> check_process_code(P, lists) end},
       {trace, fun() -> erlang:trace(P, true, [send]) end},
       {send_after, fun() -> erlang:send_after(1, P, x) end},
       {port_info, fun() -> erlang:port_info(Port) end},
       {port_command, fun() -> port_command(Port, "x") end},
       {port_close, fun() -> port_close(Port) end},
       {port_send, fun() -> Port ! x, ok end},
       {link_port, fun() -> link(Port) end},
       {monitor_port, fun() -> monitor(port, Port) end},
       {exit_port, fun() -> exit(Port, x) end},
       {group_leader, fun() -> group_leader(x, P) end},
       {ets_give_away, fun() -> ets:give_away(ets:new(t, []), P, x) end},
       {demonitor, fun() -> demonitor(rpc:call(?PEER, erlang, make_ref, [])) end},
       {unalias, fun() -> unalias(rpc:call(?PEER, erlang, alias, [])) end},
       {setnode, fun() -> erlang:setnode('other@127.0.0.1', 1) end},
       {monitor_node, fun() -> erlang:monitor_node(x, true, [y]) end},
       {disconnect, fun() -> erlang:disconnect_node('nobody@127.0.0.1') end},
       {nodes, fun() -> nodes(everything) end},
       {node, fun() -> node(x) end},
       {new_connection, fun() -> erts_internal:new_connection(node()) end},
       {create, fun() -> erts_internal:create_dist_channel('x@y', self(), {0, 1}) end}]),
    P ! stop.

server(Name) -> gen_server:start({local, Name}, ?MODULE, [], []).

init(X) -> {ok, X}.

handle_call({add, X}, _, L) -> {reply, [X | L], [X | L]};
handle_call({crash, Why}, _, _) -> exit(Why);
handle_call(slow, _, L) -> timer:sleep(300), {reply, late, L};
handle_call(stop, _, L) -> {stop, normal, stopped, L}.

handle_cast({tell, P, X}, L) -> P ! {told, X}, {noreply, L}.

handle_info(_, L) -> {noreply, L}.

servers() ->
    {ok, P} = rpc:call(?PEER, ?MODULE, server, [pair_server]),
    {ok, _} = server(pair_server),
    say("~p", [gen_server:call(P, {add, 1})]),
    say("~p", [gen_server:call({pair_server, ?PEER}, {add, self()}) =:= [self(), 1]]),
    gen_server:cast({pair_server, ?PEER}, {tell, self(), x}),
    say("~p", [next()]),
    say("~p", [attempt(fun() -> gen_server:call(P, slow, 50) end)]),
    {Good, Bad} = gen_server:multi_call([node(), ?PEER, 'nobody@127.0.0.1'], pair_server, {add, y}, 2000),
    say("~p ~p", [[{N, length(L)} || {N, L} <- lists:sort(Good)], Bad]),
    say("~p", [attempt(fun() -> gen_server:call({no_server, ?PEER}, x) end)]),
    say("~p", [attempt(fun() -> gen_server:call(P, {crash, why}) end)]),
    say("~p", [attempt(fun() -> gen_server:call(P, x) end)]),
    say("~p", [gen_server:call(pair_server, stop)]).

%% What a tracer hears of messages that come from the other node, and from whom they come.
traced() ->
    Me = self(),
    P = spawn_link(fun() -> register(pair_traced, self()), Me ! {alias, alias()}, idle() end),
    A = receive {alias, Alias} -> Alias end,
    1 = erlang:trace(P, true, ['receive']),
    Ways = [{pid, P}, {name, {pair_traced, node()}}, {alias, A}],
    Patterns = [true,
                [{['$1', '$2', '_'], [], [{message, {{'$1', '$2'}}}]}],
                [{[?PEER, undefined, '_'], [], []}],
                [{[node(), Me, '_'], [], []}],
                [{[node(), '_', '_'], [], []}]],
    lists:foreach(fun(Pattern) ->
        erlang:trace_pattern('receive', Pattern, []),
        lists:foreach(fun({Way, To}) ->
            To ! {here, Way},
            say("~p", [heard(P)]),
            ok = rpc:call(?PEER, ?MODULE, sent, [To, {there, Way}]),
            say("~p", [heard(P)])
        end, Ways)
    end, Patterns),
    erlang:trace_pattern('receive', true, []),
    1 = erlang:trace(P, false, ['receive']),
    1 = erlang:trace(P, true, [procs]),
    Linked = fun(Why) ->
        L = spawn(?PEER, ?MODULE, linked_to, [P, Me, Why]),
        receive {linked, L} -> ok end,
        say("~p", [heard(P)]),
        Ref = monitor(process, L),
        L ! go_on,
        receive {'DOWN', Ref, process, L, _} -> ok end,
        say("~p ~p", [Why, heard(P)])
    end,
    Linked(unlink),
    Linked(normal),
    P ! trap_exits,
    Linked(kaboom),
    1 = erlang:trace(P, false, [procs]),
    unlink(P),
    exit(P, kill).

linked_to(P, To, Why) ->
    link(P),
    To ! {linked, self()},
    receive go_on -> ok end,
    case Why of
        unlink -> unlink(P);
        _ -> exit(Why)
    end.

idle() ->
    receive
        trap_exits -> process_flag(trap_exit, true), idle();
        {has_come, From} -> From ! {has_come, self()}, idle();
        _ -> idle()
    end.

sent(To, What) -> To ! What, ok.

%% What has been heard once all that was sent before has come, but for the question whether it has.
heard(P) ->
    P ! {has_come, self()},
    receive {has_come, P} -> ok end,
    Ref = erlang:trace_delivered(P),
    receive {trace_delivered, P, Ref} -> ok end,
    heard_all(P).

heard_all(P) ->
    receive
        {trace, P, 'receive', {has_come, _}} -> heard_all(P);
        {trace, P, 'receive', {has_come, _}, _} -> heard_all(P);
        M when element(1, M) =:= trace, element(2, M) =:= P ->
            [plain(lists:nthtail(2, tuple_to_list(M))) | heard_all(P)]
    after 0 -> []
    end.

%% Tokens of sequential tracing go with messages, exit signals of links and requests for processes.
tokens() ->
    ok = rpc:call(?PEER, ?MODULE, sequential_tracer, []),
    ok = sequential_tracer(),
    Here = fun(What) ->
                   seq_trace:set_token([]),
                   timer:sleep(200),
                   say("~s here: ~p", [What, plain(sequential_told())]),
                   say("~s there: ~p", [What, plain(rpc:call(?PEER, ?MODULE, sequential_told, []))])
           end,
    Begin = fun() ->
                    seq_trace:set_token(label, {label, 1 bsl 70}),
                    [seq_trace:set_token(F, true) || F <- [send, 'receive', print]]
            end,
    P = spawn(?PEER, ?MODULE, send_back, [self()]),
    Alias = next(),
    Traced = fun(What, F) -> Begin(), L = [F(), seq_trace:get_token()], Here(What), say("~p", [plain(L)]) end,
    Traced("messages", fun() ->
        [begin To ! M, {next(), seq_trace:get_token()} end
         || {To, M} <- [{P, by_pid}, {{send_back, ?PEER}, by_name}, {Alias, by_alias}]]
    end),
    link(P),
    Traced("exit", fun() -> P ! stop, next() end),
    Traced("request", fun() ->
        spawn_request(?PEER, ?MODULE, with_token, [self()], [{reply_tag, mine}, link]),
        [next(), next(), seq_trace:get_token(), next()]
    end),
    Traced("refused request", fun() ->
        spawn_request(?PEER, ?MODULE, with_token, [self()], [{reply_tag, mine}, lunk]),
        next()
    end),
    Q = spawn_link(?PEER, ?MODULE, wait, []),
    Traced("exit/2", fun() -> exit(Q, bye), next() end),
    say("~p", [plain(seq_trace:set_system_tracer(false))]),
    say("~p", [plain(rpc:call(?PEER, seq_trace, set_system_tracer, [false]))]).

send_back(P) ->
    register(send_back, self()),
    P ! alias(),
    send_back_to(P).

send_back_to(P) ->
    receive
        stop -> exit({stopped, seq_trace:get_token(label)});
        M -> seq_trace:print(M), P ! {back, M, seq_trace:get_token()}, send_back_to(P)
    end.

with_token(P) -> P ! {token, seq_trace:get_token()}.

sequential_tracer() ->
    P = self(),
    Collect = fun C(L) ->
                      receive
                          {told, To} -> To ! {told, lists:reverse(L)}, C([]);
                          M -> C([M | L])
                      end
              end,
    spawn(fun() ->
                  register(sequential, self()),
                  seq_trace:set_system_tracer(self()),
                  P ! traced,
                  Collect([])
          end),
    receive traced -> ok end.

sequential_told() ->
    sequential ! {told, self()},
    receive {told, L} -> L end.

large() ->
    P = spawn(?PEER, ?MODULE, echo, []),
    Big = binary:copy(<<"0123456789">>, 500000),
    P ! {self(), Big},
    say("~p", [receive {P, Big} -> same; X -> plain(X) end]),
    List = [{I, [I], <<I:32>>} || I <- lists:seq(1, 100000)],
    P ! {self(), List},
    say("~p", [receive {P, List} -> same; Y -> plain(Y) end]),
    say("~p", [erlang:md5(Big) =:= rpc:call(?PEER, erlang, md5, [Big])]),
    R = monitor(process, P),
    exit(P, Big),
    say("~p", [receive {'DOWN', R, process, P, Big} -> same; Z -> plain(Z) end]).

%% Takes nothing until it is told to, then counts.
flooded(From) ->
    receive {go, From} -> ok end,
    From ! {self(), count(0)}.

count(N) -> receive {n, N, B} when byte_size(B) =:= 20000 -> count(N + 1); stop -> N end.

flood() ->
    P = spawn(?PEER, ?MODULE, flooded, [self()]),
    B = binary:copy(<<7>>, 20000),
    [P ! {n, I, B} || I <- lists:seq(0, 999)],
    P ! stop,
    P ! {go, self()},
    say("~p", [element(2, next())]),
    %% Many senders at once, each in order.
    Q = spawn(?PEER, ?MODULE, hold, [self(), 20]),
    Senders = [spawn_monitor(fun() -> [Q ! {self(), I} || I <- lists:seq(1, 500)] end) || _ <- lists:seq(1, 20)],
    [receive {'DOWN', R, process, S, normal} -> ok end || {S, R} <- Senders],
    say("~p", [element(2, next())]).

hold(To, Count) -> To ! {self(), hold(#{}, Count, true)}.

hold(_, 0, Good) -> Good;
hold(Seen, Left, Good) ->
    receive
        {S, N} ->
            Fine = Good andalso maps:get(S, Seen, 0) =:= N - 1,
            hold(Seen#{S => N}, if N =:= 500 -> Left - 1; true -> Left end, Fine)
    after 10000 -> {missing, maps:size(Seen), Left}
    end.

names() ->
    say("~p", [global:sync()]),
    P = spawn(?PEER, ?MODULE, wait, []),
    say("~p", [global:register_name(somebody, P)]),
    say("~p", [rpc:call(?PEER, global, whereis_name, [somebody]) =:= P]),
    say("~p", [global:register_name(somebody, self())]),
    P ! {exit, gone},
    say("~p", [gone(fun() -> global:whereis_name(somebody) end, undefined, 100)]),
    say("~p", [rpc:call(?PEER, global, register_name, [mine, self()])]),
    say("~p", [global:send(mine, by_global) =:= self()]),
    say("~p", [next()]),
    say("~p", [lists:sort(global:registered_names())]),
    global:unregister_name(mine),
    say("~p", [global:trans({lock, self()}, fun() -> in_it end)]),
    {ok, Scope} = pg:start_link(pair_scope),
    {ok, There} = rpc:call(?PEER, pg, start, [pair_scope]),
    Q = spawn(?PEER, ?MODULE, wait, []),
    ok = rpc:call(?PEER, pg, join, [pair_scope, group, Q]),
    say("~p", [gone(fun() -> pg:get_members(pair_scope, group) =:= [Q] end, true, 100)]),
    Q ! stop,
    say("~p", [gone(fun() -> pg:get_members(pair_scope, group) end, [], 100)]),
    exit(There, kill),
    unlink(Scope),
    exit(Scope, kill).

%% What a function gives, once it is that.
gone(F, Value, N) ->
    case F() of
        Value -> Value;
        Other when N =:= 0 -> Other;
        _ -> timer:sleep(20), gone(F, Value, N - 1)
    end.

%% Nodes that are not there.
strangers() ->
    Nobody = 'nobody@127.0.0.1',
    {x, Nobody} ! lost,
    R = monitor(process, {x, Nobody}),
    say("~p", [case next() of {'DOWN', R, process, W, Y} -> {W, Y}; O -> plain(O) end]),
    say("~p", [monitor_node(Nobody, true)]),
    say("~p", [next()]),
    say("~p", [erlang:monitor_node(Nobody, true, [allow_passive_connect])]),
    say("~p", [next()]),
    P = spawn(Nobody, ?MODULE, wait, []),
    say("~p", [node(P)]),
    {P1, R1} = spawn_monitor(Nobody, ?MODULE, wait, []),
    say("~p", [case next() of {'DOWN', R1, process, P1, W1} -> W1; O1 -> plain(O1) end]),
    P2 = spawn_link(Nobody, ?MODULE, wait, []),
    say("~p", [case next() of {'EXIT', P2, W2} -> W2; O2 -> plain(O2) end]),
    Far = binary_to_term(<<131, 88, 119, 16, "nobody@127.0.0.1", 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 3>>),
    say("~p", [plain(Far ! lost)]),
    true = link(Far),
    say("~p", [case next() of {'EXIT', Far, W3} -> W3; O3 -> plain(O3) end]),
    R4 = monitor(process, Far),
    say("~p", [case next() of {'DOWN', R4, process, Far, W4} -> W4; O4 -> plain(O4) end]),
    true = exit(Far, x),
    true = unlink(Far),
    say("~p", [rpc:call(Nobody, erlang, node, [])]),
    say("~p", [net_kernel:connect_node(Nobody)]),
    say("~p", [net_kernel:connect_node(?PEER)]),
    say("~p", [net_kernel:connect_node(node())]),
    %% One that this node might have had before it was started last.
    <<131, 88, 100, L:16, Name:L/binary, _:32, Serial:32, Creation:32>> = term_to_binary(self()),
    Gone = binary_to_term(<<131, 88, 100, L:16, Name/binary, 5:32, Serial:32, (Creation + 1):32>>),
    say("~p", [node(Gone) =:= node()]),
    Gone ! lost,
    R5 = monitor(process, Gone),
    say("~p", [case next() of {'DOWN', R5, process, Gone, W5} -> W5; O5 -> plain(O5) end]),
    link(Gone),
    say("~p", [case next() of {'EXIT', Gone, W6} -> W6; O6 -> plain(O6) end]).

disconnecting() ->
    ok = net_kernel:monitor_nodes(true, [nodedown_reason]),
    P = spawn(?PEER, ?MODULE, wait, []),
    Linked = spawn(?PEER, ?MODULE, wait, []),
    link(Linked),
    R = monitor(process, P),
    R2 = monitor(process, {pair_peer, ?PEER}),
    monitor_node(?PEER, true),
    monitor_node(?PEER, true),
    monitor_node(?PEER, true),
    monitor_node(?PEER, false),
    P ! {self(), r, fun() -> monitor_node('first@127.0.0.1', true) end},
    receive {r, true} -> ok end,
    say("~p", [erlang:disconnect_node(?PEER)]),
    Got = [plain(next()) || _ <- lists:seq(1, 6)],
    _ = {R, R2},
    [say("~p", [M]) || M <- lists:sort(Got)],
    say("~p", [nodes()]),
    say("~p", [erlang:disconnect_node(?PEER)]),
    say("~p", [erlang:send({pair_peer, ?PEER}, x, [noconnect])]),
    %% What is sent to it connects again.
    P ! {self(), r, fun() -> still_there end},
    say("~p", [lists:sort([next(), next()])]),
    ok = net_kernel:monitor_nodes(false, [nodedown_reason]),
    say("~p", [rpc:call(?PEER, erlang, is_process_alive, [Linked])]),
    P ! {self(), m, fun() -> receive {nodedown, N} -> N after 5000 -> none end end},
    say("~p", [next()]),
    P ! stop.

killed() ->
    Options = #{connection_id => true, node_type => all, nodedown_reason => true},
    ok = net_kernel:monitor_nodes(true, Options),
    Pid = rpc:call(?PEER, os, getpid, []),
    P = spawn_link(?PEER, ?MODULE, wait, []),
    R = monitor(process, P),
    monitor_node(?PEER, true),
    S = self(),
    {Calls, Ended} =
        spawn_monitor(fun() ->
                              exit([attempt(fun() -> rpc:call(?PEER, timer, sleep, [60000]) end),
                                    attempt(fun() -> gen_server:call({pair_peer, ?PEER}, x, 60000) end),
                                    S])
                      end),
    timer:sleep(200),
    "" = os:cmd("kill -9 " ++ Pid),
    Got = [case next() of
               {nodedown, N, #{connection_id := C} = M} when is_integer(C) ->
                   {nodedown, N, M#{connection_id := c}};
               X -> plain(X)
           end || _ <- lists:seq(1, 5)],
    _ = {R, Calls, Ended},
    [say("~p", [M]) || M <- lists:sort(Got)],
    say("~p", [nodes()]),
    say("~p", [net_adm:ping(?PEER)]),
    ok = net_kernel:monitor_nodes(false, Options).
