%% receive ... after: zero, finite, infinity, bad values, a message before the time, timeouts that repeat.
-module(timeouts).
-include("t.hrl").

main() ->
    ?T(receive after 0 -> now end),
    ?T(receive x -> x after 0 -> empty end),
    ?T(receive after 5 -> later end),
    ?T(receive never -> x after 5 -> timed_out end),
    self() ! early,
    ?T(receive early -> got_early after 60000 -> timed_out end),
    self() ! other,
    ?T(receive wanted -> x after 5 -> timed_out end),
    ?T(receive other -> kept after 0 -> lost end),
    ?T(receive after id(-1) -> x end),
    ?T(receive after id(a) -> x end),
    ?T(receive after id(1.5) -> x end),
    ?T(receive after id(1 bsl 32) -> x end),
    ?T(receive y -> y after id(1 bsl 70) -> x end),
    self() ! z,
    ?T(receive z -> z after infinity -> x end),
    self() ! z,
    ?T(receive z -> z after id(infinity) -> x end),
    self() ! z,
    ?T(receive z -> z after id(bad) -> x end),
    ?T(flush()),
    ?T(woken()),
    ?T(elapsed(30)),
    ?T(noise_does_not_extend()),
    ?T(countdown(5)),
    ?T(many_sleepers(100)),
    ?T(sleep_sort([30, 1, 60, 90])),
    ?T(timeout_body_receives()),
    ?T(loop_with_idle_timeout()),
    ?T(killed_while_waiting()),
    ok.

flush() -> receive X -> [X | flush()] after 0 -> [] end.

woken() ->
    Self = self(),
    P = spawn_link(fun() -> Self ! {self(), receive go -> woken after 60000 -> slept end} end),
    P ! go,
    receive {P, R} -> R end.

elapsed(Ms) ->
    T0 = erlang:monotonic_time(millisecond),
    receive after Ms -> ok end,
    erlang:monotonic_time(millisecond) - T0 >= Ms.

%% Messages that do not match do not restart the clock.
noise_does_not_extend() ->
    Self = self(),
    Noise = spawn_link(fun() -> noise(Self) end),
    R = receive never -> x after 50 -> timed_out end,
    unlink(Noise),
    exit(Noise, kill),
    Ref = monitor(process, Noise),
    receive {'DOWN', Ref, process, Noise, _} -> ok end,
    flush(),
    R.
noise(To) -> To ! noise, receive after 1 -> noise(To) end.

countdown(0) -> [liftoff];
countdown(N) -> receive after 1 -> [N | countdown(N - 1)] end.

many_sleepers(N) ->
    Self = self(),
    Pids = [spawn_link(fun() -> receive after K rem 20 -> Self ! {self(), K} end end) || K <- lists:seq(1, N)],
    lists:sum([receive {P, K} -> K end || P <- Pids]).

sleep_sort(L) ->
    Self = self(),
    [spawn_link(fun() -> receive after X * 4 -> Self ! {sorted, X} end end) || X <- L],
    [receive {sorted, X} -> X end || _ <- L].

timeout_body_receives() ->
    self() ! second,
    receive first -> a
    after 1 -> receive second -> second_in_after end
    end.

loop_with_idle_timeout() ->
    Self = self(),
    P = spawn_link(fun() -> idle(Self, 0) end),
    [P ! tick || _ <- lists:seq(1, 10)],
    receive {P, N} -> N end.
idle(To, N) ->
    receive tick -> idle(To, N + 1)
    after 100 -> To ! {self(), N}
    end.

killed_while_waiting() ->
    {P, R} = spawn_monitor(fun() -> receive after 100000 -> ok end end),
    exit(P, enough),
    receive {'DOWN', R, process, P, W} -> W end.
