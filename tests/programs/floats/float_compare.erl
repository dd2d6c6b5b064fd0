%% Order and equality of floats among themselves and with integers; floats as keys and in patterns.
-module(float_compare).
-include("t.hrl").

main() ->
    Fs = [0.0, -0.0, 1.0, -1.0, 1.5, 1.0e-40, -1.0e-40, 1.0e40, -1.0e40, 1.0e300, 2.0, 3, 2, 1, 0, 1.0e20, 100000000000000000000, 1.1, 1 bsl 62, 4611686018427387904.0],
    [io:format("~w ~w ~w~n", [A, B, [A < B, A =< B, A == B, A =:= B, max(A, B), min(A, B)]]) || A <- Fs, B <- Fs],
    out("sort", lists:sort(Fs)),
    out("keysort", lists:keysort(1, [{F} || F <- Fs])),
    out("usort", lists:usort(Fs)),
    [out("pattern", {F, pattern(F)}) || F <- Fs],
    M = maps:from_list([{F, N} || {F, N} <- lists:zip(Fs, lists:seq(1, length(Fs)))]),
    out("map", ordered(M)),
    out("map size", maps:size(M)),
    out("lookup", [maps:get(K, M, none) || K <- [1, 1.0, 2, 2.0, 1.0e20, 100000000000000000000, 1.0e40]]),
    out("keyfind", [lists:keyfind(K, 1, [{1.0, a}, {2, b}]) || K <- [1, 1.0, 2, 2.0]]),
    out("keymember", [lists:keymember(K, 1, [{1.0, a}, {2, b}]) || K <- [1, 1.0, 2, 2.0, 3]]),
    out("member", [lists:member(K, [1.0, 2]) || K <- [1, 1.0, 2, 2.0]]),
    out("subtract", [1, 1.0, 2, 2.0] -- [1.0, 2]),
    out("exact list", {[1, 2.0] == [1.0, 2], [1, 2.0] =:= [1.0, 2]}),
    out("exact map", {#{a => 1} == #{a => 1.0}, #{1 => a} == #{1.0 => a}}),
    out("hash", [erlang:phash2(F) || F <- [1.0, 1.5, -1.0e40, 1.0e-40, 3.25e200]]),
    ok.

pattern(1.0) -> float_one;
pattern(1) -> int_one;
pattern(1.5) -> float_one_and_half;
pattern(1.0e40) -> large;
pattern(1.0e300) -> larger;
pattern(1.0e-40) -> tiny;
pattern(F) when F == 2 -> equals_two;
pattern(_) -> other.
