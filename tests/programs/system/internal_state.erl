%% What the machine tells of its inside to those who have asked for that.
-module(internal_state).
-include("t.hrl").

main() ->
    ?T(try erts_debug:get_internal_state(memory) catch error:E -> E end),
    Before = erts_debug:set_internal_state(available_internal_state, true),
    ?T(Before),
    Memory = erts_debug:get_internal_state(memory),
    ?T([Item || {Item, _} <- Memory]),
    ?T([Item || {Item, Bytes} <- Memory, not is_integer(Bytes)]),
    Balances = erts_debug:get_internal_state(nbalance),
    ?T(is_integer(Balances)),
    ?T(long_collections()),
    ?T(try erts_debug:get_internal_state(no_such_state) catch error:F -> F end),
    ?T(erts_debug:set_internal_state(available_internal_state, false)).

%% A collection that lasts as long as it is told to.
long_collections() ->
    true = erts_debug:set_internal_state(test_long_gc_sleep, 20),
    undefined = erlang:system_monitor(self(), [{long_gc, 10}]),
    Pid = spawn(fun() -> erlang:garbage_collect() end),
    Long = receive {monitor, Pid, long_gc, Info} -> proplists:get_value(timeout, Info) >= 20 end,
    true = erts_debug:set_internal_state(test_long_gc_sleep, 0),
    erlang:system_monitor(undefined),
    Long.
