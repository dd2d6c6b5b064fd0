%% boot
%% A gen_server whose code is replaced while it runs, by sys.
-module(hot_upgrade).
-include("t.hrl").

main() ->
    load(1),
    {ok, Pid} = gen_server:start(replaced, [], []),
    ?T(gen_server:call(Pid, get)),
    ?T(sys:suspend(Pid)),
    load(2),
    ?T(sys:change_code(Pid, replaced, 1, extra)),
    ?T(sys:resume(Pid)),
    ?T(code:soft_purge(replaced)),
    ?T(gen_server:call(Pid, get)),
    ?T(sys:get_state(Pid)),
    ?T(sys:replace_state(Pid, fun({N, S}) -> {N, {S, S}} end)),
    ?T(gen_server:stop(Pid)),
    ok.

load(N) ->
    Text = ["-module(replaced). ", "-behaviour(gen_server). ",
            "-export([init/1, handle_call/3, handle_cast/2, code_change/3]). ",
            "init([]) -> {ok, {", integer_to_list(N), ", fresh}}. ",
            "handle_call(get, _, S) -> {reply, {", integer_to_list(N), ", S}, S}. ",
            "handle_cast(_, S) -> {noreply, S}. ",
            "code_change(V, {_, S}, X) -> {ok, {", integer_to_list(N), ", {V, S, X}}}. "],
    {ok, Tokens, _} = erl_scan:string(lists:flatten(Text)),
    Forms = forms(Tokens, [], []),
    {ok, replaced, Binary} = compile:forms(Forms, []),
    {module, replaced} = code:load_binary(replaced, "replaced.beam", Binary),
    ok.

forms([], [], Forms) -> lists:reverse(Forms);
forms([{dot, _} = D | T], Tokens, Forms) ->
    {ok, Form} = erl_parse:parse_form(lists:reverse([D | Tokens])),
    forms(T, [], [Form | Forms]);
forms([Token | T], Tokens, Forms) -> forms(T, [Token | Tokens], Forms).
