%% Objects that come in place of others of their key, of the same size or not, with another word for the
%% key or not, while the table is fixed or not; steps from key to key of ordered tables while objects come
%% and go; objects of ordered tables deleted and replaced many at once.
-module(ets_in_place).
-include("t.hrl").

main() ->
    [in_place_of_others(Kind) || Kind <- [set, ordered_set, bag, duplicate_bag]],
    [keys_with_other_words(Kind) || Kind <- [set, ordered_set, bag, duplicate_bag]],
    fixed_bags(),
    [steps(Keys) || Keys <- [fun(I) -> I end, fun(I) -> {I rem 7, I} end, fun(I) -> integer_to_binary(I) end,
                             fun(I) -> I * 1.5 end, fun(I) -> I bsl 64 end]],
    steps_of_others(),
    [many_at_once(N, Key) || N <- [0, 1, 2, 63, 64, 65, 128, 200, 5000],
                             Key <- [fun(I) -> I end, fun(I) -> {I, a} end]].

in_place_of_others(Kind) ->
    T = ets:new(t, [Kind]),
    Objects = [{k, 1}, {k, 2}, {k, a}, {k, 2.5}, {k, 0.0}, {k, -0.0}, {k, []}, {k, {}}, {k, 1, 2}, {k, "s"}, {k, 3},
               {k, <<0:8000>>}, {k, 4}, {k, 1 bsl 70}, {k, self}, {k}, {k, 5}, {k, 5}, {k, make_tuple}],
    [begin
         true = ets:insert(T, O),
         Same = ets:lookup(T, k),
         O1 = lists:last(if Kind =:= bag; Kind =:= duplicate_bag -> Same; true -> [O] end),
         io:format("~w ~w ~w ~w~n", [Kind, ets:info(T, size), erlang:phash2(Same), element(1, O1)])
     end || O <- Objects],
    ?T(ets:lookup(T, k)),
    %% A fixed table, with an object that was deleted.
    ets:safe_fixtable(T, true),
    ets:delete(T, k),
    ?T({ets:lookup(T, k), ets:info(T, size)}),
    [?T({ets:insert(T, O), ets:lookup(T, k), ets:info(T, size)}) || O <- [{k, 5}, {k, 6}, {k, 6}, {k, "s"}, {k, 7}]],
    ets:safe_fixtable(T, false),
    ?T({ets:lookup(T, k), ets:info(T, size)}),
    ets:delete(T, k),
    ?T({ets:tab2list(T), ets:info(T, size)}),
    Memory = ets:info(T, memory),
    [ets:insert(T, O) || O <- Objects],
    ets:delete(T, k),
    ?T(ets:info(T, memory) - Memory).

keys_with_other_words(Kind) ->
    T = ets:new(t, [Kind, {keypos, 2}]),
    [begin
         ets:insert(T, id(O)),
         io:format("~w ~w ~w~n", [O, ets:lookup(T, element(2, O)), Kind =:= ordered_set andalso ets:first(T)])
     end || O <- [{1, 0.0}, {2, -0.0}, {3, 0.0}, {4, 0}, {5, 1}, {6, 1.0}, {7, 1}, {8, 1.0, x}, {9, 1, x}, {10, 2.0}]],
    ?T(lists:sort(ets:tab2list(T))),
    ?T([ets:member(T, K) || K <- [0.0, -0.0, 0, 1, 1.0, 2, 2.0]]).

fixed_bags() ->
    T = ets:new(t, [bag]),
    [ets:insert(T, {k, V}) || V <- [a, "b", c, a, "b", <<"d">>]],
    ets:safe_fixtable(T, true),
    ets:delete_object(T, {k, a}),
    ets:delete_object(T, {k, "b"}),
    ?T(ets:lookup(T, k)),
    [?T({ets:insert(T, {k, V}), lists:sort(ets:lookup(T, k)), ets:info(T, size)}) || V <- ["b", a, c, "b", e]],
    ets:safe_fixtable(T, false),
    ?T({lists:sort(ets:lookup(T, k)), ets:info(T, size)}),
    ets:insert(T, [{k, a}, {j, a}, {k, z}, {j, a}]),
    ?T({lists:sort(ets:tab2list(T)), ets:info(T, size)}).

up(_, '$end_of_table') -> [];
up(T, K) -> [K | up(T, ets:next(T, K))].

down(_, '$end_of_table') -> [];
down(T, K) -> [K | down(T, ets:prev(T, K))].

