%% Texts to integers in every base, around the lengths at which words, limbs and the long way end; what
%% is no integer; unsigned integers to and from bytes.
-module(number_texts).
-include("t.hrl").

main() ->
    ?T([same(Text, Base) || Base <- lists:seq(2, 36), Text <- texts(Base)] -- [ok]),
    ?T(fingerprint([list_to_integer(T, B) || B <- lists:seq(2, 36), T <- texts(B)])),
    ?T(fingerprint([integer_to_list(N, B) || B <- lists:seq(2, 36), N <- numbers()])),
    ?T(fingerprint([integer_to_binary(N, B) || B <- lists:seq(2, 36), N <- numbers()])),
    ?T([integer_to_list(N) || N <- numbers(), abs(N) < 1 bsl 200]),
    %% A character that is no digit, wherever it is.
    Long = lists:duplicate(1100, $1),
    ?T([bad(Text, 10) || N <- [1, 2, 17, 18, 19, 20, 37, 38, 39, 40, 999, 1000, 1001, 1018, 1100],
                         Text <- [lists:sublist(Long, N - 1) ++ [Bad] ||
                                     Bad <- [$a, $ , $+, $-, $_, $., 0, 255, 256, -1, x, 1 bsl 70]]]
       -- lists:duplicate(180, ok)),
    ?T([bad(Text, Base) || {Text, Base} <- [{"", 10}, {"+", 10}, {"-", 10}, {"+-1", 10}, {"--1", 10},
                                            {"1+", 10}, {"2", 2}, {"Z", 35}, {"z", 35}, {"9", 9},
                                            {"1", 1}, {"1", 37}, {"1", x}, {"1", 1 bsl 70}]]),
    %% Every byte at every place of a binary.
    ?T(fingerprint([[{Byte, N} || Byte <- lists:seq(0, 255),
                                  N <- [try_to(fun() -> binary_to_integer(place(Text, At, Byte), Base) end)], is_integer(N)]
                    || {Text, Base} <- [{<<"4710258">>, 10}, {<<"123456789">>, 10}, {<<"-1234567890123456789012345678">>, 10},
                                        {<<"5bCd15">>, 16}, {<<"zy0123456789AZ">>, 36}],
                       At <- lists:seq(0, byte_size(Text) - 1)])),
    ?T(list_to_integer(id([$1 | $2]))),
    ?T(list_to_integer(id(lists:duplicate(30, $1) ++ x))),
    ?T(list_to_integer(id(Long ++ x))),
    ?T(list_to_integer(id(<<"1">>))),
    ?T(list_to_integer(id(17))),
    ?T(binary_to_integer(id("1"))),
    ?T(binary_to_integer(id(<<1:3>>))),
    ?T(binary_to_integer(part_of(<<"-123456789012345678901">>))),
    ?T(list_to_integer(lists:duplicate(5000, $0) ++ "7")),
    ?T(list_to_integer([$- | lists:duplicate(5000, $0)])),
    ?T(binary_to_integer(binary:copy(<<"0">>, 990))),
    ?T(erlang:phash2(list_to_integer(lists:duplicate(30000, $9)))),
    ?T(erlang:phash2(binary_to_integer(binary:copy(<<"F">>, 30000), 16))),
    %% How module string begins.
    ?T([string:list_to_integer(T) || T <- ["12abc", "+5", "-7 ", "", "x", "-", "+x", "- 1", [$1 | x],
                                           [$1, 256], [$1, x], lists:duplicate(25, $1) ++ " y",
                                           "000000000000000000000000000000000001z", x, <<"1">>, 17]]),
    ?T([begin {N, Rest} = string:list_to_integer(S ++ lists:duplicate(L, $7) ++ "+1"),
              {N rem 1000000007, Rest} end
        || L <- [1, 18, 19, 20, 38, 999, 1000, 1001, 1019, 1020, 3000], S <- ["", "-", "+"]]),
    ?T(string:list_to_integer(lists:duplicate(2000, $1) ++ x) =:= {list_to_integer(lists:duplicate(2000, $1)), x}),
    %% Bytes.
    Bytes = [list_to_binary([lists:duplicate(Z, 0), [(I * 37 + 200) rem 256 || I <- lists:seq(1, N)]])
             || N <- lists:seq(0, 26), Z <- [0, 1, 7, 8, 9]],
    ?T(fingerprint([{binary:decode_unsigned(B), binary:decode_unsigned(B, little)} || B <- Bytes])),
    ?T(fingerprint([binary:decode_unsigned(part_of(B), E) || B <- Bytes, E <- [big, little]])),
    ?T([binary:decode_unsigned(B, little) || B <- [<<>>, <<0>>, <<0, 0, 0>>, <<1, 0>>, <<0, 1>>]]),
    ?T([binary:decode_unsigned(B) || B <- [<<>>, <<0>>, <<0, 0, 0>>, <<1, 0>>, <<0, 1>>, <<15:64>>,
                                           <<255:64>>, <<-1:60/unit:1, 15:4>>, <<-1:64>>, <<-1:65/unit:8>>]]),
    Ns = [abs(N) || N <- numbers()],
    ?T(fingerprint([{binary:encode_unsigned(N), binary:encode_unsigned(N, little)} || N <- Ns])),
    ?T([N || N <- Ns, binary:decode_unsigned(binary:encode_unsigned(N)) =/= N
                      orelse binary:decode_unsigned(binary:encode_unsigned(N, little), little) =/= N]),
    ?T(binary:encode_unsigned(id(0))),
    ?T(binary:encode_unsigned(id(-1))),
    ?T(binary:encode_unsigned(id(-(1 bsl 70)), little)),
    ?T(binary:encode_unsigned(id(1.0))),
    ?T(binary:encode_unsigned(id(1), middle)),
    ?T(binary:decode_unsigned(id(<<1>>), middle)),
    ?T(binary:decode_unsigned(id(<<1:1>>))).

