%% Messages that wait count as part of the heap unless they are kept off it; a process that hibernates
%% keeps no more than it needs.
-module(message_sizes).
-export([main/0, asleep/1]).

main() ->
    [io:format("~p: ~p~n", [Where, grows(Where)]) || Where <- [on_heap, off_heap]],
    [io:format("~p: ~p~n", [Where, ends(Where)]) || Where <- [on_heap, off_heap]],
    io:format("~p~n", [hibernates()]).

%% Whether the total size grows with messages that are not received.
grows(Where) ->
    P = spawn_opt(fun echo/0, [{message_queue_data, Where}, link]),
    Before = size_after_echo(P),
    [P ! lists:duplicate(N, N) || N <- lists:seq(1, 100)],
    After = size_after_echo(P),
    P ! stop,
    if After > Before -> grown; After =:= Before -> as_before end.

echo() ->
    receive
        {From, echo} -> From ! {self(), echo}, echo();
        stop -> ok
    end.

size_after_echo(P) ->
    P ! {self(), echo},
    receive {P, echo} -> ok end,
    {total_heap_size, Size} = process_info(P, total_heap_size),
    Size.

%% Whether messages alone bring a process to its limit.
ends(Where) ->
    {P, R} = spawn_opt(fun() -> receive never -> ok end end,
                       [monitor, {message_queue_data, Where},
                        {max_heap_size, #{size => 1024, kill => true, error_logger => false}}]),
    [P ! lists:duplicate(I, I) || I <- lists:seq(1, 100)],
    {messages, M} = process_info(P, messages),
    100 = length(M),
    erlang:garbage_collect(P),
    receive
        {'DOWN', R, process, P, Why} -> Why
    after 300 ->
        exit(P, end_of_test),
        receive {'DOWN', R, process, P, Why} -> Why end
    end.

%% Small however much memory there was before, and of its least size again when it is woken.
hibernates() ->
    Self = self(),
    P = spawn_opt(fun() -> erlang:hibernate(?MODULE, asleep, [Self]) end, [{min_heap_size, 15000}]),
    wait(P),
    [{heap_size, Small}, {total_heap_size, Total}] = process_info(P, [heap_size, total_heap_size]),
    P ! wake_up,
    receive {P, {heap_size, Size}} -> {Small =< 20, Total =:= Small, Size >= 15000} end.

asleep(To) ->
    receive wake_up -> To ! {self(), process_info(self(), heap_size)} end.

wait(P) ->
    case process_info(P, [current_function, status]) of
        [{current_function, {erlang, hibernate, 3}}, {status, waiting}] -> ok;
        _ -> erlang:yield(), wait(P)
    end.
