%% gen_server: call, cast, info, continue, timeouts, stop and terminate, errors in callbacks as callers see them.
-module(gen_server_basic).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, handle_continue/2, terminate/2, code_change/3]).
-include("t.hrl").

main() ->
    process_flag(trap_exit, true),
    {ok, S} = gen_server:start_link(?MODULE, {count, 10}, []),
    ?T(gen_server:call(S, get)),
    ?T([gen_server:call(S, {add, N}) || N <- [1, 2, 3]]),
    ?T(gen_server:cast(S, {add, 100})),
    ?T(gen_server:call(S, get)),
    ?T(S ! {add, 1000}),
    ?T(gen_server:call(S, get)),
    ?T(gen_server:call(S, later)),
    ?T(gen_server:call(S, continue)),
    ?T(gen_server:call(S, get)),
    ?T(gen_server:call(S, {timeout, 1})),
    ?T(wait_flag(S)),
    ?T(sys:get_state(S)),
    ?T(sys:replace_state(S, fun({count, N}) -> {count, N * 2} end)),
    ?T(short(catch gen_server:call(S, no_reply, 20))),
    ?T(gen_server:call(S, get)),
    ?T(gen_server:stop(S)),
    ?T(receive {'EXIT', S, W} -> W end),
    ?T(short(catch gen_server:call(S, get))),
    ?T(gen_server:cast(S, x)),
    ?T(short(catch gen_server:call(no_server_registered, x))),
    ?T(short(catch gen_server:stop(no_server_registered))),
    [out("init", {A, start(A)}) || A <- [ignore, {stop, why}, {error, boom}, {throw, {ok, thrown}}, {exit, bye}, bad_return]],
    [out("crash", {C, crash(C)}) || C <- [{error, boom}, {exit, bye}, {throw, {reply, thrown, {count, 0}}}, {stop, normal}, {stop, shutdown}, {stop, crashed}, {stop_reply, gone}, bad_return, unknown]],
    ?T(registered_name()),
    ?T(stop_reasons()),
    ?T(requests()),
    ?T(multi()),
    ?T(linked_parent_exit()),
    ?T(info_timeout()),
    ?T(many_clients(20)),
    flush_exits(),
    ?T(receive M -> M after 0 -> empty end),
    ok.

flush_exits() -> receive {'EXIT', _, _} -> flush_exits() after 0 -> ok end.

short({'EXIT', {Why, {gen_server, F, [_ | Args]}}}) -> {exit, short_reason(Why), F, Args};
short({'EXIT', Why}) -> {exit, short_reason(Why)};
short(X) -> X.

short_reason({R, [{_, _, _, _} | _]}) -> {R, stack};
short_reason(R) -> R.

wait_flag(S) -> receive {timed_out, S} -> told end.

start(A) ->
    R = gen_server:start_link(?MODULE, A, []),
    case R of
        {error, E} -> {error, short_reason(E), linked_exit()};
        {ok, S} -> {started, sys:get_state(S), gen_server:stop(S), linked_exit()};
        ignore -> {ignore, linked_exit()}
    end.

%% Its exit message may come after its answer.
linked_exit() -> receive {'EXIT', _, W} -> short_reason(W) end.

crash(C) ->
    {ok, S} = gen_server:start(?MODULE, {count, 5}, []),
    R = monitor(process, S),
    Reply = short(catch gen_server:call(S, {crash, C})),
    case C of
        {throw, _} -> gen_server:stop(S);
        _ -> ok
    end,
    receive {'DOWN', R, process, S, W} -> {Reply, short_reason(W)} end.

registered_name() ->
    {ok, S} = gen_server:start_link({local, my_server}, ?MODULE, {count, 1}, []),
    A = gen_server:call(my_server, {add, 1}),
    B = gen_server:start_link({local, my_server}, ?MODULE, {count, 1}, []) =:= {error, {already_started, S}},
    C = gen_server:call({my_server, node()}, get),
    gen_server:stop(my_server, shutdown, 5000),
    {A, B, C, whereis(my_server)}.

stop_reasons() ->
    [begin
         {ok, S} = gen_server:start(?MODULE, {report, self()}, []),
         X = (catch gen_server:stop(S, R, 5000)),
         T = receive {terminated, S, Why} -> Why end,
         {R, X, T}
     end || R <- [normal, shutdown, {shutdown, a}]].

