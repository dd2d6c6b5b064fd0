%% A counter gen_server under a supervisor: it crashes, comes back empty, and is given up after too many crashes.
-module(counter_supervised).
-behaviour(supervisor).
-export([init/1, start_counter/0]).
-include("t.hrl").

main() ->
    process_flag(trap_exit, true),
    {ok, Sup} = supervisor:start_link({local, counter_sup}, ?MODULE, []),
    ?T([gen_server:call(counter, {add, N}) || N <- [1, 2, 3]]),
    ?T(crash(boom)),
    wait_back(whereis(counter_sup)),
    ?T(gen_server:call(counter, {add, 10})),
    ?T(crash({bad, thing})),
    wait_back(Sup),
    ?T(gen_server:call(counter, {add, 5})),
    ?T(supervisor:count_children(Sup)),
    ?T([{Id, T, M} || {Id, P, T, M} <- supervisor:which_children(Sup), is_pid(P)]),
    ?T(crash(third)),
    ?T(receive {'EXIT', Sup, W} -> W end),
    ?T(whereis(counter)),
    ?T(whereis(counter_sup)),
    ok.

crash(Why) ->
    P = whereis(counter),
    R = monitor(process, P),
    gen_server:cast(P, {crash, Why}),
    receive {'DOWN', R, process, P, {W, [{M, _, _, _} | _]}} -> {W, M} end.

%% which_children is answered after the restart that the exit signal asked for.
wait_back(Sup) ->
    case whereis(counter) of
        undefined -> _ = supervisor:which_children(Sup), wait_back(Sup);
        P -> P
    end.

init([]) -> {ok, {#{strategy => one_for_one, intensity => 2, period => 60}, [#{id => counter, start => {?MODULE, start_counter, []}}]}}.

start_counter() -> gen_server:start_link({local, counter}, counter_aux, 0, []).
