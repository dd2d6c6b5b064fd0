%% A process that is killed while it deletes a large table: once all that is to be freed has been
%% waited for, the table's memory is free, whoever had to free the rest of it.
-module(deleter_killed).
-export([main/0]).

main() ->
    logger:set_primary_config(level, error),
    erts_debug:set_internal_state(available_internal_state, true),
    [io:format("~w ~w~n", [Type, lists:usort([freed(Type) || _ <- lists:seq(1, 10)])])
     || Type <- [set, ordered_set]],
    erts_debug:set_internal_state(available_internal_state, false).

freed(Type) ->
    Before = erlang:memory(ets),
    Table = ets:new(table, [Type, public]),
    ets:insert(Table, [{I, I * I} || I <- lists:seq(1, 100000)]),
    Full = erlang:memory(ets) - Before,
    {Deleter, Monitor} =
        spawn_monitor(fun() ->
                          spawn_link(fun() -> erlang:yield(), exit(killed_at_work) end),
                          ets:delete(Table)
                      end),
    receive {'DOWN', Monitor, process, Deleter, _} -> ok end,
    ok = erts_debug:set_internal_state(wait, deallocations),
    {ets:info(Table), erlang:memory(ets) - Before < Full div 10}.
