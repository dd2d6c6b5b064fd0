%% supervisor: strategies, restart types, intensity exceeded, dynamic children, shutdown order.
-module(supervisor_restart).
-behaviour(supervisor).
-export([init/1, start_worker/2, worker/3]).
-include("t.hrl").

main() ->
    process_flag(trap_exit, true),
    [out("strategy", {S, strategy(S)}) || S <- [one_for_one, one_for_all, rest_for_one]],
    [out("restart type", {R, Why, restart_type(R, Why)}) || R <- [permanent, transient, temporary], Why <- [normal, shutdown, {shutdown, x}, crash]],
    ?T(intensity(3)),
    ?T(shutdown_order()),
    ?T(dynamic()),
    ?T(simple()),
    ?T(start_errors()),
    ?T(brutal()),
    ?T(nested()),
    ?T(significant()),
    ?T(supervisor:check_childspecs([spec(a, permanent)])),
    ?T(supervisor:check_childspecs([#{id => x}])),
    ?T(supervisor:check_childspecs([spec(a, bogus)])),
    ?T(supervisor:start_link(?MODULE, bad)),
    ?T(receive {'EXIT', _, W} -> W end),
    ok.

spec(Id, Restart) -> #{id => Id, start => {?MODULE, start_worker, [Id, main_pid()]}, restart => Restart, shutdown => 5000, type => worker, modules => [?MODULE]}.

main_pid() -> whereis(sup_test_main).

with_main(F) ->
    register(sup_test_main, self()),
    try F() after unregister(sup_test_main), flush() end.

flush() -> receive _ -> flush() after 0 -> ok end.

start_sup(Flags, Specs) ->
    {ok, S} = supervisor:start_link(?MODULE, {Flags, Specs}),
    S.

stop_sup(S) ->
    unlink(S),
    R = monitor(process, S),
    exit(S, shutdown),
    receive {'DOWN', R, process, S, W} -> W end.

started() -> receive {started, Id, P} -> {Id, P} end.

strategy(S) ->
    with_main(fun() ->
        Sup = start_sup(#{strategy => S, intensity => 5, period => 10}, [spec(Id, permanent) || Id <- [a, b, c]]),
        Ps = [started() || _ <- [1, 2, 3]],
        {b, B} = lists:keyfind(b, 1, Ps),
        B ! {die, crash},
        receive {gone, b, _} -> ok end,
        New = collect_until_whole(Sup, Ps),
        W = stop_sup(Sup),
        {[Id || {Id, _} <- Ps], New, W}
    end).

%% Which workers were replaced. The supervisor answers after it has restarted what it must.
collect_until_whole(Sup, Old) ->
    Now = [{Id, P} || {Id, P, worker, _} <- supervisor:which_children(Sup)],
    case lists:member(undefined, [P || {_, P} <- Now]) orelse lists:keyfind(b, 1, Now) =:= lists:keyfind(b, 1, Old) of
        true -> erlang:yield(), collect_until_whole(Sup, Old);
        false -> lists:sort([Id || {Id, P} <- Now, not lists:member({Id, P}, Old)])
    end.

restart_type(R, Why) ->
    with_main(fun() ->
        Sup = start_sup(#{intensity => 3, period => 10}, [spec(w, R)]),
        {w, P} = started(),
        M = monitor(process, P),
        P ! {die, Why},
        receive {'DOWN', M, process, P, _} -> ok end,
        %% The supervisor had its exit signal before this call, or will have had it: ask until settled.
        Restarts = R =:= permanent orelse (R =:= transient andalso Why =:= crash),
        Result = case Restarts of
                     true -> {w, P2} = started(), {restarted, P2 =/= P};
                     false -> settle(Sup, P)
                 end,
        Counts = supervisor:count_children(Sup),
        stop_sup(Sup),
        {Result, Counts}
    end).

settle(Sup, P) ->
    case supervisor:which_children(Sup) of
        [{w, P, _, _}] -> erlang:yield(), settle(Sup, P);
        [{w, undefined, _, _}] -> kept_stopped;
        [] -> removed
    end.

intensity(Max) ->
    with_main(fun() ->
        Sup = start_sup(#{intensity => Max, period => 60}, [spec(w, permanent)]),
        N = crash_until_dead(Sup, 0),
        receive {'EXIT', Sup, W} -> {N, W} end
    end).
crash_until_dead(Sup, N) ->
    receive
        {started, w, P} -> P ! {die, crash}, crash_until_dead(Sup, N + 1);
        {gone, w, _} -> crash_until_dead(Sup, N)
    after 0 ->
        case is_process_alive(Sup) of
            true -> erlang:yield(), crash_until_dead(Sup, N);
            false -> N
        end
    end.

shutdown_order() ->
    with_main(fun() ->
        Sup = start_sup(#{}, [spec(Id, permanent) || Id <- [a, b, c]]),
        Starts = [element(1, started()) || _ <- [1, 2, 3]],
        W = stop_sup(Sup),
        Stops = [receive {gone, Id, Why} -> {Id, Why} end || _ <- [1, 2, 3]],
        {Starts, Stops, W}
    end).

dynamic() ->
    with_main(fun() ->
        Sup = start_sup(#{}, []),
        {ok, A} = supervisor:start_child(Sup, spec(a, permanent)),
        R1 = supervisor:start_child(Sup, spec(a, permanent)) =:= {error, {already_started, A}},
        R2 = supervisor:terminate_child(Sup, a),
        R3 = supervisor:start_child(Sup, spec(a, permanent)),
        {ok, A2} = supervisor:restart_child(Sup, a),
        R4 = supervisor:restart_child(Sup, a),
        R5 = supervisor:delete_child(Sup, a),
        R6 = supervisor:terminate_child(Sup, nope),
        R7 = supervisor:restart_child(Sup, nope),
        supervisor:terminate_child(Sup, a),
        R8 = supervisor:delete_child(Sup, a),
        {ok, Spec} = begin supervisor:start_child(Sup, spec(z, transient)), supervisor:get_childspec(Sup, z) end,
        R = {R1, R2, R3, A2 =/= A, R4, R5, R6, R7, R8, maps:get(restart, Spec), supervisor:count_children(Sup)},
        stop_sup(Sup),
        R
    end).

simple() ->
    with_main(fun() ->
        Sup = start_sup(#{strategy => simple_one_for_one}, [#{id => w, start => {?MODULE, start_worker, []}, restart => temporary, shutdown => 1000}]),
        Ps = [element(2, supervisor:start_child(Sup, [Id, self()])) || Id <- [x, y, z]],
        A = supervisor:count_children(Sup),
        B = supervisor:terminate_child(Sup, hd(Ps)),
        C = length(supervisor:which_children(Sup)),
        D = supervisor:restart_child(Sup, hd(Ps)),
        stop_sup(Sup),
        {A, B, C, D, [is_process_alive(P) || P <- Ps]}
    end).

start_errors() ->
    with_main(fun() ->
        Sup = start_sup(#{}, []),
        A = supervisor:start_child(Sup, #{id => i, start => {?MODULE, start_worker, [ignore, self()]}}),
        B = supervisor:start_child(Sup, #{id => e, start => {?MODULE, start_worker, [error, self()]}}),
        {error, {{'EXIT', {undef, [{M, F, _, _} | _]}}, _}} = supervisor:start_child(Sup, #{id => u, start => {?MODULE, no_such_start, []}}),
        stop_sup(Sup),
        {A, strip(B), {undef, M, F}}
    end).
strip({error, {Why, {child, undefined, Id, _, _, _, _, _, _}}}) -> {error, Why, Id};
strip({error, Why}) -> {error, Why}.

brutal() ->
    with_main(fun() ->
        Sup = start_sup(#{}, [(spec(w, permanent))#{shutdown => brutal_kill}]),
        {w, P} = started(),
        M = monitor(process, P),
        stop_sup(Sup),
        receive {'DOWN', M, process, P, W} -> W end
    end).

nested() ->
    with_main(fun() ->
        Inner = #{id => inner, start => {supervisor, start_link, [?MODULE, {#{intensity => 0}, [spec(w, permanent)]}]}, type => supervisor},
        Sup = start_sup(#{intensity => 2, period => 60}, [Inner]),
        {w, P1} = started(),
        P1 ! {die, crash},
        {w, P2} = started(),
        R = {P1 =/= P2, [{Id, T} || {Id, _, T, _} <- supervisor:which_children(Sup)]},
        stop_sup(Sup),
        R
    end).

significant() ->
    with_main(fun() ->
        Sup = start_sup(#{auto_shutdown => any_significant}, [(spec(w, transient))#{significant => true}, spec(v, permanent)]),
        Ps = [started(), started()],
        {w, P} = lists:keyfind(w, 1, Ps),
        P ! {die, normal},
        receive {'EXIT', Sup, W} -> W end
    end).

init(bad) -> nonsense;
init({Flags, Specs}) -> {ok, {Flags, Specs}}.

start_worker(ignore, _) -> ignore;
start_worker(error, _) -> {error, cannot_start};
start_worker(Id, To) -> proc_lib:start_link(?MODULE, worker, [Id, To, self()]).

worker(Id, To, Parent) ->
    process_flag(trap_exit, true),
    To ! {started, Id, self()},
    proc_lib:init_ack(Parent, {ok, self()}),
    receive
        {die, Why} -> To ! {gone, Id, Why}, exit(Why);
        {'EXIT', Parent, Why} -> To ! {gone, Id, Why}, exit(Why)
    end.
