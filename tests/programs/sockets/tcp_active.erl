%% boot
%% Active connections: always, once and some times; what comes as messages and to whom.
-module(tcp_active).
-include("t.hrl").

main() ->
    always(),
    once(),
    counted(),
    switching(),
    as_port(),
    staying_open(),
    to_others().

always() ->
    {C, A} = sockets_aux:pair([binary, {active, true}], [list, {active, true}]),
    gen_tcp:send(C, "abc"),
    ?T(sockets_aux:next()),
    gen_tcp:send(A, "def"),
    ?T(sockets_aux:next()),
    ?T(gen_tcp:recv(A, 0)),
    gen_tcp:close(C),
    ?T(sockets_aux:next()),
    ?T(erlang:port_info(A)),
    ?T(gen_tcp:send(A, "x")),
    ?T(inet:setopts(A, [{active, once}])),
    ?T(sockets_aux:flush()).

once() ->
    {C, A} = sockets_aux:pair([binary, {active, once}, {packet, 2}], [binary, {packet, 2}, {active, false}]),
    [gen_tcp:send(C, M) || M <- ["one", "two", "three"]],
    ?T(sockets_aux:next()),
    ?T(inet:getopts(A, [active])),
    ?T(sockets_aux:next(20)),
    ?T(inet:setopts(A, [{active, once}])),
    ?T(sockets_aux:next()),
    ?T(gen_tcp:recv(A, 0)),
    gen_tcp:close(C),
    ?T(sockets_aux:next(20)),
    ?T(inet:setopts(A, [{active, once}])),
    ?T(sockets_aux:next()),
    ?T(sockets_aux:next(20)).

counted() ->
    {C, A} = sockets_aux:pair([binary, {active, 2}, {packet, 2}], [binary, {packet, 2}, {active, false}]),
    ?T(inet:getopts(A, [active])),
    ?T(inet:setopts(A, [{active, 1}])),
    ?T(inet:getopts(A, [active])),
    ?T(inet:setopts(A, [{active, -1}])),
    [gen_tcp:send(C, [N]) || N <- lists:seq(1, 4)],
    ?T([sockets_aux:next() || _ <- [1, 2, 3]]),
    ?T(sockets_aux:next(20)),
    ?T(inet:setopts(A, [{active, 32768}])),
    ?T(inet:setopts(A, [{active, 32767}])),
    ?T(inet:setopts(A, [{active, 1}])),
    ?T(inet:setopts(A, [{active, true}])),
    ?T([sockets_aux:next() || _ <- [1, 2]]),
    ?T(inet:setopts(A, [{active, 1}])),
    ?T(inet:setopts(A, [{active, -3}])),
    ?T(sockets_aux:next()),
    gen_tcp:close(C),
    gen_tcp:close(A).

switching() ->
    {C, A} = sockets_aux:pair([binary, {active, false}, {packet, 1}], [binary, {packet, raw}, {active, false}]),
    gen_tcp:send(C, <<2, "ab", 1, "c", 3, "de">>),
    ?T(gen_tcp:recv(A, 0)),
    ?T(inet:setopts(A, [{active, true}])),
    ?T(sockets_aux:next()),
    ?T(sockets_aux:next(20)),
    gen_tcp:send(C, <<"f", 2, "gh">>),
    ?T([sockets_aux:next() || _ <- [1, 2]]),
    ?T(inet:setopts(A, [{active, false}])),
    gen_tcp:send(C, <<1, "i">>),
    ?T(sockets_aux:next(20)),
    ?T(gen_tcp:recv(A, 0)),
    ?T(inet:setopts(A, [{packet, raw}, {active, once}])),
    gen_tcp:send(C, <<1, "j">>),
    ?T(sockets_aux:next()),
    gen_tcp:close(C),
    gen_tcp:close(A).

as_port() ->
    {C, A} = sockets_aux:pair([binary, {active, true}, {deliver, port}, {header, 1}], [binary, {active, false}]),
    gen_tcp:send(C, "abc"),
    ?T(sockets_aux:next()),
    ok = inet:setopts(A, [{mode, list}]),
    gen_tcp:send(C, "abc"),
    ?T(sockets_aux:next()),
    true = port_command(A, "directly"),
    ?T(sockets_aux:next()),
    ?T(gen_tcp:recv(C, 8)),
    A ! {self(), {command, "by message"}},
    ?T(sockets_aux:next()),
    ?T(gen_tcp:recv(C, 10)),
    A ! {self(), close},
    ?T(sockets_aux:next()),
    ?T(gen_tcp:recv(C, 0)).

staying_open() ->
    {C, A} = sockets_aux:pair([binary, {active, true}, {exit_on_close, false}], [binary, {active, false}, {exit_on_close, false}]),
    ok = gen_tcp:shutdown(C, write),
    ?T(sockets_aux:next()),
    ?T(sockets_aux:next(20)),
    ?T(gen_tcp:send(A, "still")),
    ?T(gen_tcp:recv(C, 5)),
    ?T(gen_tcp:close(A)),
    ?T(gen_tcp:recv(C, 0)).

to_others() ->
    {C, A} = sockets_aux:pair([binary, {active, true}], [binary, {active, false}]),
    Me = self(),
    gen_tcp:send(C, "before"),
    receive {tcp, A, _} = M -> self() ! M end,
    Pid = spawn_link(fun() ->
        receive go -> ok end,
        First = sockets_aux:next(),
        Me ! {first, First},
        Me ! {second, sockets_aux:next()}
    end),
    ?T(gen_tcp:controlling_process(A, Pid)),
    ?T(gen_tcp:controlling_process(A, self())),
    ?T(gen_tcp:controlling_process(C, list_to_pid("<0.0.0>"))),
    Pid ! go,
    ?T(receive {first, F} -> F after 2000 -> nothing end),
    %% Its messages go to its new owner, and it ends with that.
    unlink(Pid),
    Monitor = monitor(port, A),
    {ok, [{active, true}]} = inet:getopts(A, [active]),
    exit(Pid, kill),
    ?T(receive {'DOWN', Monitor, port, _, Why} -> Why after 2000 -> nothing end).
