%% proc_lib starts, init_ack, initial_call, translated dictionaries, and a special process that speaks the sys protocol.
-module(proc_lib_sys).
-export([init_ok/1, init_fail/1, special/2, system_continue/3, system_terminate/4, system_get_state/1, system_replace_state/2, system_code_change/4]).
-include("t.hrl").

main() ->
    process_flag(trap_exit, true),
    ?T(element(1, proc_lib:start_link(?MODULE, init_ok, [self()]))),
    ?T(proc_lib:start(?MODULE, init_fail, [{error, no}])),
    ?T(receive {'EXIT', _, W} -> W after 0 -> none end),
    ?T(proc_lib:start_link(?MODULE, init_fail, [exit])),
    ?T(proc_lib:start(?MODULE, init_fail, [hang], 20)),
    ?T(proc_dict()),
    P = proc_lib:spawn_link(?MODULE, special, [self(), {state, 1}]),
    %% Only from its answer on is it sure to have come so far.
    ?T(sys:get_state(P)),
    ?T(proc_lib:initial_call(P)),
    ?T(proc_lib:translate_initial_call(P)),
    ?T(sys:replace_state(P, fun({state, N}) -> {state, N + 1} end)),
    ?T(sys:suspend(P)),
    P ! {get, self()},
    ?T(receive {state, _} = S -> S after 20 -> suspended end),
    ?T(sys:resume(P)),
    ?T(receive {state, _} = S -> S end),
    ?T(element(1, sys:get_status(P))),
    ?T(sys:change_code(begin sys:suspend(P), P end, ?MODULE, old, extra)),
    ?T(sys:resume(P)),
    ?T(sys:get_state(P)),
    ?T(sys:statistics(P, true)),
    ?T(sys:statistics(P, false)),
    ?T(sys:terminate(P, finished)),
    ?T(receive {'EXIT', P, W} -> W end),
    {Q, R} = proc_lib:spawn_opt(fun() -> exit({shutdown, quiet}) end, [monitor]),
    ?T(receive {'DOWN', R, process, Q, W} -> W end),
    ?T(proc_lib:stop(proc_lib:spawn(?MODULE, special, [self(), x]))),
    ?T(proc_lib:stop(proc_lib:spawn(?MODULE, special, [self(), x]), shutdown, 1000)),
    ok.

init_ok(Parent) -> proc_lib:init_ack(Parent, {ok, self()}), receive stop -> ok end.
init_fail({error, E}) -> proc_lib:init_ack({error, E});
init_fail(exit) -> exit(shutdown);
init_fail(hang) -> receive never -> ok end.

proc_dict() ->
    Self = self(),
    P = proc_lib:spawn(fun() -> Self ! {self(), [K || {K, _} <- get()], hd(get('$ancestors')) =:= Self, get('$initial_call')} end),
    receive {P, Keys, Anc, {M, _, A}} -> {lists:sort(Keys), Anc, M, A} end.

special(Parent, State) -> loop(Parent, State).

loop(Parent, State) ->
    receive
        {get, From} -> From ! State, loop(Parent, State);
        {system, From, Req} -> sys:handle_system_msg(Req, From, Parent, ?MODULE, [], State)
    end.

system_continue(Parent, _, State) -> loop(Parent, State).
system_terminate(Why, _, _, _) -> exit(Why).
system_get_state(State) -> {ok, State}.
system_replace_state(F, State) -> New = F(State), {ok, New, New}.
system_code_change({state, N}, ?MODULE, old, extra) -> {ok, {state, N * 100}}.
