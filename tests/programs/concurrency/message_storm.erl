%% Much at a time: guards that build numbers while they look at large messages, messages behind exit
%% signals, rings that pass growing terms, monitors of crashing processes.
-module(message_storm).
-include("t.hrl").

main() ->
    process_flag(trap_exit, true),
    Ps = [spawn_link(fun() -> worker(I, #{}) end) || I <- lists:seq(1, 40)],
    [begin P ! {self(), big, lists:seq(1, N rem 300), binary:copy(<<N:32>>, N rem 50), 1 bsl (50 + N rem 80)}, P ! junk, P ! {sel, N} end || N <- lists:seq(1, 25), P <- Ps],
    R = [receive {P, S} -> S end || P <- Ps, _ <- lists:seq(1, 25)],
    [exit(P, case I rem 3 of 0 -> kill; 1 -> shutdown; 2 -> {a, lists:seq(1, 50)} end) || {I, P} <- lists:zip(lists:seq(1, 40), Ps)],
    E = [receive {'EXIT', P, W} -> erlang:phash2(W) end || P <- Ps],
    T = ring(30, 40),
    M = mons(60),
    out("hashes", {erlang:phash2(R), erlang:phash2(E), T, M}).

worker(I, D) ->
    receive
        {From, big, L, B, N} when N * 1000000007 * 998244353 > 5, binary_part(B, 0, byte_size(B)) =:= B, hd([length(L) | L]) >= 0 ->
            put({I, N rem 7}, {L, B}),
            D1 = D#{N => {B, L, [X * N || X <- L]}},
            <<A:3/binary, _/bits>> = <<B/binary, N:200, "tail">>,
            From ! {self(), erlang:phash2({A, lists:sum([X * N || X <- L]), lists:sort([{phash(K), K} || K <- maps:keys(D1)]), lists:sort([phash(V) || {_, V} <- get()])})},
            receive {sel, _} -> ok end,
            worker(I, D1)
    end.

phash(X) -> erlang:phash2(X).

ring(N, Laps) ->
    Self = self(),
    First = lists:foldl(fun(_, Next) -> spawn(fun() -> fwd(Next) end) end, Self, lists:seq(1, N)),
    lap(First, Laps, {0, [], <<>>}).

lap(F, 0, {C, L, B}) -> F ! stop, receive stop -> ok end, {C, erlang:phash2(L), byte_size(B)};
lap(F, K, {C, L, B}) -> F ! {C + 1, [{K, B} | L], <<B/binary, "abcdefgh">>}, receive {_, _, _} = X -> lap(F, K - 1, X) end.

fwd(Next) -> receive stop -> Next ! stop; {C, L, B} -> Next ! {C + 1, [float(C) | L], B}, fwd(Next) end.

mons(N) ->
    Ls = [spawn_monitor(fun() -> try lists:nth(I, [x || _ <- lists:seq(1, I rem 5)]) of x -> exit({ok, binary:copy(<<"z">>, 100)}) catch error:E:S -> exit({E, length(S) > 0, I bsl 70}) end end) || I <- lists:seq(1, N)],
    erlang:phash2([receive {'DOWN', R, process, P, W} -> W end || {P, R} <- lists:reverse(Ls)]).
