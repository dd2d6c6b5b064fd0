%% Objects with parts of every kind, read again and again; counters at the edges of small integers.
-module(ets_copies).
-export([main/0]).

main() ->
    [kind(Kind) || Kind <- [set, ordered_set, bag, duplicate_bag]],
    [counters(Kind) || Kind <- [set, ordered_set]],
    ok.

kind(Kind) ->
    Tab = ets:new(table, [Kind]),
    Parts = parts(),
    Numbered = lists:zip(lists:seq(1, length(Parts)), Parts),
    [ets:insert(Tab, {K, Part, [Part, {Part}], K}) || {K, Part} <- Numbered],
    garbage_collect(),
    Good = [begin
                [{K, A, [B, {C}], K}] = ets:lookup(Tab, K),
                garbage_collect(),
                {A =:= Part, B =:= Part, C =:= Part}
            end || _ <- [1, 2], {K, Part} <- Numbered],
    io:format("~w ~w~n", [Kind, lists:usort(Good)]),
    [F] = [K || {K, P, _, _} <- ets:tab2list(Tab), is_function(P, 1)],
    [{_, Fun, _, _}] = ets:lookup(Tab, F),
    [{_, _, [Again, _], _}] = ets:lookup(Tab, F),
    ets:delete(Tab),
    garbage_collect(),
    io:format("~w ~w~n", [Fun(1), Again(2)]).

parts() ->
    N = list_to_integer("3"),
    Big = 1 bsl (N * 70),
    Long = binary:copy(<<"long">>, 100),
    <<_:3, Odd:50/bits, _/bits>> = list_to_binary(lists:seq(1, 30)),
    <<_:2/binary, Middle:200/binary, _/binary>> = Long,
    [N, Big, -Big, N * 1.0, N * 1.0e300, -0.5e-300, [], {}, "list", [a | b], [[N], [[Big]]],
     <<>>, <<"short">>, Long, Odd, Middle, #{}, #{N => Big, {N} => [Middle]},
     maps:from_list([{{I, N}, I * 1.0e200} || I <- lists:seq(1, 100)]),
     fun(X) -> {X, N, Big} end, fun lists:map/2, make_ref(), self(),
     list_to_tuple(lists:duplicate(300, {Odd}))].

counters(Kind) ->
    Tab = ets:new(table, [Kind]),
    Top = (1 bsl 59) - 1,
    [begin
         ets:insert(Tab, {key, Start, x, 1.5}),
         One = catching(fun() -> ets:update_counter(Tab, key, Op) end),
         Two = catching(fun() -> ets:update_counter(Tab, key, Op, {key, 7, y}) end),
         New = catching(fun() -> ets:update_counter(Tab, other, Op, {key, 7, y}) end),
         io:format("~w ~w ~w: ~w ~w ~w ~w~n",
                   [Kind, Start, Op, One, Two, New, ets:tab2list(Tab)]),
         ets:delete(Tab, other)
     end || Start <- [0, Top - 1, -Top, Top * 16, x],
            Op <- [0, 1, -2, Top, -Top, Top * 32, 1.0, {1, 1}, {2, 1}, {2, -Top}, {2, x}, {3, 1},
                   {4, 1}, {5, 1}, {0, 1}, {-1, 1}, {2, 1, 5, 0}, {2}, [{2, 1}, {2, 1}], []]],
    io:format("~w~n", [catching(fun() -> ets:update_counter(Tab, key, 1, no_tuple) end)]),
    io:format("~w~n", [catching(fun() -> ets:update_counter(Tab, missing, {2, 1}) end)]),
    ets:delete(Tab),
    KeyLast = ets:new(table, [Kind, {keypos, 2}]),
    ets:insert(KeyLast, {1, key}),
    io:format("~w~n", [[catching(fun() -> ets:update_counter(KeyLast, key, Op) end)
                        || Op <- [1, {1, 1}, {2, 1}, {3, 1}]]]).

catching(F) ->
    try F() catch Class:Reason -> {Class, Reason} end.
