%% boot
%% The processes of the machine itself and of the kernel.
-module(system_processes).
-include("t.hrl").

main() ->
    ?T([P || P <- processes(), erts_internal:is_system_process(P)] =:= lists:sort([P || P <- processes(), erts_internal:is_system_process(P)])),
    ?T(about(whereis(init))),
    ?T(about(whereis(erts_code_purger))),
    Machine = [P || P <- lists:sublist(processes(), 6), P =/= whereis(init)],
    ?T([about(P) || P <- Machine]),
    ?T([pid_to_list(P) || P <- lists:sublist(processes(), 6)]),
    ?T(lists:sort([N || N <- registered(), N =/= socket_registry])),
    ?T([pid_to_list(whereis(N)) || N <- [init, erts_code_purger]]),
    ?T([is_pid(whereis(N)) || N <- [erl_prim_loader, logger, application_controller, code_server, user]]),
    ?T(lists:keymember(kernel, 1, application:which_applications())),
    ?T(erlang:system_info(system_logger) =:= whereis(logger_proxy)),
    ?T(node()),
    ?T(nodes()),
    ?T(net_kernel:monitor_nodes(true)),
    ?T(erlang:is_alive()),
    ok.

about(P) ->
    Items = [registered_name, parent, priority, message_queue_data, initial_call, trap_exit],
    [relative(I) || I <- process_info(P, Items)].

relative({parent, P}) when is_pid(P) -> {parent, P =:= whereis(init)};
relative(I) -> I.
