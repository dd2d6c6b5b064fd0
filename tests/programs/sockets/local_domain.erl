%% boot
%% Sockets of the local domain: streams and datagrams, paths and abstract names.
-module(local_domain).
-include("t.hrl").

main() ->
    File = os:getenv("TMPDIR", "/tmp") ++ "/girder_local_" ++ os:getpid(),
    Other = File ++ "_2",
    [file:delete(F) || F <- [File, Other]],
    streams(File),
    datagrams(File, Other),
    abstract(),
    errors(File),
    [file:delete(F) || F <- [File, Other]].

streams(File) ->
    {ok, L} = gen_tcp:listen(0, [{ifaddr, {local, File}}, binary, {active, false}, {packet, 2}]),
    ?T(inet:sockname(L) =:= {ok, {local, list_to_binary(File)}}),
    {ok, C} = gen_tcp:connect({local, File}, 0, [local, binary, {active, false}, {packet, 2}]),
    {ok, A} = gen_tcp:accept(L),
    ?T(gen_tcp:send(C, "over a file")),
    ?T(gen_tcp:recv(A, 0)),
    ?T(inet:peername(C) =:= {ok, {local, list_to_binary(File)}}),
    ?T(inet:peername(A)),
    ?T(inet:sockname(C)),
    ?T(prim_inet:gettype(C)),
    ?T(inet:port(C)),
    gen_tcp:close(C),
    ?T(gen_tcp:recv(A, 0)),
    gen_tcp:close(L),
    ?T(gen_tcp:connect({local, File}, 0, [local])),
    ?T(gen_tcp:listen(0, [{ifaddr, {local, File}}])),
    ok = file:delete(File),
    ?T(gen_tcp:connect({local, File}, 0, [local])).

datagrams(File, Other) ->
    {ok, A} = gen_udp:open(0, [{ifaddr, {local, File}}, list, {active, false}]),
    {ok, B} = gen_udp:open(0, [{ifaddr, {local, Other}}, binary, {active, true}]),
    {ok, N} = gen_udp:open(0, [local, binary]),
    ?T(gen_udp:send(B, {local, File}, 0, "to a file")),
    ?T(case gen_udp:recv(A, 0, 2000) of {ok, {{local, F}, 0, D}} -> {F =:= list_to_binary(Other), D}; E -> E end),
    ?T(gen_udp:send(A, {local, Other}, 0, "back")),
    ?T(receive {udp, B, {local, F2}, 0, D2} -> {F2 =:= list_to_binary(File), D2} after 2000 -> nothing end),
    ?T(gen_udp:send(N, {local, File}, 0, "without a name")),
    ?T(gen_udp:recv(A, 0, 2000)),
    ?T(gen_udp:send(N, {local, Other}, 0, "without a name")),
    ?T(receive {udp, B, From, Port, D3} -> {From, Port, D3} after 2000 -> nothing end),
    [gen_udp:close(S) || S <- [A, B, N]].

abstract() ->
    Name = list_to_binary([0, "girder_abstract_", os:getpid()]),
    {ok, L} = gen_tcp:listen(0, [{ifaddr, {local, Name}}, binary, {active, false}]),
    ?T(inet:sockname(L) =:= {ok, {local, Name}}),
    {ok, C} = gen_tcp:connect({local, Name}, 0, [local, binary, {active, false}]),
    {ok, A} = gen_tcp:accept(L),
    ?T(gen_tcp:send(C, "hidden")),
    ?T(gen_tcp:recv(A, 6)),
    ?T(inet:peername(C) =:= {ok, {local, Name}}),
    [gen_tcp:close(S) || S <- [C, A, L]].

errors(File) ->
    ?T(catch gen_tcp:listen(0, [{ifaddr, {local, File ++ lists:duplicate(120, $x)}}])),
    ?T(catch gen_tcp:listen(0, [{ifaddr, {local, lists:duplicate(300, $x)}}])),
    ?T(catch gen_tcp:connect({local, File}, 1, [local])),
    ?T(catch gen_tcp:connect({local, "/no/such/folder/socket"}, 0, [local])).
