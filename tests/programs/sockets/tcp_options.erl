%% boot
%% Options of sockets: setting them, reading them back, and those that cannot be.
-module(tcp_options).
-include("t.hrl").

main() ->
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    back(C),
    raw(C),
    refused(C),
    at_connect(),
    names(C, A),
    [out("unconnected", try_to(fun() -> inet:getopts(element(1, sockets_aux:listen([])), [O]) end))
     || O <- [active, high_watermark, read_packets, nodelay, netns, delay_send]],
    descriptors(),
    received_control_data(),
    gen_tcp:close(C),
    gen_tcp:close(A),
    ?T(inet:getopts(C, [active])),
    ?T(inet:setopts(C, [{active, true}])).

back(S) ->
    [out(io_lib:format("~w", [Option]), {inet:setopts(S, [Option]), inet:getopts(S, [element(1, Option)])})
     || Option <- [{nodelay, true}, {nodelay, false}, {keepalive, true}, {reuseaddr, true}, {linger, {true, 3}}, {linger, {false, 0}},
                   {dontroute, true}, {priority, 3}, {tos, 16}, {priority, 2}, {tos, 0}, {ttl, 33}, {recvtos, true}, {recvttl, true},
                   {recvtos, false}, {buffer, 10}, {buffer, 0}, {buffer, 5000}, {header, 4}, {header, 0}, {mode, list}, {mode, binary},
                   {packet, 4}, {packet, line}, {packet, http_bin}, {packet, raw}, {packet_size, 100}, {packet_size, 0},
                   {deliver, port}, {deliver, term}, {exit_on_close, false}, {exit_on_close, true}, {high_watermark, 100}, {low_watermark, 1000},
                   {high_watermark, 0}, {low_watermark, 4096}, {high_watermark, 8192}, {high_msgq_watermark, 100}, {low_msgq_watermark, 200},
                   {high_msgq_watermark, 8192}, {send_timeout, 20}, {send_timeout, infinity}, {send_timeout_close, true}, {send_timeout_close, false},
                   {delay_send, true}, {delay_send, false}, {show_econnreset, true}, {show_econnreset, false}, {nopush, true}, {nopush, false},
                   {active, 5}, {active, false}, {read_packets, 7}, {line_delimiter, $x},
                   {broadcast, true}, {multicast_ttl, 4}, {multicast_loop, false}, {ipv6_v6only, true}, {tclass, 3}]],
    ?T(inet:getopts(S, [pktoptions])),
    ?T(inet:getopts(S, [mode, packet, active, header])),
    {ok, [{recbuf, R}]} = inet:getopts(S, [recbuf]),
    ok = inet:setopts(S, [{recbuf, 65536}]),
    {ok, [{recbuf, R2}, {buffer, B}]} = inet:getopts(S, [recbuf, buffer]),
    out("recbuf", {R > 0, R2, B}),
    {ok, [{sndbuf, _}]} = inet:getopts(S, [sndbuf]),
    ok = inet:setopts(S, [{sndbuf, 40000}]),
    ?T(inet:getopts(S, [sndbuf])).

raw(S) ->
    %% SOL_SOCKET, SO_KEEPALIVE
    ?T(inet:setopts(S, [{raw, 1, 9, <<1:32/native>>}])),
    ?T(inet:getopts(S, [{raw, 1, 9, 4}])),
    ?T(inet:getopts(S, [keepalive])),
    ?T(inet:getopts(S, [{raw, 1, 9, <<0:32>>}])),
    ?T(inet:getopts(S, [{raw, 1, 9, 2}])),
    ?T(inet:getopts(S, [{raw, 1, 9, 0}])),
    ?T(inet:getopts(S, [{raw, 9999, 9, 4}])),
    ?T(inet:setopts(S, [{raw, 9999, 9, <<0:32>>}])),
    ?T(inet:getopts(S, [{raw, 1, 9, 100000}])),
    ?T(inet:getopts(S, [{raw, 1, 9, 65523}])),
    ?T(inet:getopts(S, [{raw, 1, 9, 65522}])),
    ?T(inet:getopts(S, [{raw, 1, 9, 4}, nodelay, {raw, 1, 2, 4}])).

