%% send_after, start_timer, cancel_timer, read_timer with their options, and the timer module.
-module(timers).
-include("t.hrl").

main() ->
    Self = self(),
    ?T(begin R = erlang:send_after(1, Self, hello), {is_reference(R), receive hello -> got end} end),
    ?T(begin R = erlang:start_timer(1, Self, hello), receive {timeout, R, M} -> M end end),
    ?T(begin R = erlang:send_after(60000, Self, never), L = erlang:cancel_timer(R), {L > 50000, L =< 60000, erlang:cancel_timer(R)} end),
    ?T(begin R = erlang:send_after(0, Self, zero), X = receive zero -> got end, {X, erlang:cancel_timer(R), erlang:read_timer(R)} end),
    ?T(begin R = erlang:send_after(60000, Self, never), L = erlang:read_timer(R), erlang:cancel_timer(R), {L > 50000, erlang:read_timer(R)} end),
    ?T(begin R = erlang:send_after(60000, Self, never), A = erlang:cancel_timer(R, [{info, false}]), {A, erlang:read_timer(R)} end),
    ?T(begin R = erlang:send_after(60000, Self, never), A = erlang:cancel_timer(R, [{async, true}]), receive {cancel_timer, R, L} -> {A, L > 0} end end),
    ?T(begin R = erlang:send_after(60000, Self, never), A = erlang:read_timer(R, [{async, true}]), receive {read_timer, R, L} -> {A, L > 0, erlang:cancel_timer(R) > 0} end end),
    ?T(begin R = make_ref(), A = erlang:cancel_timer(R, [{async, true}]), receive {cancel_timer, R, L} -> {A, L} end end),
    ?T(erlang:cancel_timer(make_ref())),
    ?T(erlang:cancel_timer(id(x))),
    ?T(erlang:read_timer(make_ref())),
    ?T(erlang:send_after(id(-1), name, x)),
    ?T(erlang:send_after(id(x), name, x)),
    ?T(erlang:send_after(id(1), id(5), x)),
    ?T(erlang:send_after(id(1), name, x, [{bogus, 1}])),
    ?T(erlang:start_timer(id(1 bsl 80), name, x)),
    ?T(absolute()),
    ?T(to_name()),
    ?T(to_dead()),
    ?T(order([40, 10, 70, 100])),
    ?T(many(500)),
    ?T(owner_dies()),
    ?T(late_ref()),
    ?T(element(1, timer:send_after(1, via_timer))),
    ?T(receive via_timer -> got end),
    ?T(begin {ok, T} = timer:send_interval(2, tick), L = [receive tick -> tick end || _ <- [1, 2, 3]], {L, timer:cancel(T)} end),
    ?T(begin {ok, _} = timer:apply_after(1, erlang, send, [Self, applied]), receive applied -> got end end),
    ?T(begin {ok, T} = timer:exit_after(60000, x), timer:cancel(T) end),
    ?T(timer:send_after(id(x), y)),
    ?T(timer:sleep(1)),
    ?T(begin {T, V} = timer:tc(fun() -> id(7) end), {is_integer(T), V} end),
    ?T(begin {T, V} = timer:tc(lists, seq, [1, 3]), {is_integer(T), V} end),
    ?T({timer:seconds(2), timer:minutes(2), timer:hours(2), timer:hms(1, 2, 3)}),
    ?T(timer:now_diff({1, 2, 3}, {1, 1, 1})),
    ?T(flush()),
    ok.

flush() -> receive tick -> flush(); X -> [X | flush()] after 0 -> [] end.

absolute() ->
    At = erlang:monotonic_time(millisecond) + 5,
    erlang:send_after(At, self(), absolute, [{abs, true}]),
    receive absolute -> erlang:monotonic_time(millisecond) >= At end.

to_name() ->
    register(timers_main, self()),
    erlang:send_after(1, timers_main, by_name),
    R = erlang:start_timer(1, timers_main, payload),
    erlang:send_after(1, no_such_registered_name, lost),
    A = receive by_name -> got end,
    B = receive {timeout, R, P} -> P end,
    unregister(timers_main),
    {A, B}.

to_dead() ->
    {P, M} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', M, process, P, _} -> ok end,
    is_reference(erlang:send_after(0, P, x)).

order(L) ->
    [erlang:send_after(X, self(), {t, X}) || X <- L],
    [receive {t, X} -> X end || _ <- L].

many(N) ->
    Rs = [erlang:start_timer(K rem 30, self(), K) || K <- lists:seq(1, N)],
    Cancelled = [R || {R, K} <- lists:zip(Rs, lists:seq(1, N)), K rem 5 =:= 0],
    [erlang:cancel_timer(R) || R <- Cancelled],
    Kept = Rs -- Cancelled,
    Sum = lists:sum([receive {timeout, R, K} -> K end || R <- Kept]),
    [receive {timeout, R, _} -> ok after 0 -> ok end || R <- Cancelled],
    Sum.

%% A timer to a third process outlives the process that set it.
owner_dies() ->
    Self = self(),
    {P, M} = spawn_monitor(fun() -> erlang:send_after(5, Self, outlived) end),
    receive {'DOWN', M, process, P, _} -> ok end,
    receive outlived -> outlived end.

late_ref() ->
    R = erlang:start_timer(0, self(), z),
    receive {timeout, R, z} -> ok end,
    {erlang:cancel_timer(R), erlang:cancel_timer(R, [{async, false}, {info, true}])}.
