%% Big integer operators over a table of operands of many sizes and both signs.
-module(big_operators).
-include("t.hrl").

main() ->
    Bigs = operands(),
    [io:format("~w ~w: ~w~n", [A, Op, [try_to(fun() -> op(Op, A, B) end) || B <- Bigs]])
     || Op <- ['+', '-', '*', 'div', 'rem', 'band', 'bor', 'bxor'], A <- Bigs],
    [io:format("~w: ~w ~w ~w~n", [A, -A, bnot A, abs(A)]) || A <- Bigs],
    [io:format("~w shifted: ~w~n", [A, [{A bsl S, A bsr S} || S <- shifts()]]) || A <- Bigs],
    %% Division must agree with multiplication.
    out("identities", lists:all(fun({A, B}) -> (A div B) * B + (A rem B) =:= A end, [{A, B} || A <- Bigs, B <- Bigs, B =/= 0])),
    ?T(id(1 bsl 100) + a_atom()),
    ?T(a_atom() * id(1 bsl 100)),
    ?T(id(1 bsl 100) div 0),
    ?T(id(1 bsl 100) rem 0),
    ?T(id(1 bsl 100) div 2.0),
    ?T(id(1 bsl 100) bsl (1 bsl 70)),
    ?T(id(1 bsl 100) bsr (1 bsl 70)),
    ?T(id(-(1 bsl 100)) bsr (1 bsl 70)),
    ?T(id(1 bsl 100) bsl id(a)),
    ?T((id(1) bsl id(1000)) - (id(1) bsl id(1000)) + 5),
    ok.

shifts() -> [0, 1, 3, 31, 32, 63, 64, 65, 127, 128, 130, -1, -64, -100].

a_atom() -> id(a).

operands() ->
    Positive = [3, (1 bsl 59) - 1, 1 bsl 59, (1 bsl 63) - 1, 1 bsl 63, (1 bsl 64) - 1, 1 bsl 64, 12345678901234567890123,
                (1 bsl 128) - 1, 1 bsl 128, 16#DEADBEEFCAFEBABE0123456789ABCDEF55AA55AA],
    [0 | Positive ++ [-P || P <- Positive]].

op('+', A, B) -> A + B;
op('-', A, B) -> A - B;
op('*', A, B) -> A * B;
op('div', A, B) -> A div B;
op('rem', A, B) -> A rem B;
op('band', A, B) -> A band B;
op('bor', A, B) -> A bor B;
op('bxor', A, B) -> A bxor B.
