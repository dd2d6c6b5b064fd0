%% spawn in all its forms, send in all its forms, registered names, self, is_process_alive, process dictionary, group leader.
-module(process_basics).
-export([worker/2, nothing/0]).
-include("t.hrl").

main() ->
    Self = self(),
    spawn(fun() -> Self ! {spawned, fun_0} end),
    ?T(get_msg()),
    spawn(?MODULE, worker, [Self, mfa]),
    ?T(get_msg()),
    spawn_link(fun() -> Self ! {spawned, linked} end),
    ?T(get_msg()),
    {P1, R1} = spawn_monitor(fun() -> Self ! {spawned, monitored}, exit(done) end),
    ?T(get_msg()),
    ?T(receive {'DOWN', R1, process, P1, Why} -> Why end),
    {P2, R2} = spawn_opt(?MODULE, worker, [Self, opt], [monitor, link, {priority, high}, {min_heap_size, 1000}, {fullsweep_after, 3}]),
    ?T(get_msg()),
    ?T(receive {'DOWN', R2, process, P2, Why} -> Why end),
    ?T(spawn_opt(fun() -> ok end, id([bogus]))),
    ?T(spawn_opt(fun() -> ok end, id([{priority, x}]))),
    ?T(spawn(id(a), b, c)),
    ?T(spawn(?MODULE, nothing, id([1 | 2]))),
    ?T(down_reason(fun() -> ok end)),
    ?T(element(1, down_reason(?MODULE, no_such_function, []))),
    ?T(Self ! msg1),
    ?T(receive X -> X end),
    ?T(erlang:send(Self, msg2)),
    ?T(erlang:send(Self, msg3, [noconnect, nosuspend])),
    ?T([receive M -> M end || _ <- [1, 2]]),
    ?T(register(basics, Self)),
    ?T(basics ! by_name),
    ?T(receive M -> M end),
    ?T({basics, node()} ! by_name_and_node),
    ?T(receive M -> M end),
    ?T(whereis(basics) =:= Self),
    ?T(lists:member(basics, registered())),
    ?T(try_to(fun() -> register(basics, Self) end)),
    ?T(try_to(fun() -> register(basics2, Self) end)),
    ?T(unregister(basics)),
    ?T(unregister(basics)),
    ?T(whereis(basics)),
    ?T(whereis(id(5))),
    ?T(basics ! gone),
    ?T({basics, node()} ! silently_dropped),
    ?T(id([]) ! x),
    ?T(id({a, b, c}) ! x),
    ?T(try_to(fun() -> P1 ! to_the_dead end)),
    ?T(is_process_alive(Self)),
    ?T(is_process_alive(P1)),
    ?T(is_process_alive(id(x))),
    ?T({is_pid(Self), is_pid(x), node(Self) =:= node(), node()}),
    ?T(list_to_pid(pid_to_list(Self)) =:= Self),
    ?T(list_to_pid(id("<x>"))),
    ?T(lists:member(Self, processes())),
    ?T(registered_dies()),
    ?T(group_leader_inherited()),
    dictionary(),
    ?T(many(300)),
    ?T(chain(200)),
    ?T(ping_pong(500)),
    ?T(order(300)),
    ok.

worker(To, Tag) -> To ! {spawned, Tag}.
nothing() -> ok.

get_msg() -> receive {spawned, T} -> T end.

down_reason(F) ->
    {P, R} = spawn_monitor(F),
    receive {'DOWN', R, process, P, Why} -> Why end.
down_reason(M, F, A) ->
    {P, R} = spawn_monitor(M, F, A),
    receive {'DOWN', R, process, P, Why} -> Why end.

registered_dies() ->
    Self = self(),
    {P, R} = spawn_monitor(fun() -> register(short_lived, self()), Self ! ready, receive stop -> ok end end),
    receive ready -> ok end,
    Was = whereis(short_lived) =:= P,
    short_lived ! stop,
    receive {'DOWN', R, process, P, normal} -> ok end,
    {Was, whereis(short_lived)}.

group_leader_inherited() ->
    Self = self(),
    Old = group_leader(),
    Leader = spawn(fun() -> receive stop -> ok end end),
    group_leader(Leader, Self),
    spawn(fun() -> Self ! {gl, group_leader() =:= Leader} end),
    R = receive {gl, G} -> G end,
    group_leader(Old, Self),
    Leader ! stop,
    {R, group_leader() =:= Old}.

dictionary() ->
    erase(),
    ?T(put(a, 1)),
    ?T(put(a, 2)),
    ?T(get(a)),
    ?T(get(b)),
    ?T(put({x}, [1])),
    ?T(lists:sort(get())),
    ?T(lists:sort(get_keys())),
    ?T(get_keys(2)),
    ?T(get_keys([1])),
    ?T(erase(a)),
    ?T(erase(a)),
    ?T(erase()),
    ?T(get()),
    [put(N, N * N) || N <- lists:seq(1, 500)],
    ?T(lists:sum([get(N) || N <- lists:seq(1, 500)])),
    [erase(N) || N <- lists:seq(1, 500, 2)],
    ?T(length(get())),
    ?T(lists:sum([V || {_, V} <- get()])),
    ?T(lists:keyfind(1.0, 1, begin put(1.0, f), get() end)),
    erase(),
    ok.

many(N) ->
    Self = self(),
    Pids = [spawn(fun() -> receive {go, X} -> Self ! {self(), X * X} end end) || _ <- lists:seq(1, N)],
    [P ! {go, K} || {P, K} <- lists:zip(Pids, lists:seq(1, N))],
    lists:sum([receive {P, V} -> V end || P <- Pids]).

chain(N) ->
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> receive X -> Next ! X + 1 end end) end, self(), lists:seq(1, N)),
    Last ! 0,
    receive V -> V end.

ping_pong(N) ->
    Self = self(),
    P = spawn_link(fun() -> pong(Self) end),
    R = ping(P, N, 0),
    P ! stop,
    R.
ping(_, 0, Acc) -> Acc;
ping(P, N, Acc) -> P ! {ping, N}, receive {pong, N} -> ping(P, N - 1, Acc + N) end.
pong(To) ->
    receive
        {ping, N} -> To ! {pong, N}, pong(To);
        stop -> ok
    end.

%% Messages between two processes keep their order.
order(N) ->
    Self = self(),
    spawn(fun() -> [Self ! {n, K} || K <- lists:seq(1, N)] end),
    L = [receive {n, K} -> K end || _ <- lists:seq(1, N)],
    L =:= lists:seq(1, N).
