%% Appending integers of fixed size: all widths, both byte orders, values that are no small integers or no integers at all, views that were appended to before.
-module(append_integers).
-include("t.hrl").

main() ->
    Values = [0, 1, -1, 5, 255, 256, -129, 16#123456789abcdef, (1 bsl 59) - 1, -(1 bsl 59), 1 bsl 59, (1 bsl 64) - 1, -(1 bsl 64),
              1 bsl 90],
    [out("append", {N, Long, [erlang:phash2(append(N, V, start(Long))) || V <- Values]})
     || N <- lists:seq(1, 10), Long <- [false, true]],
    [out("kept", append(N, 1, <<"abc">>)) || N <- lists:seq(1, 10)],
    [?T(append(1, V, start(true))) || V <- [a, 1.0, <<1>>, [1]]],
    [?T(append(2, V, start(true))) || V <- [a, 1.0]],
    ?T(append(1, 1, start(true), <<1:3>>)),
    ?T(append(1, 1, not_a_binary)),
    %% Two that append to the same view, and to one that is not the latest.
    Base = append(1, 7, start(true)),
    A = append(1, 8, Base),
    B = append(1, 9, Base),
    C = append(2, 10, A),
    out("apart", {binary:last(A), binary:last(B), byte_size(C), Base =:= binary:part(A, 0, byte_size(Base))}),
    Odd = <<Base/bitstring, 5:3>>,
    out("odd", {bit_size(append_bits(Odd, 3, 3)), erlang:phash2(append_bits(Odd, 100, 1000))}),
    out("long", erlang:phash2(many(30000, <<>>))),
    Self = self(),
    Pids = [spawn_link(fun() -> Self ! {self(), erlang:phash2(many(1000, Base))} end) || _ <- lists:seq(1, 20)],
    out("others", lists:usort([receive {P, H} -> H end || P <- Pids])),
    ok.

start(false) -> <<>>;
start(true) -> lists:foldl(fun(I, Acc) -> <<Acc/binary, I>> end, <<>>, lists:seq(1, 100)).

append(1, V, B) -> <<B/binary, V>>;
append(2, V, B) -> <<B/binary, V:16, V:16/little>>;
append(3, V, B) -> <<B/binary, V:3, V:5>>;
append(4, V, B) -> <<B/binary, V:24/little, V:24>>;
append(5, V, B) -> <<B/binary, V:64, V:64/little>>;
append(6, V, B) -> <<B/binary, V:63, V:1>>;
append(7, V, B) -> <<B/binary, V:13/little, V:19>>;
append(8, V, B) -> <<B/binary, V:32, V:32/little, V:8>>;
append(9, V, B) -> <<B/binary, V:72>>;
append(10, V, B) -> <<B/bitstring, V:1, V:61/little>>.

append(N, V, B, More) -> append(N, V, <<B/binary, More/bitstring>>).

append_bits(B, _, 0) -> B;
append_bits(B, V, N) -> append_bits(<<B/bitstring, V:5>>, V + 1, N - 1).

many(0, B) -> B;
many(N, B) -> many(N - 1, <<B/binary, N:16, (N * N):40/little, 1>>).
