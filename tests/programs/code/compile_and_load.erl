%% Modules made at run time from source text, loaded as binaries, upgraded while a process runs in the old code.
-module(compile_and_load).
-include("t.hrl").

main() ->
    process_flag(trap_exit, true),
    ?T(load("-module(made). -export([v/0, loop/1]). v() -> 1. loop(P) -> receive v -> P ! {v, v()}, loop(P); upgrade -> made:loop(P) end.")),
    ?T(made:v()),
    Self = self(),
    P = spawn_link(fun() -> made:loop(Self) end),
    ?T(ask(P)),
    ?T(load("-module(made). -export([v/0, loop/1]). v() -> 2. loop(P) -> receive v -> P ! {v, v()}, loop(P); upgrade -> made:loop(P) end.")),
    ?T(made:v()),
    ?T(ask(P)),
    ?T(erlang:check_old_code(made)),
    ?T(erlang:check_process_code(P, made)),
    ?T(code:soft_purge(made)),
    P ! upgrade,
    ?T(ask(P)),
    ?T(erlang:check_process_code(P, made)),
    ?T(code:soft_purge(made)),
    ?T(erlang:check_old_code(made)),
    ?T(load("-module(made). -export([v/0, loop/1]). v() -> 3. loop(P) -> receive v -> P ! {v, v()}, loop(P) end.")),
    ?T(ask(P)),
    ?T(code:purge(made)),
    ?T(receive {'EXIT', P, W} -> W end),
    ?T(made:v()),
    ?T(load("-module(made). -export([w/0]). w() -> 4.")),
    ?T(made:v()),
    ?T(made:w()),
    ?T(load("-module(made2). -export([f/1]). f(X) -> made:w() + X.")),
    ?T(made2:f(10)),
    ?T(code:delete(made)),
    ?T(code:purge(made)),
    ?T(made2:f(10)),
    ?T(erl_eval(20)),
    ok.

ask(P) -> P ! v, receive {v, X} -> X end.

load(Text) ->
    Forms = [begin {ok, F} = erl_parse:parse_form(Ts), F end || Ts <- split(Text)],
    {ok, M, Bin} = compile:forms(Forms, []),
    code:load_binary(M, "made.erl", Bin).

split(Text) ->
    {ok, Ts, _} = erl_scan:string(Text),
    split(Ts, []).
split([], []) -> [];
split([{dot, _} = D | T], Acc) -> [lists:reverse([D | Acc]) | split(T, [])];
split([X | T], Acc) -> split(T, [X | Acc]).

erl_eval(N) ->
    {ok, Ts, _} = erl_scan:string("F = fun G(0) -> 1; G(K) -> K * G(K - 1) end, F(N)."),
    {ok, Es} = erl_parse:parse_exprs(Ts),
    {value, V, _} = erl_eval:exprs(Es, [{'N', N}]),
    V.
