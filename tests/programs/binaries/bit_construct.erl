%% Building binaries: integers of all sizes and endianness, floats, utf, binaries and bitstrings, unaligned, with errors.
-module(bit_construct).
-include("t.hrl").

main() ->
    I = id(16#1234),
    N = id(-2),
    B = id(<<"abc">>),
    Big = id(16#0102030405060708090A0B0C),
    ?T(<<I>>),
    ?T(<<I:16>>),
    ?T(<<I:16/little>>),
    ?T(<<I:12>>),
    ?T(<<I:12/little>>),
    ?T(<<I:24/big, N:24/little-signed>>),
    ?T(<<N:8, N:16, N:32, N:64>>),
    ?T(<<N:64/little>>),
    ?T(<<N:7, 1:1>>),
    ?T(<<1:3, I:16, 5:5>>),
    ?T(<<1:3, I:16/little, 5:5>>),
    ?T(<<Big:96>>),
    ?T(<<Big:96/little>>),
    ?T(<<Big:100>>),
    ?T(<<Big:33>>),
    ?T(<<(-Big):128>>),
    ?T(<<(-Big):128/little>>),
    ?T(<<(-Big):70>>),
    ?T(<<1:1, (-Big):71/little>>),
    ?T(<<I:(id(20))>>),
    ?T(<<I:(id(0))>>),
    ?T(<<I:(id(-1))>>),
    ?T(<<I:(id(a))>>),
    ?T(<<I:(id(2))/unit:8>>),
    ?T(<<I:(id(1 bsl 70))>>),
    ?T(<<(id(a))>>),
    ?T(<<(id(1.5))>>),
    ?T(<<(id(1.5)):64/float, 1>>),
    ?T(<<(id(1.5)):32/float-little>>),
    ?T(<<(id(2)):64/float-native>> =:= <<2.0/float-native>>),
    ?T(<<(id(1 bsl 70)):64/float>>),
    ?T(<<(id(1 bsl 2000)):64/float>>),
    ?T(<<(id(1.0)):16/float>>),
    ?T(<<(id(65505.0)):16/float, (id(1.0e-8)):16/float>>),
    ?T(<<(id(70000.0)):16/float>>),
    ?T(<<(id(1.0)):(id(17))/float>>),
    ?T(<<(id(a)):64/float>>),
    ?T(<<1:1, (id(1.5)):64/float>>),
    ?T(<<B/binary, B/binary>>),
    ?T(<<B:2/binary, "x">>),
    ?T(<<B:(id(3))/binary, "x">>),
    ?T(<<B:(id(4))/binary, "x">>),
    ?T(<<B:5/bitstring>>),
    ?T(<<B:(id(9))/bits, 1:7>>),
    ?T(<<1:1, B/binary>>),
    ?T(<<1:1, B/binary, 127:7>>),
    ?T(<<(id(x))/binary>>),
    ?T(<<(id(<<1:3>>))/binary>>),
    ?T(<<(id(<<1:3>>))/bits, (id(<<2:5>>))/bits>>),
    ?T(<<(id(<<5:3>>))/bits, B/bits, (id(<<5:3>>))/bits>>),
    ?T(<<(id($a))/utf8, (id(16#e9))/utf8, (id(16#20ac))/utf8, (id(16#1f600))/utf8>>),
    ?T(<<(id($a))/utf16, (id(16#1f600))/utf16, (id(16#20ac))/utf16-little>>),
    ?T(<<(id(16#1f600))/utf32, (id($b))/utf32-little>>),
    ?T(<<(id(16#d800))/utf8>>),
    ?T(<<(id(16#110000))/utf8>>),
    ?T(<<(id(16#dfff))/utf16>>),
    ?T(<<(id(-1))/utf32>>),
    ?T(<<(id(a))/utf8>>),
    ?T(<<"literal", "caf\x{e9}"/utf8, "wide"/utf16, "x":32>>),
    ?T(<<>>),
    ?T(<<0:0>>),
    ?T(<<1:1>>),
    ?T(<<-1:13>>),
    ?T(append(<<>>, 20)),
    ?T(byte_size(append(<<>>, 3000))),
    ?T(two_appends(<<"base">>)),
    ?T(<<(build(5))/binary, (build(3))/binary>>),
    ?T(erlang:md5(<<<<X:17>> || X <- lists:seq(1, 800)>>) =:= erlang:md5(list_to_bits(800))),
    ?T(bit_size(<<<<X:17>> || X <- lists:seq(1, 801)>>)),
    ?T(checksum(1000)),
    ok.

append(B, 0) -> B;
append(B, N) -> append(<<B/binary, N>>, N - 1).

%% Both extend the same binary: the second must not overwrite what the first added.
two_appends(B0) ->
    B1 = <<(id(B0))/binary, "-one">>,
    B2 = <<B1/binary, "-two">>,
    B3 = <<B1/binary, "-three">>,
    B4 = <<B2/binary, "-four">>,
    B5 = <<B2/bits, 1:1>>,
    B6 = <<B5/bits, 0:7>>,
    {B0, B1, B2, B3, B4, B5, B6}.

build(N) -> list_to_binary(lists:duplicate(N, $z)).

list_to_bits(N) -> list_to_bits(1, N, <<>>).
list_to_bits(K, N, Acc) when K > N -> Acc;
list_to_bits(K, N, Acc) -> list_to_bits(K + 1, N, <<Acc/bits, K:17>>).

checksum(N) -> erlang:crc32(iolist_to_binary([<<X:24/little, (X * 7):40>> || X <- lists:seq(1, N)])).
