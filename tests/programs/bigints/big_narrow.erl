%% Every operator on pairs of integers around the sizes where their form changes: 60, 64, 127 and 128 bits.
-module(big_narrow).
-include("t.hrl").

main() ->
    Edges = [0, 1, 1 bsl 31, 1 bsl 59, 1 bsl 60, 1 bsl 63, 1 bsl 64, 1 bsl 126, 1 bsl 127, 1 bsl 128, 1 bsl 191],
    Numbers = lists:usort([S * (E + D) || E <- Edges, D <- [-1, 0, 1], S <- [1, -1]]),
    Operators = [fun add/2, fun sub/2, fun mul/2, fun divide/2, fun remainder/2,
                 fun bit_and/2, fun bit_or/2, fun bit_xor/2],
    [begin
         {name, Name} = erlang:fun_info(F, name),
         Results = [{A, B, try F(A, B) catch error:R -> R end} || A <- Numbers, B <- Numbers],
         io:format("~w ~w~n", [Name, erlang:phash2(Results)]),
         %% What is made one way is what is made another way.
         [io:format("~w ~w~n", [Name, Result]) || {_, _, C} = Result <- Results, is_integer(C), C =/= copy(C)]
     end || F <- Operators],
    Counts = [-200, -129, -128, -127, -126, -65, -64, -63, -1, 0, 1, 3, 59, 60, 63, 64, 66, 67, 126, 127, 128, 129, 200,
              -(1 bsl 63), -(1 bsl 64)],
    [io:format("~w ~w ~w~n", [C, erlang:phash2([left(A, C) || A <- Numbers]),
                              erlang:phash2([right(A, -C) || A <- Numbers])]) || C <- Counts],
    [out("constants", {A, A + 1, A - 1, 1 - A}) || A <- Numbers],
    [out("guards", {A, guards(A, 1 bsl 64)}) || A <- Numbers],
    out("too much", [try left(A, 1 bsl 62) catch error:R -> R end || A <- [0, 1, 1 bsl 64]]),
    %% Many of them between collections.
    out("chain", chain(100000, 1 bsl 64, [])),
    ok.

add(A, B) -> A + B.
sub(A, B) -> A - B.
mul(A, B) -> A * B.
divide(A, B) -> A div B.
remainder(A, B) -> A rem B.
bit_and(A, B) -> A band B.
bit_or(A, B) -> A bor B.
bit_xor(A, B) -> A bxor B.
left(A, N) -> A bsl N.
right(A, N) -> A bsr N.

guards(A, B) when A + B > 1 bsl 64, A * B < 1 bsl 127 -> both;
guards(A, B) when A - B < -(1 bsl 64) -> below;
guards(A, B) when A div B =:= 1; A rem B =:= 1 -> divided;
guards(A, B) when A band B =:= 0 -> apart;
guards(_, _) -> none.

copy(N) -> binary_to_term(term_to_binary(N)).

chain(0, X, Kept) -> {X, length(Kept), erlang:phash2(Kept)};
chain(N, X, Kept) when N rem 100 =:= 0 -> chain(N - 1, (X * 31 + N) band ((1 bsl 100) - 1), [X | Kept]);
chain(N, X, Kept) -> chain(N - 1, (X * 31 + N) band ((1 bsl 100) - 1), Kept).
