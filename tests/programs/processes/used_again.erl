%% Nothing of processes that have ended is found in those that come after them.
-module(used_again).
-include("t.hrl").

main() ->
    out("fresh", fresh()),
    [ends(F) || _ <- lists:seq(1, 120), F <- kinds()],
    out("after", lists:usort([fresh() || _ <- lists:seq(1, 200)])),
    out("pids differ", pids()),
    out("at a time", at_a_time()),
    ?T(with_arguments()),
    ?T(receive M -> M after 0 -> mailbox_empty end),
    ok.

%% What a process that has just begun says of itself.
fresh() ->
    Items = [dictionary, trap_exit, priority, links, monitors, message_queue_len, messages, error_handler,
             fullsweep_after, min_heap_size, max_heap_size, message_queue_data, initial_call, registered_name],
    Leader = group_leader(),
    {P, R} = spawn_monitor(fun() ->
                                   Info = process_info(self(), Items),
                                   Same = group_leader() =:= Leader,
                                   {_, By} = process_info(self(), monitored_by),
                                   exit({Info, Same, length(By), process_flag(sensitive, false)})
                           end),
    receive {'DOWN', R, process, P, Why} -> Why end.

kinds() ->
    [fun() -> put(key, {value, self()}), put("other", [1, 2]) end,
     fun() -> process_flag(trap_exit, true), self() ! {message, [left]} end,
     fun() -> process_flag(priority, high) end,
     fun() -> process_flag(min_heap_size, 5000), lists:seq(1, 3000) end,
     fun() -> process_flag(max_heap_size, 1000000), process_flag(fullsweep_after, 3) end,
     fun() -> process_flag(message_queue_data, off_heap), process_flag(sensitive, true) end,
     fun() -> register(used_again_name, self()) end,
     fun() -> Other = spawn(fun() -> receive after infinity -> ok end end),
              [monitor(process, Other) || _ <- [1, 2, 3]],
              exit(Other, kill)
     end,
     fun() -> link(spawn(fun() -> ok end)), alias() end,
     fun() -> ets:new(table, [named_table]), binary:copy(<<"x">>, 1000) end,
     fun() -> many_arguments(1, 2, 3, 4, 5, 6, 7, 8) end,
     fun() -> receive never -> ok after 1 -> ok end end,
     fun() -> R = make_ref(), self() ! R, receive R -> ok end end,
     fun() -> group_leader(self(), self()) end,
     fun() -> exit(kill_me) end,
     fun() -> lists:foldl(fun(N, L) -> [{N, L} | L] end, [], lists:seq(1, 200)) end].

many_arguments(A, B, C, D, E, F, G, H) ->
    erlang:yield(),
    {A, B, C, D, E, F, G, H}.

ends(F) ->
    {P, R} = spawn_monitor(F),
    receive {'DOWN', R, process, P, _} -> ok end.

pids() ->
    All = [spawn(fun() -> ok end) || _ <- lists:seq(1, 3000)],
    length(lists:usort(All)).

%% Many that live at a time, end in another order, and others that take their place.
at_a_time() ->
    Start = fun(N) -> spawn_monitor(fun() -> receive {go, X} -> exit({N, X}) end end) end,
    lists:sum([begin
                   All = [{N, Start(N)} || N <- lists:seq(1, 150)],
                   [P ! {go, Round} || {_, {P, _}} <- lists:reverse(All)],
                   length([ok || {N, {P, R}} <- All, receive {'DOWN', R, process, P, Why} -> Why =:= {N, Round} end])
               end || Round <- lists:seq(1, 20)]).

%% Arguments that fit in a first heap, and those that do not.
with_arguments() ->
    Binary = binary:copy(<<"y">>, 200),
    [begin
         Args = [lists:seq(1, N), {Binary, N}, #{n => N}, Binary, self(), a, [Binary]],
         {P, R} = spawn_monitor(?MODULE, id, [Args]),
         receive {'DOWN', R, process, P, normal} -> ok end,
         [begin
              {P3, R3} = spawn_opt(?MODULE, id, [Args], [monitor, {min_heap_size, Min}]),
              receive {'DOWN', R3, process, P3, normal} -> ok end
          end || Min <- [300, 700]],
         {P2, R2} = spawn_monitor(fun() -> exit({erlang:phash2(Args), length(hd(Args))}) end),
         receive {'DOWN', R2, process, P2, Why} -> Why =:= {erlang:phash2(Args), N} end
     end || N <- [0, 1, 10, 20, 25, 30, 31, 40, 100, 1000, 20000]].
