%% boot
%% What erts_debug:get_internal_state/1 tells OTP's test suites of links, monitors and the numbers of
%% processes and ports.
-module(internal_links).
-include("t.hrl").

main() ->
    erts_debug:set_internal_state(available_internal_state, true),
    Parent = self(),
    P = spawn_link(fun() -> receive stop -> ok end end),
    M = monitor(process, P),
    register(internal_links_named, P),
    N = monitor(process, internal_links_named),
    Names = #{self() => me, P => other, M => m, N => n},
    out(links, of_other(links(self()), P)),
    out(back, of_other(links(P), Parent)),
    out(monitors, shown(monitors(self()), Names)),
    %% By which name it is watched the other knows on stock alone.
    out(back, [{K, D, R} || {K, D, R, _, _} <- shown(monitors(P), Names)]),
    erlang:suspend_process(P),
    out(suspends, shown([X || {_, suspend, origin, _, _, _} = X <- monitors(self())], Names)),
    erlang:resume_process(P),
    demonitor(M),
    demonitor(N),
    unlink(P),
    true = is_process_alive(P),
    out(gone, {of_other(links(self()), P), of_other(links(P), Parent), monitors(P)}),
    E = monitor(process, P),
    P ! stop,
    receive {_, E, _, _, _} -> ok end,
    out(none, [links(P), links(nonode@nohost), links(some@where)]),
    out(bad, try_to(fun() -> links(make_ref()) end)),
    out(processes, erts_debug:get_internal_state(processes) =:= processes()),
    out(chunks, [element(1, erts_debug:get_internal_state(processes_bif_info)), is_integer(erts_debug:get_internal_state(nbalance))]),
    out(again, comes_again()),
    numbers(next_pid, fun() -> spawn(fun() -> ok end) end),
    numbers(next_port, fun() -> open_port({spawn, "true"}, []) end).

%% Whether pids come again where the number of the next is set back.
comes_again() ->
    Number = erts_debug:get_internal_state(next_pid),
    Made = [begin
                {P, M} = spawn_monitor(fun() -> ok end),
                receive {'DOWN', M, process, P, normal} -> P end
            end || _ <- lists:seq(1, 5)],
    receive after 100 -> ok end,
    erts_debug:set_internal_state(next_pid, Number),
    %% Others are made meanwhile.
    lists:member(lists:last(Made), [spawn(fun() -> ok end) || _ <- lists:seq(1, 10)]).

links(Of) -> erts_debug:get_internal_state({link_list, Of}).
monitors(Of) -> erts_debug:get_internal_state({monitor_list, Of}).

of_other(Links, Pid) -> [{Type, State} || {erl_link, Type, P, State, _} <- Links, P =:= Pid].

shown(Monitors, Names) ->
    lists:sort([{Kind, Dir, maps:get(Ref, Names, Ref), maps:get(Pid, Names, Pid), Extra}
                || {erl_monitor, Kind, Dir, Ref, Pid, Extra} <- Monitors,
                   is_map_key(Ref, Names) orelse is_map_key(Pid, Names)]).

%% Numbers go on from where they are set, and begin anew after the last; nothing is mixed up.
numbers(What, Make) ->
    Last = (1 bsl 28) - 1,
    Set = erts_debug:set_internal_state(What, Last - 20),
    out(What, {Set >= Last - 20, erts_debug:get_internal_state(What) =:= Set}),
    Made = [Make() || _ <- lists:seq(1, 50)],
    out(made, {length(lists:usort(Made)), erts_debug:get_internal_state(What) < Set}).
