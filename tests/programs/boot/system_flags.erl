%% boot
%% erlang:system_flag/2 and what system_info says afterwards.
-module(system_flags).
-include("t.hrl").

main() ->
    ?T(flag(fullsweep_after, 10)),
    ?T(erlang:system_info(fullsweep_after)),
    ?T(garbage_collection(fullsweep_after)),
    ?T(flag(fullsweep_after, 65535)),
    ?T(flag(min_heap_size, 500)),
    ?T(erlang:system_info(min_heap_size)),
    ?T(garbage_collection(min_heap_size)),
    ?T(flag(min_heap_size, 233)),
    ?T(flag(max_heap_size, #{size => 100000000, kill => false})),
    ?T(erlang:system_info(max_heap_size)),
    ?T(flag(max_heap_size, 1)),
    ?T(flag(max_heap_size, 0)),
    ?T(is_integer(flag(outstanding_system_requests_limit, 3))),
    ?T(erlang:system_info(outstanding_system_requests_limit)),
    ?T(flag(time_offset, finalize)),
    ?T(flag(time_offset, now)),
    ?T(flag(backtrace_depth, 3)),
    ?T(flag(backtrace_depth, x)),
    ?T(flag(backtrace_depth, 8)),
    ?T(flag(no_such_flag, 1)),
    ?T(flag(reset_seq_trace, true)),
    ?T(flag(scheduler_wall_time, false)),
    ?T(flag(system_logger, nobody)),
    ?T(is_pid(flag(system_logger, undefined))),
    ?T(erlang:system_info(system_logger)),
    ?T(flag(system_logger, logger)),
    ?T(erlang:system_info(system_logger)),
    ?T(erlang:system_monitor()),
    ?T(erlang:system_profile()),
    ?T(erlang:trace_info(self(), flags)),
    ?T(erlang:trace_info(new, flags)),
    ?T(seq_trace:get_token()),
    ?T([erlang:system_info(I) || I <- [endian, time_offset, dynamic_trace_probes, lock_counting, taints]]),
    ?T([erlang:system_info(I) || I <- [schedulers_online, dirty_io_schedulers, thread_pool_size, port_limit]] =/= []),
    ?T([K || {K, _} <- erlang:system_info(garbage_collection)]),
    ok.

flag(Name, Value) ->
    try erlang:system_flag(Name, Value)
    catch Class:Reason -> {Class, Reason}
    end.

%% What a new process begins with.
garbage_collection(Item) ->
    Self = self(),
    Pid = spawn(fun() -> Self ! {self(), process_info(self(), garbage_collection)} end),
    receive {Pid, {_, Items}} -> proplists:get_value(Item, Items) end.