steps(Key) ->
    T = ets:new(t, [ordered_set]),
    Keys = lists:sort([Key(I) || I <- lists:seq(1, 700)]),
    [ets:insert(T, {K, I}) || {I, K} <- lists:enumerate(Keys)],
    ?T({up(T, ets:first(T)) =:= Keys, down(T, ets:last(T)) =:= lists:reverse(Keys)}),
    ?T(ets:foldl(fun({_, I}, A) -> (A * 31 + I) rem 1000003 end, 0, T)),
    %% There and back, a step at a time, with look-ups in between.
    Middle = lists:nth(350, Keys),
    Back = fun Back(K, 0) -> K;
               Back(K, N) -> N1 = ets:next(T, K), N2 = ets:next(T, N1), [{N2, _}] = ets:lookup(T, N2), Back(ets:prev(T, N2), N - 1)
           end,
    ?T(Back(Middle, 100) =:= lists:nth(450, Keys)),
    %% What has been come to goes, and what lies beside it comes.
    Walk = fun Walk('$end_of_table', _) -> [];
               Walk(K, N) ->
                   N rem 3 =:= 0 andalso ets:delete(T, K),
                   N rem 5 =:= 0 andalso ets:insert(T, {K, again, "more"}),
                   N rem 7 =:= 0 andalso ets:insert(T, {lists:nth(N, Keys), 0}),
                   N rem 11 =:= 0 andalso ets:delete(T, ets:next(T, K)),
                   [{N, ets:lookup(T, K) =:= [], ets:member(T, ets:prev(T, K))} | Walk(ets:next(T, K), N + 1)]
           end,
    Seen = Walk(ets:first(T), 1),
    ?T({length(Seen), erlang:phash2(Seen), ets:info(T, size)}),
    Left = [K || {K, _} <- [{element(1, O), O} || O <- ets:tab2list(T)]],
    ?T({up(T, ets:first(T)) =:= Left, down(T, ets:last(T)) =:= lists:reverse(Left)}),
    %% From what is gone, and behind the ends.
    ?T(erlang:phash2([{ets:next(T, K), ets:prev(T, K)} || K <- Keys])),
    ?T({ets:next(T, ets:last(T)), ets:prev(T, ets:first(T))}),
    ets:delete_all_objects(T),
    ?T({ets:first(T), ets:last(T), ets:next(T, Middle), ets:prev(T, Middle), ets:lookup(T, Middle)}).

%% Several walks over one table at the same time.
steps_of_others() ->
    T = ets:new(t, [ordered_set, public]),
    ets:insert(T, [{{I, x}, I} || I <- lists:seq(1, 3000)]),
    Me = self(),
    Pids = [spawn_link(fun() ->
                               Sum = case N rem 2 of
                                         0 -> ets:foldl(fun({_, I}, S) -> S + I end, N, T);
                                         1 -> lists:sum([element(1, K) || K <- down(T, ets:last(T))]) + N
                                     end,
                               [ets:insert(T, {{I, x}, I}) || I <- lists:seq(1, 3000, 7)],
                               Me ! {self(), Sum}
                       end) || N <- lists:seq(1, 8)],
    ?T([receive {P, Sum} -> Sum end || P <- Pids]).

many_at_once(N, Key) ->
    New = fun() ->
                  T = ets:new(t, [ordered_set]),
                  ets:insert(T, [{Key(I * 1777 rem (N + 1)), I rem 10, "v"} || I <- lists:seq(1, N)]),
                  T
          end,
    Look = fun(T) ->
                   Keys = up(T, ets:first(T)),
                   true = lists:reverse(Keys) =:= down(T, ets:last(T)),
                   true = Keys =:= [element(1, O) || O <- ets:tab2list(T)],
                   {ets:info(T, size), erlang:phash2(ets:tab2list(T))}
           end,
    [begin
         T = New(),
         Deleted = ets:select_delete(T, [{{'_', '$1', '_'}, [Guard], [true]}]),
         io:format("~w ~w ~w~n", [N, Deleted, Look(T)]),
         ets:insert(T, [{Key(I), new} || I <- lists:seq(1, N, 3)]),
         io:format("~w ~w~n", [Look(T), ets:select_delete(T, [{'_', [], [true]}])]),
         {0, _} = Look(T),
         ets:insert(T, {Key(1), last}),
         {1, _} = Look(T)
     end || Guard <- [{'=:=', '$1', 3}, {'=/=', '$1', 3}, {'<', '$1', 9}, true, false]],
    T = New(),
    Replaced = ets:select_replace(T, [{{'$1', '$2', '_'}, [{'>', '$2', 4}], [{{'$1', '$2'}}]}]),
    io:format("~w ~w~n", [Replaced, Look(T)]),
    Gone = ets:select_delete(T, [{{'$1', '$2'}, [], [true]}, {{'$1', 2, '_'}, [], [true]}]),
    io:format("~w ~w~n", [Gone, Look(T)]).
