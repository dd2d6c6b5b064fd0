%% io_lib:format: every control sequence with widths, precisions, pads, adjustments, and bad formats.
-module(format_controls).
-include("t.hrl").

main() ->
    Cases = [{"~~", []}, {"~c", [$a]}, {"~3c", [$a]}, {"~5.2c|", [$a]}, {"~-5c|", [$a]}, {"~tc", [16#e5]},
             {"~s", ["abc"]}, {"~s", [<<"abc">>]}, {"~s", [abc]}, {"~s", [["a", [$b, <<"c">>]]]}, {"~10s|", ["abc"]}, {"~-10s|", ["abc"]}, {"~10.2s|", ["abc"]}, {"~.2s|", ["abc"]}, {"~2s|", ["abc"]}, {"~10.10.*s|", ["abc"]}, {"~10..xs|", ["abc"]},
             {"~w", ["abc"]}, {"~w", [{a, "b", <<"c">>, 1.5, #{k => v}}]}, {"~20w|", [{a, b}]}, {"~-20w|", [{a, b}]}, {"~3w|", [{a, b}]}, {"~W", [[1, 2, 3, 4, 5, 6], 4]}, {"~W", [{a, {b, {c, {d}}}}, 3]}, {"~W", [#{a => #{b => c}}, 3]},
             {"~p", ["abc"]}, {"~p", [[1, 2, 3]]}, {"~p", [<<"abc">>]}, {"~p", [<<1, 2>>]}, {"~P", [[1, 2, 3, 4, 5, 6], 4]}, {"~P", ["abcdefghijklmnop", 4]}, {"~P", [{a, {b, {c, {d}}}}, 3]}, {"~P", [<<"abcdefghijklmnop">>, 3]}, {"~5p|", [abc]}, {"~10p|", [abc]}, {"~lp", ["abc"]}, {"~lw", ["abc"]},
             {"~i~w", [skipped, shown]}, {"~n", []}, {"~2n", []},
             {"~b", [42]}, {"~b", [-42]}, {"~10b|", [42]}, {"~-10b|", [42]}, {"~10.16b|", [255]}, {"~.16b", [-255]}, {"~.16B", [255]}, {"~8.2.0b", [5]}, {"~.36B", [123456789]}, {"~B", [1 bsl 70]}, {"~.16#", [255]}, {"~.16x", [255, "0x"]}, {"~.16X", [-255, "0X"]}, {"~.10+", [31]}, {"~.8#", [8]}, {"~.2+", [5]},
             {"~*b|", [8, 5]}, {"~*.*b|", [8, 2, 5]}, {"~*.*.*b|", [8, 2, $_, 5]}, {"~-*b|", [8, 5]},
             {"~e", [1.5]}, {"~f", [1.5]}, {"~g", [1.5]}, {"~.3f|~10.3f|~-10.3f|~010.3f", [1.0, 2.0, 3.0, 4.0]}, {"~.1e", [12345.678]}, {"~.12g", [0.1]}, {"~g", [1.0e10]}, {"~g", [0.01]}, {"~f", [1.0e20]}, {"~.0f", [2.5]}, {"~e", [1]}, {"~3f|", [1.5]},
             {"~p ~p", [1]}, {"~p", []}, {"~p", [1, 2]}, {"~q", [1]}, {"~", [1]}, {"~b", [a]}, {"~b", [1.5]}, {"~s", [1]}, {"~s", [{a}]}, {"~c", [a]}, {"~e", [a]}, {"~f", ["x"]}, {"~.1b", [5]}, {"~.40b", [5]}, {"~x", [1]}, {"~s", [[16#20ac]]}, {"~ts", [[16#20ac]]}, {"~W", [a, x]}, {"~p", not_a_list}, {not_a_format, []}, {"~0p", [a]}, {"~0w|~0P", [abc, {a, b}, 5]},
             {"plain", []}, {<<"binary ~p">>, [1]}, {'atom ~p', [1]}, {"", []}],
    [show(F, {A, result(F, A)}) || {F, A} <- Cases],
    ?T(io_lib:format("~p~n", [a])),
    ?T(io_lib:fwrite("~10s~5w", ["x", y])),
    ?T(io_lib:format("~p", [a], [{chars_limit, 5}])),
    ?T(lists:flatten(io_lib:format("~p", [lists:seq(1, 100)], [{chars_limit, 40}]))),
    ?T(lists:flatten(io_lib:format("~w", [lists:seq(1, 100)], [{chars_limit, 40}]))),
    ?T(io_lib:scan_format("~10.3.xp a ~s", [1, 2])),
    ?T(io_lib:unscan_format(io_lib:scan_format("~10.3.xp a ~s", [1, 2]))),
    ?T(io_lib:build_text(io_lib:scan_format("~p-~s", [1, "b"]))),
    ok.

show(F, {A, R}) -> io:format("~p ~w: ~w~n", [F, A, R]).

result(F, A) ->
    try lists:flatten(io_lib:format(F, A)) of
        S -> case io_lib:latin1_char_list(S) of true -> list_to_atom(S); false -> S end
    catch
        C:R -> {C, R}
    end.
