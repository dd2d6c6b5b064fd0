%% Keys of maps of all sizes: looked for by matching, by functions of guards and by constants, and
%% put, where functions are called often enough to be compiled.
-module(map_keys).
-export([main/0]).

main() ->
    Sizes = [0, 1, 2, 5, 31, 32, 33, 34, 50, 300, 5000],
    lists:foreach(fun(Size) -> io:format("~w ~w~n", [Size, of_size(Size)]) end, Sizes),
    io:format("~w~n", [merged()]).

of_size(Size) ->
    Keys = [key(I) || I <- lists:seq(1, Size)],
    Map = maps:from_list([{K, {value, K}} || K <- Keys]),
    Size = map_size(Map),
    Others = [key(I) || I <- lists:seq(Size + 1, Size + 200)],
    Found = [ways(Map, K) || K <- Keys],
    Missed = [ways(Map, K) || K <- Others],
    {lists:usort(lists:map(fun({K, Ways}) -> [W =:= {value, K} orelse W =:= true || W <- Ways] end,
                           lists:zip(Keys, Found))),
     lists:usort(Missed),
     lists:usort([lists:sort(constants(Map)) || _ <- lists:seq(1, 50)]),
     erlang:phash2(lists:sort(maps:to_list(lists:foldl(fun put_and_update/2, Map, Keys ++ Others))))}.

%% Small and large integers, atoms, floats, pairs, binaries, strings.
key(I) when I rem 7 =:= 0 -> list_to_atom("key" ++ integer_to_list(I));
key(I) when I rem 7 =:= 1 -> I / 4;
key(I) when I rem 7 =:= 2 -> {I, pair};
key(I) when I rem 7 =:= 3 -> integer_to_binary(I);
key(I) when I rem 7 =:= 4 -> I bsl 70;
key(I) when I rem 7 =:= 5 -> -I;
key(I) -> I.

ways(Map, Key) ->
    [has(Map, Key), get(Map, Key), by_function(Map, Key), in_guard(Map, Key), in_body(Map, Key)].

has(Map, Key) ->
    case Map of
        #{Key := _} -> true;
        #{} -> false
    end.

get(Map, Key) ->
    case Map of
        #{Key := Value} -> Value;
        #{} -> none
    end.

by_function(Map, Key) ->
    try map_get(Key, Map)
    catch error:{badkey, Missing} -> {missing, Missing =:= Key}
    end.

in_guard(Map, Key) when is_map_key(Key, Map), map_get(Key, Map) =/= [] -> true;
in_guard(_, _) -> false.

in_body(Map, Key) ->
    is_map_key(Key, Map).

constants(Map) ->
    [case Map of #{key7 := V} -> V; #{} -> none end,
     case Map of #{6 := V} -> V; #{} -> none end,
     case Map of #{-5 := V} -> V; #{} -> none end,
     case Map of #{-12 := _} -> true; #{} -> none end,
     case Map of #{0.25 := V} -> V; #{} -> none end,
     case Map of #{{2, pair} := V} -> V; #{} -> none end,
     case Map of #{<<"10">> := V} -> V; #{} -> none end,
     case Map of #{key7 := V, 6 := W} -> {V, W}; #{} -> none end].

put_and_update(Key, Map) ->
    #{Key := new} = More = Map#{Key => new},
    More#{Key := {updated, Key}, <<"10">> => ten}.

%% Several constants at once, some of which are there.
merged() ->
    Maps = [maps:from_list([{list_to_atom([C]), C} || C <- lists:seq($a, $a + N)])
            || N <- lists:seq(0, 25)] ++ [#{}, #{1 => a, 1.0 => b, {c} => d, zz => e}],
    All = [[put(M), put_some(M, I)] || M <- Maps, I <- lists:seq(1, 50)],
    {erlang:phash2(All), [lists:sort(maps:to_list(put(M))) || M <- Maps, map_size(M) < 6],
     lists:usort([map_size(M) || Two <- All, M <- Two])}.

put(Map) ->
    Map#{b => 1, d => 2, zzz => 3}.

put_some(Map, I) ->
    Map#{1 => I, a => I, bb => I, z => I, I => here}.
