%% boot
%% Datagrams: passive and active, connected and not, control data, errors.
-module(udp_datagrams).
-include("t.hrl").

main() ->
    passive(),
    active(),
    connected(),
    control_data(),
    options(),
    errors(),
    multicast(),
    version6(),
    states().

open(Options) ->
    {ok, S} = gen_udp:open(0, [{ip, {127, 0, 0, 1}} | Options]),
    {ok, Port} = inet:port(S),
    {S, Port}.

received(S, From) ->
    case gen_udp:recv(S, 0, 2000) of
        {ok, {Ip, From, Data}} -> {Ip, Data};
        {ok, {Ip, From, Control, Data}} -> {Ip, Control, Data};
        Other -> Other
    end.

message(S, From) ->
    receive
        {udp, S, Ip, From, Data} -> {udp, Ip, Data};
        {udp, S, Ip, From, Control, Data} -> {udp, Ip, Control, Data};
        {udp_passive, S} -> udp_passive;
        {udp_error, S, E} -> {udp_error, E}
    after 2000 -> nothing
    end.

passive() ->
    {A, PA} = open([binary, {active, false}]),
    {B, PB} = open([list, {active, false}]),
    ?T(gen_udp:recv(A, 0, 0)),
    ?T(gen_udp:recv(A, 0, 10)),
    ?T(gen_udp:send(B, {127, 0, 0, 1}, PA, ["one", <<>>])),
    ?T(gen_udp:send(B, "localhost", PA, "two")),
    ?T(gen_udp:send(B, {127, 0, 0, 1}, PA, "")),
    ?T([received(A, PB) || _ <- [1, 2, 3]]),
    ?T(gen_udp:send(A, {{127, 0, 0, 1}, PB}, "back")),
    ?T(received(B, PA)),
    ok = inet:setopts(A, [{header, 2}]),
    gen_udp:send(B, {127, 0, 0, 1}, PA, "abcd"),
    ?T(received(A, PB)),
    ok = inet:setopts(A, [{header, 0}, {buffer, 4}]),
    gen_udp:send(B, {127, 0, 0, 1}, PA, "too long"),
    ?T(received(A, PB)),
    ?T(inet:getstat(A, [recv_cnt, recv_oct, recv_max, send_cnt, send_oct])),
    ?T(gen_udp:send(B, {127, 0, 0, 1}, PA, binary:copy(<<0>>, 70000))),
    ?T(gen_udp:close(A)),
    ?T(gen_udp:close(A)),
    ?T(gen_udp:recv(A, 0)),
    ?T(gen_udp:send(A, {127, 0, 0, 1}, PB, "x")),
    gen_udp:close(B).

active() ->
    {A, PA} = open([binary]),
    {B, PB} = open([binary, {active, false}]),
    Send = fun(Data) -> ok = gen_udp:send(B, {127, 0, 0, 1}, PA, Data) end,
    Send("one"),
    ?T(message(A, PB)),
    ?T(gen_udp:recv(A, 0)),
    ok = inet:setopts(A, [{active, once}]),
    [Send(D) || D <- ["two", "three"]],
    ?T(message(A, PB)),
    ?T(sockets_aux:next(20)),
    ?T(received(A, PB)),
    ok = inet:setopts(A, [{active, 2}]),
    [Send([N]) || N <- lists:seq(1, 4)],
    ?T([message(A, PB) || _ <- [1, 2, 3]]),
    ?T(sockets_aux:next(20)),
    ?T([received(A, PB) || _ <- [1, 2]]),
    ok = inet:setopts(A, [{active, true}, {mode, list}]),
    [Send([N]) || N <- lists:seq(1, 12)],
    ?T([message(A, PB) || _ <- lists:seq(1, 12)]),
    ok = inet:setopts(A, [{deliver, port}, {active, once}]),
    Send("as port"),
    ?T(receive {A, {data, [1, _, _ | D]}} -> D after 2000 -> nothing end),
    gen_udp:close(A),
    gen_udp:close(B).

connected() ->
    {A, PA} = open([binary, {active, false}]),
    {B, PB} = open([binary, {active, false}]),
    {C, _} = open([binary, {active, false}]),
    ?T(gen_udp:connect(A, {127, 0, 0, 1}, PB)),
    ?T(inet:peername(A) =:= {ok, {{127, 0, 0, 1}, PB}}),
    ?T(gen_udp:send(A, "to the peer")),
    ?T(received(B, PA)),
    ?T(gen_udp:send(C, {127, 0, 0, 1}, PA, "not from the peer")),
    ?T(gen_udp:recv(A, 0, 20)),
    ?T(gen_udp:send(B, {127, 0, 0, 1}, PA, "from the peer")),
    ?T(received(A, PB)),
    ?T(prim_inet:getstatus(A)),
    gen_udp:close(B),
    %% Nobody is there any more.
    ?T(gen_udp:send(A, "lost")),
    ?T(gen_udp:recv(A, 0, 2000)),
    ?T(gen_udp:send(C, "nowhere")),
    gen_udp:close(A),
    gen_udp:close(C).

