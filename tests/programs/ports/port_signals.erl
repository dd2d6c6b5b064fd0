%% Links, monitors, exit signals and names of ports.
-module(port_signals).
-include("t.hrl").

%% For calls with a port among the arguments, which would be in the trace.
-define(E(X), out(??X, try_to(fun() -> X end))).

main() ->
    links(),
    owner_exits(),
    exit_signals(),
    monitors(),
    names(),
    identifiers().

cat() -> open_port({spawn, "cat"}, []).

exited(P) -> receive {'EXIT', P, R} -> R end.

down(Ref) -> receive {'DOWN', Ref, Kind, Object, R} -> {Kind, if is_port(Object) -> port; true -> Object end, R} end.

wait_down(Ref) -> receive {'DOWN', Ref, _, _, R} -> R end.

nothing() -> receive M -> {unexpected, M} after 0 -> nothing end.

links() ->
    process_flag(trap_exit, true),
    P = cat(),
    ?T(process_info(self(), links) =:= {links, [P]}
       orelse lists:member(P, element(2, process_info(self(), links)))),
    ?T(unlink(P)),
    ?T(lists:member(P, element(2, process_info(self(), links)))),
    ?T(erlang:port_info(P, links)),
    ?T(link(P)),
    ?T(link(P)),
    ?T(erlang:port_info(P, links) =:= {links, [self()]}),
    exit(P, stop),
    ?T(exited(P)),
    ?T(nothing()),
    P2 = cat(),
    unlink(P2),
    exit(P2, stop),
    ?T(erlang:port_info(P2, id)),
    ?T(nothing()),
    process_flag(trap_exit, false).

owner_exits() ->
    process_flag(trap_exit, true),
    Me = self(),
    [begin
         {Pid, Ref} = spawn_monitor(fun() -> P = cat(), Me ! {port, P}, exit(Reason) end),
         P = receive {port, Port} -> Port end,
         PortRef = erlang:monitor(port, P),
         ?T(wait_down(Ref)),
         _ = Pid,
         ?T(case wait_down(PortRef) of noproc -> Reason; R -> R end)
     end || Reason <- [normal, shutdown, {some, term}]],
    %% A linked process that is not the owner: only an abnormal exit counts.
    P = cat(),
    {_, R1} = spawn_monitor(fun() -> link(P) end),
    wait_down(R1),
    ?T(is_list(erlang:port_info(P))),
    {_, R2} = spawn_monitor(fun() -> link(P), exit(broken) end),
    wait_down(R2),
    ?T(exited(P)),
    process_flag(trap_exit, false).

exit_signals() ->
    process_flag(trap_exit, true),
    [begin
         P = cat(),
         ?T(exit(P, Reason)),
         ?T(exited(P))
     end || Reason <- [normal, kill, stop, {a, "term"}]],
    process_flag(trap_exit, false),
    %% Not trapped: the linked process goes too.
    {_, R} = spawn_monitor(fun() -> P = cat(), exit(P, stop), receive never -> ok end end),
    ?T(wait_down(R)),
    {_, R2} = spawn_monitor(fun() -> P = cat(), P ! bad, receive never -> ok end end),
    ?T(wait_down(R2)),
    {_, R3} = spawn_monitor(fun() -> P = cat(), exit(P, normal), receive never -> ok after 10 -> ok end end),
    ?T(wait_down(R3)).

monitors() ->
    P = cat(),
    R1 = erlang:monitor(port, P),
    R2 = erlang:monitor(port, P, [{tag, {my, tag}}]),
    ?T(erlang:port_info(P, monitored_by) =:= {monitored_by, [self(), self()]}),
    ?T(length([x || {port, Q} <- element(2, process_info(self(), monitors)), Q =:= P])),
    R3 = erlang:monitor(port, P),
    ?T(demonitor(R3)),
    port_close(P),
    ?T(down(R1)),
    ?T(receive {{my, tag}, R2, Kind, P, Reason} -> {Kind, Reason} end),
    ?T(down(erlang:monitor(port, P))),
    ?T(down(erlang:monitor(port, no_such_name))),
    ?T(down(erlang:monitor(port, {no_such_name, node()}))),
    ?T(erlang:monitor(port, "x")),
    ?E(erlang:monitor(port, self())),
    ?T(demonitor(R1, [flush, info])),
    P2 = cat(),
    R4 = erlang:monitor(port, P2),
    port_close(P2),
    ?T(demonitor(R4, [flush])),
    ?T(nothing()).

names() ->
    process_flag(trap_exit, true),
    P = cat(),
    ?T(register(my_port, P)),
    ?T(whereis(my_port) =:= P),
    ?T(lists:member(my_port, registered())),
    ?E(register(other_name, P)),
    ?E(register(my_port, self())),
    ?T(erlang:port_info(P, registered_name)),
    ?T(erlang:port_info(my_port, name)),
    my_port ! {self(), {command, "by name\n"}},
    ?T(receive {P, {data, D}} -> D end),
    ?T(port_command(my_port, "again\n")),
    ?T(receive {P, {data, D}} -> D end),
    {my_port, node()} ! {self(), {command, "and node\n"}},
    ?T(receive {P, {data, D}} -> D end),
    Ref = erlang:monitor(port, my_port),
    ?T(down(erlang:monitor(process, my_port))),
    ?T(unregister(my_port)),
    ?T(erlang:port_info(P, registered_name)),
    ?T(my_port ! x),
    ?T(register(my_port, P)),
    ?T(port_close(my_port)),
    ?T(exited(P)),
    ?T(down(Ref)),
    ?T(whereis(my_port)),
    ?E(register(my_port, P)),
    ?T(port_close(my_port)),
    ?T(erlang:port_info(my_port)),
    ?T(erlang:port_info(my_port, name)),
    ?T(erlang:port_info("x")),
    ?T(erlang:port_info("x", name)),
    process_flag(trap_exit, false).

identifiers() ->
    P = cat(),
    ?T(list_to_port(erlang:port_to_list(P)) =:= P),
    ?T(binary_to_term(term_to_binary(P)) =:= P),
    ?T([make_ref() < P, P < self(), P < {}, is_pid(P), is_reference(P)]),
    port_close(P).
