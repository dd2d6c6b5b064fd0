%% From floats to integers and back, `abs`, `length`, `min`, `max` and `setelement` where functions are called
%% often enough to be compiled: at the ends of what is done in place, in bodies and in guards.
-module(rounding).
-export([main/0]).

main() ->
    Halves = [N + F || N <- [0, 1, 2, 3, 1000, 4503599627370495, 4503599627370496, 9007199254740991],
                       F <- [0.0, 0.25, 0.5, 0.75, 0.49999999999999994, 0.9999999999999999]],
    Powers = [math:pow(2, E) || E <- [-1074, -300, -53, 31, 52, 53, 57, 58, 59, 60, 61, 62, 63, 64, 100]],
    Near = lists:flatmap(fun near/1, [float(1 bsl 58), float(1 bsl 59), float(1 bsl 63), 0.5, 1.0]),
    Floats = [S * F || F <- Halves ++ Powers ++ Near ++ [0.0, 1.0e308, 5.0e-324], S <- [1, -1]],
    Integers = [0, 1, -1, (1 bsl 53) + 1, (1 bsl 59) - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1,
                1 bsl 64, 1 bsl 1100],
    Others = [a, "1", {1.5}, <<1>>, []],
    All = Floats ++ Integers ++ Others,
    Results = [[every(X) || X <- All] || _ <- lists:seq(1, 12)],
    true = lists:all(fun(R) -> R =:= hd(Results) end, Results),
    lists:foreach(fun({X, R}) -> io:format("~w ~w~n", [X, R]) end, lists:zip(All, hd(Results))),
    Two = [1, 2, (1 bsl 59) - 1, -(1 bsl 59), 1 bsl 59, 1.0, 2.5, a, "b", {}, <<>>, #{}, self],
    Pairs = [[{min(A, B), max(A, B)} || A <- Two, B <- Two] || _ <- lists:seq(1, 20)],
    io:format("~w~n", [lists:usort(Pairs)]),
    Small = list_to_tuple(lists:seq(1, 5)),
    Large = list_to_tuple(lists:seq(1, 300)),
    Set = [[erlang:phash2(set(I, T, x)) || T <- [Small, Large, {}, a],
                                          I <- [0, 1, 5, 6, 256, 257, 300, 301, -1, b, 1.0, 1 bsl 70]]
           || _ <- lists:seq(1, 30)],
    io:format("~w~n", [lists:usort(Set)]),
    Lists = [lists:seq(1, N) ++ Tail || N <- [0, 1, 2, 15, 16, 17, 40, 5000], Tail <- [[], x, [y]]],
    io:format("~w~n", [lists:usort([[length_of(L) || L <- [a, {}, #{} | Lists]] || _ <- lists:seq(1, 90)])]).

near(F) ->
    <<N:64>> = <<F/float>>,
    [G || D <- [-1, 0, 1], <<G/float>> <- [<<(N + D):64>>]].

every(X) ->
    [try F(X) catch Class:Reason -> {Class, Reason} end || F <-
        [fun trunc_of/1, fun round_of/1, fun floor_of/1, fun ceil_of/1, fun float_of/1, fun abs_of/1,
         fun in_guards/1]].

trunc_of(X) -> trunc(X).
round_of(X) -> round(X).
floor_of(X) -> floor(X).
ceil_of(X) -> ceil(X).
float_of(X) -> float(X).
abs_of(X) -> abs(X).

in_guards(X) when trunc(X) =:= round(X), floor(X) =:= ceil(X) -> whole;
in_guards(X) when abs(X) < 1.0e300, float(X) >= 0 -> positive;
in_guards(X) when floor(X) < 0 -> negative;
in_guards(_) -> none.

length_of(L) when length(L) > 16 -> {long, length(L)};
length_of(L) when length(L) < 3; is_tuple(L) -> short;
length_of(L) -> try length(L) catch error:R -> R end.

set(I, T, X) ->
    try setelement(I, T, X) catch error:R -> R end.
