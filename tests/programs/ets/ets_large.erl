%% Walks over tables so large that others run in between: what stays is met once, the table is free afterwards.
-module(ets_large).
-include("t.hrl").

main() ->
    [walks(K) || K <- [set, ordered_set, bag, duplicate_bag]],
    changing(set),
    changing(ordered_set),
    killed(),
    ok.

walks(K) ->
    T = ets:new(t, [K]),
    N = 3000,
    ets:insert(T, [{X, X rem 7} || X <- lists:seq(1, N)]),
    All = ets:tab2list(T),
    out("all", {K, length(All), lists:sort(All) =:= [{X, X rem 7} || X <- lists:seq(1, N)]}),
    out("in order", K =/= ordered_set orelse All =:= lists:sort(All)),
    ?T(length(ets:match(T, {'$1', 3}))),
    ?T(lists:sum(ets:select(T, [{{'$1', 5}, [{'>', '$1', 100}], ['$1']}]))),
    ?T(lists:sort(ets:select_reverse(T, [{'_', [], ['$_']}])) =:= lists:sort(All)),
    out("backwards", K =/= ordered_set orelse ets:select_reverse(T, [{'_', [], ['$_']}]) =:= lists:reverse(All)),
    ?T(ets:select_count(T, [{{'_', 2}, [], [true]}])),
    ?T(ets:select_delete(T, [{{'_', 2}, [], [true]}])),
    ?T({ets:info(T, size), ets:info(T, fixed), length(ets:tab2list(T))}),
    ets:delete_all_objects(T),
    ?T(ets:tab2list(T)).

%% Odd keys come and go while the even ones are walked over.
changing(K) ->
    T = ets:new(t, [K, public]),
    Even = lists:seq(2, 3000, 2),
    ets:insert(T, [{X} || X <- Even]),
    Self = self(),
    P = spawn_link(fun() -> come_and_go(T, Self, 1) end),
    Found = [lists:sort(ets:select(T, [{{'$1'}, [], ['$1']}])) || _ <- lists:seq(1, 5)],
    P ! {stop, Self},
    receive stopped -> ok end,
    ?T([[X || X <- L, X rem 2 =:= 0] =:= Even || L <- Found]),
    ?T([length(L) =:= length(lists:usort(L)) || L <- Found]),
    ?T(ets:info(T, fixed)),
    ets:select_delete(T, [{{'$1'}, [{'=:=', {'rem', '$1', 2}, 1}], [true]}]),
    ?T(ets:info(T, size)).

come_and_go(T, Parent, N) ->
    receive
        {stop, Parent} -> Parent ! stopped
    after 0 ->
        ets:insert(T, {N}),
        ets:delete(T, N),
        come_and_go(T, Parent, (N + 34) rem 30000 bor 1)
    end.

killed() ->
    T = ets:new(t, [set, public]),
    ets:insert(T, [{X} || X <- lists:seq(1, 3000)]),
    [begin
         {P, M} = spawn_monitor(fun() -> walk_forever(T) end),
         erlang:yield(),
         exit(P, kill),
         receive {'DOWN', M, _, _, R} -> out("killed", {R, ets:info(T, fixed)}) end
     end || _ <- lists:seq(1, 5)],
    ?T(length(ets:tab2list(T))).

walk_forever(T) ->
    3000 = length(ets:tab2list(T)),
    walk_forever(T).
