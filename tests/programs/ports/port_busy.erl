%% Ports that take nothing for the moment, and much data both ways.
-module(port_busy).
-include("t.hrl").

main() ->
    busy(),
    suspended(),
    limits(),
    volume(),
    many(),
    closing_writes_first().

%% Fills a port whose program does not read yet.
fill(P, Bytes) ->
    case port_command(P, Bytes, [nosuspend]) of
        true -> fill(P, Bytes);
        false -> full
    end.

%% The program reads once there is a file of that name, and gives up after ten seconds.
reluctant(File) ->
    open_port({spawn, "sh -c 'for i in `seq 200`; do test -e " ++ File ++ " && cat >/dev/null && exit; sleep 0.05; done' 2>/dev/null"}, [binary]).

temporary() -> os:getenv("TMPDIR", "/tmp") ++ "/girder_port_busy_" ++ os:getpid().

busy() ->
    P = reluctant(temporary()),
    ?T(fill(P, binary:copy(<<"x">>, 1000))),
    ?T(port_command(P, "x", [nosuspend])),
    ?T(erlang:send(P, {self(), {command, "x"}}, [nosuspend])),
    ?T(element(2, erlang:port_info(P, queue_size)) >= 8192),
    unlink(P),
    exit(P, kill).

suspended() ->
    process_flag(trap_exit, true),
    File = temporary(),
    P = reluctant(File),
    full = fill(P, binary:copy(<<"x">>, 1000)),
    Me = self(),
    Waiting = [spawn_link(fun() -> Me ! {self(), ready}, Me ! {self(), try_to(fun() -> Send(P) end)} end) ||
                  Send <- [fun(Q) -> port_command(Q, "more") end,
                           fun(Q) -> Q ! {Me, {command, "more"}}, sent end,
                           fun(Q) -> erlang:send(Q, {Me, {command, "more"}}) , sent end,
                           fun(Q) -> erlang:send(Q, {Me, {command, "more"}}, []) end]],
    [receive {W, ready} -> ok end || W <- Waiting],
    [wait_suspended(W) || W <- Waiting],
    ?T([element(2, process_info(W, status)) || W <- Waiting]),
    os:cmd("touch " ++ File),
    ?T([receive {W, R} -> R end || W <- Waiting]),
    ?T(port_close(P)),
    receive {'EXIT', P, R} -> ?T(R) end,
    %% Closed while they wait.
    os:cmd("rm " ++ File),
    P2 = reluctant(File),
    full = fill(P2, binary:copy(<<"x">>, 1000)),
    W2 = spawn(fun() -> Me ! {self(), try_to(fun() -> port_command(P2, "more") end)} end),
    wait_suspended(W2),
    exit(P2, kill),
    ?T(receive {W2, R2} -> R2 end),
    receive {'EXIT', P2, R3} -> ?T(R3) end,
    [receive {'EXIT', W, _} -> ok end || W <- Waiting],
    process_flag(trap_exit, false).

wait_suspended(W) ->
    case process_info(W, status) of
        {status, suspended} -> ok;
        _ -> erlang:yield(), wait_suspended(W)
    end.

limits() ->
    process_flag(trap_exit, true),
    P = open_port({spawn, "sleep 5 2>/dev/null"}, [{busy_limits_port, disabled}]),
    ?T(lists:usort([port_command(P, binary:copy(<<"x">>, 100000), [nosuspend]) || _ <- lists:seq(1, 20)])),
    exit(P, kill),
    receive {'EXIT', P, R} -> ?T(R) end,
    process_flag(trap_exit, false).

%% A megabyte through cat, in both directions at once.
volume() ->
    P = open_port({spawn, "cat"}, [binary]),
    Data = binary:copy(<<"0123456789abcdef">>, 65536),
    Me = self(),
    spawn_link(fun() -> [port_command(P, binary:part(Data, I * 65536, 65536)) || I <- lists:seq(0, 15)], Me ! done end),
    ?T(collect(P, byte_size(Data), []) =:= Data),
    receive done -> ok end,
    ?T([erlang:port_info(P, I) || I <- [input, output]]),
    port_close(P).

collect(_, 0, Acc) -> list_to_binary(lists:reverse(Acc));
collect(P, N, Acc) -> receive {P, {data, D}} -> collect(P, N - byte_size(D), [D | Acc]) end.

%% A hundred programs at once.
many() ->
    Ps = [open_port({spawn, "cat"}, [binary, exit_status, {packet, 2}]) || _ <- lists:seq(1, 100)],
    [port_command(P, integer_to_list(I)) || {I, P} <- lists:zip(lists:seq(1, 100), Ps)],
    ?T(lists:sum([receive {P, {data, D}} -> binary_to_integer(D) end || P <- Ps])),
    [port_close(P) || P <- Ps],
    ?T([P || P <- Ps, erlang:port_info(P) =/= undefined]).

%% What was sent before the close is written, and only then the owner is told.
closing_writes_first() ->
    File = temporary(),
    P = open_port({spawn, "sh -c 'echo; sleep 0.1; cat > " ++ File ++ "; mv " ++ File ++ " " ++ File ++ ".done'"}, [binary]),
    receive {P, {data, _}} -> ok end,
    Me = self(),
    spawn_link(fun() ->
                       port_connect(P, self()),
                       unlink(Me),
                       P ! {self(), {command, binary:copy(<<"y">>, 300000)}},
                       P ! {self(), close},
                       receive {P, closed} -> Me ! closed end
               end),
    ?T(receive closed -> closed end),
    ?T(wait_size(File ++ ".done", 100)).

wait_size(File, N) ->
    case os:cmd("{ wc -c < " ++ File ++ "; } 2>/dev/null") of
        [] when N > 0 -> os:cmd("sleep 0.05"), wait_size(File, N - 1);
        Size -> os:cmd("rm -f " ++ File), string:trim(Size)
    end.
