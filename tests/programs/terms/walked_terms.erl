%% What walks a term part by part: hashes, sizes of external terms and iolists, flat sizes. Terms of every kind within one another.
-module(walked_terms).
-include("t.hrl").
-compile(nowarn_deprecated_function).

main() ->
    Leaves = [0, 255, 256, -1, -255, (1 bsl 27) - 1, 1 bsl 27, -(1 bsl 27), -(1 bsl 27) - 1, (1 bsl 31) - 1, 1 bsl 31, -(1 bsl 31), -(1 bsl 31) - 1,
              (1 bsl 59) - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1, 1 bsl 64, -(1 bsl 100), 0.0, id(-0.0), 1.5, 1.0e300, -1.0e-300,
              a, '', 'åäö', 'λ', [], {}, #{}, <<>>, <<5:3>>, fun lists:map/2 | [part(N) || N <- lists:seq(0, 40)]],
    show(leaves, Leaves),
    show(in_tuple, [{L} || L <- Leaves]),
    show(in_tuple_after, [{a, L, b} || L <- Leaves]),
    show(in_list, [[L] || L <- Leaves]),
    show(in_list_after, [[1, L, 2, 3] || L <- Leaves]),
    show(as_tail, [[1, 2 | L] || L <- Leaves]),
    show(as_key, [#{L => 1, {L} => L} || L <- Leaves]),
    show(as_value, [#{1 => L, 2 => [L], 3 => {L, L}} || L <- Leaves]),
    show(deeper, [#{#{L => [L]} => #{{L} => #{L => L}}} || L <- Leaves]),
    show(strings, [lists:seq(1, N) || N <- lists:seq(0, 20)]),
    show(string_then, [lists:seq(1, N) ++ T || N <- lists:seq(0, 9), T <- [[x], [300], [300, 1], [-1 | x], [1, 2, 3, 4, 5 | <<"b">>], [[]], [[1], 2]]]),
    show(bits, [<<N:S>> || N <- [0, 5, 16#FFFFFFFF], S <- lists:seq(0, 40)]),
    show(parts, [part(N, S) || N <- [0, 3, 8, 13], S <- [1, 8, 9, 64, 96, 97, 200]]),
    show(large_maps, [maps:from_list([{K, F(K)} || K <- lists:seq(1, N)]) || N <- [32, 33, 40, 200],
                      F <- [fun(K) -> K end, fun(K) -> {K} end, fun(K) when K rem 7 =:= 0 -> [K]; (K) -> K end, fun(K) -> #{K => {}} end]]),
    show(large_keys, [maps:from_list([{F(K), K} || K <- lists:seq(1, N)]) || N <- [32, 33, 200],
                      F <- [fun(K) -> {K, K} end, fun(K) -> [K | K] end, fun integer_to_binary/1, fun(K) -> #{K => []} end]]),
    show(maps_in_a_row, [{#{a => {1}, b => [2]}, #{c => {3}}, [#{d => {4}}, #{} | #{e => [[5]]}]}]),
    ?T(erlang:phash2(left(100000, []))),
    ?T(erlang:phash(left(100000, []), 1 bsl 32)),
    ?T(erlang:phash2(right(100000, {}))),
    ?T(erlang:phash(right(100000, {}), 1 bsl 32)),
    ?T(erlang:phash2(maps_deep(20000, #{}))),
    ?T(erlang:phash(maps_deep(20000, #{}), 1 bsl 32)),
    ?T([erlang:external_size(F(100000, {})) || F <- [fun left/2, fun right/2, fun maps_deep/2]]),
    ?T([erts_debug:flat_size(F(100000, [])) || F <- [fun left/2, fun right/2]]),
    ?T([erlang:external_size(lists:seq(1, N)) || N <- [255, 256, 1000]]),
    ?T([erlang:external_size(lists:duplicate(N, 1)) || N <- [1, 65535, 65536, 100000]]),
    ?T([erlang:external_size(lists:duplicate(N, 1) ++ x) || N <- [1, 65535, 65536]]),
    ?T([erlang:external_size(lists:duplicate(N, 1) ++ [x]) || N <- [1, 65534, 65535]]),
    ?T([byte_size(term_to_binary(lists:duplicate(N, 1) ++ [x])) || N <- [1, 65534, 65535]]),
    ?T([erlang:external_size([N]) || E <- [7, 8, 15, 31, 32, 39, 47, 55, 58], N <- [1 bsl E, -(1 bsl E), (1 bsl E) - 1]]),
    ?T([iolist(T) || T <- [[], [[]], <<>>, [<<>>], <<"ab">>, [<<"ab">>], [<<"ab">>, 1, <<"c">>], [<<"ab">> | <<"cd">>], [1, 2 | <<"cd">>], [[[1], <<"b">>], [<<"c">> | [[]]] | <<"d">>],
                           <<1:1>>, [<<1:1>>, <<0:7>>], [<<1:3>>], [<<1:3>> | <<1:5>>], [256], [-1], [a], a, [1 | 2], [<<"a">>, b], [<<"a">> | b], [<<"a">>, {}], [[<<"a">> | 1]], [1.0], [1 bsl 70]]]),
    ?T([iolist(lists:duplicate(N, T)) || N <- [1, 2, 1023, 1024, 1025, 1026, 5000, 70000], T <- [<<"abc">>, 1, [], [<<"abc">>], [1, 2], part(13, 24)]]),
    ?T([iolist(lists:duplicate(N, <<"abc">>) ++ T) || N <- [1, 1024, 2000], T <- [[], [1], [x], <<"d">>, x, [[<<"d">>]], [<<1:1>>]]]),
    ?T(iolist(doubled(60, <<"abcdefgh">>))),
    Big = binary:copy(<<"abcdefgh">>, 100000),
    ?T([erlang:phash2(T) || T <- [Big, [Big, Big], {Big}, #{Big => Big}]]),
    ?T([erlang:phash(T, 1 bsl 32) || T <- [Big, [Big, Big], {Big}, #{Big => Big}]]),
    ?T(erlang:md5([term_to_binary(T) || T <- [Big, {Big, [Big | Big]}, [1, Big, part(3, 80000), 2]]])),
    ?T(erlang:md5(term_to_binary({part(3, 10000), Big, <<Big/binary, 1:1>>}))),
    ok.

%% Of each term: phash2, phash, external_size; one number of all, and which of the terms have the same.
show(Name, Terms) ->
    Seen = [{erlang:phash2(T, 1 bsl 32), erlang:phash(T, 1 bsl 32), erlang:external_size(T), byte_size(term_to_binary(T)), erlang:external_size(T, [{minor_version, 0}])} || T <- Terms],
    ?T({Name, erlang:phash2(Seen), erlang:md5(term_to_binary(Seen)), Seen}).

%% A part of a binary that begins within a byte.
part(N) -> part(3, N * 8).
part(Skip, Size) ->
    B = << <<(I * 37):8>> || I <- lists:seq(1, 30 + Size div 8) >>,
    <<_:Skip, P:Size/bits, _/bits>> = B,
    P.

left(0, T) -> T;
left(N, T) -> left(N - 1, [T, 1]).

right(0, T) -> T;
right(N, T) -> right(N - 1, {1, T}).

maps_deep(0, T) -> T;
maps_deep(N, T) -> maps_deep(N - 1, #{a => T, b => 1}).

doubled(0, T) -> T;
doubled(N, T) -> T2 = [T | T], case N > 12 of true -> doubled(12, T2); false -> doubled(N - 1, T2) end.

iolist(T) -> {try iolist_size(T) catch C1:R1 -> {C1, R1} end, try erlang:phash2(iolist_to_binary(T)) catch C2:R2 -> {C2, R2} end,
              try bit_size(list_to_bitstring(T)) catch C3:R3 -> {C3, R3} end}.
