%% process_info and process_flag: the documented items with values that do not depend on the machine.
-module(process_info_items).
-export([init_here/2]).
-include("t.hrl").

main() ->
    Self = self(),
    {P, R} = spawn_opt(?MODULE, init_here, [Self, arg], [monitor, {priority, low}, {min_heap_size, 500}, {fullsweep_after, 7}, {message_queue_data, off_heap}]),
    receive {P, ready} -> ok end,
    P ! one,
    P ! {two, [2]},
    ?T(process_info(P, message_queue_len)),
    ?T(process_info(P, messages)),
    ?T(process_info(P, initial_call)),
    ?T(process_info(P, current_function)),
    ?T(wait_status(P, waiting)),
    ?T(process_info(P, registered_name)),
    ?T(process_info(P, priority)),
    ?T(process_info(P, trap_exit)),
    ?T(process_info(P, dictionary)),
    ?T(process_info(P, links)),
    ?T(process_info(P, monitors)),
    ?T(process_info(P, monitored_by) =:= {monitored_by, [Self]}),
    ?T(process_info(P, error_handler)),
    ?T(process_info(P, message_queue_data)),
    ?T(process_info(P, catchlevel)),
    ?T(process_info(P, sequential_trace_token)),
    ?T(process_info(P, suspending)),
    ?T(process_info(P, parent) =:= {parent, Self}),
    ?T(process_info(P, group_leader) =:= {group_leader, group_leader()}),
    ?T([is_integer(element(2, process_info(P, I))) || I <- [heap_size, stack_size, total_heap_size, memory, reductions]]),
    ?T([K || {K, _} <- process_info(P, [status, message_queue_len, links, dictionary])]),
    ?T(process_info(P, [])),
    ?T(lists:sort([K || {K, _} <- process_info(P)])),
    ?T([{K, V} || {garbage_collection, L} <- [process_info(P, garbage_collection)], {K, V} <- L, lists:member(K, [fullsweep_after, min_heap_size])]),
    ?T(try_to(fun() -> process_info(P, id(bogus)) end)),
    ?T(process_info(id(x), status)),
    ?T(try_to(fun() -> process_info(P, id([status, bogus])) end)),
    ?T([{M, F, A} || {current_stacktrace, S} <- [process_info(P, current_stacktrace)], {M, F, A, _} <- S]),
    register(info_target, P),
    ?T(process_info(P, registered_name)),
    ?T(process_info(P, [registered_name])),
    P ! stop,
    receive {'DOWN', R, process, P, W} -> out("ended", W) end,
    ?T(process_info(P)),
    ?T(process_info(P, status)),
    ?T(is_process_alive(P)),
    flags(),
    ?T(process_info(Self, status)),
    ?T(process_info(Self, current_function)),
    Self ! mine,
    ?T(process_info(Self, message_queue_len)),
    ?T(process_info(Self, messages)),
    receive mine -> ok end,
    ?T(process_info(Self, message_queue_len)),
    ok.

init_here(Parent, _) ->
    put(key, value),
    Parent ! {self(), ready},
    receive stop -> ok end.

wait_status(P, S) ->
    case process_info(P, status) of
        {status, S} -> S;
        _ -> erlang:yield(), wait_status(P, S)
    end.

flags() ->
    ?T(process_flag(trap_exit, true)),
    ?T(process_flag(trap_exit, false)),
    ?T(process_flag(trap_exit, id(x))),
    ?T(process_flag(priority, high)),
    ?T(process_flag(priority, normal)),
    ?T(process_flag(priority, id(urgent))),
    ?T(process_flag(min_heap_size, 1000)),
    ?T(process_flag(min_heap_size, 233) > 1000),
    ?T(process_flag(fullsweep_after, 10)),
    ?T(process_flag(fullsweep_after, 65535)),
    ?T(process_flag(message_queue_data, off_heap)),
    ?T(process_flag(message_queue_data, on_heap)),
    ?T(process_flag(max_heap_size, #{size => 0})),
    ?T(process_flag(save_calls, 10)),
    ?T(process_flag(save_calls, 0)),
    ?T(process_flag(sensitive, false)),
    ?T(process_flag(error_handler, error_handler)),
    ?T(process_flag(id(bogus), 1)),
    ?T(process_flag(self(), save_calls, 0)),
    ok.
