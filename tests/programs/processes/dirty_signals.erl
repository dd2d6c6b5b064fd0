%% A process whose native blocks on a dirty worker answers, and exits when it is told to.
-module(dirty_signals).
-include("t.hrl").

main() ->
    asked(),
    killed(),
    linked(),
    trapping(),
    suspended(),
    on_its_way(),
    fifo().

%% A process that blocks in `dirty_io` for longer than anybody waits, once it does.
blocked() -> blocked(fun() -> ok end).

blocked(Before) ->
    {Pid, Ref} = spawn_monitor(fun() ->
        Before(),
        erts_debug:dirty_io(wait, 600_000)
    end),
    until_blocked(Pid),
    {Pid, Ref}.

until_blocked(Pid) ->
    case process_info(Pid, [current_function, status]) of
        [{current_function, {erts_debug, dirty_io, 2}}, {status, running}] -> ok;
        [_, _] -> erlang:yield(), until_blocked(Pid)
    end.

down(Ref) -> receive {'DOWN', Ref, process, _, Reason} -> Reason end.

kill({Pid, Ref}) -> exit(Pid, kill), down(Ref).

asked() ->
    {Pid, _} = P = blocked(fun() -> put(key, value), process_flag(priority, high) end),
    Pid ! message,
    ?T(is_process_alive(Pid)),
    ?T(process_info(Pid, [dictionary, message_queue_len, messages, priority, trap_exit])),
    ?T([I || {I, _} <- process_info(Pid)]),
    register(dirty_one, Pid),
    dirty_one ! another,
    ?T(process_info(Pid, [registered_name, message_queue_len])),
    {group_leader, Leader} = process_info(Pid, group_leader),
    Other = spawn(fun() -> receive stop -> ok end end),
    ?T(group_leader(Other, Pid)),
    ?T(process_info(Pid, group_leader) =:= {group_leader, Other}),
    ?T(group_leader(Leader, Pid)),
    Other ! stop,
    ?T(erlang:check_process_code(Pid, lists)),
    ?T(kill(P)),
    ?T(whereis(dirty_one)),
    ?T({process_info(Pid), is_process_alive(Pid), lists:member(Pid, processes())}).

killed() ->
    Reasons = [begin {Pid, Ref} = blocked(), exit(Pid, Why), down(Ref) end
               || Why <- [kill, shutdown, {any, "term"}]],
    ?T(Reasons),
    {Pid, Ref} = spawn_monitor(fun() -> erts_debug:dirty_io(wait, 1), exit(came_back) end),
    exit(Pid, normal),
    ?T(down(Ref)).

linked() ->
    process_flag(trap_exit, true),
    Me = self(),
    {Pid, Ref} = blocked(fun() -> link(Me) end),
    exit(Pid, reason),
    ?T(down(Ref)),
    receive {'EXIT', Pid, Reason} -> ?T(Reason) end,
    {Second, SecondRef} = blocked(),
    link(Second),
    ?T(process_info(Second, links) =:= {links, [Me]}),
    unlink(Second),
    ?T(process_info(Second, links)),
    {Third, ThirdRef} = spawn_monitor(fun() ->
        link(Second),
        receive {stop, Why} -> exit(Why) end
    end),
    Third ! {stop, because},
    ?T([down(ThirdRef), down(SecondRef)]),
    process_flag(trap_exit, false).

trapping() ->
    Me = self(),
    {Pid, Ref} = spawn_monitor(fun() ->
        process_flag(trap_exit, true),
        erts_debug:dirty_io(send, Me),
        erts_debug:dirty_io(wait, 50),
        receive {'EXIT', Me, Why} -> exit({trapped, Why}) end
    end),
    receive {ok, Pid} -> ok end,
    exit(Pid, why),
    ?T(down(Ref)).

suspended() ->
    {Pid, Ref} = spawn_monitor(fun block_until_told/0),
    until_blocked(Pid),
    erlang:suspend_process(Pid, [asynchronous]),
    Pid ! stop,
    until_suspended(Pid),
    ?T(process_info(Pid, [status, messages])),
    erlang:resume_process(Pid),
    ?T(down(Ref)).

block_until_told() ->
    erts_debug:dirty_io(wait, 10),
    receive stop -> exit(came_back) after 0 -> block_until_told() end.

until_suspended(Pid) ->
    case process_info(Pid, status) of
        {status, suspended} -> ok;
        _ -> erlang:yield(), until_suspended(Pid)
    end.

%% Many signals while it goes to block and comes back.
on_its_way() ->
    {Pid, Ref} = spawn_monitor(fun() ->
        [erts_debug:dirty_io(wait, 0) || _ <- lists:seq(1, 500)],
        exit(count(0))
    end),
    Senders = [spawn_monitor(fun() -> [ask(Pid, N) || N <- lists:seq(1, 100)] end)
               || _ <- lists:seq(1, 5)],
    [normal = down(R) || {_, R} <- Senders],
    Pid ! done,
    ?T(down(Ref)),
    Killed = [spawn_monitor(fun Again() -> erts_debug:dirty_io(wait, 0), Again() end)
              || _ <- lists:seq(1, 50)],
    [is_process_alive(P) || {P, _} <- Killed],
    [exit(P, kill) || {P, _} <- Killed],
    ?T(lists:usort([down(R) || {_, R} <- Killed])).

ask(Pid, N) ->
    Pid ! {number, N},
    true = is_process_alive(Pid),
    {priority, normal} = process_info(Pid, priority).

count(N) ->
    receive
        {number, _} -> count(N + 1);
        done -> N
    end.

%% Reading from a FIFO that nobody writes to.
fifo() ->
    Name = "/tmp/" ++ ?MODULE_STRING ++ os:getpid(),
    "" = os:cmd("mkfifo " ++ Name),
    {Opens, OpensRef} = spawn_monitor(fun() -> file:open(Name, [read, raw]) end),
    ?T(is_process_alive(Opens)),
    exit(Opens, kill),
    ?T(down(OpensRef)),
    Me = self(),
    {Reads, ReadsRef} = spawn_monitor(fun() ->
        {ok, File} = file:open(Name, [read, write, raw]),
        Me ! opened,
        file:read(File, 10)
    end),
    receive opened -> ok end,
    ?T(is_process_alive(Reads)),
    exit(Reads, stopped),
    ?T(down(ReadsRef)),
    ok = prim_file:delete(Name).