refused(S) ->
    ?T([inet:setopts(S, [O]) || O <- [{no_such, 1}, {active, maybe}, {packet, 3}, {buffer, a}, {nodelay, 1}, {linger, true},
                                      {high_msgq_watermark, 0}, {low_msgq_watermark, -1}, {tos, 100000}, {ttl, 1000}, {netns, "/no"}, {bind_to_device, <<"no_such_device">>},
                                      {bind_to_device, <<"a_name_that_is_too_long">>}, not_an_option, {multicast_if, {127, 0, 0, 1}},
                                      {add_membership, {{224, 0, 0, 1}, {127, 0, 0, 1}}}, {active, 40000}]]),
    ?T(inet:getopts(S, [no_such])),
    ?T(inet:getopts(S, not_a_list)),
    ?T(inet:getopts(S, [])),
    ?T(inet:setopts(S, [])).

at_connect() ->
    {L, Port} = sockets_aux:listen([]),
    ?T([case (catch gen_tcp:connect({127, 0, 0, 1}, Port, Os)) of
            {ok, S} -> gen_tcp:close(S), ok;
            E -> E
        end || Os <- [[{ip, {127, 0, 0, 1}}], [{ifaddr, {127, 0, 0, 1}}, {port, 0}], [{nodelay, true}, {active, 3}], [{netns, "/no/such/namespace"}],
                      [{fd, 99999}], [{bind_to_device, <<"no_such_device">>}], [{tos, 8}, {ttl, 5}], [inet], [list, binary]]]),
    ?T([case (catch gen_tcp:listen(0, Os)) of
            {ok, S} -> gen_tcp:close(S), ok;
            E -> E
        end || Os <- [[{backlog, 3}], [{backlog, a}], [{ip, loopback}], [{ip, any}], [inet6, {ip, loopback}], [inet6, {ipv6_v6only, true}],
                      [{netns, "/no/such/namespace"}], [{fd, 99999}], [{packet, nonsense}], [{no_such, true}]]]),
    gen_tcp:close(L).

names(C, A) ->
    ?T(inet:sockname(C) =:= inet:peername(A)),
    ?T(inet:socknames(C) =:= {ok, [element(2, inet:sockname(C))]}),
    ?T(inet:peernames(C) =:= {ok, [element(2, inet:peername(C))]}),
    ?T(inet:setsockname(C, {{1, 2, 3, 4}, 5})),
    ?T(inet:setpeername(C, {{5, 6, 7, 8}, 9})),
    ?T({inet:sockname(C), inet:peername(C), inet:port(C)}),
    ?T(inet:setsockname(C, {local, "/some/where"})),
    ?T(inet:sockname(C)),
    ?T(inet:setsockname(C, undefined)),
    ?T(inet:setpeername(C, undefined)),
    ?T(inet:sockname(C) =:= inet:peername(A)),
    ?T(inet:setpeername(C, nonsense)).

%% The type of service and the time to live of what came last.
received_control_data() ->
    {L, Port} = sockets_aux:listen([binary, {active, false}, {recvtos, true}, {recvttl, true}]),
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {tos, 8}, {ttl, 17}]),
    {ok, A} = gen_tcp:accept(L, infinity),
    ok = gen_tcp:send(C, "x"),
    ?T(gen_tcp:recv(A, 1)),
    ?T(inet:getopts(A, [pktoptions, recvtos, recvttl])),
    ?T(inet:getopts(C, [pktoptions, tos, ttl])),
    [gen_tcp:close(S) || S <- [L, C, A]].

descriptors() ->
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    {ok, Fd} = inet:getfd(C),
    ?T(is_integer(Fd)),
    {ok, D} = gen_tcp:fdopen(Fd, [binary, {active, false}]),
    ?T(inet:getfd(D) =:= {ok, Fd}),
    ?T(inet:peername(D) =:= inet:peername(C)),
    ?T(gen_tcp:send(D, "through another")),
    ?T(gen_tcp:recv(A, 15)),
    ?T(gen_tcp:close(D)),
    ?T(gen_tcp:send(C, "still there")),
    ?T(gen_tcp:recv(A, 11)),
    ?T(inet:ignorefd(C, true)),
    ?T(inet:ignorefd(C, true)),
    gen_tcp:send(A, "ignored"),
    ?T(gen_tcp:recv(C, 7, 20)),
    ?T(inet:ignorefd(C, false)),
    ?T(gen_tcp:recv(C, 7, 2000)),
    gen_tcp:close(C),
    gen_tcp:close(A).
