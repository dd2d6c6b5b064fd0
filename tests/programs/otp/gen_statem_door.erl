%% gen_statem with state functions and state_enter: a code lock with timeouts, postponed events, replies.
-module(gen_statem_door).
-behaviour(gen_statem).
-export([init/1, callback_mode/0, locked/3, open/3, broken/3, terminate/3]).
-include("t.hrl").

main() ->
    process_flag(trap_exit, true),
    {ok, D} = gen_statem:start_link(?MODULE, {self(), [1, 2, 3]}, []),
    ?T(next(D)),
    ?T(gen_statem:call(D, state)),
    [gen_statem:cast(D, {button, B}) || B <- [1, 2, 4, 1, 2, 3]],
    ?T([next(D), next(D)]),
    ?T(gen_statem:call(D, state)),
    ?T(gen_statem:cast(D, {button, 9})),
    ?T(gen_statem:cast(D, close)),
    ?T([next(D), next(D)]),
    ?T(gen_statem:call(D, state)),
    ?T(gen_statem:call(D, {set_code, [7]})),
    gen_statem:cast(D, {button, 7}),
    ?T(next(D)),
    ?T(gen_statem:call(D, auto_close)),
    ?T(next(D)),
    ?T(gen_statem:call(D, {timer, 1})),
    ?T(next(D)),
    D ! an_info,
    ?T(next(D)),
    ?T(maps:remove(to, element(2, sys:get_state(D)))),
    gen_statem:cast(D, smash),
    ?T(next(D)),
    ?T(gen_statem:call(D, state)),
    ?T(catch_call(D, boom)),
    ?T(receive {'EXIT', D, W} -> short(W) end),
    ?T(next(D)),
    ?T(catch_call(D, state)),
    {ok, D2} = gen_statem:start(?MODULE, {self(), [1]}, []),
    ?T(next(D2)),
    ?T(gen_statem:stop(D2)),
    ?T(next(D2)),
    ?T(gen_statem:start(?MODULE, ignore, [])),
    ?T(gen_statem:start(?MODULE, {stop, why}, [])),
    ?T(receive M -> M after 0 -> empty end),
    ok.

next(D) -> receive {D, What} -> What end.

catch_call(D, Req) ->
    try gen_statem:call(D, Req) catch exit:{Why, {gen_statem, call, [D | Rest]}} -> {exit, short(Why), Rest} end.

short({R, [{_, _, _, _} | _]}) -> {R, stack};
short(R) -> R.

callback_mode() -> [state_functions, state_enter].

init(ignore) -> ignore;
init({stop, Why}) -> {stop, Why};
init({To, Code}) -> {ok, locked, #{to => To, code => Code, left => Code}}.

tell(#{to := To}, What) -> To ! {self(), What}.

locked(enter, Old, D) ->
    tell(D, {locked, from, Old}),
    {keep_state, D#{left := maps:get(code, D)}};
locked(cast, {button, B}, #{left := [B]} = D) -> {next_state, open, D};
locked(cast, {button, B}, #{left := [B | Left]} = D) -> {keep_state, D#{left := Left}};
locked(cast, {button, _}, #{code := Code} = D) ->
    tell(D, wrong),
    {keep_state, D#{left := Code}};
locked({call, From}, state, D) -> {keep_state_and_data, [{reply, From, {locked, maps:get(left, D)}}]};
locked({call, From}, {set_code, Code}, D) -> {keep_state, D#{code := Code, left := Code}, {reply, From, set}};
locked({call, From}, {timer, T}, D) ->
    {keep_state, D, [{reply, From, started}, {{timeout, named}, T, payload}]};
locked({timeout, named}, payload, D) -> tell(D, named_timeout), keep_state_and_data;
locked(cast, smash, D) -> {next_state, broken, D, {next_event, internal, repair}};
locked(info, What, D) -> tell(D, {info, What}), keep_state_and_data.

open(enter, locked, D) -> tell(D, opened), keep_state_and_data;
open(cast, {button, _}, _) -> {keep_state_and_data, postpone};
open(cast, close, D) -> {next_state, locked, D#{code := [3, 2, 1]}};
open({call, From}, state, _) -> {keep_state_and_data, {reply, From, open}};
open({call, From}, auto_close, D) -> {keep_state, D, [{reply, From, closing_soon}, {state_timeout, 1, close}]};
open(state_timeout, close, D) -> {next_state, locked, D}.

broken(enter, locked, D) -> {keep_state, D#{left := []}};
broken(internal, repair, D) -> tell(D, cannot_repair), keep_state_and_data;
broken({call, From}, state, _) -> {keep_state_and_data, {reply, From, broken}};
broken({call, _}, boom, _) -> error(boom).

terminate(Why, State, D) -> tell(D, {terminated, short(Why), State}).
