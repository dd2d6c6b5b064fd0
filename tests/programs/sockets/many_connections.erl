%% boot
%% Many connections at once, each with a process at both ends.
-module(many_connections).
-include("t.hrl").

-define(N, 400).

main() ->
    {L, Port} = sockets_aux:listen([binary, {active, false}, {packet, 2}, {backlog, 1000}]),
    Acceptors = [spawn_link(fun() -> accept(L) end) || _ <- lists:seq(1, 10)],
    Clients = [spawn_monitor(fun() -> client(Port, I) end) || I <- lists:seq(1, ?N)],
    Ends = [receive {'DOWN', M, process, _, Why} -> Why after 20000 -> hangs end || {_, M} <- Clients],
    ?T(lists:usort(Ends)),
    [unlink(A) || A <- Acceptors],
    [exit(A, kill) || A <- Acceptors],
    ?T(gen_tcp:close(L)).

accept(L) ->
    {ok, S} = gen_tcp:accept(L),
    Pid = spawn(fun() -> receive go -> ok end, inet:setopts(S, [{active, once}]), serve(S) end),
    ok = gen_tcp:controlling_process(S, Pid),
    Pid ! go,
    accept(L).

serve(S) ->
    receive
        {tcp, S, Data} ->
            ok = gen_tcp:send(S, [Data, Data]),
            inet:setopts(S, [{active, once}]),
            serve(S);
        {tcp_closed, S} -> ok
    end.

client(Port, I) ->
    {ok, S} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {packet, 2}]),
    [begin
         Data = binary:copy(<<I:16, J:16>>, J),
         ok = gen_tcp:send(S, Data),
         {ok, <<Data:(byte_size(Data))/binary, Data/binary>>} = gen_tcp:recv(S, 0, 20000)
     end || J <- lists:seq(1, 20)],
    ok = gen_tcp:close(S),
    exit(done).
