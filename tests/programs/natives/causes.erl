%% boot
%% What error_info says of bad options, kinds and times.
-module(causes).
-include("t.hrl").

main() ->
    [?T({F, A, why(F, A)}) || F <- [send_after, start_timer], A <- timers()],
    [?T({F, A, why(F, A)}) || {F, A} <- others()],
    ok.

timers() ->
    [[T, ?MODULE, m] || T <- [1 bsl 42, 9000000000000, 9223372036854, 1 bsl 50, 1 bsl 70, -1, a]]
        ++ [[T, ?MODULE, m, [{abs, true}]]
            || T <- [-1, 1 bsl 42, 9223372036854, 1 bsl 50, -(1 bsl 50), 1 bsl 70]]
        ++ [[20, ?MODULE, m, [bad]], [20, ?MODULE, m, bad], [20, {a, b}, m, [bad]],
            [a, ?MODULE, m, [bad]], [a, {a}, m], [1, {a}, m], [1, a, m, [{abs, x}]]].

others() ->
    [{monitor, A}
     || A <- [[moon, whatever], [moon, whatever, []], [moon, whatever, [bad]], [process, 1],
              [process, 1, [bad]], [time_offset, x], [port, {a, b}], ["s", a]]]
        ++ [{binary_to_term, A}
            || A <- [[<<"bad">>, abc], [<<"bad">>, [bad]], [a, [bad]], [<<"bad">>, []],
                     [<<131, 100, 0, 1, 97>>, abc], [<<131, 100, 0, 1, 97>>, [safe | x]]]].

why(Function, Arguments) ->
    try apply(erlang, Function, Arguments) of
        _ -> works
    catch
        error:Reason:Stack ->
            {Reason, element(4, hd(Stack)), erl_erts_errors:format_error(Reason, Stack)}
    end.
