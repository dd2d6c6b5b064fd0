%% Body recursion far deeper than any first stack, many live variables, mutual recursion, many arguments.
-module(deep_recursion).
-include("t.hrl").

main() ->
    ?T(count(20000)),
    ?T(length(copy(lists:seq(1, 8000)))),
    ?T(sum_pairs(lists:seq(1, 6000))),
    ?T(even(50001)),
    ?T(many_args(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)),
    ?T(rotate(1000, 1, 2, 3, 4, 5, 6, 7, 8)),
    ?T(live(10, 20, 30)),
    ?T(ack(2, 200)),
    ?T(string:length(flat(build(12)))),
    ?T(exception_from(10000)),
    ?T(in_process(10000)),
    ?T(lists:foldr(fun(X, A) -> X + A end, 0, lists:seq(1, 8000))),
    ?T(length(lists:map(fun(X) -> {X} end, lists:seq(1, 6000)))),
    ?T(y_registers(5)),
    ok.

count(0) -> 0;
count(N) -> 1 + count(N - 1).

copy([]) -> [];
copy([H | T]) -> [H | copy(T)].

sum_pairs([A, B | T]) -> {X, Y} = sum_pairs(T), {X + A, Y + B};
sum_pairs([]) -> {0, 0}.

even(0) -> true;
even(N) -> odd(N - 1).
odd(0) -> false;
odd(N) -> even(N - 1).

many_args(A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T) when A > 5 -> [A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T];
many_args(A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T) -> many_args(T, S, R, Q, P, O, N, M, L, K, J, I, H, G, F, E, D, C, B, A).

rotate(0, A, B, C, D, E, F, G, H) -> {A, B, C, D, E, F, G, H};
rotate(N, A, B, C, D, E, F, G, H) -> rotate(N - 1, B, C, D, E, F, G, H, A).

live(A, B, C) ->
    D = id(A + B), E = id(B + C), F = id(C + D), G = id(D * E), H = id([A, B | D]), I = id({E, F, G}),
    J = id(#{A => B, C => D}), K = id(<<A, B, C>>), L = id(fun() -> {A, I, J} end), M = id(1.5 * A),
    erlang:garbage_collect(),
    {A, B, C, D, E, F, G, H, I, J, K, L(), M}.

ack(0, N) -> N + 1;
ack(M, 0) -> ack(M - 1, 1);
ack(M, N) -> ack(M - 1, ack(M, N - 1)).

build(0) -> $x;
build(N) -> [build(N - 1), build(N - 1)].
flat(T) -> lists:flatten(T).

exception_from(N) -> try fail(N) catch throw:{bottom, X} -> X end.
fail(0) -> throw({bottom, reached});
fail(N) -> [N | fail(N - 1)].

in_process(N) ->
    Self = self(),
    P = spawn_link(fun() -> Self ! {self(), count(N)} end),
    receive {P, X} -> X end.

y_registers(N) ->
    A = id(N), B = id(A + 1), C = id(B + 1),
    X = case id(C) of 7 -> Y = id(A), {Y, id(B)}; _ -> {none, id(C)} end,
    Z = try id(X) of {P, Q} -> {Q, P, id(C)} catch _:_ -> id(A) end,
    {A, B, C, X, Z}.
