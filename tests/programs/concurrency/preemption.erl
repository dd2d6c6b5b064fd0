%% Long computations, long native calls and busy mailboxes leave room for everybody else.
-module(preemption).
-include("t.hrl").

main() ->
    ?T(ticks_while(fun() -> spin(300000) end)),
    ?T(ticks_while(fun() -> lists:foldl(fun(X, A) -> X + A end, 0, lists:seq(1, 50000)) end)),
    ?T(ticks_while(fun() -> [lists:reverse(lists:seq(1, 20000)) || _ <- lists:seq(1, 10)], ok end)),
    ?T(ticks_while(fun() -> byte_size(term_to_binary(lists:seq(1, 20000))) end)),
    ?T(ticks_while(fun() -> length(binary_to_list(binary:copy(<<"abc">>, 20000))) end)),
    ?T(ticks_while(fun() -> erlang:phash2(lists:duplicate(20000, {a, "text"})) end)),
    ?T(ticks_while(fun() -> length(lists:seq(1, 20000) -- lists:seq(1, 20000, 2)) end)),
    ?T(ticks_while(fun() -> re:run(binary:copy(<<"a">>, 2000), "b") end)),
    ?T(round_robin(8)),
    ?T(counts(6)),
    ?T(storm(20, 100)),
    ?T(spawn_many(1500)),
    ?T(spawn_tree(9)),
    ?T(exits(300)),
    ok.

spin(0) -> ok;
spin(N) -> spin(N - 1).

%% The work ends and so does the other process, whichever is scheduled how.
ticks_while(F) ->
    Self = self(),
    T = spawn_link(fun() -> tick(Self, 0) end),
    R = F(),
    T ! {stop, Self},
    receive {T, N} when is_integer(N), N >= 0 -> R end.
tick(To, N) -> receive {stop, To} -> To ! {self(), N} after 0 -> erlang:yield(), tick(To, N + 1) end.

round_robin(N) ->
    Self = self(),
    Ps = [spawn_link(fun() -> spin(50000 * K), Self ! {self(), K} end) || K <- lists:seq(1, N)],
    [receive {P, K} -> K end || P <- Ps].

counts(N) ->
    T = atomics:new(N, []),
    Ps = [spawn_monitor(fun() -> [begin atomics:add(T, K, 1), X rem 10 =:= 0 andalso erlang:yield() end || X <- lists:seq(1, 1000)] end) || K <- lists:seq(1, N)],
    [receive {'DOWN', R, _, _, normal} -> ok end || {_, R} <- Ps],
    [atomics:get(T, K) || K <- lists:seq(1, N)].

storm(Senders, Each) ->
    Self = self(),
    [spawn_link(fun() -> [Self ! {S, K} || K <- lists:seq(1, Each)] end) || S <- lists:seq(1, Senders)],
    Got = [receive {S, K} -> {S, K} end || _ <- lists:seq(1, Senders * Each)],
    {length(Got), lists:all(fun(S) -> [K || {X, K} <- Got, X =:= S] =:= lists:seq(1, Each) end, lists:seq(1, Senders))}.

spawn_many(N) ->
    Self = self(),
    [spawn(fun() -> Self ! K end) || K <- lists:seq(1, N)],
    lists:sum([receive K when is_integer(K) -> K end || _ <- lists:seq(1, N)]).

spawn_tree(0) -> 1;
spawn_tree(N) ->
    {A, RA} = spawn_monitor(fun() -> exit({n, spawn_tree(N - 1)}) end),
    {B, RB} = spawn_monitor(fun() -> exit({n, spawn_tree(N - 1)}) end),
    receive {'DOWN', RA, process, A, {n, X}} -> receive {'DOWN', RB, process, B, {n, Y}} -> X + Y end end.

exits(N) ->
    process_flag(trap_exit, true),
    Ps = [spawn_link(fun() -> receive {die, Why} -> exit(Why) end end) || _ <- lists:seq(1, N)],
    [P ! {die, K} || {P, K} <- lists:zip(Ps, lists:seq(1, N))],
    lists:sum([receive {'EXIT', P, K} -> K end || P <- Ps]).
