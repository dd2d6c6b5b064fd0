%% A process of high priority that never rests takes one scheduler; what waits behind it there runs on
%% another, also when that has work of its own.
-module(beside_busy_high).
-export([main/0]).

main() ->
    Stop = atomics:new(1, []),
    Me = self(),
    Loops = [spawn_opt(fun() -> until(Stop) end, [monitor]) || _ <- lists:seq(1, 8)],
    Start = fun() -> [spawn(fun() -> Me ! {N, sum(20000 + N, 0)} end) || N <- lists:seq(1, 40)] end,
    Busy = case erlang:system_info(schedulers_online) of
        1 -> Start(), false;
        _ -> spawn_opt(fun() -> Start(), until(Stop) end, [{priority, high}, monitor])
    end,
    io:format("~p~n", [[receive {N, Sum} -> Sum end || N <- lists:seq(1, 40)]]),
    atomics:put(Stop, 1, 1),
    [receive {'DOWN', R, process, P, Why} -> io:format("~p~n", [Why]) end || {P, R} <- Loops],
    case Busy of
        false -> ok;
        {B, Ref} -> receive {'DOWN', Ref, process, B, normal} -> ok end
    end.

until(Stop) ->
    case atomics:get(Stop, 1) of
        0 -> until(Stop);
        1 -> ok
    end.

sum(0, Sum) -> Sum;
sum(N, Sum) -> sum(N - 1, Sum + N).
