%% Zeros of both signs are one key, wherever keys are looked for.
-module(zeros_as_keys).
-export([main/0]).

main() ->
    io:format("~w~n", [[dictionary(N) || N <- [0, 1, 5, 50]]]),
    io:format("~w~n", [[table(Type) || Type <- [set, ordered_set, bag, duplicate_bag]]]),
    io:format("~w~n", [[map(N) || N <- [0, 5, 50]]]),
    L = [1, 0.0, a, -0.0],
    io:format("~w~n", [{lists:keyfind(-0.0, 1, [{0, x}, {0.0, y}]), lists:member(-0.0, [0.0]),
                        L -- [-0.0], lists:usort(L), lists:keysort(1, [{-0.0, 1}, {0.0, 2}, {0, 3}])}]),
    io:format("~w~n", [[compare(A, B) || A <- [0.0, -0.0, 0], B <- [0.0, -0.0, 0]]]).

%% So many other keys beside.
dictionary(N) ->
    erase(),
    [put({key, I}, I) || I <- lists:seq(1, N)],
    Before = [put(0.0, a), get(-0.0), get(0.0), put(-0.0, b), get(0.0)],
    Keys = [K || {K, _} <- get(), is_float(K)],
    {Before, Keys, get_keys(b), erase(-0.0), get(0.0)}.

table(Type) ->
    T = ets:new(t, [Type]),
    ets:insert(T, {0.0, 1}),
    R = [ets:lookup(T, -0.0), ets:member(T, -0.0), ets:insert_new(T, {-0.0, 2}), ets:insert(T, {-0.0, 3}),
         ets:tab2list(T), ets:lookup(T, 0), ets:take(T, -0.0)],
    ets:delete(T),
    R.

map(N) ->
    M = maps:from_list([{I, I} || I <- lists:seq(1, N)]),
    M1 = M#{0.0 => a},
    [maps:find(-0.0, M1), maps:size(M1#{-0.0 => b}), maps:get(0.0, M1#{-0.0 => c}), is_map_key(-0.0, M1),
     maps:size(maps:remove(-0.0, M1)), maps:size(maps:merge(M1, #{-0.0 => d})),
     maps:get(0.0, maps:merge(M1, #{-0.0 => d})), M1 =:= M#{-0.0 => a}].

compare(A, B) ->
    {A =:= B, A == B, A < B, {A} =:= {B}, [A] == [B], {A, 1} < {B, 1}, #{k => A} =:= #{k => B},
     erlang:phash2(A) =:= erlang:phash2(B)}.
