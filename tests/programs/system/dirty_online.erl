%% How many dirty CPU schedulers run, as it is set and as it follows the number of ordinary ones; and
%% that no more of them do anything at a time.
-module(dirty_online).
-include("t.hrl").

main() ->
    [All, Dirty] = [erlang:system_info(I) || I <- [schedulers, dirty_cpu_schedulers]],
    online(All),
    dirty_online(Dirty),
    Steps = lists:seq(All, 1, -1) ++ lists:seq(2, All),
    out(follows, lists:all(fun(N) -> follows(N, Dirty * 100 div All) end, Steps)),
    dirty_online(Dirty),
    [?T(try_to(fun() -> dirty_online(N) end)) || N <- [0, -1, a]],
    out(too_many, try_to(fun() -> dirty_online(Dirty + 1) end)),
    out(the_same, dirty_online(Dirty) =:= Dirty),
    online(1),
    ?T(try_to(fun() -> dirty_online(2) end)),
    online(All),
    dirty_online(1),
    timer:sleep(300),
    out(one_by_one, lasts() >= 790),
    Waiting = start(),
    dirty_online(Dirty),
    finish(Waiting).

online(N) -> erlang:system_flag(schedulers_online, N).

dirty_online(N) -> erlang:system_flag(dirty_cpu_schedulers_online, N).

%% The share stays the same, in whole percentages. Stock tells it when it is so.
follows(N, Percent) ->
    Dirty = erlang:system_info(dirty_cpu_schedulers_online),
    Share = N * Percent div online(N),
    timer:sleep(100),
    erlang:system_info(dirty_cpu_schedulers_online) =:= max(1, Dirty * Share div 100).

lasts() ->
    Start = erlang:monotonic_time(millisecond),
    finish(start()),
    erlang:monotonic_time(millisecond) - Start.

start() ->
    [spawn_monitor(fun() -> erts_debug:dirty_cpu(wait, 400) end) || _ <- [1, 2]].

finish(All) ->
    [receive {'DOWN', Ref, _, _, normal} -> ok end || {_, Ref} <- All].
