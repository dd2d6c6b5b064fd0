%% `scheduler_wall_time': who switches it on, when it is off again, and what it then counts.
-module(scheduler_wall_time).
-include("t.hrl").

main() ->
    ?T(statistics(scheduler_wall_time)),
    ?T(erlang:system_flag(scheduler_wall_time, maybe_on)),
    ?T(erts_internal:scheduler_wall_time(maybe_on)),
    ?T(erlang:system_flag(scheduler_wall_time, false)),
    ?T(erlang:system_flag(scheduler_wall_time, true)),
    ?T(erlang:system_flag(scheduler_wall_time, true)),
    ?T(erlang:system_flag(scheduler_wall_time, false)),
    out(still_counted, is_list(statistics(scheduler_wall_time))),
    rows(),
    busy(),
    dirty(),
    ?T(erlang:system_flag(scheduler_wall_time, false)),
    ?T(statistics(scheduler_wall_time_all)),
    gone().

%% One row for each worker, numbered from 1.
rows() ->
    [Normal, Cpu, Io] = [erlang:system_info(I) || I <- [schedulers, dirty_cpu_schedulers, dirty_io_schedulers]],
    Ids = fun(Item) -> [Id || {Id, _, _} <- lists:sort(statistics(Item))] end,
    out(ids, Ids(scheduler_wall_time) =:= lists:seq(1, Normal + Cpu)),
    out(all_ids, Ids(scheduler_wall_time_all) =:= lists:seq(1, Normal + Cpu + Io)),
    out(no_more_than_all, [Row || {_, Busy, All} = Row <- statistics(scheduler_wall_time_all), Busy < 0 orelse Busy > All]).

%% What the workers with these numbers were busy while Fun ran, in thousandths of that time.
share(First, Last, Fun) ->
    Before = lists:sort(statistics(scheduler_wall_time_all)),
    Fun(),
    After = lists:sort(statistics(scheduler_wall_time_all)),
    Pairs = [{B1 - B0, A1 - A0} || {{Id, B0, A0}, {Id, B1, A1}} <- lists:zip(Before, After), Id >= First, Id =< Last],
    {Busy, [All | _]} = lists:unzip(Pairs),
    lists:sum(Busy) * 1000 div All.

busy() ->
    Normal = erlang:system_info(schedulers),
    out(a_loop_is_busy, share(1, Normal, fun() -> loop(erlang:monotonic_time(millisecond) + 200) end) > 500).

loop(Until) ->
    case erlang:monotonic_time(millisecond) of
        Now when Now < Until -> loop(Until);
        _ -> ok
    end.

dirty() ->
    Normal = erlang:system_info(schedulers),
    Cpu = erlang:system_info(dirty_cpu_schedulers),
    Io = erlang:system_info(dirty_io_schedulers),
    F = fun() -> erts_debug:dirty_io(wait, 200) end,
    out(waiting_in_a_dirty_native, share(Normal + Cpu + 1, Normal + Cpu + Io, F) > 500),
    G = fun() -> erts_debug:dirty_cpu(wait, 200) end,
    out(and_in_one_that_computes, share(Normal + 1, Normal + Cpu, G) > 500),
    out(rested, share(Normal + 1, Normal + Cpu + Io, fun() -> timer:sleep(200) end) < 500).

%% It is off again when whoever wanted it is gone.
gone() ->
    {Pid, Ref} = spawn_monitor(fun() ->
        erlang:system_flag(scheduler_wall_time, true),
        receive stop -> ok end
    end),
    wait_for(true, 1000),
    out(on, is_list(statistics(scheduler_wall_time))),
    Pid ! stop,
    receive {'DOWN', Ref, _, _, _} -> ok end,
    wait_for(false, 1000),
    ?T(statistics(scheduler_wall_time)).

wait_for(On, N) when N > 0 ->
    case is_list(statistics(scheduler_wall_time)) of
        On -> ok;
        _ -> timer:sleep(5), wait_for(On, N - 1)
    end.
