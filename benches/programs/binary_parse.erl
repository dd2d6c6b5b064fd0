%% Matching on binaries: framed records, lines of text and UTF-8.
-module(binary_parse).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 400),
    bench:run(binary_parse, N, fun() -> {records(), text()} end,
              fun({Records, Text}) ->
                      [{parse(Records, 0), lines(Text, 0, 0), utf8(Text, 0), bits(Text, 0)}
                       || _ <- lists:seq(1, N)]
              end).

records() ->
    << <<(I rem 3):8, (I rem 20):16, 0:(I rem 20)/unit:8, I:32/little, (I / 2):64/float>>
       || I <- lists:seq(1, 5000) >>.

text() ->
    iolist_to_binary([[<<"line ">>, integer_to_binary(I), <<" with some words, äöü €"/utf8>>, $\n]
                      || I <- lists:seq(1, 2000)]).

parse(<<>>, Sum) -> Sum;
parse(<<0, Len:16, Payload:Len/binary, N:32/little, F/float, Rest/binary>>, Sum) ->
    parse(Rest, Sum + byte_size(Payload) + N + trunc(F));
parse(<<Type, Len:16, _:Len/binary, N:32/little, _:64, Rest/binary>>, Sum) ->
    parse(Rest, Sum + N * Type).

lines(<<$\n, Rest/binary>>, Lines, Chars) -> lines(Rest, Lines + 1, Chars);
lines(<<_, Rest/binary>>, Lines, Chars) -> lines(Rest, Lines, Chars + 1);
lines(<<>>, Lines, Chars) -> {Lines, Chars}.

utf8(<<C/utf8, Rest/binary>>, Sum) -> utf8(Rest, Sum + C);
utf8(<<>>, Sum) -> Sum.

bits(<<A:3, B:7, C:6, Rest/bitstring>>, Sum) -> bits(Rest, Sum + A + B * C);
bits(_Rest, Sum) -> Sum.
