%% Each place in a program that reads or updates a map meets maps of many kinds, one after the
%% other: with other keys before and behind, large ones, and what is no map.
-module(map_sites).
-include("t.hrl").

main() ->
    Maps = [id(M) || M <- maps()],
    %% Often, so that whatever a place remembers of one kind of map meets the others.
    Rounds = lists:append(lists:duplicate(50, Maps)),
    [?T({F, digest([shown(F, M) || M <- Rounds]), [shown(F, M) || M <- Maps]})
     || F <- [one, two, own, ten, has, key, big, float, exact, assoc, exact_key, assoc_key, both, many]],
    ?T(digest([element(2, spawn_and_wait(Maps, N)) || N <- lists:seq(1, 20)])).

maps() ->
    Large = maps:from_list([{{k, I}, I} || I <- lists:seq(1, 40)]),
    [#{}, #{a => 1}, #{b => 2}, #{a => 1, b => 2}, #{b => 2, c => 3}, #{a => 1, b => 2, c => 3, d => 4},
     #{0 => zero, b => 2}, #{0.0 => float, a => 1, b => 2}, #{-0.0 => float, b => 2, a => 1},
     #{1 => i, 1.0 => f, a => 1, b => 2}, #{(1 bsl 70) => big, a => big, b => 2, z => 26},
     #{b => 2, e => 5, f => 6, g => 7, h => 8, i => 9, j => 10, a => 1, c => 3, d => 4},
     #{<<"a">> => bin, "a" => list, {a} => tuple, a => atom, b => 2},
     Large, Large#{a => 1}, Large#{a => 1, b => 2, c => 3, d => 4},
     Large#{0.0 => x, (1 bsl 70) => y, a => 1, b => 2},
     not_a_map, {a, b}, 17].

%% Large maps have an order that is the machine's own.
shown(F, M) ->
    case try_to(fun() -> site(F, M) end) of
        Map when map_size(Map) > 32 -> {map_size(Map), digest(Map)};
        {own, Map} when map_size(Map) > 32 -> {own, map_size(Map), digest(Map)};
        {error, {badmatch, Map}} when map_size(Map) > 32 -> {error, {badmatch, map_size(Map)}};
        Other -> Other
    end.

site(one, #{b := B}) -> {b, B};
site(two, #{a := A, b := B}) -> {A, B};
site(own, M) -> own(M);
site(ten, #{a := A, b := B, c := C, d := D, e := E, f := F, g := G, h := H, i := I, j := J}) ->
    {A, B, C, D, E, F, G, H, I, J};
site(has, #{a := _, b := _}) -> has;
site(key, M) -> K = id(b), #{K := V} = M, V;
site(big, #{(1 bsl 70) := V, a := A}) -> {V, A};
site(float, #{0.0 := V}) -> V;
site(exact, M) -> M#{b := new, a := newer};
site(assoc, M) -> M#{b => new, a => newer};
site(exact_key, M) -> K = id(a), M#{K := new};
site(assoc_key, M) -> K = id(0.0), M#{K => new};
site(both, M) -> M#{a := exact, q => assoc};
site(many, M) ->
    M#{j := 1, i := 2, h := 3, g := 4, f := 5, e := 6, d := 7, c := 8, b := 9, a := 10};
site(_, _) -> no.

%% What is got may take the map's own place.
own(#{a := A, b := B}) when A < B -> {A, B};
own(#{a := M}) -> M;
own(M) -> {own, M}.

%% Several workers at the same places.
spawn_and_wait(Maps, N) ->
    {P, R} = spawn_monitor(fun() ->
        Turn = lists:nthtail(N rem length(Maps), Maps) ++ lists:sublist(Maps, N rem length(Maps)),
        exit({N, digest(lists:sort([{site(one, M), site(two, M), site(has, M)}
                                    || M <- lists:append(lists:duplicate(100, Turn))]))})
    end),
    receive {'DOWN', R, _, P, Reason} -> Reason end.

digest(Term) -> erlang:phash2(Term).
