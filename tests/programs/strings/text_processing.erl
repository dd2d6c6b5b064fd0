%% Counting, justifying, splitting and formatting text, as lists and as binaries.
-module(text_processing).
-include("t.hrl").

main() ->
    T = text(),
    ?T(word_count(T)),
    ?T(length(lines(T, 30))),
    [io:format("|~s|~n", [L]) || L <- lines(T, 30)],
    [io:format("|~s|~n", [justify(L, 30)]) || L <- lines(T, 30)],
    ?T(title(T)),
    ?T(caesar_binary(list_to_binary(T), 13)),
    ?T(caesar_binary(caesar_binary(list_to_binary(T), 13), 13) =:= list_to_binary(T)),
    ?T(csv(<<"a,b,\"c,d\",\"e\"\"f\"\n1,,3,\n">>)),
    ?T(table([{"name", "qty"}, {"apple", "10"}, {"fig", "7"}])),
    ?T(template(<<"Dear {{name}}, you owe {{sum}}. {{missing}}">>, #{<<"name">> => <<"Ann">>, <<"sum">> => <<"12.50">>})),
    ?T([soundex(W) || W <- ["Robert", "Rupert", "Ashcraft", "Tymczak"]]),
    ?T(hexdump(<<"Hello, binary world! ", 0, 1, 2, 255>>)),
    ?T(rot_words(T)),
    ?T([commas(N) || N <- [0, 999, 1000, 1234567, -98765]]),
    ?T(iolist_size(nested_iolist(12))),
    ?T(erlang:crc32(nested_iolist(12))),
    ok.

text() -> "the quick brown fox jumps over the lazy dog while the cat sleeps and the dog, lazy as ever, dreams of the fox".

word_count(T) -> lists:sublist(lists:reverse(lists:keysort(2, ordered(lists:foldl(fun(W, M) -> M#{W => maps:get(W, M, 0) + 1} end, #{}, string:lexemes(T, " ,"))))), 5).

lines(T, W) -> lines(string:lexemes(T, " "), W, []).
lines([], _, []) -> [];
lines([], _, L) -> [lists:join($\s, lists:reverse(L))];
lines([X | Xs], W, L) ->
    case lists:sum([length(Y) + 1 || Y <- L]) + length(X) > W of
        true -> [lists:join($\s, lists:reverse(L)) | lines(Xs, W, [X])];
        false -> lines(Xs, W, [X | L])
    end.

justify(Line, W) ->
    Ws = string:lexemes(lists:flatten(Line), " "),
    Gaps = length(Ws) - 1,
    Spaces = W - lists:sum([length(X) || X <- Ws]),
    lists:flatten([[X, lists:duplicate(if K =:= 0 -> 0; K =< Spaces rem Gaps -> Spaces div Gaps + 1; true -> Spaces div Gaps end, $\s)] || {K, X} <- lists:zip(lists:seq(1, Gaps) ++ [0], Ws)]).

title(T) -> string:join([[string:to_upper(H) | R] || [H | R] <- string:lexemes(T, " ")], " ").

caesar_binary(B, N) -> << <<(if C >= $a, C =< $z -> (C - $a + N) rem 26 + $a; true -> C end)>> || <<C>> <= B >>.

csv(B) -> csv(B, <<>>, [], []).
csv(<<$", R/binary>>, <<>>, Row, Rows) -> quoted(R, <<>>, Row, Rows);
csv(<<$,, R/binary>>, F, Row, Rows) -> csv(R, <<>>, [F | Row], Rows);
csv(<<$\n, R/binary>>, F, Row, Rows) -> csv(R, <<>>, [], [lists:reverse([F | Row]) | Rows]);
csv(<<C, R/binary>>, F, Row, Rows) -> csv(R, <<F/binary, C>>, Row, Rows);
csv(<<>>, <<>>, [], Rows) -> lists:reverse(Rows);
csv(<<>>, F, Row, Rows) -> lists:reverse([lists:reverse([F | Row]) | Rows]).
quoted(<<"\"\"", R/binary>>, F, Row, Rows) -> quoted(R, <<F/binary, $">>, Row, Rows);
quoted(<<$", R/binary>>, F, Row, Rows) -> csv(R, F, Row, Rows);
quoted(<<C, R/binary>>, F, Row, Rows) -> quoted(R, <<F/binary, C>>, Row, Rows).

table(Rows) -> lists:flatten([io_lib:format("~-8s|~6s~n", [A, B]) || {A, B} <- Rows]).

template(T, Env) ->
    case binary:split(T, <<"{{">>) of
        [Last] -> Last;
        [Before, Rest] ->
            [Key, After] = binary:split(Rest, <<"}}">>),
            iolist_to_binary([Before, maps:get(Key, Env, <<"?">>), template(After, Env)])
    end.

soundex([H | T]) -> string:slice([H | codes([code(C) || C <- T], code(string:to_lower(H)))] ++ "000", 0, 4).
codes([], _) -> [];
codes([skip | T], Last) -> codes(T, Last);
codes([none | T], _) -> codes(T, none);
codes([C | T], C) -> codes(T, C);
codes([C | T], _) -> [C | codes(T, C)].
code(C) when C =:= $b; C =:= $f; C =:= $p; C =:= $v -> $1;
code(C) when C =:= $d; C =:= $t -> $3;
code($l) -> $4;
code(C) when C =:= $m; C =:= $n -> $5;
code($r) -> $6;
code(C) when C =:= $h; C =:= $w -> skip;
code(C) -> case lists:member(C, "cgjkqsxz") of true -> $2; false -> none end.

hexdump(B) -> hexdump(B, 0).
hexdump(<<>>, _) -> [];
hexdump(B, Off) ->
    N = min(16, byte_size(B)),
    <<L:N/binary, R/binary>> = B,
    [lists:flatten(io_lib:format("~4.16.0b ~-48s ~s", [Off, [io_lib:format("~2.16.0b ", [X]) || <<X>> <= L], [if X >= 32, X < 127 -> X; true -> $. end || <<X>> <= L]])) | hexdump(R, Off + 16)].

rot_words(T) -> [lists:reverse(W) || W <- string:split(T, " ", all)].

commas(N) when N < 0 -> [$- | commas(-N)];
commas(N) -> commas_of(lists:reverse(integer_to_list(N))).
commas_of([A, B, C, D | T]) -> commas_of([D | T]) ++ [$,, C, B, A];
commas_of(L) -> lists:reverse(L).

nested_iolist(0) -> <<"leaf">>;
nested_iolist(N) -> [nested_iolist(N - 1), $\s | [[], nested_iolist(N - 1)]].
