%% erlang:system_monitor and erlang:system_profile.
-module(watching).
-include("t.hrl").

sorted({Who, L}, Me) -> {Who =:= Me, L};
sorted(X, _) -> X.

wait(F) -> receive M -> case F(M) of {ok, X} -> X; no -> wait(F) end after 5000 -> timeout end.

flush() -> receive _ -> flush() after 0 -> ok end.

main() ->
    Me = self(),
    ?T(erlang:system_monitor()),
    ?T(erlang:system_monitor(Me, [{long_gc, 0}, {large_heap, 100}, busy_port, {long_schedule, 7}, busy_dist_port])),
    ?T(sorted(erlang:system_monitor(), Me)),
    ?T(sorted(erlang:system_monitor(Me, [busy_port]), Me)),
    ?T(sorted(erlang:system_monitor({Me, [{large_heap, 100000}]}), Me)),
    {P, R} = spawn_monitor(fun() -> L = lists:seq(1, 200000), garbage_collect(), length(L) end),
    receive {'DOWN', R, _, _, _} -> ok end,
    ?T(wait(fun({monitor, X, large_heap, I}) when X =:= P -> {ok, [K || {K, N} <- I, is_integer(N)]}; (_) -> no end)),
    ?T(sorted(erlang:system_monitor(undefined), Me)),
    ?T(erlang:system_monitor()),
    flush(),
    %% A process that is gone is told of nothing.
    {Q, S} = spawn_monitor(fun() -> erlang:system_monitor(self(), [busy_port]) end),
    receive {'DOWN', S, _, _, _} -> ok end,
    ?T(erlang:system_monitor()),
    ?T(try_to(fun() -> erlang:system_monitor(Q, [busy_port]) end)),
    ?T(try_to(fun() -> erlang:system_monitor(Me, [nothing]) end)),
    ?T(try_to(fun() -> erlang:system_monitor(Me, x) end)),
    ?T(erlang:system_monitor(undefined, [])),
    %% Profiles
    ?T(erlang:system_profile()),
    ?T(erlang:system_profile(Me, [runnable_procs, scheduler, exclusive])),
    ?T(sorted(erlang:system_profile(), Me)),
    {W, WR} = spawn_monitor(fun() -> receive go -> ok end, receive stop -> ok end end),
    timer:sleep(20), W ! go, timer:sleep(20), W ! stop,
    receive {'DOWN', WR, _, _, _} -> ok end,
    ?T(sorted(erlang:system_profile(undefined, []), Me)),
    ?T(lists:sublist([X || X <- told(W), X =:= inactive orelse X =:= active], 4)),
    ?T(erlang:system_profile()),
    ?T(try_to(fun() -> erlang:system_profile(Me, [nothing]) end)),
    ?T(try_to(fun() -> erlang:system_profile(nobody, [scheduler]) end)),
    flush().

told(W) -> receive {profile, W, What, _, {_, _, _}} -> [What | told(W)]; {profile, _, _, _, {_, _, _}} -> told(W); {profile, scheduler, _, _, _, {_, _, _}} -> told(W) after 0 -> [] end.
