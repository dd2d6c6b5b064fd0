%% Parallel map, worker pools, pipelines and fan-in, with failures of single workers.
-module(parallel_map).
-include("t.hrl").

main() ->
    ?T(pmap(fun(X) -> X * X end, lists:seq(1, 50))),
    ?T(pmap(fun(3) -> exit(three); (X) -> X end, [1, 2, 3, 4])),
    ?T(pmap(fun(X) -> lists:sum(lists:seq(1, X * 100)) end, lists:seq(1, 20))),
    ?T(pool(4, fun(X) -> X + 1 end, lists:seq(1, 100))),
    ?T(pipeline([fun(X) -> X + 1 end, fun(X) -> X * 2 end, fun(X) -> {X} end], [1, 2, 3])),
    ?T(primes(30)),
    ?T(tree_sum(8)),
    ?T(bank()),
    ?T(barrier(10)),
    ?T(mutex(10, 20)),
    ?T(philosophers(5, 10)),
    ?T(producer_consumer(100, 5)),
    ok.

pmap(F, L) ->
    Rs = [spawn_monitor(fun() -> exit({value, F(X)}) end) || X <- L],
    [receive {'DOWN', R, process, P, {value, V}} -> V; {'DOWN', R, process, P, Why} -> {failed, Why} end || {P, R} <- Rs].

pool(N, F, Work) ->
    Self = self(),
    Ws = [spawn_link(fun() -> pool_worker(Self, F) end) || _ <- lists:seq(1, N)],
    R = pool_loop(Work, length(Work), []),
    [W ! stop || W <- Ws],
    lists:sum(R).
pool_worker(Main, F) ->
    Main ! {ready, self()},
    receive {work, X} -> Main ! {result, F(X)}, pool_worker(Main, F); stop -> ok end.
pool_loop(_, 0, Acc) -> Acc;
pool_loop([X | T], N, Acc) ->
    receive {ready, W} -> W ! {work, X}, pool_loop(T, N, Acc); {result, R} -> pool_loop([X | T], N - 1, [R | Acc]) end;
pool_loop([], N, Acc) -> receive {result, R} -> pool_loop([], N - 1, [R | Acc]) end.

pipeline(Fs, In) ->
    First = lists:foldr(fun(F, Next) -> spawn_link(fun() -> stage(F, Next) end) end, self(), Fs),
    [First ! {item, X} || X <- In],
    [receive {item, Y} -> Y end || _ <- In].
stage(F, Next) -> receive {item, X} -> Next ! {item, F(X)}, stage(F, Next) end.

%% Each prime is a process that filters the numbers of the next.
primes(N) ->
    Self = self(),
    First = spawn_link(fun() -> prime(Self) end),
    [First ! X || X <- lists:seq(2, N)],
    First ! done,
    gather([]).
prime(Main) -> receive done -> Main ! finished; P -> Main ! {prime, P}, filter(P, none, Main) end.
filter(P, Next, Main) ->
    receive
        done when Next =:= none -> Main ! finished;
        done -> Next ! done;
        X when X rem P =:= 0 -> filter(P, Next, Main);
        X when Next =:= none -> N = spawn_link(fun() -> prime(Main) end), N ! X, filter(P, N, Main);
        X -> Next ! X, filter(P, Next, Main)
    end.
gather(Acc) -> receive {prime, P} -> gather([P | Acc]); finished -> drain(Acc) end.
drain(Acc) -> receive {prime, P} -> drain([P | Acc]) after 0 -> lists:sort(Acc) end.

tree_sum(0) -> 1;
tree_sum(N) ->
    Self = self(),
    [L, R] = [spawn_link(fun() -> Self ! {self(), tree_sum(N - 1)} end) || _ <- [l, r]],
    receive {L, A} -> receive {R, B} -> A + B end end.

bank() ->
    B = spawn_link(fun() -> accounts(#{}) end),
    Self = self(),
    Ps = [spawn_link(fun() -> [B ! {deposit, K rem 3, 10} || _ <- lists:seq(1, 20)], Self ! {self(), done} end) || K <- lists:seq(1, 12)],
    [receive {P, done} -> ok end || P <- Ps],
    B ! {balances, self()},
    receive {balances, M} -> ordered(M) end.
accounts(M) ->
    receive
        {deposit, K, N} -> accounts(M#{K => maps:get(K, M, 0) + N});
        {balances, To} -> To ! {balances, M}, accounts(M)
    end.

barrier(N) ->
    Self = self(),
    B = spawn_link(fun() -> Ws = [receive {at, W} -> W end || _ <- lists:seq(1, N)], [W ! go || W <- Ws] end),
    Ps = [spawn_link(fun() -> B ! {at, self()}, receive go -> Self ! {self(), past} end end) || _ <- lists:seq(1, N)],
    length([receive {P, past} -> P end || P <- Ps]).

mutex(N, K) ->
    M = spawn_link(fun() -> unlocked() end),
    T = ets:new(t, [public]),
    ets:insert(T, {n, 0}),
    Self = self(),
    Ps = [spawn_link(fun() -> [critical(M, fun() -> [{n, V}] = ets:lookup(T, n), erlang:yield(), ets:insert(T, {n, V + 1}) end) || _ <- lists:seq(1, K)], Self ! {self(), done} end) || _ <- lists:seq(1, N)],
    [receive {P, done} -> ok end || P <- Ps],
    ets:lookup(T, n).
unlocked() -> receive {lock, P} -> P ! {self(), locked}, receive {unlock, P} -> unlocked() end end.
critical(M, F) -> M ! {lock, self()}, receive {M, locked} -> ok end, F(), M ! {unlock, self()}.

philosophers(N, Meals) ->
    Forks = list_to_tuple([spawn_link(fun unlocked/0) || _ <- lists:seq(1, N)]),
    Self = self(),
    Ps = [spawn_link(fun() ->
                             [A, B] = lists:sort([K, K rem N + 1]),
                             [critical(element(A, Forks), fun() -> critical(element(B, Forks), fun() -> ok end) end) || _ <- lists:seq(1, Meals)],
                             Self ! {self(), K, full}
                     end) || K <- lists:seq(1, N)],
    [receive {P, K, full} -> K end || P <- Ps].

%% The buffer holds at most Size items: put waits for room, get for an item.
producer_consumer(N, Size) ->
    Self = self(),
    B = spawn_link(fun() -> buffer(queue:new(), 0, Size) end),
    spawn_link(fun() -> [begin B ! {put, self(), X}, receive {B, ok} -> ok end end || X <- lists:seq(1, N)] end),
    spawn_link(fun() -> Self ! {items, [begin B ! {get, self()}, receive {B, item, X} -> X end end || _ <- lists:seq(1, N)]} end),
    receive {items, L} -> {length(L), L =:= lists:seq(1, N)} end.
buffer(Q, Len, Size) ->
    receive
        {put, P, X} when Len < Size -> P ! {self(), ok}, buffer(queue:in(X, Q), Len + 1, Size);
        {get, P} when Len > 0 -> {{value, X}, Q2} = queue:out(Q), P ! {self(), item, X}, buffer(Q2, Len - 1, Size)
    end.
