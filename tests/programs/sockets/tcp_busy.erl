%% boot
%% Peers that do not read: busy sockets, timeouts of sending, delayed sending, and what becomes of data
%% that is not written when a socket is closed.
-module(tcp_busy).
-include("t.hrl").

main() ->
    timing_out(),
    refusing(),
    waiting(),
    closing_with_data(),
    lingering(),
    delayed(),
    shutting_down().

slow_pair(Options) ->
    {L, Port} = sockets_aux:listen([binary, {active, false}, {recbuf, 4096}]),
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {sndbuf, 4096} | Options]),
    {ok, A} = gen_tcp:accept(L),
    gen_tcp:close(L),
    {C, A}.

data(N) -> binary:copy(<<"0123456789abcdef">>, N).

%% How often it took a megabyte before it failed.
fill(C, N) ->
    case gen_tcp:send(C, data(65536)) of
        ok when N < 100 -> fill(C, N + 1);
        Error -> Error
    end.

timing_out() ->
    {C, A} = slow_pair([{send_timeout, 20}]),
    ?T(fill(C, 0)),
    ?T(prim_inet:getstatus(C)),
    ?T(fill(C, 0)),
    ?T(element(2, hd(element(2, inet:getstat(C, [send_pend])))) > 0),
    gen_tcp:close(A),
    {C2, A2} = slow_pair([{send_timeout, 20}, {send_timeout_close, true}]),
    ?T(fill(C2, 0)),
    ?T(gen_tcp:send(C2, "x")),
    ?T(gen_tcp:recv(C2, 0)),
    gen_tcp:close(A2),
    {C3, A3} = slow_pair([{send_timeout, 0}]),
    ?T(fill(C3, 0)),
    gen_tcp:close(A3).

refusing() ->
    {C, A} = slow_pair([]),
    Pid = spawn(fun() -> fill(C, 0) end),
    until_busy(C),
    ?T(prim_inet:send(C, "x", [nosuspend])),
    ?T(erlang:port_command(C, "x", [nosuspend])),
    ?T(lists:member(busy, element(2, prim_inet:getstatus(C)))),
    M = monitor(process, Pid),
    %% The peer goes away: the one that waits is told.
    gen_tcp:close(A),
    ?T(receive {'DOWN', M, _, _, Why} -> Why after 5000 -> nothing end),
    ?T(element(1, prim_inet:send(C, "x", [nosuspend]))).

until_busy(C) ->
    case prim_inet:getstatus(C) of
        {ok, [busy | _]} -> ok;
        _ -> erlang:yield(), until_busy(C)
    end.

waiting() ->
    {C, A} = slow_pair([{high_watermark, 100000}, {low_watermark, 1000}]),
    Data = data(65536),
    Senders = [spawn_monitor(fun() -> exit(gen_tcp:send(C, Data)) end) || _ <- [1, 2, 3]],
    until_busy(C),
    ?T(gen_tcp:recv(A, 3 * byte_size(Data), 10000) =:= {ok, <<Data/binary, Data/binary, Data/binary>>}),
    ?T([receive {'DOWN', M, _, _, Why} -> Why after 5000 -> nothing end || {_, M} <- Senders]),
    ?T(prim_inet:getstatus(C)),
    gen_tcp:close(C),
    gen_tcp:close(A).

%% What was sent before closing arrives, also if that takes a while.
closing_with_data() ->
    {C, A} = slow_pair([{high_watermark, 10000000}]),
    Data = data(100000),
    ok = gen_tcp:send(C, Data),
    ok = gen_tcp:send(C, Data),
    {_, M} = spawn_monitor(fun() -> exit(gen_tcp:close(C)) end),
    ?T(gen_tcp:recv(A, 2 * byte_size(Data), 10000) =:= {ok, <<Data/binary, Data/binary>>}),
    ?T(gen_tcp:recv(A, 0)),
    ?T(receive {'DOWN', M, _, _, Why} -> Why after 5000 -> nothing end),
    %% Likewise when its owner exits.
    Me = self(),
    {L, Port} = sockets_aux:listen([binary, {active, false}, {recbuf, 4096}]),
    {_, M2} = spawn_monitor(fun() ->
        {ok, S} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {sndbuf, 4096}, {high_watermark, 10000000}]),
        ok = gen_tcp:send(S, Data),
        Me ! sent
    end),
    {ok, A2} = gen_tcp:accept(L),
    receive sent -> ok end,
    receive {'DOWN', M2, _, _, _} -> ok end,
    ?T(gen_tcp:recv(A2, byte_size(Data), 10000) =:= {ok, Data}),
    ?T(gen_tcp:recv(A2, 0)).

lingering() ->
    {C, A} = slow_pair([{high_watermark, 10000000}, {linger, {true, 0}}, {send_timeout, 10}]),
    ok = gen_tcp:send(C, data(100000)),
    ?T(gen_tcp:close(C)),
    ?T(element(1, gen_tcp:recv(A, 1600000, 5000))),
    {C2, A2} = slow_pair([{high_watermark, 10000000}, {linger, {true, 1}}]),
    ok = gen_tcp:send(C2, data(100000)),
    {_, M} = spawn_monitor(fun() -> exit(gen_tcp:close(C2)) end),
    ?T(element(1, gen_tcp:recv(A2, 1600000, 5000))),
    ?T(receive {'DOWN', M, _, _, Why} -> Why after 5000 -> nothing end).

delayed() ->
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}, {delay_send, true}]),
    ?T([gen_tcp:send(C, [N]) || N <- lists:seq(1, 20)]),
    ?T(gen_tcp:recv(A, 20, 2000)),
    ok = gen_tcp:send(C, "last"),
    gen_tcp:close(C),
    ?T(gen_tcp:recv(A, 4, 2000)),
    ?T(gen_tcp:recv(A, 0, 2000)).

shutting_down() ->
    {C, A} = slow_pair([{high_watermark, 10000000}]),
    Data = data(100000),
    ok = gen_tcp:send(C, Data),
    ok = gen_tcp:send(C, Data),
    ?T(gen_tcp:shutdown(C, write)),
    ?T(gen_tcp:recv(A, 2 * byte_size(Data), 10000) =:= {ok, <<Data/binary, Data/binary>>}),
    ?T(gen_tcp:recv(A, 0)),
    ?T(gen_tcp:send(A, "answer")),
    ?T(gen_tcp:recv(C, 6)),
    gen_tcp:close(A),
    gen_tcp:close(C).
