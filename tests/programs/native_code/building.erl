%% Bitstrings of parts of known size, what is appended to short ones, and what is put together of whole
%% bytes, where functions are called often enough to be compiled: sizes on all sides of eight bytes and
%% of what lies on the heap, byte orders, floats, strings, values that do not fit or are no numbers,
%% heaps that are full.
-module(building).
-export([main/0]).

main() ->
    Values = [0, 1, -1, 7, 255, 256, -129, 16#123456789, -16#123456789ABCD, (1 bsl 59) - 1, -(1 bsl 59),
              1 bsl 59, 1 bsl 63, 16#FEDCBA9876543210, -(1 bsl 70), 1.5, -0.25, 0.0, 1.0e300, 5.0e-324, a,
              <<1>>, []],
    Once = [{F, A, catch_it(fun() -> build(F, A, 3, 16#A5A5A5A5A5) end)}
            || F <- lists:seq(1, 24), A <- Values],
    Again = [[{F, A, catch_it(fun() -> build(F, A, 3, 16#A5A5A5A5A5) end)}
              || F <- lists:seq(1, 24), A <- Values] || _ <- lists:seq(1, 40)],
    true = lists:all(fun(R) -> R =:= Once end, Again),
    lists:foreach(fun(R) -> io:format("~w~n", [R]) end, Once),
    %% All results live: the heap is collected in the middle.
    Kept = [build(F, A, B, A bxor B) || A <- lists:seq(-20, 20), B <- lists:seq(0, 40),
                                        F <- lists:seq(1, 18), F =/= 15],
    io:format("~w ~w~n", [length(Kept), erlang:phash2(Kept)]),
    io:format("~w~n", [[byte_sum(appended(N, <<>>, Bits)) || N <- lists:seq(0, 90), Bits <- [8, 5, 13]]]),
    io:format("~w~n", [[append_to(B) || B <- [<<>>, <<1>>, <<1:1>>, <<5:9>>, binary:copy(<<7>>, 57),
                                               binary:copy(<<7>>, 60), binary:copy(<<7>>, 61),
                                               binary:copy(<<7>>, 64), binary:copy(<<7>>, 65)]]]),
    %% What has been appended to stays as it was.
    Short = list_to_binary(lists:seq(1, 20)),
    Longer = [appended(N, Short, 8) || _ <- lists:seq(1, 200), N <- [1, 2, 40]],
    io:format("~w ~w~n", [Short, length(lists:usort(Longer))]),
    Large = list_to_binary(lists:seq(1, 200)),
    <<_:3, Shifted:40/bitstring, _/bitstring>> = Large,
    <<_:16, Part:8/binary, _/binary>> = Large,
    Parts = [<<>>, <<1>>, <<2:4>>, Shifted, Part, Large, a, 7, 8, -1, 1 bsl 70, 16#10FFFF, 16#D800, 97, 1080]
        ++ [binary:part(Large, 3, N) || N <- [30, 32, 60, 62, 63, 64, 65]],
    Joined = [[{F, A, B, catch_it(fun() -> join(F, A, B) end)}
               || F <- lists:seq(1, 9), A <- Parts, B <- Parts] || _ <- lists:seq(1, 60)],
    [First] = lists:usort(Joined),
    io:format("~w~n", [[R || {_, _, _, R} <- First, is_binary(R), byte_size(R) < 10]]),
    io:format("~w ~w~n", [length(First), erlang:phash2(First)]),
    io:format("~w~n", [[erts_debug:same(B, join(1, B, <<>>)) || B <- [Short, Large, <<1>>]]]),
    %% Characters behind what there is, short and long, and what is none.
    Texts = [lists:seq(C, C + N) || C <- [0, 100, 1080, 16#FF00, 16#10FF00], N <- [0, 10, 70, 200]],
    io:format("~w~n", [[erlang:phash2({characters(T, <<>>), characters(T, Large), marked(T, <<>>)})
                        || T <- Texts]]),
    io:format("~w~n", [[catch_it(fun() -> characters([97, 98, C, 99], B) end)
                        || C <- [-1, 16#D800, 16#DFFF, 16#110000, 1 bsl 70, a, 1.0], B <- [<<>>, Large]]]).

characters([], Acc) -> Acc;
characters([C | Rest], Acc) -> characters(Rest, <<Acc/binary, C/utf8>>).

marked([], Acc) -> Acc;
marked([C | Rest], Acc) -> marked(Rest, <<Acc/binary, C/utf8, $;, C:24/little, (C + 1)/utf8>>).

join(1, A, B) -> <<A/binary, B/binary>>;
join(2, A, B) -> <<(byte_size(A)):16, A/binary, "tail", B/binary>>;
join(3, A, B) -> <<A/utf8, B/utf8, 1:8>>;
join(4, A, B) -> <<"key", A:B/binary>>;
join(5, A, B) -> <<A/bitstring, B:8>>;
join(6, A, B) -> <<B:24/little, A:2/binary, A/binary-unit:8>>;
join(7, A, B) -> <<A:1/binary-unit:16, B/utf8>>;
join(8, A, B) -> <<1:8, A/binary, B:4>>;
join(9, A, B) -> <<A/utf16, B/utf32, B/utf8>>.

catch_it(F) ->
    try F() catch Class:Reason -> {Class, Reason} end.

build(1, A, B, C) -> <<A:8, B:16, C:32>>;
build(2, A, B, C) -> <<A:64, B:64, C:64>>;
build(3, A, B, C) -> <<A:1, B:3, C:60>>;
build(4, A, B, C) -> <<A:33, B:31, C:7>>;
build(5, A, B, C) -> <<A:33, B:32, C:64>>;
build(6, A, B, C) -> <<A:16/little, B:32/little, C:64/little>>;
build(7, A, B, C) -> <<B:3, A:24/little, C:5>>;
build(8, A, B, C) -> <<"GET", A:8, " ", B:8, "HTTP/1.1 and more", C:16>>;
build(9, A, _, C) -> <<A:64/float, C:8>>;
build(10, A, _, C) -> <<C:4, A:64/float-little, C:60>>;
build(11, A, B, _) -> <<A:8, B:8, A:8, B:8, A:8, B:8, A:8, B:8, A:8>>;
build(12, A, B, C) -> <<A:63, B:63, C:63, A:1, B:1, C:1>>;
build(13, A, B, C) -> <<A:8/signed, B:16/signed-little, C:24/unsigned>>;
build(14, A, _, _) -> <<A:8>>;
build(15, A, _, _) -> <<A:32/float>>;
build(16, A, B, _) -> <<A:64, B:64, A:64, B:64, A:64, B:64, A:64, B:64>>;
build(17, A, B, _) -> <<A:64, B:64, A:64, B:64, A:64, B:64, A:64, B:64, 1:1>>;
build(18, A, B, C) -> {<<A:5>>, <<A:5, B:5>>, <<A:5, B:5, C:5>>, A};
build(19, A, B, _) -> <<A:12/little, B:4>>;
build(20, A, B, _) -> <<A:128, B:8>>;
build(21, A, B, _) -> <<A/binary, B:8>>;
build(22, A, B, _) -> <<B:8, A/binary>>;
build(23, A, _, _) -> <<A/utf8>>;
build(24, A, B, _) -> <<A:B>>.

appended(0, Acc, _) -> Acc;
appended(N, Acc, 8) -> appended(N - 1, <<Acc/binary, N:8>>, 8);
appended(N, Acc, 5) -> appended(N - 1, <<Acc/bitstring, N:5>>, 5);
appended(N, Acc, 13) -> appended(N - 1, <<Acc/bitstring, N:3, (N * 7):10/integer>>, 13).

append_to(B) ->
    Bits = <<B/bitstring, 1:1, 2:2, 3:3, 4:10>>,
    Whole = catch_it(fun() -> <<B/binary, 258:16/little, 3:24, -1:32>> end),
    {Bits, Whole, B}.

byte_sum(B) ->
    {bit_size(B), erlang:phash2(B)}.
