%% boot
%% Loading a new version ends the traces of the current one, also if its on_load function then fails.
-module(loading_ends_traces).
-include("t.hrl").

main() ->
    [?T({Set, Flags, run(Set, Flags)}) || Set <- [explicit, on_load], Flags <- [[], [local]]],
    ok.

run(Set, Flags) ->
    code:delete(traced_aux),
    code:purge(traced_aux),
    Self = self(),
    Tracer = spawn_link(fun() -> collect([]) end),
    erlang:trace(Self, true, [call, {tracer, Tracer}]),
    Set =:= on_load andalso erlang:trace_pattern(on_load, true, Flags),
    {module, _} = load(["a() -> 1.", "f() -> ok."], a),
    Set =:= explicit andalso erlang:trace_pattern({traced_aux, a, 0}, true, Flags),
    1 = traced_aux:a(),
    First = traced(),
    {error, on_load_failure} = load(["b() -> 2.", "f() -> fail."], b),
    1 = traced_aux:a(),
    Second = traced(),
    code:purge(traced_aux),
    {module, _} = load(["a() -> 3.", "f() -> ok."], a),
    3 = traced_aux:a(),
    Third = traced(),
    erlang:trace_pattern(on_load, false, Flags),
    erlang:trace(Self, false, [call]),
    Delivered = erlang:trace_delivered(Self),
    receive {trace_delivered, _, Delivered} -> ok end,
    Tracer ! {done, Self},
    receive {calls, Calls} -> [First, Second, Third, length(Calls)] end.

traced() -> element(2, erlang:trace_info({traced_aux, a, 0}, traced)).

load(Functions, Export) ->
    Head = ["-module(traced_aux).", "-on_load(f/0).",
            "-export([" ++ atom_to_list(Export) ++ "/0])."],
    {ok, Module, Code} = compile:forms([form(Text) || Text <- Head ++ Functions]),
    code:load_binary(Module, "", Code).

form(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Form} = erl_parse:parse_form(Tokens),
    Form.

collect(Calls) ->
    receive
        {done, From} -> From ! {calls, Calls};
        {trace, _, call, Call} -> collect([Call | Calls])
    end.
