%% What `erts_debug` and its like tell of terms, of the emulator and of connections.
-module(debug_natives).
-include("t.hrl").

main() ->
    storage(),
    maps(),
    connections(),
    tables(),
    emulator(),
    workers(),
    names().

storage() ->
    Pair = id([a | b]),
    Twice = id([Pair | Pair]),
    ?T([erts_debug:size_shared(T) || T <- [a, 1, [], Pair, Twice, {Twice, Twice}]]),
    ?T(erts_debug:size_shared([<<"on the heap">>])),
    Deep = lists:foldl(fun(_, T) -> [T | T] end, [], lists:seq(1, 20)),
    Copy = erts_debug:copy_shared(Deep, false),
    ?T({Copy =:= Deep, erts_debug:same(Copy, Deep), erts_debug:size_shared(Copy)}),
    Literal = {"a literal", <<"of", "some">>, #{size => 3.0e300}},
    ?T(erts_debug:size_shared(Literal)),
    ?T(erts_debug:same(Literal, erts_debug:copy_shared(Literal, false))),
    Whole = erts_debug:copy_shared(Literal, true),
    ?T({Whole =:= Literal, erts_debug:same(Whole, Literal), erts_debug:size_shared(Whole) > 0}),
    ?T(erts_debug:copy_shared(a, maybe)),
    Parts = {make_ref(), self(), fun() -> Pair end, fun lists:map/2, 1 bsl 100, -1.5,
             binary:copy(<<"off">>, 50), <<5:3>>, maps:from_keys(lists:seq(1, 100), Twice)},
    ?T(erts_debug:copy_shared(Parts, true) =:= Parts),
    ?T(persistent_term:put({?MODULE, deep}, Deep)),
    ?T(erts_debug:size_shared(persistent_term:get({?MODULE, deep}))),
    ?T(erts_debug:size(persistent_term:get({?MODULE, deep}))),
    ?T(persistent_term:erase({?MODULE, deep})),
    ?T([erts_internal:term_type(T)
        || T <- [<<1, 2>>, <<5:7>>, binary:copy(<<0>>, 80), id(<<0:641>>)]]).

maps() ->
    ?T(erts_debug:map_info(#{})),
    ?T(erts_debug:map_info(a)),
    Info = erts_debug:map_info(maps:from_keys(lists:seq(1, 1000), a)),
    ?T([element(1, I) || I <- Info]),
    {leafs, N, Levels} = lists:keyfind(leafs, 1, Info),
    ?T({N, tuple_size(Levels), lists:sum(tuple_to_list(Levels))}).

connections() ->
    [?T(catch_reason(fun() -> apply(erlang, F, As) end))
     || {F, As} <- [{dist_ctrl_get_data, [a]}, {dist_ctrl_get_data_notification, [a]},
                    {dist_ctrl_get_opt, [a, get_size]}, {dist_ctrl_set_opt, [a, get_size, true]},
                    {dist_ctrl_input_handler, [a, self()]}, {dist_ctrl_put_data, [a, <<"b">>]}]],
    ?T(erts_internal:create_dist_channel('a@b', self(), {0, 0})),
    ?T(erts_internal:abort_pending_connection('a@b', handle)),
    ?T(erts_internal:abort_pending_connection("a@b", handle)),
    ?T(erts_debug:dist_ext_to_term({}, term_to_binary({a, [b, "c"], #{d => 1.5}}))),
    [?T(erts_debug:dist_ext_to_term({x, y}, B))
     || B <- [<<131, 82, 1>>, <<131, 108, 2:32, 82, 0, 82, 1, 106>>, <<131, 82, 2>>, <<82, 1>>,
              <<131, 104, 2, 82, 1, 97, 5, 0, 0>>, <<>>, <<1:1>>, a]],
    ?T(erts_debug:dist_ext_to_term({x, 1}, <<131, 82, 0>>)),
    ?T(erts_debug:dist_ext_to_term(x, <<131, 82, 0>>)),
    ?T(binary_to_term(<<131, 82, 0>>)).

tables() ->
    Table = ets:new(table, []),
    ets:insert(Table, [{K, binary:copy(<<K>>, 1000)} || K <- [1, 2, 3]]),
    ?T([{B, R} || {_, B, R} <- erts_internal:ets_lookup_binary_info(Table, 2)]),
    ?T(erts_internal:ets_lookup_binary_info(Table, 4)),
    ?T(erts_internal:ets_lookup_binary_info(none, 4)),
    ?T(lists:sort(raw(Table, erts_internal:ets_raw_first(Table)))),
    ets:safe_fixtable(Table, true),
    ets:delete(Table, 2),
    ?T(lists:sort(raw(Table, erts_internal:ets_raw_first(Table)))),
    ?T(ets:info(Table, size)),
    ets:safe_fixtable(Table, false),
    ?T(lists:sort(raw(Table, erts_internal:ets_raw_first(Table)))),
    ?T(catch_reason(fun() -> erts_internal:ets_raw_next(Table, 4) end)),
    Ordered = ets:new(ordered, [ordered_set]),
    ?T(erts_internal:ets_raw_first(Ordered)),
    ets:insert(Ordered, [{K} || K <- "hello"]),
    ?T(raw(Ordered, erts_internal:ets_raw_first(Ordered))),
    private().

raw(_, '$end_of_table') -> [];
raw(Table, Key) -> [Key | raw(Table, erts_internal:ets_raw_next(Table, Key))].

private() ->
    Me = self(),
    {Owner, Ref} = spawn_monitor(fun() ->
        Table = ets:new(private, [private]),
        ets:insert(Table, {a, 1}),
        Me ! {table, Table},
        receive stop -> ok end
    end),
    Table = receive {table, T} -> T end,
    ?T(catch_reason(fun() -> ets:lookup(Table, a) end)),
    ?T(erts_internal:ets_super_user(true)),
    ?T(ets:lookup(Table, a)),
    ?T(ets:insert(Table, {b, 2})),
    ?T(erts_internal:ets_super_user(false)),
    ?T(catch_reason(fun() -> ets:lookup(Table, b) end)),
    ?T(erts_internal:ets_super_user(maybe)),
    Owner ! stop,
    receive {'DOWN', Ref, process, Owner, Reason} -> ?T(Reason) end.

catch_reason(F) -> try F() catch C:R -> {C, R} end.

%% What failed, with the call that the stack trace begins with.
call_of(F) ->
    try F()
    catch C:R:Stack -> {C, R, [{M, N, As} || {M, N, As, _} <- lists:sublist(Stack, 1)]}
    end.

emulator() ->
    ?T([erts_debug:lcnt_clear(), erts_debug:lcnt_collect()]),
    ?T(catch_reason(fun() -> erts_debug:lcnt_control(mask) end)),
    ?T(catch_reason(fun() -> erts_debug:lcnt_control(mask, []) end)),
    ?T(erts_debug:disassemble({lists, map, 2})),
    ?T(erts_debug:interpreter_size()),
    ?T(lists:all(fun io_lib:printable_list/1, erts_debug:instructions())),
    ?T(catch_reason(fun() -> erts_literal_area_collector:send_copy_request(self(), a, init) end)),
    ?T(catch_reason(fun() -> erts_internal:check_dirty_process_code(self(), ?MODULE) end)),
    ?T(catch_reason(fun() -> erts_internal:dirty_process_handle_signals(self()) end)),
    ?T(erts_internal:process_display(self(), stack)),
    ?T(erts_internal:process_display(nobody, backtrace)),
    ?T(erlang:process_display(self(), backtrace)),
    {Pid, Ref} = spawn_monitor(fun() -> receive stop -> ok end end),
    ?T(erlang:process_display(Pid, backtrace)),
    Pid ! stop,
    receive {'DOWN', Ref, process, Pid, Reason} -> ?T(Reason) end,
    ?T(catch_reason(fun() -> erlang:process_display(Pid, backtrace) end)).

workers() ->
    ?T([erts_debug:dirty_cpu(scheduler, type), erts_debug:dirty_io(scheduler, type)]),
    ?T([erts_debug:dirty(K, scheduler, type) || K <- [normal, dirty_cpu, dirty_io]]),
    ?T([erts_debug:dirty(K, reschedule, 100) || K <- [normal, dirty_cpu, dirty_io]]),
    [?T(catch_reason(fun() -> erts_debug:dirty(K, reschedule, N) end))
     || K <- [normal, dirty_cpu, dirty_io], N <- [0, 7, -2, a]],
    [?T(call_of(fun() -> erts_debug:dirty(K, error, E), ok end))
     || K <- [normal, dirty_cpu, dirty_io], E <- [notsup, badarith, noproc, other, "text"]],
    ?T(catch_reason(fun() -> erts_debug:dirty_cpu(error, system_limit) end)),
    ?T(catch_reason(fun() -> erts_debug:dirty_io(error, a) end)),
    ?T(catch_reason(fun() -> erts_debug:dirty(other, error, a) end)),
    ?T(catch_reason(fun() -> erts_debug:dirty_io(nonsense, a) end)),
    ?T(lists:usort(erts_debug:dirty_cpu(copy, {a, "b", 1 bsl 80}))),
    ?T(erts_debug:dirty_io(wait, 1)),
    ?T(catch_reason(fun() -> erts_debug:dirty_io(wait, a) end)),
    Me = self(),
    ?T(erts_debug:dirty_io(send, Me)),
    receive {ok, Me} -> ?T(received) end.

names() ->
    [?T(prim_file:internal_normalize_utf8(B))
     || B <- [<<>>, <<"plain">>, <<"e", 16#301/utf8, "u", 16#308/utf8>>,
              <<"a", 16#328/utf8, 16#301/utf8>>, <<16#e9/utf8>>, <<255>>, <<1:1>>, "list"]],
    ?T([erlang:is_builtin(prim_file, F, 1)
        || F <- [internal_name2native, internal_normalize_utf8, is_translatable, close_nif]]).
