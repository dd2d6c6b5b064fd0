%% A process that hibernates is woken by a message alone, whatever else is done to it.
-module(hibernating).
-export([woken/1, applied/2, loop/1]).
-include("t.hrl").

main() ->
    To = self(),
    P = spawn(fun() -> erlang:hibernate(?MODULE, woken, [To]) end),
    asleep(P, 100),
    ?T(process_info(P, [current_function, current_stacktrace, current_location, status])),
    link(P),
    unlink(P),
    M = monitor(process, P),
    demonitor(M),
    garbage_collect(P),
    ?T(process_info(P, current_function)),
    ?T(receive Early -> Early after 50 -> nothing end),
    P ! go,
    ?T(receive Woken -> Woken after 5000 -> nothing end),
    Q = spawn(fun() ->
                      self() ! {already, here},
                      erlang:hibernate(?MODULE, applied, [To, made_of(1000)])
              end),
    ?T(receive Applied -> Applied after 5000 -> nothing end),
    ?T(is_process_alive(Q)),
    %% Woken only to sleep again, many times.
    Loop = spawn(fun() -> loop(To) end),
    [begin Loop ! N, receive {seen, N} -> ok end end || N <- lists:seq(1, 200)],
    asleep(Loop, 100),
    ?T(process_info(Loop, current_function)),
    exit(Loop, kill),
    ?T(erlang:hibernate(?MODULE, "woken", [])),
    ?T(erlang:hibernate(?MODULE, woken, [a | b])),
    {R, Mon} = spawn_monitor(fun() -> erlang:hibernate(?MODULE, missing, [1]) end),
    asleep(R, 100),
    R ! go,
    ?T(receive {'DOWN', Mon, process, R, {Reason, [Frame | _]}} -> {Reason, Frame} end).

woken(To) ->
    receive Message -> To ! {woken, by, Message} end.

applied(To, List) ->
    receive Message -> To ! {applied, Message, length(List)} end.

made_of(N) -> lists:seq(1, N).

loop(To) ->
    receive
        N -> To ! {seen, N}, loop(To)
    after 0 ->
            erlang:hibernate(?MODULE, loop, [To])
    end.

asleep(P, N) when N > 0 ->
    case process_info(P, current_function) of
        {current_function, {erlang, hibernate, 3}} -> ok;
        _ -> receive after 10 -> asleep(P, N - 1) end
    end.
