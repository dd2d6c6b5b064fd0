%% Bit syntax in all its forms; `results/0` gives one term, which must be the same everywhere.
%% Needs no library and no natives. Also compiled the way releases before 25 did.
-module(bit_syntax).
-export([start/0, results/0, to_file/1]).

start() ->
    test:done(try results() catch C:E:S -> {crashed, C, E, S} end).

%% On stock only.
to_file(Name) ->
    ok = file:write_file(Name, term_to_binary(results())).

id(X) -> X.

r(F) ->
    try {ok, F()}
    catch C:E:S -> [{M, N, A, Where} | _] = S, {C, E, M, N, A, without_place(Where)}
    end.

without_place([{file, _} | T]) -> without_place(T);
without_place([{line, _} | T]) -> without_place(T);
without_place(T) -> T.

results() ->
    [integers(), floats(), binaries(), characters(), errors(), appending(), comprehensions(),
     contexts(), large(), loops(), mixed(id(7))].

integers() ->
    Values = [0, 1, -1, 5, -5, 255, 256, -129, 16#123456789ABCDEF, -16#123456789ABCDEF,
              1 bsl 59, -(1 bsl 59), (1 bsl 59) - 1, -(1 bsl 59) - 1, 1 bsl 63, 1 bsl 64,
              -(1 bsl 64), 1 bsl 200 + 12345, -(1 bsl 200) - 12345],
    Sizes = [0, 1, 3, 7, 8, 9, 12, 16, 24, 31, 32, 33, 40, 48, 56, 57, 59, 60, 61, 63, 64, 65, 70,
             72, 100, 128, 129, 200, 256, 300],
    [[integer(V, S, O) || V <- Values, S <- Sizes] || O <- [0, 1, 3, 4, 7, 8, 13]].

integer(V, S, O) ->
    B = <<1:O, V:S, V:S/little, 2:3>>,
    <<_:O, A1:S, A2:S/little, A3:3>> = B,
    <<_:O, A4:S/signed, A5:S/little-signed, A6:3>> = B,
    <<_:O, A7:S/bits, A8/bits>> = B,
    {B, A1, A2, A3, A4, A5, A6, A7, A8, fixed(B, O)}.

fixed(B, O) ->
    case B of
        <<_:O, A:8, B1:16, C:32, D:24/little, E:7/signed, F:64, G/bits>> -> {A, B1, C, D, E, F, G};
        <<_:O, A:32/little, C:16/signed, D/bits>> -> {A, C, D};
        <<_:O, A:16/little-signed, D/bits>> -> {A, D};
        <<_:O, A, D/bits>> -> {A, D};
        _ -> none
    end.