numbers() ->
    lists:usort([S * ((1 bsl E) + D) || E <- [0, 3, 59, 60, 63, 64, 65, 72, 81, 90, 100, 109, 117, 127, 128, 192, 256, 300,
                                              511, 512, 513, 700],
                                        D <- [-1, 0, 1], S <- [1, -1]]) ++
        [1000000000000000000, 9999999999999999999, 10000000000000000000, -10000000000000000000,
         100000000000000000000000000000000000000].

place(Text, At, Byte) ->
    <<Before:At/binary, _, Behind/binary>> = Text,
    <<Before/binary, Byte, Behind/binary>>.

%% With and without a sign, with zeros in front, of lengths at which words and limbs end.
texts(Base) ->
    Digit = fun(I) -> lists:nth(1 + (I * 7 + 5) rem Base, "0123456789abcdefghijklmnopqrstuvwxyz") end,
    [Sign ++ lists:duplicate(Zeros, $0) ++ lists:map(Digit, lists:seq(1, N))
     || N <- [1, 2, 12, 13, 14, 18, 19, 20, 24, 38, 39, 63, 64, 65, 130, 990, 1024],
        Sign <- ["", "-", "+"], Zeros <- [0, 3, 40]].

%% Lists and binaries, and both cases, are the same number.
same(Text, Base) ->
    N = list_to_integer(Text, Base),
    Upper = string:uppercase(Text),
    N = list_to_integer(Upper, Base),
    N = binary_to_integer(list_to_binary(Text), Base),
    N = binary_to_integer(list_to_binary(Upper), Base),
    ok.

bad(Text, Base) ->
    try list_to_integer(Text, Base) of
        N -> N
    catch
        error:badarg ->
            try binary_to_integer(list_to_binary(Text), Base) of
                N -> {binary, N}
            catch
                error:badarg -> ok
            end
    end.

%% The same bytes, but not at the beginning of a byte.
part_of(Bytes) ->
    Size = byte_size(Bytes),
    <<_:3, Part:Size/binary, _/bits>> = <<5:3, Bytes/binary, 1:5>>,
    Part.

fingerprint(Terms) ->
    {length(Terms), erlang:md5(term_to_binary(Terms))}.
