%% Identifiers of another node, and of this one before it was started last: nothing is behind them.
-module(foreign_identifiers).
-export([main/0]).

main() ->
    process_flag(trap_exit, false),
    Pid = binary_to_term(<<131,88,100,3:16,"a@b",1:32,0:32,5:32>>),
    Port = binary_to_term(<<131,89,100,3:16,"a@b",1:32,5:32>>),
    Old = binary_to_term(<<131,88,100,13:16,"nonode@nohost",7:32,0:32,5:32>>),
    OldPort = binary_to_term(<<131,89,100,13:16,"nonode@nohost",7:32,5:32>>),
    [show(What, F) || {What, F} <-
        [{monitor, fun() -> erlang:monitor(process, Pid) end},
         {monitor_old, fun() -> erlang:monitor(process, Old) end},
         {monitor_tag, fun() -> erlang:monitor(process, Old, [{tag, {my, "tag"}}]) end},
         {monitor_alias, fun() -> erlang:monitor(process, Old, [{alias, demonitor}]) end},
         {monitor_explicit, fun() -> R = erlang:monitor(process, Old, [{alias, explicit_unalias}]), R ! to_alias, R end},
         {monitor_port, fun() -> erlang:monitor(port, Port) end},
         {monitor_old_port, fun() -> erlang:monitor(port, OldPort) end},
         {monitor_wrong_kind, fun() -> erlang:monitor(port, Pid) end},
         {monitor_wrong_kind, fun() -> erlang:monitor(process, Port) end},
         {link_old, fun() -> link(Old) end},
         {unlink, fun() -> unlink(Pid) end},
         {exit, fun() -> exit(Pid, kill) end},
         {exit_old, fun() -> exit(Old, kill) end},
         {process_info_old, fun() -> process_info(Old) end},
         {process_info_old, fun() -> process_info(Old, links) end},
         {process_info_old, fun() -> [process_info(Old, What) || What <- [[], [links, status]]] end},
         {process_info_bad_item, fun() -> process_info(Old, nosuch) end},
         {process_info_bad_item, fun() -> process_info(Old, [links, nosuch]) end},
         {process_info_no_pid, fun() -> process_info(nobody, nosuch) end},
         {process_info_no_pid, fun() -> process_info(nobody, links) end},
         {is_process_alive_old, fun() -> is_process_alive(Old) end},
         {process_info, fun() -> process_info(Pid) end},
         {is_process_alive, fun() -> is_process_alive(Pid) end},
         {text_of_old, fun() -> {pid_to_list(Old), port_to_list(OldPort), Old =:= list_to_pid("<0.5.0>")} end}]],
    {P, R} = spawn_monitor(fun() -> link(Pid), receive never -> ok end end),
    receive {'DOWN', R, process, P, Why} -> io:format("linked to one: ~p~n", [Why]) end,
    process_flag(trap_exit, true),
    show(link_trapping, fun() -> link(Pid) end, Pid),
    show(link_old_trapping, fun() -> link(Old) end, Old).

show(What, F) -> show(What, F, none).

show(What, F, From) ->
    try F() of
        R when is_reference(R) -> io:format("~p: a reference~n", [What]), messages(R);
        Other -> io:format("~p: ~p~n", [What, Other]), messages(From)
    catch
        Class:Reason -> io:format("~p: ~p ~p~n", [What, Class, Reason])
    end.

messages(R) ->
    receive
        {Tag, R, Kind, Of, Why} when R =/= none -> io:format("  ~p ~p ~p ~p~n", [Tag, Kind, node(Of), Why]), messages(R);
        {'EXIT', R, Why} -> io:format("  exit ~p~n", [Why]), messages(R);
        Other -> io:format("  ~p~n", [Other]), messages(R)
    after 50 -> ok
    end.
