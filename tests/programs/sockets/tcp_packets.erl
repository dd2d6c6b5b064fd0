%% boot
%% All packet types, received passively and actively, in whatever pieces they come.
-module(tcp_packets).
-include("t.hrl").

main() ->
    [type(T, Data) || {T, Data} <- streams()],
    limits(),
    sizes(),
    long_lines(),
    lines().

streams() ->
    [{raw, ["abc"]},
     {1, [[3, "abc"], [0], [1, "d"]]},
     {2, [[0, 3, "abc"], [0, 0], [0, 1, "d"]]},
     {4, [[0, 0, 0, 3, "abc"], [0, 0, 0, 0], [0, 0, 0, 1, "d"]]},
     {asn1, [[16#30, 3, "abc"], [16#3f, 16#81, 1, 16#81, 2, "de"], [16#30, 16#82, 0, 1, "f"], [16#30, 16#80]]},
     {sunrm, [[16#80, 0, 0, 3, "abc"], [0, 0, 0, 1, "d"]]},
     {cdr, [["GIOP", 1, 0, 0, 0, 0, 0, 0, 2, "ab"], ["GIOP", 1, 0, 1, 0, 3, 0, 0, 0, "cde"]]},
     {fcgi, [[1, 5, 0, 1, 0, 3, 2, 0, "abcPP"], [1, 5, 0, 1, 0, 0, 0, 0]]},
     {tpkt, [[3, 0, 0, 7, "abc"], [3, 0, 0, 4]]},
     {line, ["one\n", "\n", "two\r\n"]},
     {http, ["GET /index.html HTTP/1.1\r\n", "Host: here\r\n", "x-Some-tHing:  with\r\n\tmore\r\n", "\r\n", "HTTP/1.0 404 Not Found\r\n", "Content-Length: 0\r\n", "\r\n", "nonsense\r\n"]},
     {http_bin, ["POST http://host:8080/path HTTP/1.0\n", "ACCEPT: */*\n", "\n", "BREW pot://x HTTP/1.1\r\n", "bad header\r\n", "\r\n"]},
     {httph, ["Server: s\r\n", "\r\n", "Date: d\r\n"]},
     {httph_bin, ["Server: s\r\n", "\r\n", "Date: d\r\n"]},
     {ssl_tls, [[22, 3, 1, 0, 3, "abc"], [16#80, 5, 1, 3, 1, "de"], [23, 3, 3, 0, 0]]}].

type(Type, Parts) ->
    io:format("~p~n", [Type]),
    Stream = iolist_to_binary(Parts),
    Passive = passive(Type, [Stream]),
    out("  passive", Passive),
    out("  byte by byte the same", passive(Type, [<<B>> || <<B>> <= Stream]) =:= Passive),
    out("  active", active(Type, [{active, true}], Stream)),
    out("  three times", active(Type, [{active, 3}], Stream)).

%% All packets, and what is left when the peer closes.
passive(raw, _) -> any;
passive(Type, Pieces) ->
    {C, A} = sockets_aux:pair([binary, {active, false}, {packet, Type}], [binary, {active, false}, {nodelay, true}]),
    spawn_link(fun() -> [ok = gen_tcp:send(C, P) || P <- Pieces], receive stop -> ok end end),
    Got = received(A),
    gen_tcp:close(C),
    Last = gen_tcp:recv(A, 0),
    gen_tcp:close(A),
    {[plain(G) || G <- Got], Last}.

received(A) ->
    case gen_tcp:recv(A, 0, 100) of
        {ok, Packet} -> [Packet | received(A)];
        Error -> [Error]
    end.

active(raw, _, _) -> any;
active(Type, Active, Stream) ->
    {C, A} = sockets_aux:pair([list, {packet, Type} | Active], [binary, {active, false}]),
    ok = gen_tcp:send(C, Stream),
    ok = gen_tcp:shutdown(C, write),
    Got = messages(),
    gen_tcp:close(A),
    gen_tcp:close(C),
    Got.

messages() ->
    case sockets_aux:next(2000) of
        {tcp_closed, _} = M -> [M];
        {tcp_passive, _} = M -> [M];
        M -> [M | messages()]
    end.

plain({ssl_tls, P, T, V, D}) when is_port(P) -> {ssl_tls, port, T, V, D};
plain(X) -> X.

limits() ->
    [begin
         {C, A} = sockets_aux:pair([binary, {active, false}, {packet, Type}, {packet_size, 10}], [binary, {active, false}]),
         gen_tcp:send(C, Data),
         R = gen_tcp:recv(A, 0, 1000),
         out("limit", {Type, R, gen_tcp:recv(A, 0, 1000)}),
         gen_tcp:close(C),
         gen_tcp:close(A)
     end || {Type, Data} <- [{1, <<10, "0123456789">>}, {1, <<11, "0123456789a">>}, {2, <<11:16>>}, {4, <<11:32>>},
                             {4, <<16#ffffffff:32>>}, {4, <<16#7fffffff:32>>},
                             {line, "0123456789\n"}, {line, "012345678\n"}, {http, "GET / HTTP/1.0\r\n"},
                             {asn1, <<16#30, 11>>}, {cdr, "notGIOP not at all"}, {fcgi, <<2:64>>}, {tpkt, <<1:32>>},
                             {tpkt, <<3, 0, 0, 1>>}, {sunrm, <<11:32>>}]],
    %% An active socket reports the error and ends.
    process_flag(trap_exit, true),
    {C2, A2} = sockets_aux:pair([binary, {active, true}, {packet, 2}, {packet_size, 3}], [binary, {active, false}]),
    Monitor = monitor(port, A2),
    gen_tcp:send(C2, <<4:16, "abcd">>),
    ?T([sockets_aux:next() || _ <- [1, 2, 3]]),
    ?T(sockets_aux:next(20)),
    demonitor(Monitor),
    %% No more memory is taken for a packet than comes of it.
    {C3, A3} = sockets_aux:pair([binary, {active, false}, {packet, 4}], [binary, {active, false}]),
    gen_tcp:send(C3, <<16#7ffffff0:32, "start">>),
    ?T(gen_tcp:recv(A3, 0, 50)),
    gen_tcp:close(C3),
    ?T(gen_tcp:recv(A3, 0)),
    process_flag(trap_exit, false).

%% Sending puts lengths in front, cut to their size.
sizes() ->
    [begin
         {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}, {packet, P}]),
         R = gen_tcp:send(C, Data),
         {ok, B} = gen_tcp:recv(A, iolist_size(Data) + Head),
         out("sent", {P, R, binary:part(B, 0, min(8, byte_size(B)))}),
         gen_tcp:close(C),
         gen_tcp:close(A)
     end || {P, Head, Data} <- [{1, 1, "abc"}, {1, 1, lists:duplicate(256, $x)}, {2, 2, lists:duplicate(300, $x)},
                                {4, 4, lists:duplicate(70000, $x)}, {tpkt, 0, "abc"}, {line, 0, "abc"}, {http, 0, "abc"}]].

long_lines() ->
    {C, A} = sockets_aux:pair([binary, {active, false}, {packet, line}, {buffer, 10}], [binary, {active, false}]),
    gen_tcp:send(C, "0123456789abcdefghijklmnop\nshort\n"),
    ?T([gen_tcp:recv(A, 0) || _ <- [1, 2, 3, 4]]),
    gen_tcp:close(C),
    gen_tcp:close(A).

lines() ->
    {C, A} = sockets_aux:pair([list, {active, false}, {packet, line}], [binary, {active, false}]),
    ok = inet:setopts(A, [{line_delimiter, $;}]),
    gen_tcp:send(C, "one;two;three"),
    ?T([gen_tcp:recv(A, 0, 50) || _ <- [1, 2, 3]]),
    ?T(inet:setopts(A, [{line_delimiter, $e}])),
    ?T([gen_tcp:recv(A, 0, 50) || _ <- [1, 2]]),
    ?T(inet:setopts(A, [{packet, raw}])),
    gen_tcp:send(C, "rest"),
    ?T(gen_tcp:recv(A, 4, 50)),
    gen_tcp:close(C),
    gen_tcp:close(A).
