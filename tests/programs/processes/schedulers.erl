%% boot +S 3:2
%% Which schedulers run processes: how many are online, one alone, and one that is chosen.
-module(schedulers).
-export([main/0]).

main() ->
    io:format("~p~n", [[erlang:system_info(I) || I <- [schedulers, schedulers_online]]]),
    io:format("~p~n", [seen([]) -- [1, 2]]),
    io:format("~p~n", [[erlang:system_flag(schedulers_online, N) || N <- [3, 1]]]),
    io:format("~p~n", [seen([])]),
    io:format("~p~n", [[erlang:system_flag(schedulers_online, N) || N <- [3, 3]]]),
    Flag = fun(X) -> {erlang:system_flag(multi_scheduling, X), state()} end,
    io:format("~p~n", [[{X, Flag(X)} || X <- [block, block, block_normal, unblock, unblock, unblock, unblock_normal]]]),
    %% Blocked: two processes that only yield take turns, and timers still fire.
    erlang:system_flag(multi_scheduling, block),
    io:format("~p~n", [length(seen([]))]),
    [receive after 1 -> ok end || _ <- lists:seq(1, 20)],
    io:format("~p~n", [length(turns())]),
    erlang:system_flag(multi_scheduling, unblock),
    %% Who blocks and ends unblocks.
    {Pid, Ref} = spawn_monitor(fun() -> erlang:system_flag(multi_scheduling, block_normal), exit(state()) end),
    receive {'DOWN', Ref, process, Pid, State} -> io:format("~p ~p~n", [State, state()]) end,
    %% Bound to a scheduler.
    io:format("~p~n", [[bound_from_start(N) || N <- [1, 2, 3]]]),
    io:format("~p~n", [[begin Old = process_flag(scheduler, N), {Old, where(200, [])} end || N <- [2, 3, 1]]]),
    io:format("~p~n", [process_flag(scheduler, 0)]),
    io:format("~p~n", [[catch_(fun() -> process_flag(scheduler, N) end) || N <- [4, -1, a]]]),
    io:format("~p~n", [[catch_(fun() -> erlang:system_flag(F, N) end)
                        || {F, N} <- [{schedulers_online, 0}, {schedulers_online, 4}, {multi_scheduling, x}]]]).

state() ->
    {erlang:system_info(multi_scheduling), length(erlang:system_info(multi_scheduling_blockers)),
     length(erlang:system_info(normal_multi_scheduling_blockers)), active()}.

%% After unblocking stock counts schedulers when they are back.
active() ->
    case {erlang:system_info(multi_scheduling), erlang:system_info(schedulers_state)} of
        {enabled, {3, 3, _}} -> enabled;
        {_, State} -> State
    end.

%% On which schedulers busy processes run.
seen(Options) ->
    Me = self(),
    Pids = [spawn_opt(fun() -> Me ! {self(), where(300, [])} end, Options) || _ <- lists:seq(1, 20)],
    lists:usort(lists:append([receive {P, L} -> L end || P <- Pids])).

where(0, Seen) -> lists:usort(Seen);
where(N, Seen) ->
    erlang:yield(),
    where(N - 1, [erlang:system_info(scheduler_id) | Seen]).

bound_from_start(N) -> seen([{scheduler, N}]).

turns() ->
    Me = self(),
    Pids = [spawn(fun() -> Me ! {self(), where(50, [])} end) || _ <- [1, 2]],
    [receive {P, _} -> P end || P <- Pids].

catch_(F) -> try F() catch error:R -> R end.
