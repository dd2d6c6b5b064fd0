%% Arithmetic beyond small integers where functions are called often enough to be compiled: results
%% that need a collection, errors, floats that do not lie in a word, constants, the frame.
-module(large_results).
-export([main/0]).

main() ->
    Numbers = [0, 1, -1, 12345, -(1 bsl 59), (1 bsl 59) - 1, 1 bsl 59, 1 bsl 63, -(1 bsl 64), 1 bsl 70,
               -(1 bsl 127), (1 bsl 128) - 1, 1 bsl 130, -(1 bsl 200) + 7, 1 bsl 2100,
               1.5, -2.0e-300, 1.0e308, a],
    Pairs = [{A, B} || A <- Numbers, B <- Numbers],
    io:format("~w~n", [erlang:phash2([[every(A, B) || {A, B} <- Pairs] || _ <- [1, 2, 3, 4]])]),
    io:format("~p~n", [[every(A, B) || {A, B} <- Pairs, is_float(A) orelse B =:= 1 bsl 70]]),
    io:format("~w~n", [erlang:phash2(kept(3000, 1, []))]),
    io:format("~w~n", [erlang:phash2(fact(400))]),
    io:format("~w~n", [erlang:phash2(power(3, 20000))]),
    io:format("~w~n", [[places(1 bsl 90, a), places(1 bsl 90, 0)]]),
    io:format("~w~n", [too_large(100)]).

every(A, B) ->
    [try Op(A, B) catch Class:Reason -> {Class, Reason} end || Op <-
        [fun add/2, fun sub/2, fun mul/2, fun divide/2, fun quotient/2, fun remainder/2,
         fun both/2, fun either/2, fun one/2, fun left/2, fun right/2, fun constants/2]].

add(A, B) -> A + B.
sub(A, B) -> A - B.
mul(A, B) -> A * B.
divide(A, B) -> A / B.
quotient(A, B) -> A div B.
remainder(A, B) -> A rem B.
both(A, B) -> A band B.
either(A, B) -> A bor B.
one(A, B) -> A bxor B.
left(A, B) when abs(B) < 10000 -> A bsl B;
left(_, _) -> none.
right(A, B) -> A bsr B.
constants(A, B) -> {A + 1, B - 576460752303423487}.

%% All results live, so that the heap is collected again and again in the middle.
kept(0, _, Acc) -> Acc;
kept(N, X, Acc) ->
    Y = (X * 1103515245 + 12345) band ((1 bsl 150) - 1),
    Z = Y * 6364136223846793005 - X,
    kept(N - 1, Z rem (1 bsl 140) + N, [{Y, Z div 7, Z bsr 3, N bsl 60} | Acc]).

fact(0) -> 1;
fact(N) -> N * fact(N - 1).

power(_, 0) -> 1;
power(X, N) when N rem 2 =:= 0 -> power(X * X, N div 2);
power(X, N) -> X * power(X, N - 1).

%% Where errors are told to be.
places(A, B) ->
    [element(1, hd(Where)) || {'EXIT', {_, Where}} <- [catch quotient(A, B), catch remainder(A, B)]] ++
        [{F, Arity} || {'EXIT', {_, [{erlang, _, _, _}, {large_results, F, Arity, _} | _]}}
                           <- [catch quotient(A, B), catch both(A, B)]].

too_large(N) ->
    lists:usort([try too_far(1 bsl 70, 1 bsl 40) catch error:Reason -> Reason end || _ <- lists:seq(1, N)]).

too_far(A, B) -> A bsl B.
