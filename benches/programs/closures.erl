%% Funs made, passed and called: folds, composition, currying.
-module(closures).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 4000),
    bench:run(closures, N, fun() -> [once(I) || I <- lists:seq(1, N)] end).

once(I) ->
    List = lists:seq(1, 2000),
    Add = fun(X) -> fun(Y) -> X + Y end end,
    Added = lists:map(Add(I), List),
    Even = lists:filter(fun(X) -> X band 1 =:= 0 end, Added),
    Sum = lists:foldl(fun(X, Acc) -> X * I + Acc end, 0, Even),
    Composed = lists:foldl(fun compose/2, fun(X) -> X end, [Add(X) || X <- lists:seq(1, 100)]),
    Zipped = lists:zipwith(fun(A, B) -> (A bxor B) + Sum end, List, Added),
    Loop = fun Loop(0, Acc) -> Acc; Loop(K, Acc) -> Loop(K - 1, Acc + K) end,
    {Sum, Composed(I), lists:sum(Zipped), Loop(3000, 0), lists:all(fun is_integer/1, Zipped),
     apply(fun erlang:max/2, [I, Sum])}.

compose(F, G) -> fun(X) -> F(G(X)) end.
