%% Natives with arguments so large that they take longer than a slice: same results and exceptions.
-module(long_natives).
-include("t.hrl").

-define(N, 160000).

main() ->
    B = binary:copy(<<"abcdefgh">>, ?N div 8),
    L = binary_to_list(B),
    ?T(length(L)),
    ?T(erlang:phash2(L)),
    ?T(erlang:phash2({L, B}, 1000)),
    ?T(hd(lists:reverse(L))),
    ?T(lists:reverse(L, "x") =:= lists:reverse(L) ++ "x"),
    ?T(lists:member(0, L)),
    ?T(lists:member($h, L)),
    ?T(length(L ++ [x])),
    ?T(length(L -- "abcabc")),
    ?T(length(L -- L)),
    ?T(iolist_size([L | B])),
    ?T(iolist_to_binary([L, L | B]) =:= <<B/binary, B/binary, B/binary>>),
    ?T(list_to_binary(L) =:= B),
    ?T(byte_size(list_to_bitstring([L, <<1:1>>]))),
    ?T(binary_to_list(B, 2, ?N) =:= tl(L)),
    ?T(bitstring_to_list(<<B/binary, 1:3>>) =:= L ++ [<<1:3>>]),
    ?T(iolist_to_binary(erlang:iolist_to_iovec([L, B, L])) =:= <<B/binary, B/binary, B/binary>>),
    ?T(list_to_tuple(L) =:= list_to_tuple(tuple_to_list(list_to_tuple(L)))),
    ?T(tuple_size(erlang:append_element(erlang:make_tuple(400000, a), b))),
    ?T(element(300000, setelement(300000, erlang:make_tuple(400000, a), b))),
    T = {list_to_tuple(L), L, #{L => B}},
    ?T(erlang:md5(term_to_binary(T))),
    ?T(binary_to_term(term_to_binary(T, [compressed])) =:= T),
    ?T(erlang:external_size(T)),
    ?T(erts_debug:flat_size(T)),
    ?T([erlang:md5(L), erlang:crc32([B | L]), erlang:adler32(L)]),
    ?T(unicode:characters_to_binary([L, 955 | B]) =:= <<B/binary, 955/utf8, B/binary>>),
    ?T(unicode:characters_to_list(<<B/binary, 955/utf8>>) =:= L ++ [955]),
    ?T(erlang:md5(integer_to_binary(1 bsl 200000))),
    ?T(list_to_integer(integer_to_list(1 bsl 100000)) =:= 1 bsl 100000),
    ?T(binary_to_integer(integer_to_binary(7, 2)) =:= 111),
    Big = binary:copy(B, 8),
    ?T(binary:match(<<Big/binary, "x">>, <<"x">>)),
    ?T(length(binary:split(Big, <<"ha">>, [global]))),
    ?T(binary:longest_common_prefix([Big, B])),
    Pairs = [{K, K * K} || K <- lists:seq(1, 5000)],
    M = maps:from_list(Pairs),
    ?T(erlang:phash2(M)),
    ?T(lists:keyfind(5000, 1, Pairs)),
    ?T(lists:sum(maps:keys(M)) + lists:sum(maps:values(M))),
    ?T(map_size(maps:merge(M, maps:from_keys(lists:seq(4000, 10000), x)))),
    ?T(in_guard(L)),
    ?T(in_receive(L)),
    ?T(sizes(L, [])),
    Improper = L ++ x,
    [?T(failure(F)) || F <- [
        fun() -> length(Improper) end,
        fun() -> Improper ++ [] end,
        fun() -> [] -- Improper end,
        fun() -> lists:reverse(Improper) end,
        fun() -> lists:member(0, Improper) end,
        fun() -> lists:keyfind(0, 1, Improper) end,
        fun() -> list_to_tuple(Improper) end,
        fun() -> maps:from_list(L) end,
        fun() -> iolist_size(Improper) end,
        fun() -> iolist_to_binary([L | x]) end]],
    ok.

in_guard(L) when length(L) > ?N -> longer;
in_guard(L) when length(L) =:= ?N, is_list(L) -> {same, hd(L)}.

in_receive(L) ->
    self() ! {other, L ++ x},
    self() ! {wanted, L},
    receive {_, M} when length(M) =:= ?N -> receive {other, _} -> {got, length(M)} end end.

%% Results in several registers, with others alive.
sizes(L, Acc) when length(Acc) > 2 -> {Acc, length(L)};
sizes(L, Acc) -> A = length(L), B = length(Acc), sizes(L, [A + length(L) + B | Acc]).

%% The failing native is named with its arguments, which are long.
failure(F) ->
    try F() of R -> {no_failure, R}
    catch C:R:Stack ->
        At = case Stack of
            [{M, N, As, _} | _] when is_list(As) -> {M, N, length(As)};
            [{?MODULE, _, 0, _} | _] -> here
        end,
        {C, erlang:phash2(R), At}
    end.
