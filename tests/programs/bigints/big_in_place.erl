%% Operators on integers of few and many limbs that lie where their results go: all pairs of numbers
%% around the ends of limbs and of small integers.
-module(big_in_place).
-include("t.hrl").

main() ->
    Ns = numbers(),
    ?T(length(Ns)),
    [?T({Name, fingerprint([F(A, B) || A <- Ns, B <- Ns])})
     || {Name, F} <- [{'+', fun(A, B) -> A + B end}, {'-', fun(A, B) -> A - B end},
                      {'*', fun(A, B) -> A * B end}, {'band', fun(A, B) -> A band B end},
                      {'bor', fun(A, B) -> A bor B end}, {'bxor', fun(A, B) -> A bxor B end}]],
    [?T({Name, fingerprint([F(A) || A <- Ns])})
     || {Name, F} <- [{'bnot', fun(A) -> bnot A end}, {'-', fun(A) -> -A end},
                      {abs, fun(A) -> abs(A) end}, {float, fun(A) -> float(A) end}]],
    Counts = [0, 1, 3, 59, 60, 63, 64, 65, 127, 128, 129, 200, 640, 641, 1 bsl 70],
    ?T(fingerprint([A bsr C || A <- Ns, C <- Counts])),
    ?T(fingerprint([A bsr -C || A <- Ns, C <- Counts, C < 1000])),
    ?T(fingerprint([A bsl C || A <- Ns, C <- Counts, C < 1000])),
    ?T(fingerprint([A bsl -C || A <- Ns, C <- Counts])),
    %% What is left is printed too, as a fingerprint tells little.
    ?T([bnot N || N <- Ns, abs(N) < 1 bsl 66]),
    ?T([{N bsr 64, N bsr 63, N bsl 1} || N <- Ns, N < 0, N > -(1 bsl 130)]),
    ?T(id(0) bsl id(1 bsl 100)),
    ?T(id(1) bsl id(1 bsl 100)),
    ?T(id(1) bsl id(64 * 524287)),
    ?T(id(-1) bsr id(-(1 bsl 100))),
    ?T(id(a) bsl id(1 bsl 100)),
    ?T(id(0) bsl id(1.0)),
    ?T(id(1 bsl 70) band id(1.0)),
    ?T(id(1.0) bor id(1 bsl 70)),
    ?T(bnot id(1.5)),
    ?T(-id(x)),
    ?T(abs(id(x))),
    Largest = (1 bsl (64 * 524287 - 1)) - 1,
    ?T(begin N = bnot -Largest - 1, N =:= Largest end),
    ?T(erlang:phash2(id(Largest) bxor id(-1))),
    ?T(id(Largest) + id(Largest) > Largest),
    Most = id(Largest) + id(Largest) + 1,
    ?T([try_to(F) || F <- [fun() -> id(Most) + 1 end, fun() -> bnot id(Most) end, fun() -> -1 - id(Most) end,
                           fun() -> id(Most) bsl 1 end]]),
    ?T((id(-Most) bor (1 - Most)) + Most),
    Fs = [F * S || F <- [0.0, 0.5, 1.5, 2.5, 1.0e15 + 0.5, 4503599627370497.5, 9007199254740993.0,
                         576460752303423487.0, 576460752303423488.0, 9223372036854774784.0,
                         9223372036854775808.0, 18446744073709551616.0, 1.0e19, 1.0e30, 1.0e100,
                         1.7976931348623157e308, 5.0e-324],
                   S <- [1.0, -1.0]],
    ?T([{trunc(F), round(F), floor(F), ceil(F)} || F <- Fs]).

%% Around the powers of two at which small integers, limbs and sums of limbs end.
numbers() ->
    Near = [S * ((1 bsl E) + D) || E <- [0, 7, 59, 60, 63, 64, 65, 127, 128, 191, 192, 256, 640],
                                   D <- [-2, -1, 0, 1], S <- [1, -1]],
    lists:usort([0 | Near]) ++ [12345678901234567890123456789, -(1 bsl 200) + (1 bsl 64),
                                (1 bsl 1300) div 3, -((1 bsl 1300) div 7)].

fingerprint(Terms) ->
    {length(Terms), erlang:md5(term_to_binary(Terms))}.
