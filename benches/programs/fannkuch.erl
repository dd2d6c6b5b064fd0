%% Pancake flipping over all permutations: short lists taken apart and put together.
-module(fannkuch).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 10),
    bench:run(fannkuch, factorial(N), fun() -> run(N) end).

factorial(0) -> 1;
factorial(N) -> N * factorial(N - 1).

%% Permutations are visited in an order of their own; the largest count does not depend on it.
run(N) -> permute(lists:seq(1, N), [], 0, 0).

permute([], Perm, Max, Sum) ->
    Flips = flips(Perm, 0),
    {max(Flips, Max), Sum + Flips};
permute(Left, Perm, Max, Sum) -> choose(Left, [], Perm, Max, Sum).

choose([], _Skipped, _Perm, Max, Sum) -> {Max, Sum};
choose([X | Rest], Skipped, Perm, Max0, Sum0) ->
    {Max, Sum} = permute(put_back(Skipped, Rest), [X | Perm], Max0, Sum0),
    choose(Rest, [X | Skipped], Perm, Max, Sum).

put_back([], List) -> List;
put_back([X | Rest], List) -> put_back(Rest, [X | List]).

flips([1 | _], Count) -> Count;
flips([First | _] = Perm, Count) -> flips(flip(First, Perm, []), Count + 1).

flip(0, Rest, Flipped) -> join(Flipped, Rest);
flip(N, [X | Rest], Flipped) -> flip(N - 1, Rest, [X | Flipped]).

join([], Rest) -> Rest;
join([X | Flipped], Rest) -> [X | join(Flipped, Rest)].