floats() ->
    Values = [0.0, -0.0, 1.0, -1.5, 1.0e-5, 65504.0, 65519.0, 65520.0, 1.0e10, 1.0e-8, 3.0e-8,
              1.0e300, -1.0e300, 1.0e-300, 5.0e-324, 1, -7, 1 bsl 58 + 1, 1 bsl 70, -(1 bsl 70)],
    [[[float(V, S, O) || V <- Values, S <- [16, 32, 64]] || O <- [0, 3, 8]]
     | [r(fun() -> <<X:S/float>> = id(<<N:S>>), X end)
        || S <- [0, 16, 17, 32, 64], N <- [0, 1, -1, 16#7C00, 16#7F800000, 16#FFF0000000000000]]].

float(V, S, O) ->
    B = <<1:O, V:S/float, V:S/float-little>>,
    {B, case B of
            <<_:O, X:S/float, Y:S/float-little>> -> {X, Y};
            <<_:O, X:S, Y:S/bits>> -> {X, Y}
        end}.

binaries() ->
    Long = << <<X>> || X <- seq(1, 200) >>,
    [[binary(Long, From, Size) || From <- [0, 1, 5, 8, 64, 71], Size <- [0, 1, 8, 63, 64, 65, 128, 129, 200, 512, 520, 1000]]
     | [r(fun() -> <<A:3/binary, B/binary>> = id(<<1, 2>>), {A, B} end),
        r(fun() -> <<A:2/binary, B/binary>> = id(<<1, 2, 3>>), {A, B} end),
        r(fun() -> <<A/binary>> = id(<<1, 2, 3:4>>), A end),
        r(fun() -> <<_:4, A/binary>> = id(<<1, 2, 3:4>>), A end),
        r(fun() -> <<_:4, _/binary>> = id(<<1, 2, 3:4>>), yes end),
        r(fun() -> <<_:4, _/binary>> = id(<<1, 2, 3:3>>), yes end),
        r(fun() -> <<"abc", X/bits>> = id(<<"abcd">>), X end),
        r(fun() -> <<"abc", X/bits>> = id(<<"abd">>), X end),
        r(fun() -> <<_:3, "abcdefghij", X/bits>> = id(<<5:3, "abcdefghij", 7:5>>), X end),
        r(fun() -> <<_:3, 5:11, X/bits>> = id(<<5:3, 5:11, 7:5>>), X end)]].

binary(Long, From, Size) ->
    <<_:From/bits, Part:Size/bits, Rest/bits>> = Long,
    Built = <<3:2, Part/bits, 1:1, Part:(Size div 2)/bits, "end">>,
    {Part, Built, case <<Rest/bits>> of Rest -> same; _ -> other end, Rest}.

characters() ->
    Chars = [0, $a, 127, 128, 16#7FF, 16#800, 16#D7FF, 16#D800, 16#DFFF, 16#E000, 16#FFFF,
             16#10000, 16#10437, 16#10FFFF, 16#110000, -1, 1 bsl 70, a],
    [[[{r(fun() -> <<1:O, C/utf8, 2>> end), r(fun() -> <<1:O, C/utf16, 2>> end),
       r(fun() -> <<1:O, C/utf16-little, 2>> end), r(fun() -> <<1:O, C/utf32, 2>> end),
       r(fun() -> <<1:O, C/utf32-little, 2>> end)} || C <- Chars] || O <- [0, 5]]
     | [[decode(B) || B <- [<<>>, <<"a">>, <<"é"/utf8>>, <<"€x"/utf8>>, <<16#10437/utf8, 1>>,
                            <<16#C0, 16#80>>, <<16#E0, 16#80, 16#80>>, <<16#ED, 16#A0, 16#80>>,
                            <<16#F4, 16#90, 16#80, 16#80>>, <<16#F0, 16#80, 16#80, 16#80>>,
                            <<16#E2, 16#82>>, <<16#80>>, <<16#FF>>, <<16#D801:16, 16#DC37:16>>,
                            <<16#D801:16/little, 16#DC37:16/little>>, <<16#D801:16, 1:16>>,
                            <<16#DC37:16, 1:16>>, <<16#D801:16>>, <<$x:32>>, <<$x:32/little>>,
                            <<16#110000:32>>, <<16#D800:32>>, <<$x:16, 3:7>>]]]].

decode(B) ->
    U = <<5:3, B/bits>>,
    {case B of <<A/utf8, T/bits>> -> {A, T}; _ -> no end,
     case U of <<5:3, A/utf8, T/bits>> -> {A, T}; _ -> no end,
     case B of <<A/utf16, T/bits>> -> {A, T}; _ -> no end,
     case U of <<5:3, A/utf16-little, T/bits>> -> {A, T}; _ -> no end,
     case B of <<A/utf32, T/bits>> -> {A, T}; _ -> no end,
     case U of <<5:3, A/utf32-little, T/bits>> -> {A, T}; _ -> no end,
     case B of <<_/utf8, T/bits>> -> T; _ -> no end,
     case B of <<_/utf16, T/bits>> -> T; _ -> no end,
     case B of <<_/utf32, T/bits>> -> T; _ -> no end}.

errors() ->
    [r(fun() -> <<(id(1 bsl 2000)):64/float>> end),
     r(fun() -> <<(id(1.0)):(id(17))/float>> end),
     r(fun() -> <<(id(a)):(id(17))/float>> end),
     r(fun() -> <<(id(a)):(id(64))/float>> end),
     r(fun() -> <<(id(1.0)):(id(0))/float>> end),
     r(fun() -> <<(id(1.0)):(id(-1))/float>> end),
     r(fun() -> <<1:3, (id(1.0)):(id(17))/float>> end),
     r(fun() -> <<(id(a)):8>> end),
     r(fun() -> <<(id(1.0)):8>> end),
     r(fun() -> <<(id(a)):(id(0))>> end),
     r(fun() -> <<(id(5)):(id(a))>> end),
     r(fun() -> <<(id(5)):(id(1 bsl 70))>> end),
     r(fun() -> <<(id(5)):(id(1 bsl 58))/unit:256>> end),
     r(fun() -> <<(id(5)):(id(-(1 bsl 70)))>> end),
     r(fun() -> <<(id(a))/binary, 1>> end),
     r(fun() -> <<(id(<<1:3>>))/binary, 1>> end),
     r(fun() -> <<(id(<<1:3>>))/bits, 1>> end),
     r(fun() -> <<1, (id(<<1:3>>))/binary>> end),
     r(fun() -> <<1, (id(a))/binary>> end),
     r(fun() -> <<1, (id(<<1>>)):(id(3))/binary>> end),
     r(fun() -> <<1, (id(<<1, 2>>)):3/bits>> end),
     r(fun() -> <<1, (id(a)):(id(3))/binary>> end),
     r(fun() -> <<(id(a)), (id(b)):(id(a))>> end),
     r(fun() -> <<(id(<<1, 2, 3>>)):1/binary, (id(b))>> end),
     r(fun() -> <<(id(a))/binary, (id(b)):(id(a))>> end),
     r(fun() -> Z = id(1 bsl 100), <<X:Z>> = id(<<1>>), X end),
     r(fun() -> Z = id(a), <<X:Z>> = id(<<1>>), X end),
     r(fun() -> Z = id(-1), <<X:Z, _/bits>> = id(<<1>>), X end),
     r(fun() -> Z = id(-1), <<_:Z, X/bits>> = id(<<1>>), X end),
     r(fun() -> Z = id(8), <<_:Z, X/bits>> = id(<<1, 2>>), X end),
     r(fun() -> Z = id(1 bsl 58), <<X:Z/unit:256, _/bits>> = id(<<1>>), X end),
     r(fun() -> <<X>> = id(a), X end),
     guarded(id(<<1>>), id(a)), guarded(id(<<1>>), id(3))].

guarded(B, X) when <<B/binary, X>> =:= <<1, 3>> -> yes;
guarded(_, _) -> no.

%% The same bitstring continued twice; continued at each length; continued by itself.
appending() ->
    A = append(<<>>, 300),
    B1 = <<A/binary, "one">>,
    B2 = <<A/binary, "two">>,
    C = bits(<<>>, 1500),
    C1 = <<C/bits, 0:1>>,
    C2 = <<C/bits, 1:1>>,
    C3 = <<C1/bits, C2/bits, C/bits>>,
    D = <<A/binary, A/binary>>,
    {A, B1, B2, C, C1, C2, C3, D, <<D/binary>>, <<D/binary, (id(<<>>))/bits>>,
     <<C3/bits, C3/bits>>, double(<<1:3>>, 12), r(fun() -> <<C/binary, 1>> end),
     failed_append(A), <<A/binary, "three">>}.

failed_append(A) ->
    {r(fun() -> <<A/binary, 7, (id(x))>> end), <<A/binary, 8>>}.

append(B, 0) -> B;
append(B, N) -> append(<<B/binary, N>>, N - 1).

bits(B, 0) -> B;
bits(B, N) -> bits(<<B/bits, (N rem 3):1>>, N - 1).

double(B, 0) -> B;
double(B, N) -> double(<<B/bits, B/bits>>, N - 1).

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].

comprehensions() ->
    L = seq(1, 500),
    B = << <<X:16>> || X <- L >>,
    {B, << <<X:3>> || X <- L >>, << <<X:16/little>> || <<X:16>> <= B >>,
     [X || <<X:7>> <= B], [X || <<X:5, 1:1>> <= B], << <<Y/bits>> || <<Y:3/bits>> <= B >>,
     << <<X/utf8>> || X <- L >>, [X || <<X/utf8>> <= << <<X/utf8>> || X <- L >>],
     << <<>> || _ <- L >>, << <<1:N>> || N <- seq(0, 70) >>,
     r(fun() -> << <<X>> || X <- [1, 2, id(a)] >> end),
     r(fun() -> << <<X/binary>> || X <- [<<1>>, <<2>>, id(a)] >> end)}.

%% The rest is passed on as a context, taken as a term in some clauses, looked at twice in others.
contexts() ->
    B = <<"key=value; other=thing; x", 1:3>>,
    {words(B, <<>>), words(<<"plain">>, <<>>), twice(B), twice(<<1, 2>>), count(B, 0)}.

words(<<"; ", R/bits>>, Acc) -> [Acc | words(R, <<>>)];
words(<<C, R/bits>>, Acc) -> words(R, <<Acc/binary, C>>);
words(R, Acc) -> [Acc, R].

twice(<<A:16, R/bits>> = B) when A > 16#7000 -> {A, R, B};
twice(<<A, R/bits>> = B) -> {A, twice(R), B};
twice(B) -> {rest, B}.

count(<<_:3, R/bits>>, N) -> count(R, N + 1);
count(<<R/bits>>, N) -> {N, R}.

large() ->
    A = <<7:100000>>,
    <<X:100000>> = A,
    <<_:5, Y:90000/little-signed, Z/bits>> = A,
    {X, Y, Z, <<X:99999, 1:1>>, <<(-X):1000>>, <<X:70000/little>>}.

%% Room for a fun and a float beside that for the bitstring.
mixed(X) ->
    B = <<X:16, "ab">>,
    C = <<B/binary, X>>,
    F = fun(Y) -> {X, Y, B} end,
    {B, C, X / 2, F(C)}.

%% Enough garbage for many collections, with everything kept in between.
loops() ->
    {churn(2000, <<>>, []), parse(append(<<>>, 255), [])}.

churn(0, Acc, Kept) -> {Acc, Kept};
churn(N, Acc, Kept) when N rem 100 =:= 0 ->
    churn(N - 1, <<Acc/bits, N:17>>, [<<N:600, Acc/bits>>, <<N:65>> | Kept]);
churn(N, Acc, Kept) ->
    <<_:3, K/bits>> = <<N:700>>,
    <<M:697>> = K,
    churn(N - 1, <<Acc/bits, M:11>>, Kept).

parse(<<N:4, M:4, R/bits>>, Acc) -> parse(R, [{N, M, <<M:N>>} | Acc]);
parse(<<>>, Acc) -> Acc.
