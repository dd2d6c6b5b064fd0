%% Maps of up to 32 keys: construction, update, matching, the instructions behind them, their errors.
-module(map_small).
-include("t.hrl").

main() ->
    M = id(#{a => 1, b => 2.0, "c" => [3], {d} => #{e => 5}, 1 => one, 1.0 => float_one}),
    ?T(M),
    ?T(M#{a => 2}),
    ?T(M#{a := 2}),
    ?T(M#{z := 2}),
    ?T(M#{z => 2, y => 3}),
    ?T((id(x))#{z => 2}),
    ?T((id(x))#{z := 2}),
    ?T((id([]))#{}),
    ?T(maps:get(a, M)),
    ?T(maps:get(zz, M)),
    ?T(maps:get(zz, M, default)),
    ?T(maps:get(a, id(not_map))),
    ?T(map_get(id(a), M)),
    ?T(map_get(id(q), M)),
    ?T(map_get(id(q), id(5))),
    ?T(is_map_key(id(a), M)),
    ?T(is_map_key(id(a), id([]))),
    ?T(map_size(M)),
    ?T(map_size(id({}))),
    ?T(begin #{a := A} = M, A end),
    ?T(begin #{zz := A} = M, A end),
    ?T(begin #{a := A, b := B, 1 := C} = M, {A, B, C} end),
    ?T(begin K = id("c"), #{K := V} = M, V end),
    ?T(begin #{{d} := #{e := E}} = M, E end),
    ?T([kind(X) || X <- [#{}, #{a => 1}, #{a => 2}, #{b => 1, a => 0}, #{b => 1}, #{1 => a}, #{1.0 => a}, [], #{"k" => "v"}]]),
    ?T(#{id(a) => 1, id(a) => 2}),
    ?T(#{id(1) => int, id(1.0) => float}),
    ?T(maps:keys(#{c => 1, a => 2, b => 3})),
    ?T(maps:values(#{c => 1, a => 2, b => 3})),
    ?T(maps:to_list(#{c => 1, a => 2, b => 3, 5 => x, "s" => y, {t} => z, 1.5 => f, <<"b">> => b, [] => n, #{} => m})),
    ?T(#{a => 1} == #{a => 1.0}),
    ?T(#{a => 1} =:= #{a => 1.0}),
    ?T(#{1 => a} == #{1.0 => a}),
    ?T(#{a => 1, b => 2} < #{a => 1, b => 3}),
    ?T(#{a => 1, b => 2} < #{c => 0}),
    ?T(#{a => 1} < #{b => 0}),
    ?T(#{1 => 1} < #{1.0 => 0}),
    ?T(grow(id(#{}), 1, 32)),
    ?T(shrink(grow(#{}, 1, 40), 40, 30) =:= grow(#{}, 1, 30)),
    ?T(lists:foldl(fun(K, A) -> A#{K => maps:get(K, A, 0) + 1} end, #{}, "hello world")),
    ?T(update_all(#{x => 1, y => 2, z => 3})),
    ?T(erlang:phash2(M)),
    ?T(swap_fields(#{left => 1, right => 2, other => 3})),
    ?T(swap_fields(id(#{left => 1}))),
    ?T([in_guard(X) || X <- [#{a => 1}, #{a => 5}, #{}, x]]),
    ?T(same_keys()),
    ok.

kind(#{a := 1}) -> a_one;
kind(#{b := B, a := A}) -> {both, A, B};
kind(#{a := A}) -> {a, A};
kind(#{b := _}) -> only_b;
kind(#{1 := V}) -> {int, V};
kind(#{1.0 := V}) -> {float, V};
kind(#{"k" := V}) -> {string, V};
kind(#{}) -> other_map;
kind(_) -> no_map.

grow(M, N, Max) when N > Max -> M;
grow(M, N, Max) -> grow(M#{N => N * N}, N + 1, Max).

shrink(M, N, Min) when N =< Min -> M;
shrink(M, N, Min) -> shrink(maps:remove(N, M), N - 1, Min).

update_all(#{x := X, y := Y, z := Z} = M) -> M#{x := X + 1, y := Y + 1, z := Z + 1, w => X + Y + Z}.

swap_fields(#{left := L, right := R} = M) -> M#{left := R, right := L}.

in_guard(M) when map_get(a, M) > 3 -> more_than_three;
in_guard(M) when is_map_key(a, M) -> has_a;
in_guard(M) when map_size(M) =:= 0 -> empty;
in_guard(_) -> no.

same_keys() ->
    M1 = #{k1 => id(1), k2 => id(2)},
    M2 = M1#{k1 := 3},
    M3 = M2#{k2 := 4},
    {M1, M2, M3, M1 =:= M3#{k1 := 1, k2 := 2}}.
