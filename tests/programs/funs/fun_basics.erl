%% Funs: closures, named funs, external funs, arity errors, fun_info, funs as values in data.
-module(fun_basics).
-export([twice/1, plus/2]).
-include("t.hrl").

main() ->
    Add = fun(A) -> fun(B) -> A + B end end,
    ?T((Add(1))(2)),
    ?T(lists:map(Add(10), [1, 2, 3])),
    ?T(compose([fun(X) -> X + 1 end, fun(X) -> X * 2 end, fun twice/1, fun ?MODULE:twice/1], 5)),
    ?T((fun Fac(0) -> 1; Fac(N) -> N * Fac(N - 1) end)(20)),
    ?T((fun lists:reverse/1)([1, 2])),
    ?T((id(fun erlang:'+'/2))(1, 2)),
    ?T((id(fun erlang:abs/1))(-2)),
    ?T((id(fun(X) -> X end))(1, 2)),
    ?T((id(fun() -> x end))(1)),
    ?T((id(not_a_fun))(1)),
    ?T((id({lists, reverse}))([1])),
    ?T((id(fun nomodule_here:f/1))(1)),
    ?T((id(fun lists:no_such_function/1))(1)),
    ?T((fun(1) -> one; (2) -> two end)(id(3))),
    ?T(is_function(id(fun twice/1), 1)),
    ?T(is_function(id(fun twice/1), 2)),
    ?T(is_function(id(fun lists:map/2), 2)),
    ?T(is_function(id(x))),
    ?T(is_function(id(fun twice/1), id(-1))),
    ?T(is_function(id(fun twice/1), id(a))),
    ?T(fun lists:map/2),
    ?T(fun lists:map/2 =:= id(fun lists:map/2)),
    ?T(erlang:fun_info(fun lists:map/2, module)),
    ?T(erlang:fun_info(fun lists:map/2, name)),
    ?T(erlang:fun_info(fun lists:map/2, arity)),
    ?T(erlang:fun_info(fun lists:map/2, type)),
    ?T(erlang:fun_info(fun lists:map/2, env)),
    ?T(lists:sort([{K, V} || {K, V} <- erlang:fun_info(fun lists:map/2)])),
    ?T([erlang:fun_info(Add(5), I) || I <- [module, arity, type, env]]),
    ?T(erlang:fun_info(Add, bogus)),
    ?T(erlang:fun_info(id(x), arity)),
    ?T(Add(1) =:= Add(1)),
    ?T(Add(1) =:= Add(2)),
    ?T(Add(1) == Add(1.0)),
    ?T(counter(5)),
    ?T(y(fun(F) -> fun(0) -> 0; (N) -> N + F(N - 1) end end, 100)),
    ?T([F(7) || F <- [fun(X) -> X + N end || N <- [1, 2, 3]]]),
    ?T(church()),
    ?T(capture_many(1, 2.0, three, "four", {5}, #{six => 6}, <<"seven">>)),
    ?T(erlang:apply(fun plus/2, [1, 2])),
    ?T(apply(id(?MODULE), id(plus), [3, 4])),
    ?T(apply(id(?MODULE), plus, id([3]))),
    ?T(apply(id(?MODULE), id(plus), id([3 | 4]))),
    ?T(apply(id(lists), id(nope), [1])),
    ?T(apply(id(fun plus/2), id(x))),
    ?T(apply(id(1), plus, [])),
    ?T((id(?MODULE)):plus(5, 6)),
    ?T(?MODULE:(id(plus))(5, id(a))),
    ?T((id(?MODULE)):(id(plus))(id(b), 6)),
    ?T((id(5)):plus(1)),
    ?T(erlang:make_fun(lists, seq, 2)),
    ?T((erlang:make_fun(lists, seq, id(2)))(1, 3)),
    ?T(erlang:make_fun(lists, seq, id(-1))),
    ?T(stream_take(10, primes())),
    ?T(erlang:function_exported(?MODULE, twice, 1)),
    ?T(erlang:function_exported(?MODULE, compose, 2)),
    ?T(erlang:function_exported(erlang, abs, 1)),
    ok.

twice(X) -> X * 2.
plus(A, B) -> A + B.

compose(Fs, X) -> lists:foldl(fun(F, A) -> F(A) end, X, Fs).

counter(N) -> counter(N, fun() -> 0 end).
counter(0, F) -> F();
counter(N, F) -> counter(N - 1, fun() -> F() + N end).

y(F, X) -> (F(fun(Y) -> y(F, Y) end))(X).

church() ->
    Zero = fun(_) -> fun(X) -> X end end,
    Succ = fun(N) -> fun(F) -> fun(X) -> F((N(F))(X)) end end end,
    Three = Succ(Succ(Succ(Zero))),
    (Three(fun(X) -> [s | X] end))([]).

capture_many(A, B, C, D, E, F, G) ->
    Fun = fun(X) -> {X, A, B, C, D, E, F, G} end,
    Nested = fun() -> (fun() -> Fun([A | G]) end)() end,
    Nested().

primes() -> sieve(from(2)).
from(N) -> [N | fun() -> from(N + 1) end].
sieve([P | T]) -> [P | fun() -> sieve(filter(fun(X) -> X rem P =/= 0 end, T())) end].
filter(F, [H | T]) ->
    case F(H) of
        true -> [H | fun() -> filter(F, T()) end];
        false -> filter(F, T())
    end.
stream_take(0, _) -> [];
stream_take(N, [H | T]) -> [H | stream_take(N - 1, T())].
