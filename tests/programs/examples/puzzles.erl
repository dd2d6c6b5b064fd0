%% Short classics: hanoi, roman numerals, primes, change, knapsack, permutations, Ackermann, text histograms.
-module(puzzles).
-include("t.hrl").

main() ->
    ?T(length(hanoi(10, a, b, c))),
    ?T(hanoi(3, a, b, c)),
    ?T([{N, roman(N), from_roman(roman(N))} || N <- [1, 4, 9, 14, 40, 90, 400, 1994, 2023, 3999]]),
    ?T(sieve(100)),
    ?T(length(sieve(5000))),
    ?T(change(100, [50, 25, 10, 5, 1])),
    ?T(knapsack(50, [{10, 60}, {20, 100}, {30, 120}, {5, 30}])),
    ?T(ack(2, 9)),
    ?T(tak(12, 8, 4)),
    ?T(lists:sublist(pascal(12), 12, 1)),
    ?T(perms([a, b, c])),
    ?T(powerset([1, 2, 3])),
    ?T(lcs("AGGTABQWE", "GXTXAYBWE")),
    ?T(look_and_say(8)),
    ?T(happy(30)),
    ?T(bin(37)),
    ?T([fizz(N) || N <- lists:seq(1, 15)]),
    ?T(anagrams(["listen", "silent", "enlist", "google", "elgoog", "abc"])),
    ?T(perfect(500)),
    ?T(luhn("4539578763621486")),
    ?T(vigenere("ATTACKATDAWN", "LEMON")),
    ?T(rpn("3 4 + 2 * 7 /")),
    ?T(spiral(4)),
    ?T(nrev(lists:seq(1, 30))),
    ok.

hanoi(0, _, _, _) -> [];
hanoi(N, A, B, C) -> hanoi(N - 1, A, C, B) ++ [{A, B}] ++ hanoi(N - 1, C, B, A).

numerals() -> [{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}].
roman(0) -> "";
roman(N) -> {V, S} = hd([P || {V, _} = P <- numerals(), V =< N]), S ++ roman(N - V).
from_roman("") -> 0;
from_roman(S) -> {V, P} = hd([X || {_, P} = X <- numerals(), lists:prefix(P, S)]), V + from_roman(lists:nthtail(length(P), S)).

sieve(N) -> sieve(lists:seq(2, N), N).
sieve([P | T], N) when P * P =< N -> [P | sieve([X || X <- T, X rem P =/= 0], N)];
sieve(L, _) -> L.

change(0, _) -> 1;
change(N, _) when N < 0 -> 0;
change(_, []) -> 0;
change(N, [C | Cs] = All) -> change(N - C, All) + change(N, Cs).

knapsack(Cap, Items) ->
    T = lists:foldl(fun({W, V}, Best) -> maps:map(fun(C, B) when C >= W -> max(B, maps:get(C - W, Best) + V); (_, B) -> B end, Best) end, maps:from_list([{C, 0} || C <- lists:seq(0, Cap)]), Items),
    maps:get(Cap, T).

ack(0, N) -> N + 1;
ack(M, 0) -> ack(M - 1, 1);
ack(M, N) -> ack(M - 1, ack(M, N - 1)).

tak(X, Y, Z) when Y >= X -> Z;
tak(X, Y, Z) -> tak(tak(X - 1, Y, Z), tak(Y - 1, Z, X), tak(Z - 1, X, Y)).

pascal(N) -> lists:reverse(pascal(N, [[1]])).
pascal(1, Rows) -> Rows;
pascal(N, [R | _] = Rows) -> pascal(N - 1, [lists:zipwith(fun(A, B) -> A + B end, [0 | R], R ++ [0]) | Rows]).

perms([]) -> [[]];
perms(L) -> [[H | T] || H <- L, T <- perms(L -- [H])].

powerset([]) -> [[]];
powerset([H | T]) -> P = powerset(T), P ++ [[H | X] || X <- P].

lcs(A, B) -> element(2, lcs(A, B, #{})).
lcs([], _, M) -> {M, ""};
lcs(_, [], M) -> {M, ""};
lcs([H | T1], [H | T2], M) -> {M2, S} = lcs(T1, T2, M), {M2, [H | S]};
lcs([_ | T1] = A, [_ | T2] = B, M) ->
    Key = {length(A), length(B)},
    case M of
        #{Key := S} -> {M, S};
        #{} ->
            {M1, S1} = lcs(T1, B, M),
            {M2, S2} = lcs(A, T2, M1),
            S = if length(S1) >= length(S2) -> S1; true -> S2 end,
            {M2#{Key => S}, S}
    end.

look_and_say(N) -> look_and_say(N, "1").
look_and_say(1, S) -> [S];
look_and_say(N, S) -> [S | look_and_say(N - 1, say(S))].
say([]) -> [];
say([C | _] = S) -> {Run, Rest} = lists:splitwith(fun(X) -> X =:= C end, S), integer_to_list(length(Run)) ++ [C | say(Rest)].

happy(N) -> [X || X <- lists:seq(1, N), is_happy(X, [])].
is_happy(1, _) -> true;
is_happy(N, Seen) -> (not lists:member(N, Seen)) andalso is_happy(lists:sum([(C - $0) * (C - $0) || C <- integer_to_list(N)]), [N | Seen]).

bin(N) when N < 2 -> [$0 + N];
bin(N) -> bin(N div 2) ++ [$0 + N rem 2].

fizz(N) when N rem 15 =:= 0 -> fizzbuzz;
fizz(N) when N rem 5 =:= 0 -> buzz;
fizz(N) when N rem 3 =:= 0 -> fizz;
fizz(N) -> N.

anagrams(Ws) -> lists:sort(maps:values(maps:groups_from_list(fun lists:sort/1, Ws))).

perfect(N) -> [X || X <- lists:seq(2, N), lists:sum([D || D <- lists:seq(1, X div 2), X rem D =:= 0]) =:= X].

luhn(S) ->
    {Sum, _} = lists:foldr(fun(C, {A, Double}) -> D = (C - $0) * (1 + Double), {A + D div 10 + D rem 10, 1 - Double} end, {0, 0}, S),
    {Sum, Sum rem 10 =:= 0}.

vigenere(T, K) -> [($A + (C - $A + X - $A) rem 26) || {C, X} <- lists:zip(T, lists:sublist(lists:append(lists:duplicate(length(T), K)), length(T)))].

rpn(S) ->
    [V] = lists:foldl(fun("+", [B, A | T]) -> [A + B | T]; ("*", [B, A | T]) -> [A * B | T]; ("/", [B, A | T]) -> [A / B | T]; (N, T) -> [list_to_integer(N) | T] end, [], string:lexemes(S, " ")),
    V.

spiral(N) -> spiral_of([[R * N + C || C <- lists:seq(1, N)] || R <- lists:seq(0, N - 1)]).
spiral_of([]) -> [];
spiral_of([R | Rs]) -> R ++ spiral_of(lists:reverse(transpose(Rs))).
transpose([]) -> [];
transpose([[] | _]) -> [];
transpose(Rows) -> [[hd(R) || R <- Rows] | transpose([tl(R) || R <- Rows])].

nrev([]) -> [];
nrev([H | T]) -> nrev(T) ++ [H].
