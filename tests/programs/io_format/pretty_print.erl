%% ~p and io_lib:print: line breaking and indentation of all kinds of nested terms at several widths.
-module(pretty_print).
-include("t.hrl").

main() ->
    Terms = [lists:seq(1, 60),
             [{key, N, "value number", N * N} || N <- lists:seq(1, 8)],
             {tuple, with, lists:duplicate(30, element), {nested, {deeply, {inside, [of_many, things]}}}},
             #{a => lists:seq(1, 40), long_key_name => "some text", "string key" => #{nested => map, with => [1, 2, 3]}, {t, 1} => <<"binary value">>},
             "a string which is quite long and has to be broken into several parts because it does not fit on one line of eighty columns",
             <<"a binary which is quite long and has to be broken into several parts because it does not fit on one line of eighty columns">>,
             binary:copy(<<0, 1, 255>>, 30),
             <<1, 2, 3:5>>,
             [["nested"], [["deep"]], [[[]]], []],
             {[], {}, #{}, <<>>, "", ''},
             ['Quoted Atom', 'with\'quote', 'new\nline', normal, 'UPPER', 'æ', '', 'a@b', '1a', 'div', 'maybe', 'if'],
             ["esc\n\t\"\\\e", [7, 8, 9], [1, 200, 255], "\x{7f}"],
             [a | b], [1, 2 | {c, d}], [[1 | 2] | 3],
             {1.0, -0.0, 1.0e100, 1 bsl 100, -5},
             [$a, $b, 300], [$a, 0], "ab\x{e5}",
             deep(12),
             [#{N => #{N => N}} || N <- lists:seq(1, 5)],
             {a_very_long_atom_name_for_the_first_element, another_very_long_atom_name_for_the_second, yet_another_long_atom_name},
             [{a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z, 1, 2, 3, 4, 5, 6, 7, 8, 9}],
             fun lists:map/2,
             {rec, "text", [{point, 1, 2}, {point, 3, 4}], undefined},
             [lists:seq(N, N + 3) || N <- lists:seq(1, 20)]],
    [begin
         io:format("~p~n", [T]),
         io:format("~w~n", [T]),
         io:format("~30p~n", [T]),
         io:format("~P~n", [T, 12]),
         io:format("~W~n", [T, 7]),
         io:format("prefix of some length ~p suffix~n", [T]),
         io:format("~0p~n", [T]),
         io:format("~s~n", [io_lib:print(T, 5, 50, 10)]),
         io:format("~p~n", [lists:flatten(io_lib:write(T, 8))])
     end || T <- Terms],
    [io:format("~ts~n", [io_lib:format("~*p", [W, lists:nth(4, Terms)])]) || W <- [20, 40, 60, 120, 1000]],
    ?T(io_lib:write_atom('a b')),
    ?T(io_lib:write_string("a\"b")),
    ?T(io_lib:write_char($\n)),
    ?T(io_lib:indentation("abc\nde", 3)),
    ?T(io_lib:nl()),
    ?T([io_lib:deep_char_list(X) || X <- ["a", [$a, ["b"]], [a], [1 | 2]]]),
    ?T([io_lib:printable_latin1_list(X) || X <- ["a", [0], [255], [256]]]),
    ok.

deep(0) -> [];
deep(N) -> {N, [deep(N - 1)], "s"}.
