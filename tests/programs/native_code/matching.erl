-module(matching).
-export([main/0]).

%% Matching of binaries by native code: fields of all widths at all places, aligned or not, near the
%% end and beyond it, in binaries on the heap, off it, and parts of them.

main() ->
    Bytes = << <<((I * 167 + 13) rem 256)>> || I <- lists:seq(1, 200) >>,
    Large = binary:copy(Bytes, 3),
    <<_:77/binary, Part:51/binary, _/binary>> = Large,
    <<_:13/bitstring, Bits:301/bitstring, _/bitstring>> = Large,
    <<Small:23/binary, _/binary>> = Bytes,
    Subjects = [<<>>, <<1>>, <<1, 2, 3>>, Small, Part, Bits, Large, <<Small/binary, 5:3>>,
                <<"some text with ümlauts and more"/utf8>>, <<255, 254, 0, 128>>],
    [show(Name, [walk(F, S) || S <- Subjects]) || {Name, F} <- steps()],
    ok.

show(Name, Results) ->
    io:format("~s ~p~n", [Name, erlang:phash2(Results)]).

%% Takes steps from every bit of the subject.
walk(F, Subject) ->
    [steps(F, bits_from(At, Subject), []) || At <- lists:seq(0, min(bit_size(Subject), 40))].

bits_from(At, Subject) ->
    <<_:At/bitstring, Rest/bitstring>> = Subject,
    Rest.

steps(F, Bits, Acc) ->
    case F(Bits) of
        {X, Rest} when is_bitstring(Rest) -> steps(F, Rest, [X | Acc]);
        X -> [X | Acc]
    end.

steps() ->
    [{"8", fun(<<X, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"16", fun(<<X:16, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"32", fun(<<X:32, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"1", fun(<<X:1, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"7", fun(<<X:7, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"24", fun(<<X:24, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"signed 5", fun(<<X:5/signed, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"signed 16", fun(<<X:16/signed, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"signed 56", fun(<<X:56/signed, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"57", fun(<<X:57, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"59", fun(<<X:59, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"64", fun(<<X:64, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"little 16", fun(<<X:16/little, R/bitstring>>) -> {X, R}; (_) -> no end},
     {"several", fun(<<A:3, B:12, C:1, D:48, R/bitstring>>) -> {[A, B, C, D], R}; (_) -> no end},
     {"skipped", fun(<<_:24, X, R/bitstring>>) -> {X, R}; (<<_:5, R/bitstring>>) -> {five, R}; (_) -> no end},
     {"alternatives",
      fun(<<0:1, X:7, R/bitstring>>) -> {X, R};
         (<<2:2, X:14, R/bitstring>>) -> {X, R};
         (<<3:2, X:30, R/bitstring>>) -> {X, R};
         (<<X:1, _/bitstring>>) -> [rest, X];
         (<<>>) -> none
      end},
     {"strings",
      fun(<<"text", R/bitstring>>) -> {text, R};
         (<<"some ", R/bitstring>>) -> {some, R};
         (<<1, 2, R/bitstring>>) -> {one_two, R};
         (<<"with \xc3\xbcml", R/bitstring>>) -> {with, R};
         (<<C, R/bitstring>>) -> {C, R};
         (R) -> bit_size(R)
      end},
     {"characters", fun(<<C/utf8, R/bitstring>>) -> {C, R}; (<<X, R/bitstring>>) -> {{X}, R}; (_) -> no end},
     {"whole bytes", fun(<<X:16, R/binary>>) -> {X, R}; (<<_:1, R/bitstring>>) -> {bit, R}; (_) -> no end},
     {"units", fun(<<X, R/binary-unit:32>>) -> {X, R}; (<<X:8, R/bitstring>>) -> {{X}, R}; (_) -> no end},
     {"exactly", fun(<<X:40>>) -> X; (<<_:8, R/bitstring>>) -> {eight, R}; (_) -> no end},
     {"no binary", fun(B) -> try none(B) catch error:E -> E end end}].

none(B) ->
    <<X:8, _/bitstring>> = hd([{B}]),
    X.
