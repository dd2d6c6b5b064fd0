%% Bitstrings of up to a word and a little more, from every place in a byte: parts, copies, lists, numbers.
-module(short_parts).
-include("t.hrl").

main() ->
    parts(),
    lists(),
    numbers(),
    searches(),
    integers(),
    ok.

source() -> << <<(N * 37 rem 256)>> || N <- lists:seq(1, 200) >>.

%% The same bytes, at each bit of a byte.
shifted(Bin) ->
    [begin <<_:S, B:(byte_size(Bin))/binary, _/bits>> = <<0:S, Bin/binary, 5>>, B end || S <- lists:seq(0, 7)].

parts() ->
    Source = source(),
    ?T(erlang:phash2([{S, N, begin <<_:S, P:N/bits, _/bits>> = Source, [P, bit_size(P), <<P/bits, 1:3>>] end}
                      || S <- lists:seq(0, 17), N <- lists:seq(0, 140)])),
    ?T([begin <<_:S, P:N/bits, _/bits>> = Source, Q = <<P/bits>>, {P =:= Q, P < <<200>>, P} end
        || S <- [0, 3, 8, 13], N <- [0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129]]),
    ?T(erlang:phash2([[binary:part(B, F, L), binary_part(B, {F + L, -L})] || B <- shifted(source()), F <- [0, 1, 9], L <- lists:seq(0, 24)])),
    [?T(try_to(F)) || B <- [<<"abcdef">>, <<"abc", 1:3>>, <<>>, abc],
                      F <- [fun() -> binary:part(B, 0, 0) end, fun() -> binary:part(B, 1, 2) end,
                            fun() -> binary:part(B, 3, -3) end, fun() -> binary:part(B, 3, -4) end,
                            fun() -> binary:part(B, 7, 0) end, fun() -> binary:part(B, -1, 2) end,
                            fun() -> binary:part(B, 1 bsl 62, 1 bsl 62) end, fun() -> binary:part(B, a, 1) end,
                            fun() -> binary_part(B, {0, 6}) end, fun() -> binary_part(B, {0}) end,
                            fun() -> split_binary(B, 2) end, fun() -> split_binary(B, 3) end]].

lists() ->
    ?T([bitstring_to_list(<<B/bits>>) || B <- [<<>>, <<1:1>>, <<3:7>>, <<"abc">>, <<"abc", 5:3>>, <<"abcdefgh", 1:1>>]]),
    ?T(erlang:phash2([begin <<_:S, P:N/bits, _/bits>> = source(), bitstring_to_list(P) end
                      || S <- lists:seq(0, 8), N <- lists:seq(0, 90)])),
    ?T(lists:usort([binary_to_list(B, 2, 9) || B <- shifted(source())])).

numbers() ->
    Numbers = [0, 1, 127, 128, 255, 256, 65535, 65536, (1 bsl 56) - 1, 1 bsl 56, (1 bsl 59) - 1, 1 bsl 59, (1 bsl 60) - 1,
               1 bsl 60, (1 bsl 63) - 1, 1 bsl 63, (1 bsl 64) - 1, 1 bsl 64, 1 bsl 200, -1, -(1 bsl 59), -(1 bsl 60), 1.0, a],
    ?T([{N, try_to(fun() -> binary:encode_unsigned(N) end), try_to(fun() -> binary:encode_unsigned(N, little) end)} || N <- Numbers]),
    ?T(try_to(fun() -> binary:encode_unsigned(1, middle) end)),
    Bins = [<<>>, <<0>>, <<0, 0, 7>>, <<7, 0, 0>>, <<255, 255, 255, 255, 255, 255, 255>>, <<255, 255, 255, 255, 255, 255, 255, 255>>,
            <<7, 255, 255, 255, 255, 255, 255, 255>>, <<8, 0, 0, 0, 0, 0, 0, 0>>, <<1, 2, 3, 4, 5, 6, 7, 8, 9>>, <<1:3>>, a],
    ?T([{B, try_to(fun() -> binary:decode_unsigned(B) end), try_to(fun() -> binary:decode_unsigned(B, little) end)} || B <- Bins]),
    ?T([lists:usort([binary:decode_unsigned(B, E) || B <- shifted(Bin)]) || Bin <- Bins, is_binary(Bin), E <- [big, little]]),
    ?T(try_to(fun() -> binary:decode_unsigned(<<1>>, middle) end)).

searches() ->
    Compiled = [binary:compile_pattern(P) || P <- [<<"b">>, <<"bc">>, [<<"bc">>, <<"d">>]]],
    Patterns = [<<"b">>, <<"bc">>, <<"zz">>, [<<"bc">>], [<<"bc">>, <<"bcd">>, <<"a">>] | Compiled],
    Subjects = [<<>>, <<"b">>, <<"abcdabcd">> | shifted(<<"abcdabcd">>)],
    Options = [[], [{scope, {2, 4}}], [{scope, {6, -4}}], [{scope, {0, 0}}], [{scope, {3, 0}}]],
    ?T(erlang:phash2([{S, I, O, try_to(fun() -> binary:F(S, P, O) end)}
                      || S <- Subjects, {I, P} <- lists:zip(lists:seq(1, length(Patterns)), Patterns), O <- Options, F <- [match, matches, split]])),
    Bad = [<<>>, [], [<<>>], [<<"a">>, <<>>], <<1:3>>, a, {bm, a}, {ac, make_ref()}, {bm}, {x, hd(Compiled)}, [a]],
    ?T([[try_to(fun() -> binary:F(S, P) end) || F <- [match, matches, split]] || S <- [<<>>, <<"abc">>, <<"a", 1:1>>, a], P <- Bad]),
    ?T([[try_to(fun() -> binary:F(<<"abcabc">>, <<"b">>, O) end) || F <- [match, matches, split]]
        || O <- [a, [a], [{scope, {3, 9}}], [{scope, {-1, 2}}], [{scope, {1}}], [{scope, {2, 1}}, {scope, {0, 3}}], [global], [global, trim_all], [{scope, {0, 3}} | x]]]),
    ?T([binary:split(<<"a,b,,c,">>, <<",">>, O) || O <- [[], [global], [trim], [global, trim], [global, trim_all], [global, {scope, {2, 3}}]]]).

integers() ->
    Texts = [<<"0">>, <<"7">>, <<"-75BCD15">>, <<"+75bcd15">>, <<"75BCD1">>, <<"7G">>, <<"G7">>, <<"7-">>, <<"-">>, <<"+">>, <<>>, <<"12">>, <<"zz">>,
             <<"ZZZZZZZZZZZ">>, <<"ZZZZZZZZZZZZ">>, <<"7FFFFFFFFFFFFF">>, <<"-7FFFFFFFFFFFFFF">>, <<"8000000000000000">>, <<"1234567">>, <<"12345678901234567">>, <<"1 ">>],
    ?T([{T, B, [try_to(fun() -> binary_to_integer(S, B) end) || S <- lists:sublist(shifted(T), 2)]} || T <- Texts, B <- [2, 8, 10, 16, 35, 36]]),
    ?T([try_to(fun() -> binary_to_integer(T, B) end) || T <- [<<"1">>, <<"1", 1:1>>, a, "1"], B <- [1, 37, a, 10]]).
