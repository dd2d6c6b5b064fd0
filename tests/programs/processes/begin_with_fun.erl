%% Processes that begin with a fun or by apply, and the ways in which exit/1 ends them.
-module(begin_with_fun).
-export([none/0, two/2]).
-include("t.hrl").

main() ->
    out("fun", ends(fun() -> {fun() -> exit(done) end, []} end)),
    out("captured", captured(id([1, 2]))),
    out("arguments", ends(fun() -> {fun(A, B) -> exit({B, A}) end, [1, {2}]} end)),
    out("many arguments", ends(fun() -> {fun many/9, lists:seq(1, 9)} end)),
    out("external", ends(fun() -> {fun ?MODULE:two/2, [a, b]} end)),
    out("none", ends(fun() -> {fun ?MODULE:none/0, []} end)),
    out("missing", reason(ends(fun() -> {fun ?MODULE:missing/1, [x]} end))),
    out("bad arity", reason(ends(fun() -> {fun(A) -> A end, []} end))),
    out("too many", reason(ends(fun() -> {fun() -> ok end, [x]} end))),
    out("no fun", reason(ends(fun() -> {id(atom), []} end))),
    out("improper", reason(ends(fun() -> {fun(A) -> A end, id([x | y])} end))),
    out("no list", reason(ends(fun() -> {fun(A) -> A end, id(x)} end))),
    ?T(apply(id(fun(A, B) -> {A, B} end), [1, 2])),
    ?T(erlang:apply(id(fun() -> ok end), id([]))),
    ?T(erlang:apply(id(fun() -> ok end), id([x]))),
    ?T(erlang:apply(id(fun(_) -> ok end), id([x | y]))),
    out("exits", [end_of(F) || F <- exits()]),
    ?T(current()),
    ok.

captured(X) -> ends(fun() -> {fun() -> exit(X) end, []} end).

none() -> exit(none).
two(A, B) -> exit({two, A, B}).
many(A, B, C, D, E, F, G, H, I) -> exit([I, H, G, F, E, D, C, B, A]).

ends(F) ->
    {Fun, Args} = F(),
    {P, R} = spawn_monitor(erlang, apply, [Fun, Args]),
    receive {'DOWN', R, process, P, Why} -> Why end.

%% An error's reason.
reason({Why, Stack}) when is_list(Stack) -> strip(Why);
reason(Why) -> Why.

strip({badarity, {F, Args}}) when is_function(F) -> {badarity, Args};
strip(Why) -> Why.

end_of(F) ->
    {P, R} = spawn_monitor(F),
    receive {'DOWN', R, process, P, Why} -> Why end.

exits() ->
    [fun() -> exit(plain) end,
     fun() -> deep(50, fun() -> exit({deep, [self_is_there()]}) end) end,
     fun() -> (catch exit(caught)), exit(second) end,
     fun() -> try exit(tried) catch exit:R -> exit({R, again}) end end,
     fun() -> try exit(tried) after put(x, 1) end end,
     fun() -> try deep(5, fun() -> exit(inner) end) catch exit:R:S -> exit({R, length(S) > 0}) end end,
     fun() -> deep(5, fun() -> (catch deep(5, fun() -> exit(a) end)), exit(b) end) end,
     fun() -> self() ! {m, [1]}, receive {m, L} -> exit(L) end end,
     fun() -> self() ! {m, [1]}, receive {m, L} when hd(L) =:= 2 -> ok after 0 -> exit(none_left) end end,
     fun() -> exit(binary:copy(<<"z">>, 100)) end,
     fun() -> process_flag(trap_exit, true), exit(trapping) end,
     fun() -> exit(normal) end].

self_is_there() -> is_process_alive(self()).

deep(0, F) -> F();
deep(N, F) -> {N, deep(N - 1, F)}.

%% Before it has run it is in apply/2.
current() ->
    P = spawn_opt(fun() -> receive go -> ok end end, [link]),
    {initial_call, Call} = process_info(P, initial_call),
    unlink(P),
    exit(P, kill),
    Call.