control_data() ->
    {A, PA} = open([binary, {active, false}, {recvtos, true}, {recvttl, true}]),
    {B, PB} = open([binary, {active, false}, {tos, 16}, {ttl, 42}]),
    gen_udp:send(B, {127, 0, 0, 1}, PA, "x"),
    ?T(received(A, PB)),
    ?T(gen_udp:send(B, {127, 0, 0, 1}, PA, [{tos, 8}, {ttl, 13}], "y")),
    ?T(received(A, PB)),
    ?T(gen_udp:send(B, {127, 0, 0, 1}, PA, [{mode, list}], "y")),
    ok = inet:setopts(A, [{active, once}]),
    gen_udp:send(B, {127, 0, 0, 1}, PA, [{tos, 32}], "z"),
    ?T(message(A, PB)),
    ok = inet:setopts(A, [{recvtos, false}]),
    gen_udp:send(B, {127, 0, 0, 1}, PA, "x"),
    ?T(received(A, PB)),
    gen_udp:close(A),
    gen_udp:close(B).

options() ->
    {A, _} = open([]),
    ?T([{inet:setopts(A, [O]), inet:getopts(A, [element(1, O)])}
        || O <- [{broadcast, true}, {multicast_ttl, 5}, {multicast_loop, false}, {read_packets, 3}, {read_packets, 0}, {reuseaddr, true},
                 {recbuf, 100000}, {buffer, 3000}, {active, 4}, {mode, binary}, {header, 3}, {dontroute, true}, {tos, 4}, {high_watermark, 3}, {nodelay, true}]]),
    ?T(inet:setopts(A, [{multicast_if, {127, 0, 0, 1}}])),
    gen_udp:close(A).

errors() ->
    {A, _} = open([]),
    ?T(gen_udp:send(A, {127, 0, 0, 1}, 0, "x")),
    ?T(gen_udp:send(A, {0, 0, 0, 0, 0, 0, 0, 1}, 9, "x")),
    ?T(catch gen_udp:open(0, [{ip, {192, 0, 2, 77}}])),
    ?T(catch gen_udp:open(0, [{no_such, 1}])),
    ?T(catch gen_udp:open(element(2, inet:port(A)), [{ip, {127, 0, 0, 1}}])),
    ?T(prim_inet:shutdown(A, read)),
    ?T(prim_inet:ignorefd(A, true)),
    ?T(prim_inet:listen(A, 1)),
    gen_udp:close(A).

multicast() ->
    {ok, A} = gen_udp:open(0, [binary, {active, false}, {ip, {224, 0, 0, 251}}, {add_membership, {{224, 0, 0, 251}, {127, 0, 0, 1}}}]),
    {ok, Port} = inet:port(A),
    {ok, B} = gen_udp:open(0, [{multicast_if, {127, 0, 0, 1}}, {multicast_loop, true}]),
    ?T(gen_udp:send(B, {224, 0, 0, 251}, Port, "to all")),
    ?T(case gen_udp:recv(A, 0, 2000) of {ok, {_, _, D}} -> D; E -> E end),
    ?T(inet:setopts(A, [{drop_membership, {{224, 0, 0, 251}, {127, 0, 0, 1}}}])),
    ?T(gen_udp:send(B, {224, 0, 0, 251}, Port, "to nobody")),
    gen_udp:close(A),
    gen_udp:close(B).

version6() ->
    {ok, A} = gen_udp:open(0, [inet6, binary, {active, false}, {ip, loopback}]),
    {ok, {_, Port}} = inet:sockname(A),
    {ok, B} = gen_udp:open(0, [inet6, {ip, {0, 0, 0, 0, 0, 0, 0, 1}}]),
    ?T(gen_udp:send(B, {0, 0, 0, 0, 0, 0, 0, 1}, Port, "six")),
    ?T(case gen_udp:recv(A, 0, 2000) of {ok, {Ip, _, D}} -> {Ip, D}; E -> E end),
    ?T(inet:setopts(A, [{tclass, 5}])),
    ?T(inet:getopts(A, [tclass])),
    gen_udp:close(A),
    gen_udp:close(B).

states() ->
    {ok, S} = prim_inet:open(udp, inet, dgram),
    ?T(prim_inet:getstatus(S)),
    ?T(prim_inet:gettype(S)),
    ?T(prim_inet:peername(S)),
    ?T(prim_inet:sockname(S)),
    ?T(prim_inet:connect(S, {127, 0, 0, 1}, 9)),
    ?T(prim_inet:getstatus(S)),
    process_flag(trap_exit, true),
    {_, M} = spawn_monitor(fun() -> exit(prim_inet:attach(S)) end),
    ?T(receive {'DOWN', M, _, _, Why} -> Why end),
    ?T(catch erlang:port_info(S, name)).
