%% Comparing and matching integers of all sizes with each other and with floats.
-module(big_compare).
-include("t.hrl").

main() ->
    Numbers = [0, 0.0, 1, 1.0, -1, (1 bsl 53), float(1 bsl 53), (1 bsl 53) + 1, (1 bsl 59) - 1, 1 bsl 59, float(1 bsl 59), -(1 bsl 59), -(1 bsl 59) - 1,
               1 bsl 64, float(1 bsl 64), (1 bsl 64) + 1, -(1 bsl 64), 1.0e300, 1 bsl 1030, -(1 bsl 1030), -1.0e300, 9007199254740993, 9007199254740992.0],
    [io:format("~w: ~w~n", [A, [{A < B, A =< B, A == B, A =:= B, A /= B, A =/= B, A >= B, A > B} || B <- Numbers]]) || A <- Numbers],
    out("sorted", lists:sort(Numbers)),
    out("usorted", lists:usort(Numbers)),
    out("max", lists:max(Numbers)),
    out("min", lists:min(Numbers)),
    [out("match", match(N)) || N <- Numbers],
    [out("key", maps:get(N, #{1 bsl 64 => big, 1 => one, 1.0 => float_one, -(1 bsl 59) - 1 => edge}, none)) || N <- Numbers],
    [out("member", {N, lists:member(N, [1, 1 bsl 64, 2.0])}) || N <- Numbers],
    ok.

match(1) -> one;
match(18446744073709551616) -> two_to_64;
match(-576460752303423489) -> below_edge;
match(576460752303423488) -> edge;
match(1.0) -> float_one;
match(N) when N > 16#FFFFFFFFFFFFFFFFFFFFFFFF -> huge;
match(N) when N < -16#FFFFFFFFFFFFFFFFFFFFFFFF -> minus_huge;
match(_) -> other.
