%% How many processes wait and run, by queue; words that collections gave back; how many workers
%% there are.
-module(run_queues).
-include("t.hrl").

main() ->
    Normal = erlang:system_info(schedulers),
    Loops = [spawn_opt(fun loop/0, [{priority, low}]) || _ <- lists:seq(1, 30)],
    [out(Item, length(statistics(Item)) - Normal)
     || Item <- [run_queue_lengths, run_queue_lengths_all, active_tasks, active_tasks_all]],
    out(wait, statistics(run_queue) >= 20 - Normal),
    out(wait_all, statistics(total_run_queue_lengths_all) >= 20 - Normal),
    out(active, statistics(total_active_tasks) >= 20),
    out(active_all, lists:sum(statistics(active_tasks_all)) >= 20),
    [exit(P, kill) || P <- Loops],
    [out(Item, try_to(fun() -> statistics(Item) end)) || Item <- [total_wait, active, run_queue_all, total_run_queue]],
    {_, Before, 0} = statistics(garbage_collection),
    lists:foreach(fun(_) -> lists:seq(1, 100_000), garbage_collect() end, lists:seq(1, 10)),
    %% What this slice gave back is counted at its end.
    erlang:yield(),
    {_, After, 0} = statistics(garbage_collection),
    out(given_back, After - Before >= 1_000_000),
    out(active_workers, erlang:system_info(schedulers_active) =:= erlang:system_info(schedulers_online)),
    out(queues, erlang:system_info(run_queues) =:= Normal),
    out(kinds, [Kind || {Kind, _, _, _} <- erlang:system_info(all_schedulers_state)]),
    out(normal, [erlang:system_info(I) || I <- [schedulers, schedulers_online, schedulers_active]] =:=
        tl(tuple_to_list(hd(erlang:system_info(all_schedulers_state))))),
    ?T(erlang:system_info(update_cpu_info)),
    ?T(erlang:system_info(beam_jump_table)).

loop() -> loop().
