%% How late timers fire: ten thousand processes each hold one while a process per scheduler
%% spins. Prints the 99th percentile of the lateness in microseconds in place of a time.
-module(timers).
-export([main/1]).

main(Args) ->
    Count = bench:size(Args, 10000),
    Spinners = [spawn(fun() -> spin(0) end)
                || _ <- lists:seq(1, erlang:system_info(schedulers_online))],
    Owner = self(),
    Delays = [200 + X rem 1000 || X <- bench:integers(Count, 3)],
    [spawn(fun() -> Owner ! {late, lateness(Delay)} end) || Delay <- Delays],
    Late = lists:sort([receive {late, Us} -> Us end || _ <- Delays]),
    [exit(Spinner, kill) || Spinner <- Spinners],
    Early = length([Us || Us <- Late, Us < 0]),
    io:format("timers ~w ~w~nchecksum ~w~n",
              [lists:nth(max(1, Count * 99 div 100), Late), Count, {length(Late), Early}]).

%% Both ways of waiting, by turns.
lateness(Delay) when Delay band 1 =:= 0 ->
    Start = erlang:monotonic_time(microsecond),
    receive after Delay -> late(Start, Delay) end;
lateness(Delay) ->
    Start = erlang:monotonic_time(microsecond),
    Timer = erlang:start_timer(Delay, self(), ring),
    receive {timeout, Timer, ring} -> late(Start, Delay) end.

late(Start, Delay) -> erlang:monotonic_time(microsecond) - Start - Delay * 1000.

spin(N) -> spin((N + 1) band 16#ffff).
