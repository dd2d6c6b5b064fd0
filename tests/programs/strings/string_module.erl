%% The string module on lists, binaries and mixed chardata, with grapheme clusters.
-module(string_module).
-include("t.hrl").

main() ->
    S = id("  Hello, World  "),
    B = id(<<"one two  three">>),
    Combining = id([$e, 16#301, $x, 16#1F468, 16#200D, 16#1F469, $\r, $\n]),
    ?T(string:length(S)),
    ?T(string:length(Combining)),
    ?T(string:to_graphemes(Combining)),
    ?T(string:reverse(Combining)),
    ?T(string:trim(S)),
    ?T(string:trim(S, leading)),
    ?T(string:trim(S, trailing)),
    ?T(string:trim(<<"xxabcxx">>, both, "x")),
    ?T(string:chomp("line\r\n")),
    ?T(string:uppercase("stra\x{df}e")),
    ?T(string:uppercase(<<"abc">>)),
    ?T(string:lowercase("ABC\x{c9}")),
    ?T(string:titlecase("hello world")),
    ?T(string:casefold("Stra\x{df}e")),
    ?T(string:equal("abc", <<"abc">>)),
    ?T(string:equal("aBc", "AbC", true)),
    ?T(string:equal([$e, 16#301], [16#e9], false, nfc)),
    ?T(string:find(B, <<"two">>)),
    ?T(string:find(B, "t", trailing)),
    ?T(string:find(B, "zzz")),
    ?T(string:is_empty("")),
    ?T(string:is_empty(["", <<>>, [""]])),
    ?T(string:join(["a", "b", "c"], ", ")),
    ?T(string:lexemes(B, " ")),
    ?T(string:lexemes("a,b;;c", ",;")),
    ?T(string:nth_lexeme(B, 2, " ")),
    ?T(string:next_codepoint(B)),
    ?T(string:next_grapheme(Combining)),
    ?T(string:next_grapheme("")),
    ?T(string:pad("ab", 5)),
    ?T(lists:flatten(string:pad("ab", 5, leading, $.))),
    ?T(string:pad(<<"ab">>, 6, both, $*)),
    ?T(string:prefix(B, "one ")),
    ?T(string:prefix(B, "two")),
    ?T(string:replace(B, "t", "T")),
    ?T(string:replace(B, "t", "T", all)),
    ?T(string:replace("aXbXc", "X", "-", trailing)),
    ?T(string:slice(B, 4, 3)),
    ?T(string:slice("hello", 2)),
    ?T(string:slice("hello", 9)),
    ?T(string:split(B, " ")),
    ?T(string:split(B, " ", all)),
    ?T(string:split("a.b.c", ".", trailing)),
    ?T(string:take("abc123", "abc")),
    ?T(string:take("abc123", "123", true)),
    ?T(string:take("abc123", "123", false, trailing)),
    ?T(string:to_integer("42abc")),
    ?T(string:to_integer(<<"-7 x">>)),
    ?T(string:to_float("1.5e2x")),
    ?T(string:to_float("7")),
    ?T(string:tokens("a b  c", " ")),
    ?T(string:str("hello", "l")),
    ?T(string:rstr("hello", "l")),
    ?T(string:chr("hello", $l)),
    ?T(string:rchr("hello", $l)),
    ?T(string:substr("hello", 2, 3)),
    ?T(string:sub_string("hello", 2, 3)),
    ?T(string:words("a bb ccc")),
    ?T(string:strip("..x..", both, $.)),
    ?T(string:centre("ab", 6, $-)),
    ?T(string:left("ab", 4, $.)),
    ?T(string:right("ab", 4, $.)),
    ?T(string:chars($x, 3)),
    ?T(string:copies("ab", 3)),
    ?T(string:span("aaab", "a")),
    ?T(string:cspan("xxab", "a")),
    ?T(string:to_upper("abc")),
    ?T(string:to_lower("ABC")),
    ?T(string:concat("ab", "cd")),
    ?T(string:length(id(5))),
    ?T(string:uppercase(id([$a, x]))),
    ?T(string:slice(id(<<255, 254>>), 1)),
    ?T(caesar("Hello, World!", 3)),
    ?T(palindrome("A man a plan a canal Panama")),
    ?T(levenshtein("kitten", "sitting")),
    ?T(wrap("the quick brown fox jumps over the lazy dog and runs away", 20)),
    ok.

caesar(S, N) -> [rot(C, N) || C <- S].
rot(C, N) when C >= $a, C =< $z -> (C - $a + N) rem 26 + $a;
rot(C, N) when C >= $A, C =< $Z -> (C - $A + N) rem 26 + $A;
rot(C, _) -> C.

palindrome(S) ->
    L = [C || C <- string:lowercase(S), C =/= $\s],
    L =:= lists:reverse(L).

levenshtein(A, B) -> lists:last(lists:foldl(fun(C, Row) -> row(C, B, Row) end, lists:seq(0, length(B)), A)).
row(C, B, [D | _] = Row) -> lists:reverse(row(C, B, Row, [D + 1])).
row(C, [X | B], [D, U | Row], [L | _] = Acc) ->
    Cost = if C =:= X -> 0; true -> 1 end,
    row(C, B, [U | Row], [lists:min([L + 1, U + 1, D + Cost]) | Acc]);
row(_, [], _, Acc) -> Acc.

wrap(S, W) -> wrap(string:lexemes(S, " "), W, "", []).
wrap([], _, Line, Acc) -> lists:reverse([Line | Acc]);
wrap([T | Ts], W, "", Acc) -> wrap(Ts, W, T, Acc);
wrap([T | Ts], W, Line, Acc) when length(Line) + length(T) < W -> wrap(Ts, W, Line ++ " " ++ T, Acc);
wrap(Ts, W, Line, Acc) -> wrap(Ts, W, "", [Line | Acc]).
