%% phash2, phash and md5 of terms of every kind, with ranges.
-module(hashes).
-include("t.hrl").
-compile(nowarn_deprecated_function).

main() ->
    Terms = [0, 1, -1, 255, 256, 1 bsl 27, 1 bsl 28, -(1 bsl 28), (1 bsl 59) - 1, -(1 bsl 59), 1 bsl 59, 1 bsl 60, 1 bsl 64, -(1 bsl 64), 1 bsl 100, -(1 bsl 128), (1 bsl 1000) + 12345, 0.0, 1.0, -1.5, 1.0e100, 1.0e-300, 3.14159,
             a, b, abc, '', true, 'hello world', '\x{e5}', '\x{3b1}', [], [1], [1, 2], "abc", "a longer string of text here", [a | b], [256, 1], [1, a, 2, b], [[], [[]]], lists:seq(1, 300), {}, {a}, {1, 2, 3}, {a, {b, {c}}}, list_to_tuple(lists:seq(1, 100)),
             <<>>, <<1>>, <<"abc">>, <<"exactly sixteen!">>, <<1:3>>, <<255, 1:7>>, binary:copy(<<"xyz">>, 100), #{}, #{a => 1}, #{a => 1, b => 2}, #{b => 2, a => 1}, #{1 => #{2 => 3}}, maps:from_list([{N, N} || N <- lists:seq(1, 50)]), [#{a => []}],
             fun lists:map/2, fun erlang:abs/1, {fun lists:map/2, [1.5]}],
    [io:format("~w ~w ~w ~w ~w~n", [erlang:phash2(T), erlang:phash2(T, 1000), erlang:phash2(T, 1 bsl 32), erlang:phash2(T, 1), phash(T)]) || T <- Terms],
    %% Tuples of all sizes, first of all and inside others.
    ?T([erlang:phash2(T) || N <- lists:seq(0, 20),
                            T <- [erlang:make_tuple(N, a), erlang:make_tuple(N, []), {erlang:make_tuple(N, 1.5)},
                                  [erlang:make_tuple(N, "x")], #{erlang:make_tuple(N, b) => erlang:make_tuple(N, c)}]]),
    ?T(erlang:phash2(a, id(0))),
    ?T(erlang:phash2(a, id(-1))),
    ?T(erlang:phash2(a, id(x))),
    ?T(erlang:phash2(a, (1 bsl 32) + 1)),
    ?T(erlang:phash(a, id(0))),
    ?T(spread(1000)),
    ?T(erlang:phash2(unaligned())),
    ?T(erlang:phash2(<<"bcd">>) =:= erlang:phash2(unaligned())),
    ?T(erlang:md5(term_to_binary({a, [1]}))),
    ok.

%% phash of maps and large ranges included; external funs too.
phash(T) -> try erlang:phash(T, 1 bsl 32) catch C:R -> {C, R} end.

spread(N) ->
    Buckets = lists:foldl(fun(X, M) -> maps:update_with(erlang:phash2({x, X}, 16), fun(C) -> C + 1 end, 1, M) end, #{}, lists:seq(1, N)),
    ordered(Buckets).

unaligned() ->
    <<_:5, B:3/binary, _/bits>> = <<0:5, "bcd", 0:3>>,
    B.
