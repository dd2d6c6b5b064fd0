%% What is built as far as the heap's free room goes, and only then elsewhere: reversed lists and tuples,
%% of every length about where that changes, beside heaps that are nearly full; and the process dictionary
%% asked by native code.
-module(built_in_room).
-include("t.hrl").

main() ->
    [?T(reversed(N, Tail)) || N <- lengths(), Tail <- [[], [x, y], tail]],
    [?T(catch_all(fun() -> lists:reverse(id(lists:seq(1, N) ++ improper), Tail) end))
     || N <- lengths(), Tail <- [[], tail]],
    ?T([lists:reverse(id(L), T) || L <- [[], [a], [a, b]], T <- [[], tail, [c]]]),
    %% Garbage of every size before: the room left differs from one to the next.
    ?T(lists:usort([in_fresh_process(fun() -> beside(Words) end) || Words <- lists:seq(0, 240)])),
    ?T([erlang:phash2(catch_all(fun() -> list_to_tuple(id(lists:seq(1, N) ++ Tail)) end))
        || N <- lengths(), Tail <- [[], tail]]),
    dictionary().

lengths() -> [0, 1, 2, 15, 16, 17, 18, 100, 4095, 4096, 4097, 4111, 4112, 4113, 10000].

reversed(N, Tail) ->
    Reversed = lists:reverse(id(lists:seq(1, N)), Tail),
    garbage_collect(),
    Reversed =:= by_hand(lists:seq(1, N), Tail) andalso erlang:phash2(Reversed).

by_hand([Head | Tail], Done) -> by_hand(Tail, [Head | Done]);
by_hand([], Done) -> Done.

beside(Words) ->
    Garbage = lists:seq(1, Words div 2),
    List = [{N} || N <- lists:seq(1, 40)],
    Reversed = lists:reverse(List, Garbage),
    Tuple = list_to_tuple(List),
    garbage_collect(),
    {Reversed =:= by_hand(List, Garbage), tuple_to_list(Tuple) =:= List}.

in_fresh_process(Fun) ->
    {_, Monitor} = spawn_monitor(fun() -> exit(Fun()) end),
    receive {'DOWN', Monitor, _, _, Answer} -> Answer end.

dictionary() ->
    Keys = [a, 1, 1.0, 0.0, 1 bsl 70, "key", {k, [1]}, <<"key">>, #{k => v}, self(), fun lists:map/2],
    [put(Key, {value, Key}) || Key <- Keys],
    ?T([sum_of(Key, 3000, 0) || Key <- Keys]),
    ?T([sum_of(Key, 3000, 0) || Key <- [absent, 2, 2.0, 1 bsl 71, "kex", {k, [2]}, <<"kex">>, #{}]]),
    ?T([get(Key) =:= {value, Key} || Key <- Keys]),
    [erase(Key) || Key <- Keys],
    ?T([get(Key) || Key <- Keys]),
    %% So many that they are found by an index.
    [put({key, N}, N) || N <- lists:seq(1, 500)],
    [put(N, -N) || N <- lists:seq(1, 500)],
    ?T(lists:sum([get({key, N}) + 2 * get(N) || N <- lists:seq(1, 500)])),
    ?T({get(0), get({key, 501}), get(1.0)}),
    ?T(length(get_keys(5))).

sum_of(_, 0, Sum) -> Sum;
sum_of(Key, N, Sum) ->
    case get(Key) of
        {value, Key} -> sum_of(Key, N - 1, Sum + 1);
        undefined -> sum_of(Key, N - 1, Sum - 1)
    end.

catch_all(Fun) ->
    try Fun() catch Class:Reason -> {Class, Reason} end.
