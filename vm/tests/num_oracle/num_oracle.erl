%% Answers the cases of num_oracle.rs: reads lines `Op Arg...` from a file, writes one line each.
%% Integers travel in base 16, floats as the integer of their 64 bits.
-module(num_oracle).
-export([main/2]).

main(In, Out) ->
    {ok, Text} = file:read_file(In),
    Lines = binary:split(Text, <<"\n">>, [global, trim]),
    ok = file:write_file(Out, [[line(L), $\n] || L <- Lines]).

line(Line) ->
    [Op | Args] = binary:split(Line, <<" ">>, [global]),
    try op(Op, Args) catch error:Reason -> atom_to_binary(Reason) end.

op(<<"add">>, [A, B]) -> o(i(A) + i(B));
op(<<"sub">>, [A, B]) -> o(i(A) - i(B));
op(<<"mul">>, [A, B]) -> o(i(A) * i(B));
op(<<"div">>, [A, B]) -> o(i(A) div i(B));
op(<<"rem">>, [A, B]) -> o(i(A) rem i(B));
op(<<"band">>, [A, B]) -> o(i(A) band i(B));
op(<<"bor">>, [A, B]) -> o(i(A) bor i(B));
op(<<"bxor">>, [A, B]) -> o(i(A) bxor i(B));
op(<<"bnot">>, [A]) -> o(bnot i(A));
op(<<"neg">>, [A]) -> o(-i(A));
op(<<"abs">>, [A]) -> o(abs(i(A)));
op(<<"bsl">>, [A, B]) -> o(i(A) bsl i(B));
op(<<"bsr">>, [A, B]) -> o(i(A) bsr i(B));
%% Sizes at the limit: only how large the result is.
op(<<"bslsize">>, [A, B]) -> o(size_of(i(A) bsl i(B)));
op(<<"cmp">>, [A, B]) -> order(i(A), i(B));
op(<<"cmpf">>, [A, B]) -> order(i(A), f(B));
op(<<"float">>, [A]) -> bits(float(i(A)));
op(<<"trunc">>, [A]) -> o(trunc(f(A)));
op(<<"floor">>, [A]) -> o(floor(f(A)));
op(<<"ceil">>, [A]) -> o(ceil(f(A)));
op(<<"round">>, [A]) -> o(round(f(A)));
op(<<"text">>, [A, Base]) -> integer_to_binary(i(A), binary_to_integer(Base));
op(<<"parse">>, [Text, Base]) -> o(binary_to_integer(Text, binary_to_integer(Base)));
op(<<"tobits">>, [A, Bits, Endian]) ->
    N = binary_to_integer(Bits),
    X = i(A),
    Made = case Endian of
        <<"big">> -> <<X:N/big>>;
        <<"little">> -> <<X:N/little>>
    end,
    binary:encode_hex(pad(Made));
op(<<"frombits">>, [Hex, Bits, Endian, Sign]) ->
    N = binary_to_integer(Bits),
    Bin = binary:decode_hex(Hex),
    o(case {Endian, Sign} of
        {<<"big">>, <<"unsigned">>} -> <<X:N/big, _/bits>> = Bin, X;
        {<<"big">>, <<"signed">>} -> <<X:N/big-signed, _/bits>> = Bin, X;
        {<<"little">>, <<"unsigned">>} -> <<X:N/little, _/bits>> = Bin, X;
        {<<"little">>, <<"signed">>} -> <<X:N/little-signed, _/bits>> = Bin, X
    end);
op(<<"f">>, [A]) -> float_to_binary(f(A));
op(<<"short">>, [A]) -> float_to_binary(f(A), [short]);
op(<<"sci">>, [A, D]) -> float_to_binary(f(A), [{scientific, binary_to_integer(D)}]);
op(<<"dec">>, [A, D]) -> float_to_binary(f(A), [{decimals, binary_to_integer(D)}]);
op(<<"compact">>, [A, D]) ->
    float_to_binary(f(A), [{decimals, binary_to_integer(D)}, compact]);
op(<<"readf">>, [Text]) ->
    Same = bits(list_to_float(binary_to_list(Text))),
    Same = bits(binary_to_float(Text)),
    Same;
op(<<"scan">>, [Text]) ->
    case string:to_float(binary_to_list(Text)) of
        {error, _} -> <<"none">>;
        {_, Rest} -> integer_to_binary(byte_size(Text) - length(Rest))
    end.

i(Text) -> binary_to_integer(Text, 16).
o(Int) -> integer_to_binary(Int, 16).
f(Text) -> <<F/float>> = <<(i(Text)):64>>, F.
bits(F) -> <<I:64>> = <<F/float>>, o(I).
size_of(Int) -> erts_debug:flat_size(Int).
pad(Bits) -> Pad = -bit_size(Bits) band 7, <<Bits/bits, 0:Pad>>.

order(A, B) when A < B -> <<"Less">>;
order(A, B) when A > B -> <<"Greater">>;
order(A, B) when A == B -> <<"Equal">>.
