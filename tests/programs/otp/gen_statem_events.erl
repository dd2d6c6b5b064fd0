%% gen_statem with handle_event_function: complex states, repeat_state, event timeouts, next_event order, change of data.
-module(gen_statem_events).
-behaviour(gen_statem).
-export([init/1, callback_mode/0, handle_event/4]).
-include("t.hrl").

main() ->
    {ok, P} = gen_statem:start_link({local, events}, ?MODULE, self(), []),
    ?T(gen_statem:call(P, {go, {a, 1}})),
    ?T(gen_statem:call(P, {go, {a, 2}})),
    ?T(gen_statem:call(P, state)),
    ?T(gen_statem:call(events, {chain, 5})),
    ?T(got()),
    ?T(gen_statem:call(P, {event_timeout, 1})),
    ?T(receive event_timed_out -> yes end),
    ?T(gen_statem:call(P, {cancelled_timeout, 60000})),
    ?T(gen_statem:call(P, state)),
    ?T(gen_statem:cast(P, {collect, 1})),
    ?T(gen_statem:cast(P, {collect, 2})),
    ?T(gen_statem:call(P, flush_postponed)),
    ?T(got()),
    ?T(gen_statem:call(P, multi)),
    ?T(gen_statem:call(P, state)),
    ?T(gen_statem:receive_response(gen_statem:send_request(P, state))),
    Ref = monitor(process, P),
    ?T(gen_statem:call(P, {stop, bye})),
    %% The reply comes before it ends.
    ?T(receive {'DOWN', Ref, _, _, Why} -> Why end),
    ?T(whereis(events)),
    ok.

got() -> receive {log, L} -> L end.

callback_mode() -> handle_event_function.

init(To) -> {ok, {start, 0}, #{to => To, log => []}}.

handle_event({call, From}, {go, S}, Old, D) -> {next_state, S, D, [{reply, From, {from, Old}}]};
handle_event({call, From}, state, S, _) -> {keep_state_and_data, [{reply, From, S}]};
handle_event({call, From}, {chain, N}, _, D) ->
    {keep_state, D#{log := []}, [{reply, From, chained} | [{next_event, internal, {step, K}} || K <- lists:seq(1, N)]] ++ [{next_event, internal, report}]};
handle_event(internal, {step, K}, _, #{log := L} = D) -> {keep_state, D#{log := [K | L]}};
handle_event(internal, report, _, #{log := L, to := To}) -> To ! {log, lists:reverse(L)}, keep_state_and_data;
handle_event({call, From}, {event_timeout, T}, _, _) -> {keep_state_and_data, [{reply, From, ok}, {timeout, T, event}]};
handle_event(timeout, event, _, #{to := To}) -> To ! event_timed_out, keep_state_and_data;
handle_event({call, From}, {cancelled_timeout, T}, _, _) -> {keep_state_and_data, [{reply, From, ok}, {state_timeout, T, x}, {state_timeout, cancel}]};
handle_event(cast, {collect, _}, S, _) when S =/= collecting -> {keep_state_and_data, [postpone]};
handle_event(cast, {collect, K}, collecting, #{log := L} = D) -> {keep_state, D#{log := [K | L]}};
handle_event({call, From}, flush_postponed, _, D) -> {next_state, collecting, D#{log := []}, [{reply, From, flushed}, {state_timeout, 0, report}]};
handle_event(state_timeout, report, collecting, #{log := L, to := To} = D) -> To ! {log, lists:reverse(L)}, {next_state, done, D};
handle_event({call, From}, multi, S, D) -> {repeat_state, D#{log := [S]}, [{reply, From, {repeated, S}}, hibernate]};
handle_event({call, From}, {stop, Why}, _, _) -> {stop_and_reply, normal, [{reply, From, {stopping, Why}}]}.
