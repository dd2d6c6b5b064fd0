%% Where processors lie as the system tells and as it is said, and how schedulers are bound to them.
-module(cpu_topology).
-include("t.hrl").

main() ->
    %% Stock tells the logger that these flags are old.
    erlang:system_flag(system_logger, self()),
    [?T(erlang:system_info(Which))
     || Which <- [cpu_topology] ++ [{cpu_topology, W} || W <- [used, detected, defined]]],
    ?T(erlang:system_info({cpu_topology, other})),
    ?T(erlang:system_info({internal_cpu_topology, used})),
    ?T(erlang:system_info(scheduler_bind_type)),
    out(unbound, lists:usort(tuple_to_list(erlang:system_info(scheduler_bindings)))),
    Of = affinity(),
    Bound = min(erlang:system_info(schedulers_online), erlang:system_info(logical_processors_available)),
    [out("", {How, bind(How, Bound), affinity() =:= Of}) || How <- types()],
    ?T(erlang:system_flag(scheduler_bind_type, nonsense)),
    ?T(erlang:system_flag(scheduler_bind_type, 1)),
    ?T(erlang:system_flag(scheduler_bind_type, unbound)),
    define(),
    erts_debug:set_internal_state(available_internal_state, true),
    [begin
         erlang:system_flag(cpu_topology, T),
         [out("", {How, erts_debug:get_internal_state({fake_scheduler_bindings, How})}) || How <- types()]
     end || T <- topologies()],
    ?T(erlang:system_flag(cpu_topology, undefined)),
    ?T(erlang:system_info({cpu_topology, defined})).

types() ->
    [default_bind, no_spread, thread_spread, processor_spread, spread, no_node_thread_spread,
     no_node_processor_spread, thread_no_node_processor_spread, unbound].

bind(How, Bound) ->
    Before = erlang:system_flag(scheduler_bind_type, How),
    timer:sleep(100),
    All = [B || B <- tuple_to_list(erlang:system_info(scheduler_bindings)), B =/= unbound],
    Right = All =:= lists:usort(All) andalso length(All) =:= case How of unbound -> 0; _ -> Bound end,
    {Before, erlang:system_info(scheduler_bind_type), Right}.

%% The processors that programs may use which are started now.
affinity() -> lists:last(string:lexemes(os:cmd("taskset -cp $$"), ":")).

define() ->
    [?T({erlang:system_flag(cpu_topology, id(T)), erlang:system_info(cpu_topology)}) || T <- topologies()],
    Wrong = [[], a, [{core, {logical, 0}}, {core, {logical, 0}}], [{core, {logical, -1}}],
             [{core, {logical, 70000}}], [{node, [{node, {logical, 0}}]}], [{logical, a}],
             [{node, [{processor, {logical, 0}}]}, {processor, {logical, 1}}]],
    [?T(try_to(fun() -> erlang:system_flag(cpu_topology, T) end)) || T <- Wrong],
    Internal = [[], [a], [{cpu, 0, 0, -1, 0, 0}], [{cpu, 0, 0, -1, 0, 0, 0} | b],
                [{cpu, 0, 0, 0, 0, 0, 0}, {cpu, 0, 0, 0, 0, 1, 1}], [{cpu, 1, 0, -1, 0, 0, 0}, {cpu, 0, 0, -1, 0, 0, 1}],
                [{cpu, -1, 0, -1, 0, 0, 65535}, {cpu, -1, 0, -1, 0, 1, 3}]],
    [?T(try_to(fun() -> erlang:system_flag(internal_cpu_topology, T) end)) || T <- Internal],
    ?T(erlang:system_info({internal_cpu_topology, defined})),
    ok.

topologies() ->
    [undefined,
     [{core, {logical, 1}}, {core, {logical, 0}}],
     [{processor, [{core, [{thread, {logical, C * 2 + T + P * 4}} || T <- [0, 1]]} || C <- [0, 1]]} || P <- [0, 1, 2]],
     [{node, [{processor, [{core, {logical, N * 4 + P * 2 + C}} || C <- [0, 1]]} || P <- [0, 1]]} || N <- [0, 1]],
     [{processor, [{node, [{core, [{thread, {logical, P * 8 + N * 4 + C * 2 + T}} || T <- [0, 1]]} || C <- [0, 1]]}
                   || N <- [0, 1]]} || P <- [0, 1]],
     [{node, [{processor, [{core, [{thread, {logical, 0}}, {thread, {logical, 1}}]}, {core, {logical, 2}}]}]},
      {processor, [{node, [{core, {logical, 4}}, {core, {logical, 3}}]}, {node, [{core, {logical, 5}}]}]},
      {node, [{processor, {logical, 6}}, {processor, {logical, 7}}]}]].
