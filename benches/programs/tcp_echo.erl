%% Round trips over a connection on this computer: passive, asking packet by packet, and always active.
-module(tcp_echo).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 15000),
    %% Where no kernel application has started it.
    _ = inet_db:start(),
    ok = inet_db:set_lookup([file]),
    bench:run(tcp_echo, 3 * N, fun() -> [trips(Mode, N) || Mode <- [false, once, true]] end).

trips(Mode, N) ->
    Options = [binary, {active, false}, {packet, 2}, {nodelay, true}],
    {ok, L} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}} | Options]),
    {ok, Port} = inet:port(L),
    Server = spawn_link(fun() -> accept(L, Mode) end),
    {ok, S} = gen_tcp:connect({127, 0, 0, 1}, Port, Options),
    ok = inet:setopts(S, [{active, Mode}]),
    Sum = client(S, Mode, N, 0),
    unlink(Server),
    ok = gen_tcp:close(S),
    ok = gen_tcp:close(L),
    Sum.

client(_S, _Mode, 0, Sum) -> Sum;
client(S, Mode, N, Sum) ->
    ok = gen_tcp:send(S, <<N:32, "some more bytes">>),
    {ok, <<N:32, _/binary>>} = next(S, Mode),
    client(S, Mode, N - 1, Sum + N).

accept(L, Mode) ->
    {ok, S} = gen_tcp:accept(L),
    ok = inet:setopts(S, [{active, Mode}]),
    serve(S, Mode).

serve(S, Mode) ->
    case next(S, Mode) of
        {ok, Data} ->
            ok = gen_tcp:send(S, Data),
            serve(S, Mode);
        {error, closed} -> ok
    end.

next(S, false) -> gen_tcp:recv(S, 0);
next(S, Mode) ->
    receive
        {tcp, S, Data} ->
            Mode =:= once andalso inet:setopts(S, [{active, once}]),
            {ok, Data};
        {tcp_closed, S} -> {error, closed}
    end.
