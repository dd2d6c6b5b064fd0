%% List and binary comprehensions: generators, filters, nesting, bad generators, patterns that skip.
-module(comprehensions).
-include("t.hrl").

main() ->
    ?T([X * 2 || X <- [1, 2, 3]]),
    ?T([X || X <- [1, 2, 3, 4], X rem 2 =:= 0]),
    ?T([{X, Y} || X <- [1, 2], Y <- [a, b]]),
    ?T([{X, Y} || X <- [1, 2, 3], Y <- lists:seq(X, 3), X + Y =/= 4]),
    ?T([X || {ok, X} <- [{ok, 1}, error, {ok, 2}, {error, 3}, ok]]),
    ?T([X || {X, X} <- [{1, 1}, {1, 2}, {2, 2}]]),
    ?T([X || [X | _] <- ["abc", [], "d", {x}]]),
    ?T([X || #{k := X} <- [#{k => 1}, #{}, #{k => 2, j => 3}]]),
    ?T([X || X <- [1, a, 2, "b", 3], is_integer(X)]),
    ?T([X || X <- [1, a, 2], X + 1 > 2]),
    ?T([X || X <- [1, 2, 3], id(X) > 1]),
    ?T([X || X <- [1, 2, 3], id(X)]),
    ?T([X || X <- [true, false, 1], X]),
    ?T([X || X <- id(not_a_list)]),
    ?T([X || X <- id([1, 2 | tail])]),
    ?T([X || X <- id(<<1, 2>>)]),
    ?T([X || <<X>> <= <<1, 2, 3>>]),
    ?T([X || <<X:4>> <= <<16#12, 16#34>>]),
    ?T([{X, Y} || <<X:16, Y:8>> <= <<1, 2, 3, 4, 5, 6, 7>>]),
    ?T([X || <<1:1, X:7>> <= <<16#81, 16#02, 16#83>>]),
    ?T([B || <<L, B:L/binary>> <= <<1, "a", 2, "bc", 3, "def", 9, "x">>]),
    ?T([C || <<C/utf8>> <= <<"h", 195, 169, "llo">>]),
    ?T([X || <<X>> <= id([1, 2])]),
    ?T([X || <<X>> <= id(a)]),
    ?T(<<<<(X * 2)>> || X <- [1, 2, 3]>>),
    ?T(<<<<X:3>> || X <- [1, 2, 3]>>),
    ?T(<<<<X:16/little>> || <<X:16/big>> <= <<1, 2, 3, 4>>>>),
    ?T(<<<<X/utf8>> || X <- [$a, 16#e9, 16#20ac, 16#1F600]>>),
    ?T(<<<<X/float>> || X <- [1.0, 2]>>),
    ?T(<<<<X/binary>> || X <- [<<"ab">>, <<>>, <<"c">>]>>),
    ?T(<<<<X/binary>> || X <- [<<"ab">>, id(oops)]>>),
    ?T(<<<<X>> || X <- id([1, a])>>),
    ?T(<<<<X>> || X <- id(oops)>>),
    ?T(<<X || X <- [<<"b">>, <<1:3>>]>>),
    ?T(<<<<X, Y>> || X <- [1, 2], <<Y>> <= <<7, 8>>>>),
    ?T(length([{X, Y, Z} || Z <- lists:seq(1, 30), X <- lists:seq(1, Z), Y <- lists:seq(X, Z), X * X + Y * Y =:= Z * Z])),
    ?T([{X, Y, Z} || Z <- lists:seq(1, 20), X <- lists:seq(1, Z), Y <- lists:seq(X, Z), X * X + Y * Y =:= Z * Z]),
    ?T([[X || X <- L, X > 1] || L <- [[1, 2], [3], []]]),
    ?T([begin Y = X * X, {Y, [Z || Z <- [Y, X]]} end || X <- [2, 3]]),
    ?T([io_lib:format("~p", [X]) || X <- [1, a]]),
    ?T([catch 10 div X || X <- [0, 5]]),
    ?T(hex(<<1, 16#ab, 255>>)),
    ?T(unhex("01abff")),
    ?T(transpose([[1, 2, 3], [4, 5, 6]])),
    ?T(byte_size(<<<<N:32>> || N <- lists:seq(1, 2000)>>)),
    ?T(erlang:crc32(<<<<N:32>> || N <- lists:seq(1, 2000)>>)),
    ok.

hex(B) -> [hd(io_lib:format("~2.16.0b", [X])) || <<X>> <= B].

unhex(S) -> <<<<(list_to_integer([A, B], 16))>> || [A, B] <- pairs(S)>>.

pairs([A, B | T]) -> [[A, B] | pairs(T)];
pairs([]) -> [].

transpose([[] | _]) -> [];
transpose(Rows) -> [[H || [H | _] <- Rows] | transpose([T || [_ | T] <- Rows])].
