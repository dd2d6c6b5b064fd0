%% What OTP's test suites have the machine do.
-module(internal_state).
-include("t.hrl").

main() ->
    ?T(erts_debug:set_internal_state(reds_left, 10)),
    ?T(erts_debug:get_internal_state(available_internal_state)),
    ?T(erts_debug:set_internal_state(available_internal_state, maybe)),
    ?T(erts_debug:set_internal_state(available_internal_state, true)),
    ?T(erts_debug:get_internal_state(available_internal_state)),
    ?T(erts_debug:set_internal_state(available_internal_state, true)),
    ?T(is_integer(erts_debug:get_internal_state(reds_left))),
    ?T([erts_debug:set_internal_state(reds_left, N) || N <- [10, 10000, -1]]),
    ?T(erts_debug:set_internal_state(reds_left, a)),
    ?T(erts_debug:set_internal_state(nonsense, 10)),
    ?T(erts_debug:get_internal_state(nonsense)),
    [?T([erts_debug:set_internal_state(Limit, N) || N <- [10, 20, default]])
     || Limit <- [binary_loop_limit, re_loop_limit, unicode_loop_limit]],
    [?T(erts_debug:set_internal_state(wait, For))
     || For <- [deallocations, timer_cancellations, aux_work, thread_progress, nothing]],
    ?T(erts_debug:set_internal_state(mbuf, {a, "b", <<0:800>>})),
    ?T([erts_debug:set_internal_state(force_gc, P) || P <- [self(), nobody]]),
    ?T(erts_debug:set_internal_state(sleep, 1)),
    ?T(erts_debug:set_internal_state(ets_force_trap, true)),
    ?T(maps:keys(erts_debug:get_internal_state(persistent_term))),
    ?T(table_of_persistent_terms()),
    ?T(lists:all(fun(I) -> is_atom(I) andalso process_info(self(), I) =/= undefined end,
                 erts_debug:get_internal_state(process_info_args))),
    ?T(hash({a, 1}) =:= hash({id(a), id(1)})),
    ?T(hash(1) =:= hash(1.0)),
    ?T(erts_debug:get_internal_state({binary_info, <<1, 2, 3>>})),
    ?T(element(1, erts_debug:get_internal_state({binary_info, binary:copy(<<1>>, 100)}))),
    ?T(element(2, erts_debug:get_internal_state({binary_info, binary:copy(<<1>>, 100)}))),
    ?T(erts_debug:get_internal_state({binary_info, <<1:3>>})),
    ?T(erts_debug:get_internal_state({binary_info, a})),
    ?T([erts_debug:get_internal_state({check_time_config, C, W})
        || C <- [true, false], W <- [no_time_warp, single_time_warp, multi_time_warp]]),
    ?T(erts_debug:get_internal_state({check_time_config, maybe, no_time_warp})),
    ?T([erts_debug:get_internal_state({dist_ctrl, 'a@b'}),
        erts_debug:get_internal_state(lc_graph),
        erts_debug:get_internal_state(flxctr_memory_usage)]),
    ?T(erts_debug:get_internal_state({process_status, dead()})),
    ?T([is_atom(erts_debug:get_internal_state({atom, N})) || N <- [1, 100]]),
    ?T(erts_debug:set_internal_state(proc_sig_buffers, true)),
    ?T([erts_debug:set_internal_state(fill_heap, Major) || Major <- [true, false]]),
    ?T(garbage([a, b | lists:seq(1, 100)])),
    ?T(erts_debug:set_internal_state(process_uniq_counter, 16#FFFF)),
    ?T([marked(N) || N <- lists:seq(1, 3)]),
    ?T(erts_debug:set_internal_state(proc_sig_block, {dead(), 1})),
    ?T([split(Kind, Options) || Kind <- [set, ordered_set],
                                Options <- [[], [{write_concurrency, true}],
                                            [{write_concurrency, auto}]]]),
    ?T([locks(Kind, N) || Kind <- [set, bag, ordered_set], N <- [0, 1, 65, 2048, 32768, 32769, a]]),
    ?T(erts_debug:set_internal_state(available_internal_state, false)),
    ?T(erts_debug:get_internal_state(reds_left)).

hash(Term) -> erts_debug:get_internal_state({internal_hash, Term}).

%% It grows, and with it what is told of its memory; and shrinks.
table_of_persistent_terms() ->
    Keys = [{?MODULE, N} || N <- lists:seq(1, 100)],
    Before = tell(),
    [persistent_term:put(Key, [Key, "value"]) || Key <- Keys],
    During = tell(),
    [persistent_term:erase(Key) || Key <- Keys],
    After = tell(),
    {grown(Before, During), grown(After, During), element(1, Before) =:= element(1, After)}.

tell() ->
    #{count := Count, memory := Memory} = persistent_term:info(),
    #{table := Table} = erts_debug:get_internal_state(persistent_term),
    {Count, Memory, Table}.

grown({C, M, T}, {Count, Memory, Table}) ->
    {Count - C, Memory > M, Table > T, Table >= 2 * Count}.

dead() ->
    {Pid, Ref} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Ref, process, Pid, normal} -> Pid end.

garbage(List) ->
    erts_debug:set_internal_state(fill_heap, true),
    lists:sum([X || X <- List, is_integer(X)]).

marked(N) ->
    Ref = monitor(process, self(), [{alias, demonitor}]),
    self() ! {Ref, N},
    receive {Ref, M} -> demonitor(Ref, [flush]), M end.

split(Kind, Options) ->
    Table = ets:new(table, [public, Kind | Options]),
    [try erts_debug:set_internal_state(ets_force_split, {Table, On}) catch _:R -> R end
     || On <- [true, false]].

locks(Kind, N) ->
    Option = {write_concurrency, {debug_hash_fixed_number_of_locks, N}},
    try ets:info(ets:new(table, [Kind, Option]), write_concurrency) catch _:R -> R end.
