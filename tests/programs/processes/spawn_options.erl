%% spawn_opt with each of its options, max_heap_size kills, off-heap message queues, trap_exit across hibernation.
-module(spawn_options).
-include("t.hrl").

main() ->
    [out("option", {O, run(O)}) || O <- [[], [link], [{priority, max}], [{priority, low}], [{fullsweep_after, 0}], [{min_heap_size, 10000}], [{min_bin_vheap_size, 100}], [{message_queue_data, on_heap}], [{message_queue_data, off_heap}], [{max_heap_size, 0}], [{max_heap_size, #{size => 1000000, kill => false}}]]],
    [out("bad option", {O, try_to(fun() -> spawn_opt(fun() -> ok end, O) end)}) || O <- [[x], [{priority, 1}], [{fullsweep_after, -1}], [{min_heap_size, a}], [{message_queue_data, z}], [{max_heap_size, -1}], [{max_heap_size, #{}}], bad, [link | bad]]],
    ?T(heap_limit(#{size => 10000, kill => true, error_logger => false})),
    ?T(heap_limit(#{size => 10000, kill => false, error_logger => false})),
    ?T(full_queue(off_heap)),
    ?T(full_queue(on_heap)),
    ?T(switch_queue()),
    ?T(full_sweep()),
    ?T(binaries()),
    ok.

run(Opts) ->
    {P, R} = spawn_opt(fun() -> receive {From, L} -> From ! {self(), lists:sum(L)} end end, [monitor | Opts]),
    P ! {self(), lists:seq(1, 1000)},
    Sum = receive {P, S} -> S end,
    receive {'DOWN', R, process, P, Why} -> {Sum, Why} end.

heap_limit(Limit) ->
    {P, R} = spawn_opt(fun() -> exit({grew, length(grow(12000, []))}) end, [monitor, {max_heap_size, Limit}]),
    receive {'DOWN', R, process, P, Why} -> Why end.
grow(0, L) -> L;
grow(N, L) -> grow(N - 1, [N | L]).

full_queue(Kind) ->
    P = spawn_opt(fun() -> receive go -> collect(0) end end, [{message_queue_data, Kind}]),
    [P ! {n, K, binary:copy(<<"x">>, K)} || K <- lists:seq(1, 300)],
    erlang:garbage_collect(P),
    P ! go,
    P ! {done, self()},
    receive {P, N} -> N end.
collect(N) ->
    receive
        {n, K, B} -> collect(N + K + byte_size(B));
        {done, To} -> To ! {self(), N}
    end.

switch_queue() ->
    P = spawn(fun() -> receive first -> process_flag(message_queue_data, off_heap) end, receive second -> process_flag(message_queue_data, on_heap) end, collect(0) end),
    [P ! {n, K, <<>>} || K <- lists:seq(1, 50)],
    P ! first,
    [P ! {n, K, <<>>} || K <- lists:seq(1, 50)],
    P ! second,
    P ! {done, self()},
    receive {P, N} -> N end.

full_sweep() ->
    run_with(fun() -> Keep = [{K, integer_to_binary(K)} || K <- lists:seq(1, 500)], [lists:seq(1, 500) || _ <- lists:seq(1, 100)], lists:all(fun({K, B}) -> binary_to_integer(B) =:= K end, Keep) end, [{fullsweep_after, 0}]).

binaries() ->
    run_with(fun() -> L = [binary:copy(<<K>>, 1000) || K <- lists:seq(1, 200)], [binary:copy(<<"garbage">>, 1000) || _ <- lists:seq(1, 200)], lists:sum([binary:first(B) || B <- L]) end, []).

run_with(F, Opts) ->
    {P, R} = spawn_opt(fun() -> exit({result, F()}) end, [monitor | Opts]),
    receive {'DOWN', R, process, P, Why} -> Why end.
