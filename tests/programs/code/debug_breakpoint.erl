%% erts_debug:breakpoint/2: calls of a function go to the error handler, with the process's own module.
-module(debug_breakpoint).
-export([main/0, breakpoint/3, undefined_function/3, exported/1, both/2]).

main() ->
    show(before, [exported(1), ?MODULE:exported(2), loop(3)]),
    process_flag(error_handler, ?MODULE),
    show(set, erts_debug:breakpoint({?MODULE, exported, 1}, true)),
    show(local, exported(1)),
    show(remote, ?MODULE:exported({2, [a, "b"]})),
    F = fun ?MODULE:exported/1,
    show(fun_of_it, F(<<"three">>)),
    show(applied, apply(?MODULE, list_to_existing_atom("exported"), [4])),
    show(other_arity, both(5, 6)),
    show(deep, length(lists:flatten(io_lib:write(deep(100))))),
    show(all, erts_debug:breakpoint({?MODULE, both, '_'}, true)),
    show(both, [both(7), both(8, 9)]),
    show(tail, tail(10)),
    show(caught, try both(throw) catch throw:X -> X end),
    show(cleared, erts_debug:breakpoint({?MODULE, both, '_'}, false)),
    show(cleared, [both(11), both(12, 13)]),
    show(still, exported(14)),
    show(traced, traced()),
    show(cleared, erts_debug:breakpoint({?MODULE, exported, 1}, false)),
    show(cleared, [exported(15), ?MODULE:exported(16)]),
    show(again, erts_debug:breakpoint({?MODULE, exported, 1}, false)),
    show(none, [erts_debug:breakpoint(A, true)
                || A <- [{?MODULE, no_such, '_'}, {?MODULE, exported, 0}, {?MODULE, exported, 300},
                         {?MODULE, exported, -1}, {no_such_module, '_', '_'},
                         {no_such_module, f, 1}]]),
    show(bad, [bad(A, B)
               || {A, B} <- [{{?MODULE, exported, 1}, 1}, {{?MODULE, exported}, true},
                             {{?MODULE, exported, x}, true}, {{?MODULE, '_', 1}, true},
                             {{'_', exported, 1}, true}, {{'_', exported, '_'}, true},
                             {{?MODULE, "exported", 1}, true}, {x, true},
                             {{?MODULE, exported, 1 bsl 70}, true}]]).

show(What, X) -> io:format("~p: ~p~n", [What, X]).

bad(A, B) ->
    try erts_debug:breakpoint(A, B) catch C:R -> {C, R} end.

exported(X) -> {exported, X}.

both(throw) -> throw(original);
both(X) -> {both, X}.
both(X, Y) -> {both, X, Y}.

loop(0) -> done;
loop(N) -> loop(N - 1).

%% What the handler gives is kept on the stack.
deep(0) -> [];
deep(N) ->
    X = exported({N, lists:seq(1, N)}),
    [X | deep(N - 1)].

tail(X) -> both(X).

breakpoint(?MODULE, both, [throw]) -> throw(instead);
breakpoint(?MODULE, F, Args) -> {broken, F, Args}.

undefined_function(M, F, Args) -> error_handler:undefined_function(M, F, Args).

%% A trace and a breakpoint of one function.
traced() ->
    Self = self(),
    Tracer = spawn(fun() -> tracer(Self, []) end),
    1 = erlang:trace_pattern({?MODULE, exported, 1}, [{'_', [], [{return_trace}]}], [local]),
    1 = erlang:trace(self(), true, [call, {tracer, Tracer}]),
    X = exported(traced),
    1 = erlang:trace(self(), false, [call]),
    R = erlang:trace_delivered(self()),
    receive {trace_delivered, _, R} -> ok end,
    1 = erlang:trace_pattern({?MODULE, exported, 1}, false, [local]),
    Y = exported(not_traced),
    Tracer ! stop,
    receive {Tracer, All} -> {X, Y, All} end.

tracer(To, All) ->
    receive
        stop -> To ! {self(), lists:reverse(All)};
        {trace, _, What, Mfa} -> tracer(To, [{What, Mfa} | All]);
        {trace, _, What, Mfa, Y} -> tracer(To, [{What, Mfa, Y} | All])
    end.
