%% Printing with record definitions through io_lib_pretty, and erl_pp, erl_scan, erl_parse round trips.
-module(records_print).
-include("t.hrl").

main() ->
    F = fun(point, 2) -> [x, y]; (person, 3) -> [name, age, friends]; (_, _) -> no end,
    T = {person, "Ann", 30, [{person, "Bob", 25, []}, {point, 1, {point, 2, 3}}, {other, 1, 2}]},
    [io:format("~s~n", [io_lib_pretty:print(T, [{column, 1}, {line_length, L}, {depth, D}, {record_print_fun, F}])]) || L <- [20, 40, 80], D <- [-1, 5, 10]],
    [parse(S) || S <- ["{a, [1,2|T], \"s\", <<1:8, B/binary>>}.", "#{a => 1, b := X}.", "fun(X) when X > 1 -> X * 2; (_) -> ok end.", "try f(X) catch error:E:S -> {E, S} after done() end.",
                       "[X || {ok, X} <- L, X > 0].", "case X of 1 -> a; _ when is_list(X), X =/= [] -> b end.", "receive {a, B} -> B after 100 -> timeout end.", "begin A = 1 + 2 * 3 - -4, A bsl 2 end.", "#rec{a = 1, _ = 2}.", "X#rec.field.",
                       "m:f(1, 'a b', $c, 16#ff, 2#101, 1.5e3, \"a\" \"b\").", "if A andalso B; not C -> x; true -> y end.", "fun m:f/2.", "1 +.", "{a, b.", "a = = b.", "\"unterminated", "'a", "$", "16#gg.", "1.2.3."]],
    [forms(S) || S <- ["f(X) -> X + 1.", "-module(m).", "-export([a/1, b/2]).", "g(0) -> 1; g(N) when N > 0 -> N * g(N - 1).", "-spec f(integer()) -> {ok, [atom()]} | error.", "-record(r, {a = 1 :: integer(), b}).", "-type t() :: #{a := b, c => d}."]],
    [scan(S) || S <- ["foo 'Bar' Baz _x 12 1.5 \"str\" $a -> => := == =:= /= =/= =< >= << >> || | ! ? # . ", "% comment\nx", "1_000 16#FF_FF", "a.b", "{}[]()", "\x{e5}x", "\"\\x41\\n\\^A\"", "$\\n $\\s"]],
    ok.

parse(S) ->
    R = case erl_scan:string(S) of
            {ok, Ts, _} ->
                case erl_parse:parse_exprs(Ts) of
                    {ok, Es} -> io:format("~s~n", [erl_pp:exprs(Es)]), Es;
                    {error, {L, M, E}} -> {error, L, lists:flatten(M:format_error(E))}
                end;
            {error, {L, M, E}, _} -> {scan_error, L, lists:flatten(M:format_error(E))}
        end,
    io:format("~p~n", [R]).

forms(S) ->
    {ok, Ts, _} = erl_scan:string(S),
    {ok, F} = erl_parse:parse_form(Ts),
    io:format("~p~n~s", [F, erl_pp:form(F)]).

scan(S) ->
    io:format("~p~n~p~n", [erl_scan:string(S), erl_scan:string(S, {1, 1}, [return, text])]).
