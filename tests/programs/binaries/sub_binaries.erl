%% Sub-binaries, reference-counted binaries and bitstrings as they pass through messages, terms and comparisons.
-module(sub_binaries).
-include("t.hrl").

main() ->
    Big = binary:copy(<<"0123456789">>, 100),
    Parts = [binary:part(Big, N * 7, 7) || N <- lists:seq(0, 9)],
    ?T(Parts),
    ?T(iolist_to_binary(Parts)),
    <<_:3, Bits:80/bits, _/bits>> = Big,
    ?T(Bits),
    ?T(bit_size(Bits)),
    ?T(Bits =:= <<Bits/bits>>),
    ?T(<<0:5, Bits/bits, 0:3>> =:= <<0:5, (id(Bits))/bits, 0:3>>),
    ?T(lists:sort([<<5:3>>, <<5>>, <<>>, <<5, 1:1>>, <<4, 255>>, <<5, 0:7>>, <<5:4>>])),
    ?T(erlang:phash2(Bits)),
    ?T(erlang:phash2(<<(id(5)):3>>)),
    ?T(echo(Big) =:= Big),
    ?T(echo(Bits) =:= Bits),
    ?T(byte_size(echo(binary:part(Big, 5, 500)))),
    ?T(echo({Parts, Bits, [Big]}) =:= {Parts, Bits, [Big]}),
    ?T(churn(200, Big)),
    ?T(<<<<(255 - X)>> || <<X>> <= binary:part(Big, 0, 30)>>),
    ?T(binary_to_list(binary:part(Big, 995, 5))),
    ?T(binary_to_term(term_to_binary({Big, Bits})) =:= {Big, Bits}),
    ?T(term_to_binary(<<5:3>>)),
    ?T([bit_size(<<Big:N/bits>>) || N <- [0, 1, 7, 8, 9, 63, 64, 65, 513]]),
    ?T(equal_unaligned(Big)),
    ?T(list_to_bitstring([<<1:1>>, <<2:2>>, 3, [<<4:4>>, <<>>]])),
    ?T(bitstring_to_list(<<(id(1)):1, 255, 3:2>>)),
    ?T(is_binary(id(<<1:1>>))),
    ?T({is_bitstring(Bits), is_binary(Bits)}),
    ok.

echo(T) ->
    Self = self(),
    Pid = spawn_link(fun() -> receive {Self, M} -> Self ! {self(), M} end end),
    Pid ! {Self, T},
    receive {Pid, R} -> R end.

%% Garbage made of binaries, some of which stay reachable.
churn(N, B) -> erlang:crc32(churn(N, B, [])).
churn(0, _, Acc) -> Acc;
churn(N, B, Acc) ->
    New = <<B/binary, N:32>>,
    Keep = binary:part(New, byte_size(New) - 10, 10),
    churn(N - 1, binary:copy(B), [Keep | Acc]).

equal_unaligned(B) ->
    lists:all(fun(N) ->
                      <<_:N, A:320/bits, _/bits>> = B,
                      <<C:40/binary>> = <<A/bits>>,
                      <<_:(8 - N), D:320/bits>> = <<0:(8 - N), A/bits>>,
                      C =:= A andalso D =:= A andalso erlang:phash2(C) =:= erlang:phash2(D) andalso not (C < D)
              end, [1, 2, 3, 4, 5, 6, 7]).
