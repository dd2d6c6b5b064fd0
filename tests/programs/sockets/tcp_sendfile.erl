%% boot
%% Files that are sent.
-module(tcp_sendfile).
-include("t.hrl").

main() ->
    File = os:getenv("TMPDIR", "/tmp") ++ "/girder_sendfile_" ++ os:getpid(),
    Data = << <<N:32>> || N <- lists:seq(1, 200000) >>,
    ok = file:write_file(File, Data),
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    whole(File, Data, C, A),
    parts(File, Data, C, A),
    behind_others(File, Data),
    failing(File, C),
    gen_tcp:close(C),
    gen_tcp:close(A),
    file:delete(File).

receiver(A, N) ->
    Me = self(),
    spawn_link(fun() -> Me ! {received, gen_tcp:recv(A, N, 10000)} end).

result() -> receive {received, R} -> R end.

whole(File, Data, C, A) ->
    receiver(A, byte_size(Data)),
    ?T(file:sendfile(File, C)),
    ?T(result() =:= {ok, Data}).

parts(File, Data, C, A) ->
    {ok, Fd} = file:open(File, [read, raw, binary]),
    ?T(file:sendfile(Fd, C, 100, 1000, [])),
    ?T(gen_tcp:recv(A, 1000) =:= {ok, binary:part(Data, 100, 1000)}),
    ?T(file:sendfile(Fd, C, byte_size(Data) - 10, 1000, [])),
    ?T(gen_tcp:recv(A, 10) =:= {ok, binary:part(Data, byte_size(Data) - 10, 10)}),
    ?T(file:sendfile(Fd, C, byte_size(Data) + 10, 0, [])),
    ?T(file:sendfile(Fd, C, 0, 4, [{chunk_size, 2}])),
    ?T(gen_tcp:recv(A, 4)),
    ?T(inet:getopts(C, [nopush])),
    file:close(Fd).

behind_others(File, Data) ->
    {L, Port} = sockets_aux:listen([binary, {active, false}, {recbuf, 4096}]),
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {sndbuf, 4096}, {high_watermark, 10000000}]),
    {ok, A} = gen_tcp:accept(L),
    ok = gen_tcp:send(C, Data),
    receiver(A, 2 * byte_size(Data) + 5),
    ?T(file:sendfile(File, C)),
    ok = gen_tcp:send(C, "after"),
    ?T(result() =:= {ok, <<Data/binary, Data/binary, "after">>}),
    [gen_tcp:close(S) || S <- [L, C, A]].

failing(File, C) ->
    {L, _} = sockets_aux:listen([]),
    ?T(file:sendfile(File, L)),
    ?T(file:sendfile("/no/such/file", C)),
    {C2, A2} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    gen_tcp:close(C2),
    ?T(file:sendfile(File, C2)),
    gen_tcp:close(A2),
    Me = self(),
    spawn_link(fun() -> Me ! {sent, file:sendfile(File, C)} end),
    ?T(receive {sent, R} -> R end).
