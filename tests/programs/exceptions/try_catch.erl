%% try, catch, after, of: which clause runs, what is returned, in what order, nested and rethrown.
-module(try_catch).
-include("t.hrl").

main() ->
    Kinds = [value, throw, error, exit, badarith, badmatch, case_clause, if_clause, function_clause, undef, badarg, badfun, badmap, fun_clause, try_clause, throw_tuple, exit_tuple],
    [out("plain", {K, catch strip(catch raise(K))}) || K <- Kinds],
    [out("full", {K, full(K)}) || K <- Kinds],
    [out("after", {K, try_to(fun() -> with_after(K) end), get(order)}) || K <- Kinds],
    [out("class", {K, class(K)}) || K <- Kinds],
    ?T(try id(1) of 1 -> one; 2 -> two catch _:_ -> caught end),
    ?T(try id(2) of 1 -> one catch _:_ -> caught end),
    ?T(try throw(a) catch b -> wrong end),
    ?T(try throw(a) of _ -> x after io:format("after ") end),
    ?T(try throw(a) catch throw:X -> throw({again, X}) end),
    ?T(try try throw(a) after throw(b) end catch X -> {outer, X} end),
    ?T(try try error(a) catch error:a -> error(b) after io:format("cleanup ") end catch error:X -> X end),
    ?T(catch throw(x)),
    ?T(catch exit(x)),
    ?T((catch 1 + 1)),
    ?T(begin A = (catch throw(x)), {A, catch throw(y)} end),
    ?T(nested(5)),
    ?T(deep_throw(500)),
    ?T(rethrow()),
    ?T(raise_with_stack()),
    ?T(erlang:raise(error, custom, [{m, f, 2, [{file, "x"}, {line, 7}]}])),
    ?T(erlang:raise(bogus, custom, [])),
    ?T(erlang:raise(throw, custom, not_a_stack)),
    ?T(error(custom)),
    ?T(error(custom, [a, b])),
    ?T(error(custom, none)),
    ?T(error(custom, [a], [{error_info, #{cause => because}}])),
    ?T(exit({shutdown, x})),
    ?T(erlang:nif_error(not_loaded)),
    ?T(begin F = fun() -> throw(from_fun) end, try F() catch T -> T end end),
    ?T([try 10 div X catch error:badarith -> inf end || X <- [1, 0, 5]]),
    ?T(lists:foldl(fun(X, Acc) -> try [100 div X | Acc] catch _:_ -> Acc end end, [], [1, 0, 2, a, 5])),
    ?T(vars_survive(7)),
    ?T(catch_in_args(id(1))),
    ?T(loop(1000, 0)),
    ok.

strip({'EXIT', {R, S}}) when is_list(S) -> {'EXIT', R};
strip(X) -> X.

raise(value) -> 1;
raise(throw) -> throw(t);
raise(error) -> error(e);
raise(exit) -> exit(x);
raise(badarith) -> 1 + id(a);
raise(badmatch) -> {ok, _} = id(nope);
raise(case_clause) -> case id(5) of 6 -> ok end;
raise(if_clause) -> X = id(5), if X > 6 -> ok end;
raise(function_clause) -> only_one(id(2));
raise(undef) -> no_such_module:f(1);
raise(badarg) -> atom_to_list(id(1));
raise(badfun) -> F = id(7), F(1);
raise(badmap) -> (id(7))#{a => 1};
raise(fun_clause) -> (fun(1) -> 1 end)(id(2));
raise(try_clause) -> try id(3) of 4 -> ok after ok end;
raise(throw_tuple) -> throw({'EXIT', fake});
raise(exit_tuple) -> exit({normal, [stack]}).

only_one(1) -> 1.

full(K) ->
    try raise(K) of
        1 -> value_one
    catch
        t -> throw_t;
        throw:T -> {throw, T};
        error:badarith -> arith;
        error:{Tag, V} -> {Tag, V};
        error:R -> {error, R};
        exit:R when is_atom(R) -> {exit_atom, R};
        exit:R -> {exit, R}
    end.

with_after(K) ->
    put(order, []),
    try raise(K) of
        V -> note({value, V})
    catch
        throw:t -> note(caught_throw), handled;
        exit:x -> note(caught_exit), error(again)
    after
        note('after'),
        ignored
    end.

note(X) -> put(order, get(order) ++ [X]).

class(K) ->
    try raise(K), none
    catch
        C:_ when C =:= error; C =:= exit -> {C};
        C:R -> {C, R}
    end.

nested(0) -> throw(bottom);
nested(N) ->
    try nested(N - 1)
    catch
        throw:{up, L} -> throw({up, [N | L]});
        throw:bottom -> throw({up, [N]})
    end.

deep_throw(N) -> catch deep(N).
deep(0) -> throw(deep);
deep(N) -> [N | deep(N - 1)].

rethrow() ->
    try
        try error(first) catch C:R:S -> erlang:raise(C, {wrapped, R}, S) end
    catch
        C2:R2:S2 -> {C2, R2, frames(S2)}
    end.

raise_with_stack() ->
    try erlang:raise(exit, why, [{mymod, myfun, 3, []}, {other, f, [1, 2], [{line, 3}]}])
    catch C:R:S -> {C, R, frames(S)}
    end.

vars_survive(X) ->
    Y = id(X * 2),
    Z = try id(Y) + id(a) catch _:_ -> {X, Y} after id(Y) end,
    {X, Y, Z}.

catch_in_args(X) -> {X, catch throw(X), [catch error(y) || _ <- []], catch id(X)}.

loop(0, Acc) -> Acc;
loop(N, Acc) ->
    try
        if N rem 3 =:= 0 -> throw(N); true -> id(N) end
    of V -> loop(N - 1, Acc + V)
    catch T -> loop(N - 1, Acc - T)
    end.
