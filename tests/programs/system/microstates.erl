%% Microstate accounting: on, off, reset, and what is told of each scheduler.
-module(microstates).
-export([main/0]).

main() ->
    show(off, [flag(false), flag(false)]),
    show(shape, lists:usort([shape(T) || T <- schedulers()])),
    show(schedulers, lists:sort([Id || #{id := Id} <- schedulers()])
         =:= lists:seq(1, erlang:system_info(schedulers))),
    show(dirty, [length([T || #{type := Type} = T <- stats(), Type =:= Kind])
                 =:= erlang:system_info(list_to_atom(atom_to_list(Kind) ++ "s"))
                 || Kind <- [dirty_cpu_scheduler, dirty_io_scheduler]]),
    show(poll, [Id || #{type := poll, id := Id} <- stats()]),
    show(on, [flag(true), flag(true)]),
    flag(reset),
    work(),
    Sum = sum(),
    show(some, [K || K <- [check_io, emulator, gc, other, port, sleep], maps:get(K, Sum) > 0]),
    %% Per scheduler no more than went by, and not much less.
    T0 = erlang:monotonic_time(),
    flag(reset),
    work(),
    All = [lists:sum(maps:values(C)) || #{counters := C} <- schedulers()],
    Time = unit(erlang:monotonic_time() - T0),
    show(no_more, [X =< Time + Time div 10 || X <- All, X > Time + Time div 10]),
    show(no_less, [X || X <- All, X < Time div 2]),
    show(off, [flag(false), flag(false)]),
    Kept = sum(),
    work(),
    show(kept, Kept =:= sum()),
    show(reset, flag(reset)),
    show(zero, lists:usort(maps:values(sum()))),
    work(),
    show(zero, lists:usort(maps:values(sum()))),
    show(bad, [bad(X) || X <- [1, off, [], "true"]]).

show(What, X) -> io:format("~p: ~p~n", [What, X]).

flag(X) -> erlang:system_flag(microstate_accounting, X).

bad(X) -> try flag(X) catch C:R -> {C, R} end.

stats() -> erlang:statistics(microstate_accounting).

schedulers() -> [T || #{type := scheduler} = T <- stats()].

shape(#{counters := C} = T) -> {lists:sort(maps:keys(T)), lists:sort(maps:keys(C))}.

sum() ->
    Add = fun(K, V, Acc) -> Acc#{K => V + maps:get(K, Acc, 0)} end,
    lists:foldl(fun(#{counters := C}, Acc) -> maps:fold(Add, Acc, C) end, #{}, stats()).

unit(Native) -> erlang:convert_time_unit(Native, native, perf_counter).

work() ->
    L = lists:seq(1, 20000),
    [lists:reverse(L) || _ <- lists:seq(1, 200)],
    erlang:garbage_collect(),
    P = open_port({spawn, "cat"}, [binary]),
    [begin port_command(P, <<"x">>), receive {P, {data, _}} -> ok end end || _ <- lists:seq(1, 20)],
    port_close(P),
    receive after 50 -> ok end,
    erlang:garbage_collect(),
    erlang:yield().
