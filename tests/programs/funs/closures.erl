%% Closures that travel: through messages, into processes, tables and terms, with large environments.
-module(closures).
-include("t.hrl").

main() ->
    ?T(remote_apply(fun() -> {applied, 1} end)),
    N = id(10),
    Big = lists:seq(1, 500),
    Bin = binary:copy(<<"x">>, 200),
    ?T(remote_apply(fun() -> {N, length(Big), byte_size(Bin)} end)),
    ?T(begin F = remote_apply(fun() -> fun(X) -> X + N end end), F(5) end),
    ?T(begin put(f, fun(X) -> X * N end), (get(f))(4) end),
    ?T(begin T = ets:new(t, []), ets:insert(T, {f, fun(X) -> {X, N} end}), [{f, F}] = ets:lookup(T, f), F(q) end),
    ?T((binary_to_term(term_to_binary(fun(X) -> [X | Bin] end)))(a) =:= [a | Bin]),
    ?T(lists:sum([F(1) || F <- [fun(X) -> X + K end || K <- lists:seq(1, 100)]])),
    ?T(nested(4)),
    ?T((memo(fun fib/2))(60)),
    ?T(state_machine([open, push, close, lock, push, unlock])),
    ?T(fold_right(fun(X, K) -> [X | K] end, [], [1, 2, 3])),
    ?T(curry3(fun(A, B, C) -> A * 100 + B * 10 + C end, 1, 2, 3)),
    ?T([erlang:fun_info(F, arity) || F <- [fun() -> 1 end, fun(_) -> 1 end, fun(_, _) -> 1 end]]),
    ?T(fun closures_local/1 =:= fun closures_local/1),
    ?T((fun F(0, Acc) -> Acc; F(K, Acc) -> F(K - 1, Acc + K) end)(10000, 0)),
    ?T(lazy_take(8, lazy_map(fun(X) -> X * X end, lazy_from(1)))),
    ?T(after_gc(N, Big)),
    ?T(exception_in(fun(X) -> 1 / X end)),
    ok.

closures_local(X) -> X.

remote_apply(F) ->
    Self = self(),
    P = spawn_link(fun() -> receive {run, G} -> Self ! {self(), G()} end end),
    P ! {run, F},
    receive {P, R} -> R end.

nested(0) -> fun(X) -> X end;
nested(N) when N =:= 4 -> (nested(N - 1))(1);
nested(N) -> Inner = nested(N - 1), fun(X) -> Inner(X * 2) + N end.

memo(F) -> fun(N) -> {V, M} = F(N, #{}), {V, map_size(M)} end.
fib(N, M) when N < 2 -> {N, M};
fib(N, M) ->
    case M of
        #{N := V} -> {V, M};
        #{} ->
            {A, M1} = fib(N - 1, M),
            {B, M2} = fib(N - 2, M1),
            {A + B, M2#{N => A + B}}
    end.

state_machine(Events) -> run(closed(), Events).
run({S, _}, []) -> [S];
run({S, F}, [E | Es]) -> [S | run(F(E), Es)].
closed() -> {closed, fun(open) -> opened(); (lock) -> locked(); (_) -> closed() end}.
opened() -> {opened, fun(close) -> closed(); (_) -> opened() end}.
locked() -> {locked, fun(unlock) -> closed(); (_) -> locked() end}.

fold_right(F, Z, L) -> (lists:foldl(fun(X, K) -> fun(A) -> K(F(X, A)) end end, fun(A) -> A end, L))(Z).

curry3(F, A, B, C) -> (((fun(X) -> fun(Y) -> fun(Z) -> F(X, Y, Z) end end end)(A))(B))(C).

lazy_from(N) -> fun() -> [N | lazy_from(N + 1)] end.
lazy_map(F, L) -> fun() -> [H | T] = L(), [F(H) | lazy_map(F, T)] end.
lazy_take(0, _) -> [];
lazy_take(N, L) -> [H | T] = L(), [H | lazy_take(N - 1, T)].

after_gc(N, Big) ->
    F = fun(X) -> {X, N, hd(Big), lists:last(Big)} end,
    [begin _ = lists:seq(1, 2000), erlang:garbage_collect() end || _ <- lists:seq(1, 10)],
    F(still).

exception_in(F) -> try lists:map(F, [1, 0]) catch error:R:S -> {R, length(S) > 1} end.
