%% Terms that are large or deep: building, copying through messages, comparing, printing their size, flat_size relations.
-module(term_sizes).
-include("t.hrl").

main() ->
    ?T(depth(nest(8000), 0)),
    ?T(echo(nest(3000)) =:= nest(3000)),
    ?T(length(echo(lists:seq(1, 20000)))),
    ?T(erlang:phash2(echo(tree(10)))),
    ?T(count(tree(12))),
    ?T(tuple_size(echo(list_to_tuple(lists:seq(1, 3000))))),
    ?T(map_size(echo(maps:from_list([{N, tree(2)} || N <- lists:seq(1, 500)])))),
    ?T(shared()),
    ?T(many_messages(300)),
    ?T([erts_debug:flat_size(T) || T <- [a, 1, [], [1, 2], {a, b}, "abc", {}, #{}]]),
    ?T([erts_debug:size(T) || T <- [[1, 2], {a, b}]]),
    ?T(begin L = [1, 2, 3], {erts_debug:size({L, L}), erts_debug:flat_size({L, L})} end),
    ?T(literal() =:= echo(literal())),
    ?T(garbage(200, [])),
    ?T(accumulate(2000)),
    ?T(string:length(lists:flatten(io_lib:format("~w", [tree(8)])))),
    ok.

nest(0) -> [];
nest(N) -> {N, nest(N - 1)}.

depth([], D) -> D;
depth({_, T}, D) -> depth(T, D + 1).

tree(0) -> leaf;
tree(N) -> {tree(N - 1), N, tree(N - 1)}.

count(leaf) -> 1;
count({L, _, R}) -> count(L) + 1 + count(R).

echo(T) ->
    Self = self(),
    Pid = spawn_link(fun() -> receive {Self, M} -> Self ! {self(), M} end end),
    Pid ! {Self, T},
    receive {Pid, R} -> R end.

shared() ->
    A = lists:seq(1, 10),
    B = [A, A],
    C = {B, B, B},
    echo(C) =:= C.

many_messages(N) ->
    Self = self(),
    P = spawn_link(fun() -> Self ! {self(), lists:sum([receive {N1, L} when is_integer(N1) -> N1 + length(L) end || _ <- lists:seq(1, N)])} end),
    [P ! {K, lists:seq(1, K rem 50)} || K <- lists:seq(1, N)],
    receive {P, S} -> S end.

literal() -> {literal, [1, 2, {three, "four"}], #{five => <<"six">>}, 7.5, 123456789012345678901234567890}.

garbage(0, Keep) -> length(Keep);
garbage(N, Keep) ->
    _ = [{X, [X]} || X <- lists:seq(1, 200)],
    garbage(N - 1, [N | Keep]).

accumulate(N) ->
    M = lists:foldl(fun(K, Acc) -> Acc#{K rem 97 => [K | maps:get(K rem 97, Acc, [])]} end, #{}, lists:seq(1, N)),
    lists:sum([length(V) || V <- maps:values(M)]).
