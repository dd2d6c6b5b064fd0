%% The math module: exact cases, rounded printing elsewhere, and argument errors.
-module(math_functions).
-include("t.hrl").

main() ->
    ?T(math:pi()),
    ?T(math:sqrt(id(2))),
    ?T(math:sqrt(id(-1))),
    ?T(math:sqrt(id(1 bsl 100))),
    ?T(math:pow(id(2), 10)),
    ?T(math:pow(id(2.0), 0.5)),
    ?T(math:pow(id(0), -1)),
    ?T(math:pow(id(-8), 1 / 3)),
    ?T(math:log(id(0))),
    ?T(math:log(id(1))),
    ?T(math:log(id(-1))),
    ?T(math:log2(id(1024))),
    ?T(math:log10(id(1000))),
    ?T(math:log(id(a))),
    ?T(math:exp(id(0))),
    ?T(math:exp(id(1000))),
    ?T(math:ceil(id(1.2))),
    ?T(math:floor(id(-1.2))),
    ?T(math:fmod(id(7.5), 2)),
    ?T(math:fmod(id(-7.5), 2)),
    ?T(math:fmod(id(1), 0)),
    ?T(math:atan2(id(1), id(-1))),
    ?T(math:acos(id(2))),
    ?T(math:asin(id(1))),
    ?T(math:sin(id(0))),
    ?T(math:cos(id(0))),
    ?T(math:sqrt(id(1 bsl 2000))),
    ?T(math:atanh(id(1))),
    ?T(math:acosh(id(0.5))),
    [io:format("~p: ~w~n", [F, [try_to(fun() -> io_lib:format("~.10e", [math:F(X)]) end) || X <- [0.1, 0.5, 0.9, 1, 2.5]]])
     || F <- [sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh, exp, log, log2, log10, sqrt, erf, erfc]],
    ok.
