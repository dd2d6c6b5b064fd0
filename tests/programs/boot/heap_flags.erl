%% boot +hms 5000 +hmbs 500 +hmax 10000000 +hmaxk false +hmaxel false +hmqd off_heap
%% What the command line says of heaps is what processes begin with.
-module(heap_flags).
-include("t.hrl").

main() ->
    ?T([erlang:system_info(Item) || Item <- items()]),
    ?T(of_new([])),
    ?T(of_new([{message_queue_data, on_heap}, {min_heap_size, 1000}, {max_heap_size, 0}])),
    ?T(erlang:system_flag(min_bin_vheap_size, 50000)),
    ?T(erlang:system_info(min_bin_vheap_size)),
    ?T(of_new([])),
    ok.

items() ->
    [min_heap_size, min_bin_vheap_size, max_heap_size, message_queue_data].

of_new(Options) ->
    Self = self(),
    Pid = spawn_opt(fun() -> Self ! {self(), told()} end, Options),
    receive {Pid, Told} -> Told end.

told() ->
    [{_, Queue}, {_, Heap}] = process_info(self(), [message_queue_data, garbage_collection]),
    [Queue | [proplists:get_value(Item, Heap) || Item <- items()]].
