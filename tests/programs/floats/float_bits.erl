%% Floats to bits and back, over every exponent and both signs; shortest printing reads back to the same float.
-module(float_bits).
-include("t.hrl").

main() ->
    Floats = [F || E <- lists:seq(0, 2046, 31), M <- [0, 1, 16#8000000000000, 16#fffffffffffff], S <- [0, 1], F <- floats(<<S:1, E:11, M:52>>)],
    out("count", length(Floats)),
    out("print and read", lists:all(fun(F) -> list_to_float(hd(io_lib:format("~w", [F]))) =:= F end, Floats)),
    out("short", lists:all(fun(F) -> binary_to_float(float_to_binary(F, [short])) =:= F end, Floats)),
    out("scientific", lists:all(fun(F) -> list_to_float(float_to_list(F)) =:= F end, Floats)),
    out("bits", lists:all(fun(F) -> <<G:64/float>> = <<F:64/float>>, G =:= F end, Floats)),
    out("little", lists:all(fun(F) -> <<G:64/float-little>> = <<F:64/float-little>>, G =:= F end, Floats)),
    out("sorted", lists:sort(Floats) =:= [F || {_, F} <- lists:keysort(1, [{key(F), F} || F <- Floats])]),
    out("terms", lists:all(fun(F) -> binary_to_term(term_to_binary(F)) =:= F end, Floats)),
    out("messages", begin self() ! Floats, receive L -> L =:= Floats end end),
    out("sample", [F || {N, F} <- lists:zip(lists:seq(1, length(Floats)), Floats), N rem 17 =:= 0]),
    out("hash", erlang:phash2(Floats)),
    out("edges", [try_to(fun() -> F * 2 end) || F <- [2.0e-39, 5.877471754111438e-39, 5.9e-39, 3.402823669209385e38, 6.8e38, 1.0e-300]]),
    out("negated", lists:all(fun(F) -> -(-F) =:= F end, Floats)),
    out("integers", [trunc(F) || F <- Floats, abs(F) < 1.0e30, abs(F) >= 1.0]),
    out("not a number", [floats(<<S:1, 2047:11, M:52>>) || S <- [0, 1], M <- [0, 1]]),
    ok.

floats(<<F:64/float>>) -> [F];
floats(_) -> [].

key(F) ->
    <<B:64>> = <<F:64/float>>,
    if B >= 1 bsl 63 -> -(B - (1 bsl 63)); true -> B end.
