%% binary:match/2, matches/2, split/3 and replace/4 with several strings: with one, two, three and more first
%% bytes, with strings that begin others, in short and long binaries, against a search by hand.
-module(several_strings).
-include("t.hrl").

main() ->
    Patterns = [[<<"a">>, <<"ab">>], [<<"ab">>, <<"abc">>, <<"a">>], [<<"ab">>, <<"ba">>], [<<"aa">>, <<"bb">>, <<"cc">>],
                [<<"abc">>, <<"bca">>, <<"cab">>, <<"a">>], [<<"a">>, <<"b">>, <<"c">>, <<"d">>], [<<"dd">>, <<"ad">>, <<"bdc">>, <<"cdcd">>],
                [<<"abcd">>, <<"zz">>], [<<0>>, <<255, 0>>, <<255, 255>>]],
    %% The same for any search: what a program can see.
    [begin
         B = text(Size, Seed),
         Found = binary:matches(B, P),
         ?T({Size, length(Found), erlang:phash2(Found), Found =:= by_hand(B, P, 0)}),
         ?T(binary:match(B, P) =:= case Found of [] -> nomatch; [First | _] -> First end),
         ?T(binary:matches(B, binary:compile_pattern(P)) =:= Found),
         ?T(erlang:phash2(binary:split(B, P, [global]))),
         ?T(byte_size(binary:replace(B, P, <<"-">>, [global]))),
         ?T(binary:match(B, P, [{scope, {Size div 3, Size div 3}}])),
         ?T(binary:match(B, P, [{scope, {Size, -(Size div 2)}}]))
     end || {Size, Seed} <- [{0, 1}, {1, 2}, {2, 3}, {50, 4}, {300, 5}, {16383, 6}, {16384, 7}, {16385, 8}, {40000, 9}], P <- Patterns, Size < 1000 orelse length(P) > 2],
    %% Parts that are copied and parts that are not.
    Whole = binary:copy(<<"0123456789abcdef">>, 4),
    [?T(binary:split(<<Whole/binary, ",", (binary:part(Whole, 0, N))/binary, ",", Whole/binary>>, <<",">>, [global])) || N <- [0, 1, 15, 16, 17, 64]],
    <<_:3, Odd/bitstring>> = <<Whole/binary, 0:3>>,
    ?T(binary:split(Odd, <<16#91>>, [global])),
    ?T(binary:split(Whole, <<"none">>, [global])),
    ok.

text(Size, Seed) -> text(Size, Seed, <<>>).

text(0, _, B) -> B;
text(N, X, B) ->
    Y = (X * 1103515245 + 12345) band 16#7fffffff,
    text(N - 1, Y, <<B/binary, (element((Y bsr 16) rem 6 + 1, {$a, $b, $c, $d, 0, 255}))>>).

%% The first place where one fits, and of those the longest.
by_hand(B, _, At) when At >= byte_size(B) -> [];
by_hand(B, Strings, At) ->
    <<_:At/binary, Rest/binary>> = B,
    case [byte_size(S) || S <- Strings, byte_size(S) =< byte_size(Rest), binary:part(Rest, 0, byte_size(S)) =:= S] of
        [] -> by_hand(B, Strings, At + 1);
        Fits -> Length = lists:max(Fits), [{At, Length} | by_hand(B, Strings, At + Length)]
    end.
