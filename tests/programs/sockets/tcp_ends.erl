%% boot
%% How connections end: resets, errors, monitors and links, owners that exit, ports that are killed.
-module(tcp_ends).
-include("t.hrl").

main() ->
    process_flag(trap_exit, true),
    resets(),
    shown_resets(),
    links(),
    owners(),
    killed(),
    late_activity().

%% The peer resets the connection.
reset(S) ->
    ok = inet:setopts(S, [{linger, {true, 0}}]),
    ok = gen_tcp:close(S).

resets() ->
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    reset(C),
    ?T(gen_tcp:recv(A, 0)),
    ?T(gen_tcp:send(A, "x")),
    {C2, A2} = sockets_aux:pair([binary, {active, true}], [binary, {active, false}]),
    reset(C2),
    ?T(sockets_aux:next()),
    ?T(erlang:port_info(A2)),
    {C3, A3} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    reset(C3),
    ?T(until_error(A3)),
    ?T(gen_tcp:recv(A3, 0)),
    ?T(gen_tcp:recv(A3, 0)).

until_error(S) ->
    case gen_tcp:send(S, "x") of
        ok -> until_error(S);
        Error -> Error
    end.

shown_resets() ->
    {C, A} = sockets_aux:pair([binary, {active, false}, {show_econnreset, true}], [binary, {active, false}]),
    reset(C),
    ?T(gen_tcp:recv(A, 0)),
    {C2, A2} = sockets_aux:pair([binary, {active, true}, {show_econnreset, true}], [binary, {active, false}]),
    M = monitor(port, A2),
    reset(C2),
    ?T([sockets_aux:next() || _ <- [1, 2, 3]]),
    demonitor(M),
    {C3, A3} = sockets_aux:pair([binary, {active, false}, {show_econnreset, true}], [binary, {active, false}]),
    reset(C3),
    ?T(until_error(A3)),
    ?T(gen_tcp:send(A3, "x")),
    ?T(gen_tcp:recv(A3, 0)),
    ?T(gen_tcp:recv(A3, 0)).

links() ->
    {C, A} = sockets_aux:pair([binary, {active, true}], [binary, {active, false}]),
    ?T(lists:member(A, element(2, process_info(self(), links)))),
    gen_tcp:close(C),
    ?T(sockets_aux:next()),
    ?T(sockets_aux:next(20)),
    ?T(lists:member(A, element(2, process_info(self(), links)))),
    {C2, A2} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    M = monitor(port, A2),
    exit(A2, some_reason),
    ?T(sockets_aux:named([{A2, a}, {M, m}], 2000)),
    ?T(sockets_aux:named([{A2, a}, {M, m}], 2000)),
    ?T(gen_tcp:recv(C2, 0)),
    {C3, A3} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    true = port_close(A3),
    ?T(sockets_aux:next()),
    ?T(gen_tcp:recv(C3, 0)),
    ?T(catch port_close(A3)).

owners() ->
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    Me = self(),
    Pid = spawn(fun() -> receive go -> Me ! {got, catch gen_tcp:recv(A, 0)} end end),
    ok = gen_tcp:controlling_process(A, Pid),
    M = monitor(port, A),
    exit(Pid, kill),
    ?T(receive {'DOWN', M, port, _, Why} -> Why after 2000 -> nothing end),
    ?T(gen_tcp:recv(C, 0)),
    %% Others may use what they do not own.
    {C2, A2} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    spawn(fun() -> Me ! {sent, gen_tcp:send(A2, "by another")}, Me ! {got, gen_tcp:recv(A2, 3)} end),
    ?T(receive {sent, R} -> R end),
    ?T(gen_tcp:recv(C2, 0)),
    gen_tcp:send(C2, "abc"),
    ?T(receive {got, G} -> G end),
    gen_tcp:close(A2).

killed() ->
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    Me = self(),
    spawn(fun() -> Me ! waiting, Me ! {got, catch gen_tcp:recv(A, 0)} end),
    receive waiting -> ok end,
    until_taken(A),
    exit(A, kill),
    ?T(receive {got, G} -> G after 2000 -> nothing end),
    ?T(sockets_aux:next()),
    ?T(gen_tcp:recv(C, 0)).

until_taken(A) ->
    case gen_tcp:recv(A, 0, 0) of
        {error, ealready} -> ok;
        _ -> erlang:yield(), until_taken(A)
    end.

%% A socket that is closed already becomes active.
late_activity() ->
    {C, A} = sockets_aux:pair([binary, {active, false}], [binary, {active, false}]),
    gen_tcp:close(C),
    ?T(gen_tcp:recv(A, 0)),
    ?T(inet:setopts(A, [{active, once}])),
    ?T(sockets_aux:next()),
    ?T(sockets_aux:next(20)),
    ?T(inet:setopts(A, [{active, once}])),
    {C2, A2} = sockets_aux:pair([binary, {active, false}, {exit_on_close, false}], [binary, {active, false}]),
    gen_tcp:close(C2),
    ?T(gen_tcp:recv(A2, 0)),
    ?T(gen_tcp:recv(A2, 0)),
    ?T(inet:setopts(A2, [{active, true}])),
    ?T(sockets_aux:next()),
    ?T(is_list(erlang:port_info(A2))),
    ?T(gen_tcp:close(A2)).
