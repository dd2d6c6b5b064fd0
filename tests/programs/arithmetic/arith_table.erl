%% Every integer and float operator over a table of operands, good and bad.
-module(arith_table).
-include("t.hrl").

main() ->
    Operands = [0, 1, -1, 2, -2, 7, -7, 255, 1 bsl 31, -(1 bsl 31), (1 bsl 59) - 1, -(1 bsl 59), 1 bsl 59, 1 bsl 63,
                -(1 bsl 63), (1 bsl 64) - 1, 0.5, -2.0, 1.0e10, a, "x"],
    [begin
         R = [try_to(fun() -> op(Op, A, B) end) || B <- Operands],
         io:format("~p ~w: ~w~n", [A, Op, R])
     end || Op <- ['+', '-', '*', '/', 'div', 'rem', 'band', 'bor', 'bxor'], A <- Operands],
    [io:format("~w ~p = ~w~n", [Op, A, try_to(fun() -> op(Op, A) end)]) || Op <- ['-', '+', 'bnot', 'abs', 'not'], A <- Operands],
    ok.

op('+', A, B) -> A + B;
op('-', A, B) -> A - B;
op('*', A, B) -> A * B;
op('/', A, B) -> A / B;
op('div', A, B) -> A div B;
op('rem', A, B) -> A rem B;
op('band', A, B) -> A band B;
op('bor', A, B) -> A bor B;
op('bxor', A, B) -> A bxor B.

op('-', A) -> -A;
op('+', A) -> +A;
op('bnot', A) -> bnot A;
op('abs', A) -> abs(A);
op('not', A) -> not A.