requests() ->
    {ok, S} = gen_server:start_link(?MODULE, {count, 3}, []),
    Id = gen_server:send_request(S, get),
    A = gen_server:receive_response(Id, 5000),
    Id2 = gen_server:send_request(S, later),
    B = gen_server:wait_response(Id2, 5000),
    C0 = gen_server:reqids_new(),
    C1 = gen_server:send_request(S, get, one, C0),
    C2 = gen_server:send_request(S, {add, 1}, two, C1),
    {R1, L1, C3} = gen_server:receive_response(C2, 5000, true),
    {R2, L2, C4} = gen_server:receive_response(C3, 5000, true),
    gen_server:stop(S),
    {A, B, lists:sort([{L1, R1}, {L2, R2}]), gen_server:reqids_size(C4)}.

multi() ->
    {ok, S} = gen_server:start({local, multi_server}, ?MODULE, {count, 3}, []),
    {Good, Bad} = gen_server:multi_call([node()], multi_server, get),
    gen_server:abcast([node()], multi_server, {add, 1}),
    R = {[X || {N, X} <- Good, N =:= node()], Bad, gen_server:call(S, get)},
    gen_server:stop(S),
    R.

%% A server that traps exits runs terminate when its parent goes.
linked_parent_exit() ->
    Self = self(),
    P = spawn(fun() -> {ok, _} = gen_server:start_link(?MODULE, {report_trap, Self}, []), Self ! started, receive stop -> exit(parent_gone) end end),
    receive started -> ok end,
    P ! stop,
    receive {terminated, _, Why} -> Why end.

info_timeout() ->
    {ok, S} = gen_server:start(?MODULE, {init_timeout, self()}, []),
    R = receive {timed_out, S} -> init_timed_out end,
    gen_server:stop(S),
    R.

many_clients(N) ->
    {ok, S} = gen_server:start_link(?MODULE, {count, 0}, []),
    Self = self(),
    Pids = [spawn_link(fun() -> [gen_server:call(S, {add, 1}) || _ <- lists:seq(1, 20)], Self ! {self(), done} end) || _ <- lists:seq(1, N)],
    [receive {P, done} -> ok end || P <- Pids],
    R = gen_server:call(S, get),
    gen_server:stop(S),
    R.

init({count, N}) -> {ok, {count, N}};
init({report, To}) -> {ok, {report, To}};
init({report_trap, To}) -> process_flag(trap_exit, true), {ok, {report, To}};
init({init_timeout, To}) -> {ok, {idle, To}, 1};
init(ignore) -> ignore;
init({stop, R}) -> {stop, R};
init({error, R}) -> error(R);
init({throw, R}) -> throw(R), {ok, x};
init({exit, R}) -> exit(R);
init(bad_return) -> bad_return.

handle_call(get, _, {count, N} = S) -> {reply, N, S};
handle_call({add, K}, _, {count, N}) -> {reply, N + K, {count, N + K}};
handle_call(later, From, S) ->
    spawn(fun() -> gen_server:reply(From, replied_later) end),
    {noreply, S};
handle_call(continue, _, S) -> {reply, continuing, S, {continue, {add, 7}}};
handle_call({timeout, T}, {From, _}, S) -> {reply, ok, {await, From, S}, T};
handle_call(no_reply, _, S) -> {noreply, S};
handle_call({crash, {error, R}}, _, _) -> error(R);
handle_call({crash, {exit, R}}, _, _) -> exit(R);
handle_call({crash, {throw, R}}, _, _) -> throw(R);
handle_call({crash, {stop, R}}, _, S) -> {stop, R, S};
handle_call({crash, {stop_reply, R}}, _, S) -> {stop, R, the_reply, S};
handle_call({crash, bad_return}, _, _) -> nonsense.

handle_cast({add, K}, {count, N}) -> {noreply, {count, N + K}};
handle_cast(x, S) -> {noreply, S}.

handle_info({add, K}, {count, N}) -> {noreply, {count, N + K}};
handle_info(timeout, {idle, To}) -> To ! {timed_out, self()}, {noreply, {count, 0}};
handle_info(timeout, {await, To, S}) -> To ! {timed_out, self()}, {noreply, S}.

handle_continue({add, K}, {count, N}) -> {noreply, {count, N + K}}.

terminate(Why, {report, To}) -> To ! {terminated, self(), Why};
terminate(_, _) -> ok.

code_change(_, S, _) -> {ok, S}.
