%% Sorting: stability, the several sort functions on generated data, sorts written by hand.
-module(list_sorting).
-include("t.hrl").

main() ->
    [begin
         L = random_list(N, N * 7 + 1),
         S = lists:sort(L),
         out("n", {N, erlang:phash2(L), erlang:phash2(S)}),
         out("agree", [quick(L) =:= S, merge_sort(L) =:= S, insertion(L) =:= S, lists:sort(fun(A, B) -> A =< B end, L) =:= S,
                       lists:reverse(lists:sort(fun(A, B) -> A >= B end, L)) =:= S, lists:usort(L) =:= lists:usort(S),
                       gb_sort(L) =:= lists:usort(L), heap(L) =:= S])
     end || N <- [0, 1, 2, 3, 4, 5, 10, 33, 100, 400]],
    Pairs = [{X rem 5, N} || {X, N} <- lists:zip(random_list(60, 3), lists:seq(1, 60))],
    out("keysort is stable", lists:keysort(1, Pairs)),
    out("sort fun is stable", lists:sort(fun({A, _}, {B, _}) -> A =< B end, Pairs) =:= lists:keysort(1, Pairs)),
    out("ukeysort", lists:ukeysort(1, Pairs)),
    out("sorted", lists:sort(lists:seq(1, 30))),
    out("reversed", lists:sort(lists:seq(30, 1, -1))),
    out("equal", lists:sort([1, 1.0, 1, 1.0])),
    out("mixed", lists:sort([b, "b", {b}, 1, 2.5, <<"b">>, [], {}, a, #{}, [1 | 2], <<1:1>>])),
    out("words", lists:sort(["pear", "apple", "fig", "", "app", "figs", "Zoo"])),
    out("permutations", lists:sort(permutations([3, 1, 2]))),
    out("queens", length(queens(6))),
    out("queens", hd(queens(8))),
    ok.

random_list(0, _) -> [];
random_list(N, Seed) -> [(Seed bsr 8) rem 1000 | random_list(N - 1, (Seed * 1103515245 + 12345) band 16#7fffffff)].

quick([]) -> [];
quick([P | T]) -> quick([X || X <- T, X < P]) ++ [P] ++ quick([X || X <- T, X >= P]).

merge_sort([]) -> [];
merge_sort([X]) -> [X];
merge_sort(L) ->
    {A, B} = lists:split(length(L) div 2, L),
    merge(merge_sort(A), merge_sort(B)).

merge([], B) -> B;
merge(A, []) -> A;
merge([X | A], [Y | _] = B) when X =< Y -> [X | merge(A, B)];
merge(A, [Y | B]) -> [Y | merge(A, B)].

insertion(L) -> lists:foldl(fun insert/2, [], L).
insert(X, [Y | T]) when Y < X -> [Y | insert(X, T)];
insert(X, T) -> [X | T].

gb_sort(L) -> gb_sets:to_list(gb_sets:from_list(L)).

heap(L) -> drain(lists:foldl(fun(X, H) -> meld({X, []}, H) end, empty, L)).
drain(empty) -> [];
drain({X, Hs}) -> [X | drain(pairs(Hs))].
pairs([]) -> empty;
pairs([H]) -> H;
pairs([A, B | T]) -> meld(meld(A, B), pairs(T)).
meld(empty, H) -> H;
meld(H, empty) -> H;
meld({X, Xs}, {Y, _} = B) when X =< Y -> {X, [B | Xs]};
meld(A, {Y, Ys}) -> {Y, [A | Ys]}.

permutations([]) -> [[]];
permutations(L) -> [[H | T] || H <- L, T <- permutations(L -- [H])].

queens(N) -> queens(N, N).
queens(0, _) -> [[]];
queens(K, N) -> [[Q | Qs] || Qs <- queens(K - 1, N), Q <- lists:seq(1, N), safe(Q, 1, Qs)].
safe(_, _, []) -> true;
safe(Q, D, [Q1 | Qs]) -> Q =/= Q1 andalso abs(Q - Q1) =/= D andalso safe(Q, D + 1, Qs).
