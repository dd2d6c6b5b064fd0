%% A tokenizer, a recursive descent parser and an evaluator of expressions, with error reports.
-module(calculator).
-include("t.hrl").

main() ->
    Lines = ["1 + 2 * 3", "(1 + 2) * 3", "2 ^ 3 ^ 2", "-4 + 10", "x = 5", "y = x * 2 + 1", "x + y", "10 / 4", "7 % 3", "1 / 0", "undefined + 1", "3 +", "(1 + 2", "4 $ 4", "1.5e2 * 2", "big = 2 ^ 200", "big % 1000007", "f(3)", "max(1, 2 + 3, 4)", ""],
    lists:foldl(fun(L, Env) ->
                        try
                            {V, Env2} = eval(parse(tokens(L)), Env),
                            io:format("~s => ~p~n", [L, V]),
                            Env2
                        catch
                            throw:E -> io:format("~s => error: ~p~n", [L, E]), Env;
                            error:badarith -> io:format("~s => arithmetic error~n", [L]), Env
                        end
                end, #{}, Lines),
    ok.

tokens([]) -> [];
tokens([C | T]) when C =:= $\s -> tokens(T);
tokens([C | _] = S) when C >= $0, C =< $9 ->
    {N, R} = lists:splitwith(fun(X) -> (X >= $0 andalso X =< $9) orelse X =:= $. orelse X =:= $e end, S),
    [{num, number(N)} | tokens(R)];
tokens([C | _] = S) when C >= $a, C =< $z ->
    {N, R} = lists:splitwith(fun(X) -> X >= $a andalso X =< $z end, S),
    [{name, list_to_atom(N)} | tokens(R)];
tokens([C | T]) ->
    case lists:member(C, "+-*/%^()=,") of
        true -> [list_to_atom([C]) | tokens(T)];
        false -> throw({bad_character, [C]})
    end.

number(N) ->
    try list_to_integer(N)
    catch error:badarg ->
        try list_to_float(N) catch error:badarg -> throw({bad_number, N}) end
    end.

parse([{name, N}, '=' | T]) -> {assign, N, parse(T)};
parse([]) -> throw(empty);
parse(Ts) ->
    case expr(Ts) of
        {E, []} -> E;
        {_, [T | _]} -> throw({unexpected, T})
    end.

expr(Ts) -> {A, R} = term(Ts), expr(A, R).
expr(A, [Op | R]) when Op =:= '+'; Op =:= '-' -> {B, R2} = term(R), expr({Op, A, B}, R2);
expr(A, R) -> {A, R}.

term(Ts) -> {A, R} = power(Ts), term(A, R).
term(A, [Op | R]) when Op =:= '*'; Op =:= '/'; Op =:= '%' -> {B, R2} = power(R), term({Op, A, B}, R2);
term(A, R) -> {A, R}.

power(Ts) ->
    case factor(Ts) of
        {A, ['^' | R]} -> {B, R2} = power(R), {{'^', A, B}, R2};
        Other -> Other
    end.

factor([{num, N} | R]) -> {N, R};
factor([{name, F}, '(' | R]) -> args(F, R, []);
factor([{name, N} | R]) -> {{var, N}, R};
factor(['-' | R]) -> {A, R2} = factor(R), {{neg, A}, R2};
factor(['(' | R]) ->
    case expr(R) of
        {E, [')' | R2]} -> {E, R2};
        _ -> throw(missing_parenthesis)
    end;
factor([]) -> throw(unexpected_end);
factor([T | _]) -> throw({unexpected, T}).

args(F, R, Acc) ->
    case expr(R) of
        {E, [',' | R2]} -> args(F, R2, [E | Acc]);
        {E, [')' | R2]} -> {{call, F, lists:reverse([E | Acc])}, R2};
        _ -> throw(missing_parenthesis)
    end.

eval({assign, N, E}, Env) -> {V, Env2} = eval(E, Env), {V, Env2#{N => V}};
eval(E, Env) -> {value(E, Env), Env}.

value(N, _) when is_number(N) -> N;
value({var, N}, Env) -> case Env of #{N := V} -> V; #{} -> throw({undefined, N}) end;
value({neg, A}, Env) -> -value(A, Env);
value({call, max, As}, Env) -> lists:max([value(A, Env) || A <- As]);
value({call, F, As}, _) -> throw({no_function, F, length(As)});
value({'+', A, B}, Env) -> value(A, Env) + value(B, Env);
value({'-', A, B}, Env) -> value(A, Env) - value(B, Env);
value({'*', A, B}, Env) -> value(A, Env) * value(B, Env);
value({'/', A, B}, Env) -> value(A, Env) / value(B, Env);
value({'%', A, B}, Env) -> value(A, Env) rem value(B, Env);
value({'^', A, B}, Env) -> pow(value(A, Env), value(B, Env)).

pow(_, 0) -> 1;
pow(A, N) -> A * pow(A, N - 1).
