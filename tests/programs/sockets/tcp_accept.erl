%% boot
%% Accepting: several that wait, in order, with and without timeouts, some of which exit.
-module(tcp_accept).
-include("t.hrl").

main() ->
    waiting_in_order(),
    timeouts(),
    exits(),
    closing_the_listener(),
    owner_exits(),
    inherited(),
    states().

waiter(L, Name, Time) ->
    Me = self(),
    Pid = spawn(fun() ->
        Me ! {Name, ready},
        R = gen_tcp:accept(L, Time),
        Me ! {Name, case R of {ok, S} -> {ok, S}; E -> E end},
        receive stop -> ok end
    end),
    receive {Name, ready} -> ok end,
    until_waiting(Pid),
    Pid.

until_waiting(Pid) ->
    case process_info(Pid, status) of
        {status, waiting} -> ok;
        _ -> erlang:yield(), until_waiting(Pid)
    end.

connect(Port) ->
    {ok, S} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}]),
    S.

result(Name) ->
    receive
        {Name, {ok, S}} when is_port(S) -> {ok, is_list(erlang:port_info(S))};
        {Name, R} -> R
    after 2000 -> nothing
    end.

waiting_in_order() ->
    {L, Port} = sockets_aux:listen([]),
    Pids = [waiter(L, N, infinity) || N <- [a, b, c]],
    ?T(prim_inet:getstatus(L)),
    Cs = [connect(Port) || _ <- Pids],
    ?T([result(N) || N <- [a, b, c]]),
    ?T(prim_inet:getstatus(L)),
    %% One that is there already.
    C = connect(Port),
    ?T(element(1, gen_tcp:accept(L, 0))),
    ?T(gen_tcp:accept(L, 0)),
    [gen_tcp:close(S) || S <- [C, L | Cs]],
    [exit(P, kill) || P <- Pids].

timeouts() ->
    {L, Port} = sockets_aux:listen([]),
    ?T(gen_tcp:accept(L, 10)),
    _ = [waiter(L, N, T) || {N, T} <- [{a, 30}, {b, infinity}, {c, 10}]],
    ?T(result(c)),
    ?T(result(a)),
    C = connect(Port),
    ?T(result(b)),
    gen_tcp:close(C),
    gen_tcp:close(L).

exits() ->
    {L, Port} = sockets_aux:listen([]),
    A = waiter(L, a, infinity),
    B = waiter(L, b, infinity),
    M = monitor(process, A),
    exit(A, kill),
    receive {'DOWN', M, _, _, _} -> ok end,
    C = connect(Port),
    ?T(result(b)),
    ?T(result(a)),
    exit(B, kill),
    %% With nobody left the connection waits for the next.
    D = waiter(L, d, infinity),
    MD = monitor(process, D),
    exit(D, kill),
    receive {'DOWN', MD, _, _, _} -> ok end,
    C2 = connect(Port),
    ?T(element(1, gen_tcp:accept(L))),
    gen_tcp:close(C),
    gen_tcp:close(C2),
    gen_tcp:close(L).

closing_the_listener() ->
    {L, Port} = sockets_aux:listen([]),
    _ = [waiter(L, N, 5000) || N <- [a, b]],
    ?T(gen_tcp:close(L)),
    ?T([result(N) || N <- [a, b]]),
    ?T(gen_tcp:accept(L)),
    ?T(gen_tcp:connect({127, 0, 0, 1}, Port, [])).

owner_exits() ->
    Me = self(),
    {Owner, M} = spawn_monitor(fun() -> Me ! {listening, sockets_aux:listen([])}, receive stop -> ok end end),
    {L, _} = receive {listening, X} -> X end,
    Monitor = monitor(port, L),
    _ = waiter(L, a, infinity),
    Owner ! stop,
    receive {'DOWN', M, _, _, Why} -> out("owner", Why) end,
    ?T(receive {'DOWN', Monitor, port, _, How} -> How end),
    ?T(result(a)).

inherited() ->
    {L, Port} = sockets_aux:listen([binary, {packet, 4}, {active, once}, {nodelay, true}, {header, 3}, {packet_size, 77},
                                    {exit_on_close, false}, {send_timeout, 100}, {high_watermark, 3000}, {low_watermark, 30},
                                    {delay_send, true}, {linger, {true, 5}}, {keepalive, true}, {buffer, 2000}, {show_econnreset, true}]),
    C = connect(Port),
    {ok, A} = gen_tcp:accept(L),
    Names = [mode, packet, active, nodelay, header, packet_size, exit_on_close, send_timeout, high_watermark, low_watermark,
             delay_send, linger, keepalive, buffer, show_econnreset, send_timeout_close, deliver],
    ?T(inet:getopts(L, Names)),
    ?T(inet:getopts(A, Names)),
    ?T(inet:getopts(C, Names)),
    ?T(inet:sockname(A) =:= inet:sockname(L)),
    ?T(inet:peername(A) =:= inet:sockname(C)),
    ?T(inet:peername(C) =:= inet:sockname(L)),
    ?T(erlang:port_info(A, name)),
    [gen_tcp:close(S) || S <- [L, A, C]].

states() ->
    {ok, S} = prim_inet:open(tcp, inet, stream),
    ?T(prim_inet:getstatus(S)),
    ?T(prim_inet:async_accept(S, -1)),
    ?T(prim_inet:recv(S, 0)),
    ?T(prim_inet:send(S, "x")),
    ?T(prim_inet:peername(S)),
    ?T(prim_inet:sockname(S)),
    ?T(prim_inet:bind(S, {127, 0, 0, 1}, 0) =/= {error, einval}),
    ?T(prim_inet:bind(S, {127, 0, 0, 1}, 0)),
    ?T(prim_inet:listen(S, 1)),
    ?T(prim_inet:listen(S, 1)),
    ?T(prim_inet:bind(S, {127, 0, 0, 1}, 0)),
    ?T(prim_inet:getstatus(S)),
    ?T(prim_inet:shutdown(S, read)),
    ?T(prim_inet:ignorefd(S, true)),
    ?T(prim_inet:getiflist(S)),
    ?T(prim_inet:getservbyname(S, "http", "tcp")),
    ?T(prim_inet:getservbyname(S, "no such", "tcp")),
    ?T(prim_inet:getservbyport(S, 80, "tcp")),
    ?T([catch port_control(S, 16#03f1a300 + N, Data) || N <- [0, 1, 9, 10, 61, 99], Data <- ["", "abc"]]),
    ?T(catch port_control(S, 1, "")),
    ?T(prim_inet:close(S)).
