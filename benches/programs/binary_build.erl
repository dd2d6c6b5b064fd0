%% Building binaries: by appending, by comprehension, from parts of all kinds.
-module(binary_build).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 120),
    bench:run(binary_build, N, fun() -> [once(I) || I <- lists:seq(1, N)] end).

once(I) ->
    Appended = append(20000, I, <<>>),
    Mixed = mixed(5000, <<>>),
    Comprehended = << <<(X bxor I)>> || <<X>> <= Appended >>,
    Bits = << <<X:5>> || <<X:3>> <= Mixed >>,
    Joined = iolist_to_binary([[Appended | Mixed], $x, [Comprehended]]),
    erlang:phash2({Appended, Mixed, Comprehended, Bits, Joined}).

append(0, _I, Acc) -> Acc;
append(N, I, Acc) -> append(N - 1, I, <<Acc/binary, (N + I):16, N>>).

mixed(0, Acc) -> Acc;
mixed(N, Acc) ->
    mixed(N - 1, <<Acc/binary, N/utf8, (N / 3):32/float, "lit", N:24/little, N:3, 0:5>>).
