%% Maps with several pairs put in at once: keys that are there, keys that are not, both, one of them twice, and maps that get large.
-module(several_pairs).
-include("t.hrl").

main() ->
    Maps = [#{}, #{a => 1}, #{c => 1, x => 2, m => 3}, #{0.0 => zero}, maps:from_list([{I, I} || I <- lists:seq(1, 31)]),
            maps:from_list([{I, I} || I <- lists:seq(1, 32)]), maps:from_list([{I, I} || I <- lists:seq(1, 33)])],
    [out("atoms", in_order(atoms(M, m, c))) || M <- Maps],
    [out("twice", in_order(atoms(M, c, c))) || M <- Maps],
    [out("mixed", in_order(mixed(M, K))) || M <- Maps, K <- [a, 7, 7.0, -0.0, 0.0, "text", {x, 1}, <<"b">>]],
    [out("zeros", in_order(zeros(M, Z1, Z2))) || M <- Maps, Z1 <- [0.0, -0.0], Z2 <- [0.0, -0.0]],
    [out("numbers", in_order(numbers(M, N))) || M <- Maps, N <- [1, 20, 30, 31, 32, 40]],
    [out("many", begin M2 = many(M, I), {map_size(M2), erlang:phash2(M2)} end) || M <- Maps, I <- [0, 10, 20, 100]],
    %% What was there does not change.
    out("before", in_order(hd(Maps))),
    [?T(atoms(NoMap, a, b)) || NoMap <- [a, [], {}]],
    ok.

in_order(M) -> lists:sort(maps:to_list(M)).

atoms(M, K1, K2) -> M#{b => 1, K1 => 2, K2 => 3, z => 4}.
mixed(M, K) -> M#{K => new, 1.0 => float, 1 => integer, {K} => tuple}.
zeros(M, Z1, Z2) -> M#{Z1 => 1, k => 2, Z2 => 3, [Z1] => 4, [Z2] => 5}.
numbers(M, N) -> M#{N => a, N + 1 => b, N + 2 => c, N => d}.
many(M, I) ->
    M#{I + 1 => 1, I + 2 => 2, I + 3 => 3, I + 4 => 4, I + 5 => 5, I + 6 => 6, I + 7 => 7, I + 8 => 8, I + 9 => 9, I + 10 => 10,
       I + 11 => 1, I + 12 => 2, I + 13 => 3, I + 14 => 4, I + 15 => 5, I + 16 => 6, I + 17 => 7, I + 18 => 8, I + 19 => 9, I + 20 => 10,
       I + 21 => 1, I + 22 => 2, I + 23 => 3, I + 24 => 4, I + 25 => 5, I + 26 => 6, I + 27 => 7, I + 28 => 8, I + 29 => 9, I + 30 => 10,
       I + 31 => 1, I + 32 => 2, I + 33 => 3, I + 34 => 4, I + 35 => 5, I + 36 => 6, I + 37 => 7, I + 38 => 8, I + 39 => 9, I + 40 => 10}.
