%% Matching binaries: all segment types, sizes bound on the way, unaligned fields, rests, failures.
-module(bit_match).
-include("t.hrl").

main() ->
    Bytes = list_to_binary(lists:seq(1, 24)),
    ?T(begin <<A, B:16, C/binary>> = id(Bytes), {A, B, C} end),
    ?T(begin <<A:3, B:13, C:5, _:3, D:8, _/bits>> = id(Bytes), {A, B, C, D} end),
    ?T(begin <<A:16/little, B:32/little, C:64/little, _/bits>> = id(Bytes), {A, B, C} end),
    ?T(begin <<A:96, B:96/little>> = id(Bytes), {A, B} end),
    ?T(begin <<A:100/signed, _/bits>> = id(<<-5:100, 0:4>>), A end),
    ?T(begin <<A:7/signed, B:9/signed-little, C:8/signed>> = id(<<255, 254, 128>>), {A, B, C} end),
    ?T(begin <<_:1, A:32/little, _/bits>> = id(Bytes), A end),
    ?T(begin <<_:1, A:37/little-signed, _/bits>> = id(Bytes), A end),
    ?T(begin <<_:5, A:3/binary, B/bits>> = id(Bytes), {A, B} end),
    ?T(begin <<N, S:N/binary, R/binary>> = id(<<3, "abcdef">>), {S, R} end),
    ?T(begin <<N, S:N/binary, R/binary>> = id(<<9, "abcdef">>), {S, R} end),
    ?T(begin <<N:4, M:4, A:N, B:M, _/bits>> = id(<<16#35, 16#F0, 0>>), {A, B} end),
    ?T(begin <<N:8/signed, S:N/binary, _/binary>> = id(<<-1, 1, 2>>), S end),
    ?T(begin Sz = id(x), <<A:Sz, _/bits>> = id(Bytes), A end),
    ?T(begin Sz = id(1 bsl 70), <<A:Sz, _/bits>> = id(Bytes), A end),
    ?T(begin Sz = id(2), <<A:Sz/unit:8, _/bits>> = id(Bytes), A end),
    ?T(begin <<A/float, B:32/float>> = id(<<1.5/float, 2.5:32/float>>), {A, B} end),
    ?T(begin <<A/float>> = id(<<16#7FF0000000000000:64>>), A end),
    ?T(begin <<A:16/float>> = id(<<16#7E00:16>>), A end),
    ?T(begin <<_:3, A:64/float-little, _:5>> = id(<<5:3, 2.25:64/float-little, 0:5>>), A end),
    ?T(begin <<A/utf8, B/utf8, C/utf8, D/utf8>> = id(<<"a", 195, 169, 226, 130, 172, 240, 159, 152, 128>>), {A, B, C, D} end),
    ?T(begin <<A/utf8, _/binary>> = id(<<16#C0, 16#80>>), A end),
    ?T(begin <<A/utf8, _/binary>> = id(<<16#ED, 16#A0, 16#80>>), A end),
    ?T(begin <<A/utf8, _/binary>> = id(<<16#F4, 16#90, 16#80, 16#80>>), A end),
    ?T(begin <<A/utf8, _/binary>> = id(<<226, 130>>), A end),
    ?T(begin <<A/utf16, B/utf16-little, R/binary>> = id(<<16#D8, 16#3D, 16#DE, 16#00, $x, 0, 1>>), {A, B, R} end),
    ?T(begin <<A/utf16>> = id(<<16#DC, 0>>), A end),
    ?T(begin <<A/utf32, R/binary>> = id(<<0, 1, 16#F6, 0, 9>>), {A, R} end),
    ?T(begin <<A/utf32>> = id(<<0, 16#11, 0, 0>>), A end),
    ?T(begin <<_:1, A/utf8, _:7>> = id(<<0:1, 16#e9/utf8, 0:7>>), A end),
    ?T(begin <<A:8>> = id(<<1, 2>>), A end),
    ?T(begin <<A:8>> = id(<<1:9>>), A end),
    ?T(begin <<A/binary>> = id(<<1:9>>), A end),
    ?T(begin <<A/bits>> = id(<<1:9>>), A end),
    ?T(begin <<A>> = id(not_binary), A end),
    ?T([kind(X) || X <- [<<>>, <<0>>, <<1>>, <<"GET /">>, <<"GETX">>, <<"POST x">>, <<5, 0, 0>>, <<1:1>>, <<0:1>>, <<255, 255, 255>>, "GET", <<7, 2, "ab", 9>>]]),
    ?T(ipv4(<<16#45, 0, 0, 40, 1, 2, 64, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, "payload">>)),
    ?T(tlv(<<1, 2, "ab", 2, 0, 3, 4, 1:32, 9, 200>>)),
    ?T(bits(<<16#A5, 2:3>>)),
    ?T(count_ones(<<16#FF, 16#0F, 1:1>>, 0)),
    ?T(rle(<<"aaabccddddd">>)),
    ?T(split_at(<<"key=value=x">>, $=)),
    ?T(varints(<<5, 16#80, 1, 16#FF, 16#FF, 16#7F, 16#80>>, [])),
    ?T(sum16(list_to_binary([<<X:16>> || X <- lists:seq(1, 1000)]), 0)),
    ?T(same(<<1, 2, 3>>, <<1, 2, 3>>)),
    ?T(skip(Bytes)),
    ?T(rest_sizes(Bytes, [])),
    ?T(in_fun(Bytes)),
    ?T(alternate(id(<<4, 1, 2, 3, 4>>))),
    ok.

kind(<<>>) -> empty;
kind(<<0>>) -> zero;
kind(<<"GET ", R/binary>>) -> {get, R};
kind(<<"POST ", R/binary>>) -> {post, R};
kind(<<5, 0:16>>) -> five;
kind(<<1:1>>) -> one_bit;
kind(<<-1:24/signed>>) -> minus_one;
kind(<<7, N, S:N/binary, R/bytes>>) -> {seven, S, R};
kind(<<A, _/binary>> = B) when A =:= $G, byte_size(B) =:= 4 -> g_four;
kind(B) when is_binary(B) -> binary;
kind(B) when is_bitstring(B) -> bits;
kind(_) -> none.

ipv4(<<4:4, IHL:4, _:8, Len:16, Id:16, 0:1, DF:1, MF:1, Off:13, TTL, Proto, _:16, Src:4/binary, Dst:4/binary, Rest/binary>>) when IHL >= 5 ->
    OptLen = (IHL - 5) * 4,
    <<Opts:OptLen/binary, Payload/binary>> = Rest,
    {Len, Id, DF, MF, Off, TTL, Proto, Src, Dst, Opts, Payload}.

tlv(<<T, L, V:L/binary, R/binary>>) -> [{T, V} | tlv(R)];
tlv(<<>>) -> [];
tlv(Rest) -> [{rest, Rest}].

bits(<<B:1, R/bits>>) -> [B | bits(R)];
bits(<<>>) -> [].

count_ones(<<1:1, R/bits>>, N) -> count_ones(R, N + 1);
count_ones(<<0:1, R/bits>>, N) -> count_ones(R, N);
count_ones(<<>>, N) -> N.

rle(<<C, R/binary>>) -> rle(R, C, 1);
rle(<<>>) -> [].
rle(<<C, R/binary>>, C, N) -> rle(R, C, N + 1);
rle(R, C, N) -> [{[C], N} | rle(R)].

split_at(B, C) -> split_at(B, C, <<>>).
split_at(<<C, R/binary>>, C, Acc) -> [Acc | split_at(R, C, <<>>)];
split_at(<<X, R/binary>>, C, Acc) -> split_at(R, C, <<Acc/binary, X>>);
split_at(<<>>, _, Acc) -> [Acc].

varints(<<>>, Acc) -> lists:reverse(Acc);
varints(B, Acc) ->
    case varint(B, 0, 0) of
        {V, R} -> varints(R, [V | Acc]);
        short -> lists:reverse([short | Acc])
    end.
varint(<<1:1, X:7, R/binary>>, S, A) -> varint(R, S + 7, A bor (X bsl S));
varint(<<0:1, X:7, R/binary>>, S, A) -> {A bor (X bsl S), R};
varint(<<>>, _, _) -> short.

sum16(<<X:16, R/binary>>, S) -> sum16(R, S + X);
sum16(<<>>, S) -> S.

same(<<A, R1/binary>>, <<A, R2/binary>>) -> [A | same(R1, R2)];
same(<<>>, <<>>) -> [].

skip(B) ->
    Gap = id(16),
    <<_:3/binary, A, _:13, C:3, _:Gap, D, _/binary>> = B,
    {A, C, D}.

rest_sizes(<<_:5, R/bits>> = B, Acc) -> rest_sizes(R, [bit_size(B) | Acc]);
rest_sizes(R, Acc) -> {bit_size(R), lists:sum(Acc)}.

in_fun(B) ->
    F = fun F(<<A, B1:8, R/binary>>, Acc) when A < 20 -> F(R, [A * B1 | Acc]); F(R, Acc) -> {R, Acc} end,
    F(B, []).

%% The same context is matched from its start again when a later clause is tried.
alternate(<<N, A:N/binary, _, _/binary>>) -> {first, A};
alternate(<<N, A:N/binary>>) -> {second, A};
alternate(<<_/binary>>) -> third.
