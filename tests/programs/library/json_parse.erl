%% A JSON parser and printer written for binaries, exercised on good and bad texts.
-module(json_parse).
-include("t.hrl").

main() ->
    Texts = [<<"null">>, <<"true">>, <<" [1, 2.5, -3e2, 0] ">>, <<"{\"a\": {\"b\": [true, false, null]}, \"c\": \"text\"}">>, <<"\"esc \\n \\\" \\u00e5 \\ud83d\\ude00 /\"">>, <<"[]">>, <<"{}">>, <<"[[[[]]]]">>,
             <<"{\"k\": 1, \"k\": 2}">>, <<"123456789012345678901234567890">>, <<"1.7976931348623157e308">>, <<"">>, <<"[1,">>, <<"[1 2]">>, <<"{\"a\" 1}">>, <<"tru">>, <<"\"unterminated">>, <<"01">>, <<"1.">>, <<"[1] x">>, <<"{a: 1}">>, <<"\"\\x\"">>, <<"-">>,
             unicode:characters_to_binary([$", 16#e5, 16#20ac, $"])],
    [case try_to(fun() -> decode(T) end) of
         {throw, E} -> io:format("~p -> error ~p~n", [T, E]);
         V -> io:format("~p -> ~p~n   ~p~n   ~p~n", [T, V, iolist_to_binary(encode(V)), decode(iolist_to_binary(encode(V))) =:= V])
     end || T <- Texts],
    Big = #{<<"list">> => lists:seq(1, 300), <<"objects">> => [#{<<"id">> => N, <<"name">> => integer_to_binary(N * N), <<"v">> => N / 7} || N <- lists:seq(1, 60)]},
    Text = iolist_to_binary(encode(Big)),
    ?T(byte_size(Text)),
    ?T(erlang:crc32(Text)),
    ?T(decode(Text) =:= Big),
    ?T(lists:sum([maps:get(<<"id">>, O) || O <- maps:get(<<"objects">>, decode(Text))])),
    ok.

decode(B) ->
    {V, Rest} = value(ws(B)),
    case ws(Rest) of
        <<>> -> V;
        Left -> throw({trailing, Left})
    end.

ws(<<C, R/binary>>) when C =:= $\s; C =:= $\n; C =:= $\t; C =:= $\r -> ws(R);
ws(B) -> B.

value(<<"null", R/binary>>) -> {null, R};
value(<<"true", R/binary>>) -> {true, R};
value(<<"false", R/binary>>) -> {false, R};
value(<<$", R/binary>>) -> string(R, <<>>);
value(<<$[, R/binary>>) -> array(ws(R));
value(<<${, R/binary>>) -> object(ws(R));
value(<<C, _/binary>> = B) when C =:= $-; C >= $0, C =< $9 -> number(B);
value(<<>>) -> throw(unexpected_end);
value(<<C/utf8, _/binary>>) -> throw({unexpected, C}).

array(<<$], R/binary>>) -> {[], R};
array(B) -> array(B, []).
array(B, Acc) ->
    {V, R} = value(ws(B)),
    case ws(R) of
        <<$,, R2/binary>> -> array(R2, [V | Acc]);
        <<$], R2/binary>> -> {lists:reverse([V | Acc]), R2};
        _ -> throw({array, byte_size(R)})
    end.

object(<<$}, R/binary>>) -> {#{}, R};
object(B) -> object(B, #{}).
object(B, Acc) ->
    {K, R} = case ws(B) of <<$", R0/binary>> -> string(R0, <<>>); _ -> throw(no_key) end,
    {V, R2} = case ws(R) of <<$:, R1/binary>> -> value(ws(R1)); _ -> throw({no_colon, K}) end,
    case ws(R2) of
        <<$,, R3/binary>> -> object(R3, Acc#{K => V});
        <<$}, R3/binary>> -> {Acc#{K => V}, R3};
        _ -> throw({object, K})
    end.

string(<<$", R/binary>>, Acc) -> {Acc, R};
string(<<"\\u", H:4/binary, R/binary>>, Acc) ->
    case binary_to_integer(H, 16) of
        Hi when Hi >= 16#d800, Hi =< 16#dbff ->
            <<"\\u", L:4/binary, R2/binary>> = R,
            Lo = binary_to_integer(L, 16),
            string(R2, <<Acc/binary, (16#10000 + ((Hi - 16#d800) bsl 10) + Lo - 16#dc00)/utf8>>);
        C -> string(R, <<Acc/binary, C/utf8>>)
    end;
string(<<$\\, C, R/binary>>, Acc) -> string(R, <<Acc/binary, (escape(C))>>);
string(<<C/utf8, R/binary>>, Acc) -> string(R, <<Acc/binary, C/utf8>>);
string(<<>>, Acc) -> throw({unterminated, Acc}).

escape($n) -> $\n;
escape($t) -> $\t;
escape($") -> $";
escape($\\) -> $\\;
escape($/) -> $/;
escape(C) -> throw({bad_escape, C}).

number(B) ->
    {match, [{0, L}]} = case re:run(B, "^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][+-]?[0-9]+)?", [{capture, first}]) of
                            nomatch -> throw(bad_number);
                            M -> M
                        end,
    <<T:L/binary, R/binary>> = B,
    {to_number(T), R}.

to_number(T) ->
    try binary_to_integer(T)
    catch error:badarg ->
        try binary_to_float(T)
        catch error:badarg ->
            [M, E] = binary:split(T, [<<"e">>, <<"E">>]),
            binary_to_float(<<M/binary, ".0e", E/binary>>)
        end
    end.

encode(null) -> "null";
encode(true) -> "true";
encode(false) -> "false";
encode(N) when is_integer(N) -> integer_to_binary(N);
encode(F) when is_float(F) -> float_to_binary(F, [short]);
encode(B) when is_binary(B) -> [$", << <<(quote(C))/binary>> || <<C/utf8>> <= B >>, $"];
encode(L) when is_list(L) -> [$[, lists:join($,, [encode(X) || X <- L]), $]];
encode(M) when is_map(M) -> [${, lists:join($,, [[encode(K), $:, encode(V)] || {K, V} <- ordered(M)]), $}].

quote($") -> <<"\\\"">>;
quote($\n) -> <<"\\n">>;
quote(C) when C < 128 -> <<C>>;
quote(C) when C < 16#10000 -> iolist_to_binary(io_lib:format("\\u~4.16.0b", [C]));
quote(C) -> iolist_to_binary(io_lib:format("\\u~4.16.0b\\u~4.16.0b", [16#d800 + ((C - 16#10000) bsr 10), 16#dc00 + (C band 16#3ff)])).
