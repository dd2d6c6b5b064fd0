%% Steps from key to key and look-ups between them, of keys of all kinds; insert_new, and who may not.
-module(ets_steps).
-include("t.hrl").

main() ->
    [steps(Kind) || Kind <- [ordered_set, set]],
    zeros(),
    changes(),
    refusals(),
    ok.

keys() ->
    [N || N <- lists:seq(1, 300)] ++ [0.0, 2.5, 1 bsl 70, -(1 bsl 70), a, b, "abc", <<"abc">>, {1, 2}, {1.5, 2}, #{a => 1}, [], 1.0e300, 0.5].

steps(Kind) ->
    T = ets:new(t, [Kind]),
    true = ets:insert_new(T, [{K, v} || K <- keys()]),
    Order = walk(T, ets:first(T), []),
    ?T({Kind, length(Order), lists:sort(Order) =:= lists:sort(keys())}),
    %% From each key on, and again, with look-ups of others and of what comes next between.
    ?T(lists:all(fun(K) ->
                     Next = ets:next(T, K),
                     ets:lookup(T, Next),
                     Next =:= ets:next(T, K) andalso ets:lookup(T, K) =:= [{K, v}] andalso ets:member(T, K)
                         andalso Next =:= ets:next(T, K)
                 end, Order)),
    ?T(begin Pairs = lists:zip(Order, tl(Order) ++ ['$end_of_table']), [P || {K, N} = P <- Pairs, ets:next(T, K) =/= N] end),
    [?T(try_to(fun() -> ets:next(T, K) end)) || Kind =:= ordered_set, K <- [0, 7.0, 7.5, 300.0, -(1 bsl 80), c, {1, 3}, "abd", '$end_of_table']],
    [?T(try_to(fun() -> ets:prev(T, K) end)) || Kind =:= ordered_set, K <- [1, 7.0, 7.5, 301, -(1 bsl 80), c, {1, 3}, "abd", '$end_of_table']],
    [?T(try_to(fun() -> ets:next(T, K) end)) || Kind =:= set, K <- [7.0, nothing, {1, 3}]],
    ?T([ets:lookup(T, K) || K <- [7.0, 0, -0.0, 1 bsl 70, {1, 2.0}, 301]]).

walk(_, '$end_of_table', Keys) -> lists:reverse(Keys);
walk(T, K, Keys) -> walk(T, ets:next(T, K), [K | Keys]).

zeros() ->
    [begin
         T = ets:new(t, [Kind]),
         ets:insert(T, {0.0, plus}),
         ?T({Kind, ets:lookup(T, -0.0), ets:member(T, -0.0), ets:insert_new(T, {-0.0, minus}), ets:next(T, -0.0), ets:tab2list(T)}),
         ?T({ets:take(T, -0.0), ets:info(T, size)})
     end || Kind <- [set, ordered_set, bag]].

%% What a step has come to goes, moves and comes again.
changes() ->
    T = ets:new(t, [ordered_set]),
    ets:insert(T, [{N} || N <- lists:seq(1, 1000)]),
    ?T([begin
            Next = ets:next(T, N),
            ets:delete(T, Next),
            After = ets:next(T, N),
            Gone = ets:lookup(T, Next),
            ets:insert(T, {float(Next), again}),
            {Next, After, Gone, ets:next(T, N), ets:lookup(T, Next), ets:prev(T, After)}
        end || N <- [1, 63, 64, 65, 127, 500, 998]]),
    ?T(begin ets:next(T, 10), ets:match_delete(T, {'_'}), {ets:lookup(T, 11), ets:next(T, 10), ets:first(T), ets:last(T)} end).

refusals() ->
    Protected = ets:new(t, [{keypos, 2}]),
    Gone = ets:new(t, []),
    ets:delete(Gone),
    Cases = [{a}, {a, 1}, [], [{a}], [{a, 1} | x], [{b, 2}, {c, 3}], x],
    Try = fun insert_new/2,
    ?T([{X, Try(T, X)} || T <- [Gone, no_such_table, self()], X <- Cases, is_pid(T) =:= false]),
    Self = self(),
    spawn(fun() -> Self ! [{X, Try(Protected, X)} || X <- Cases] end),
    ?T(receive Answer -> Answer end),
    ?T([{X, Try(Protected, X)} || X <- Cases]),
    ?T(lists:sort(ets:tab2list(Protected))),
    B = ets:new(b, [bag]),
    ?T([ets:insert_new(B, X) || X <- [{a, 1}, {a, 2}, [{b, 1}, {b, 2}], [{b, 3}, {c, 1}], {d}]]),
    ?T([ets:lookup(B, K) || K <- [a, b, c, d]]).

insert_new(T, X) ->
    try ets:insert_new(T, X)
    catch Class:Reason:Stack -> {Class, Reason, proplists:get_value(error_info, element(4, hd(Stack)))}
    end.
