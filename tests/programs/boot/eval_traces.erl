%% boot
%% Stack traces of what erl_eval calls last.
-module(eval_traces).
-include("t.hrl").

main() ->
    [out(Text, trace(Text)) || Text <- ["error(foo).", "throw(x).", "exit(3).", "1/0.", "lists:map(a, [1]).", "hd([])."]],
    ok.

%% As the last of several expressions, so that it is called last.
trace(Text) ->
    {ok, Tokens, _} = erl_scan:string("deep(2)."),
    {ok, Exprs} = erl_parse:parse_exprs(Tokens),
    try erl_eval:exprs(Exprs, [], {value, fun(deep, [N]) -> deep(N, Text) end}), no_exception
    catch Class:Reason:Stack -> {Class, Reason, [frame(F) || F <- Stack]}
    end.

deep(0, Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, [Expr]} = erl_parse:parse_exprs(Tokens),
    erl_eval:expr(Expr, [], none, none, value);
deep(N, Text) ->
    {ok, Tokens, _} = erl_scan:string("F(N, T)."),
    {ok, [Call]} = erl_parse:parse_exprs(Tokens),
    erl_eval:expr(Call, [{'F', fun(M, T) -> deep(M - 1, T) end}, {'N', N}, {'T', Text}], none, none, value).
