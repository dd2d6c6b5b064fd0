%% boot
%% Passive connections: receiving lengths and packets, timeouts, both ends closing, shutting down.
-module(tcp_passive).
-include("t.hrl").

main() ->
    receiving(),
    lists_and_headers(),
    waiting(),
    closing(),
    shutting_down(),
    pushing_back(),
    large(),
    refused().

receiving() ->
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    ?T(gen_tcp:send(C, ["hel", <<"lo ">>, [$w | "orld"]])),
    ?T(gen_tcp:recv(A, 5)),
    ?T(gen_tcp:recv(A, 3)),
    ?T(gen_tcp:recv(A, 0)),
    ?T(gen_tcp:send(A, <<>>)),
    ?T(gen_tcp:send(A, "back")),
    ?T(gen_tcp:recv(C, 4, 1000)),
    ?T(gen_tcp:recv(C, 67108865)),
    ?T(gen_tcp:recv(C, -1)),
    ?T(inet:getstat(C, [send_cnt, send_oct, send_max, send_avg, recv_cnt, recv_oct, recv_max, recv_avg, send_pend])),
    ?T(prim_inet:getstatus(C)),
    ?T(prim_inet:gettype(C)),
    ?T(erlang:port_info(C, name)),
    ?T(element(2, erlang:port_info(C, connected)) =:= self()),
    gen_tcp:close(C),
    ?T(gen_tcp:recv(A, 0)),
    ?T(gen_tcp:recv(A, 0)),
    ?T(gen_tcp:send(A, "x")),
    ?T(gen_tcp:send(A, "x")),
    ?T(inet:peername(A)),
    ?T(gen_tcp:close(A)),
    ?T(gen_tcp:close(A)),
    ?T(gen_tcp:recv(A, 0)),
    ?T(gen_tcp:send(A, "x")).

lists_and_headers() ->
    {C, A} = sockets_aux:pair([list, {active, false}, {header, 2}], [{active, false}]),
    gen_tcp:send(C, "abcdef"),
    ?T(gen_tcp:recv(A, 6)),
    ok = inet:setopts(A, [{mode, binary}]),
    gen_tcp:send(C, "abcdef"),
    ?T(gen_tcp:recv(A, 6)),
    gen_tcp:send(C, "ab"),
    ?T(gen_tcp:recv(A, 2)),
    gen_tcp:send(C, "a"),
    ?T(gen_tcp:recv(A, 1)),
    gen_tcp:close(C),
    gen_tcp:close(A).

waiting() ->
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    ?T(gen_tcp:recv(A, 0, 0)),
    ?T(gen_tcp:recv(A, 0, 10)),
    gen_tcp:send(C, "abc"),
    ?T(gen_tcp:recv(A, 5, 10)),
    gen_tcp:send(C, "defgh"),
    ?T(gen_tcp:recv(A, 5, 1000)),
    ?T(gen_tcp:recv(A, 0, 1000)),
    %% Only one may wait at a time.
    Me = self(),
    Pid = spawn_link(fun() -> Me ! waits, Me ! {got, gen_tcp:recv(A, 4)} end),
    receive waits -> ok end,
    busy_receiver(A),
    ?T(gen_tcp:recv(A, 0)),
    ?T(prim_inet:getstatus(A)),
    gen_tcp:send(C, "ijkl"),
    ?T(receive {got, Got} -> Got end),
    Monitor = monitor(process, Pid),
    receive {'DOWN', Monitor, _, _, _} -> ok end,
    ?T(inet:setopts(A, [{active, true}])),
    ?T(gen_tcp:recv(A, 0)),
    gen_tcp:close(C),
    gen_tcp:close(A).

%% Until another process waits for data.
busy_receiver(A) ->
    case gen_tcp:recv(A, 0, 0) of
        {error, ealready} -> ok;
        {error, timeout} -> erlang:yield(), busy_receiver(A)
    end.

closing() ->
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    Me = self(),
    spawn_link(fun() -> Me ! {got, gen_tcp:recv(A, 0)} end),
    busy_receiver(A),
    ?T(gen_tcp:close(A)),
    ?T(receive {got, Got} -> Got after 2000 -> nothing end),
    ?T(gen_tcp:recv(C, 0)),
    %% A part of what was asked for is lost when the peer closes.
    {C2, A2} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    gen_tcp:send(C2, "part"),
    gen_tcp:close(C2),
    ?T(gen_tcp:recv(A2, 10)),
    ?T(gen_tcp:recv(A2, 4)).

shutting_down() ->
    {C, A} = sockets_aux:pair([binary, {active, false}, {exit_on_close, false}], [binary, {active, false}]),
    ?T(gen_tcp:send(C, "request")),
    ?T(gen_tcp:shutdown(C, write)),
    ?T(gen_tcp:send(C, "more")),
    ?T(gen_tcp:recv(A, 0)),
    ?T(gen_tcp:recv(A, 0)),
    ?T(gen_tcp:recv(A, 0)),
    ?T(gen_tcp:send(A, "answer")),
    ?T(gen_tcp:shutdown(A, read_write)),
    {C3, A3} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    ?T(gen_tcp:shutdown(C3, read)),
    ?T(gen_tcp:recv(C3, 0)),
    ?T(gen_tcp:shutdown(C3, read)),
    gen_tcp:close(A3),
    {L, _} = sockets_aux:listen([]),
    ?T(gen_tcp:shutdown(L, write)).

pushing_back() ->
    {C, A} = sockets_aux:pair([binary, {active, false}, {packet, 1}], [binary, {active, false}, {packet, 1}]),
    ?T(gen_tcp:unrecv(A, <<3, "abc", 2, "d">>)),
    ?T(gen_tcp:recv(A, 0)),
    ?T(gen_tcp:recv(A, 0, 10)),
    ?T(gen_tcp:send(C, "xyz")),
    gen_tcp:close(C),
    ok = inet:setopts(A, [{packet, raw}]),
    ?T(gen_tcp:recv(A, 0)),
    gen_tcp:close(A).

large() ->
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    Data = << <<N:32>> || N <- lists:seq(1, 500000) >>,
    {_, M} = spawn_monitor(fun() -> exit(gen_tcp:send(C, Data)) end),
    ?T(gen_tcp:recv(A, byte_size(Data)) =:= {ok, Data}),
    ?T(receive {'DOWN', M, _, _, Why} -> Why end).

refused() ->
    {L, Port} = sockets_aux:listen([]),
    gen_tcp:close(L),
    ?T(gen_tcp:connect({127, 0, 0, 1}, Port, [])),
    ?T(gen_tcp:connect({127, 0, 0, 1}, Port, [], 1000)),
    ?T(gen_tcp:connect({127, 0, 0, 1}, Port, [{no_such_option, 1}])),
    ?T(gen_tcp:connect({127, 0, 0, 1}, Port, [inet6])),
    {L2, Port2} = sockets_aux:listen([]),
    ?T(gen_tcp:listen(Port2, [{ip, {127, 0, 0, 1}}])),
    ?T(gen_tcp:listen(0, [{ip, {192, 0, 2, 77}}])),
    ?T(gen_tcp:recv(L2, 0)),
    ?T(gen_tcp:send(L2, "x")),
    ?T(inet:peername(L2)),
    ?T(gen_tcp:accept(element(2, gen_tcp:connect({127, 0, 0, 1}, Port2, [])))).
