%% Chains of tests of one word in native code: what one test has found holds for the next one, however
%% that is come to. Small and large integers, floats and other terms take turns.
-module(integer_ranges).
-include("t.hrl").

main() ->
    Values = [0, 9, 10, 31, 32, 47, 48, 57, 58, 127, 128, 255, 256, -1, 1 bsl 59 - 1, 1 bsl 59, -(1 bsl 59),
              -(1 bsl 59) - 1, 1 bsl 64, -(1 bsl 70), 0.0, -0.0, 9.5, 32.0, 57.5, 1.0e300, -1.0e300, a, [], "x",
              {}, <<>>, self()],
    Small = [V || V <- Values, is_integer(V), abs(V) < 1000],
    %% First what goes the quick way, then everything.
    ?T([many(fun kind/1, Small, 300), many(fun kind/1, Values, 300)]),
    ?T([many(fun sized/1, Small, 300), many(fun sized/1, Values, 300)]),
    ?T([many(fun backwards/1, Small, 300), many(fun backwards/1, Values, 300)]),
    ?T([many(fun stepped/1, Small, 300), many(fun stepped/1, Values, 300)]),
    ?T([many(fun only_integers/1, Small, 300), many(fun only_integers/1, Values, 300)]),
    ?T([{V, kind(V), sized(V), backwards(V), stepped(V), only_integers(V)}
        || V <- Values, not is_pid(V)]),
    ?T([up(1 bsl 59 - 3, 3000, []), up(-(1 bsl 59) - 3, 6, [])]),
    ?T([down(-(1 bsl 59) + 3, 6, []), down(1 bsl 59 + 3, 6, []), down(3.5, 6, [])]),
    ?T([catch up(V, 3, []) || V <- [0.5, 1.0e18, a, [], 1 bsl 80]]),
    ?T([count(N, 0) || N <- [0, 1, 5000, -1, 2.0, 1 bsl 59 - 1, a]]),
    ?T([mixed(V, 3) || V <- [5, -5, 1 bsl 58, -(1 bsl 58), 1 bsl 62]]).

many(Fun, Values, Times) -> many(Fun, Values, Times, 0).

many(_, _, 0, Hash) -> Hash;
many(Fun, Values, Times, _) -> many(Fun, Values, Times - 1, erlang:phash2([Fun(V) || V <- Values])).

kind(X) when is_integer(X), X >= 48, X =< 57 -> digit;
kind(X) when is_integer(X), X >= 32, X < 127 -> printable;
kind(X) when is_integer(X), X >= 0, X =< 255 -> {byte, X band 7};
kind(X) when is_integer(X), X > 1 bsl 59 - 2 -> large;
kind(X) when is_integer(X) -> other_integer;
kind(X) when is_number(X), X >= 9, X < 58 -> {number, X};
kind(X) when is_number(X) -> float;
kind(_) -> other.

sized(X) when X < 0 -> below;
sized(X) when X < 10 -> one;
sized(X) when X < 100 -> two;
sized(X) when X =< 255 -> byte;
sized(X) when X > 1 bsl 60 -> huge;
sized(X) when X >= 256 -> more.

backwards(X) when 0 > X -> below;
backwards(X) when 10 > X -> one;
backwards(X) when 32 >= X, 32 =< X -> same;
backwards(X) when 255 < X -> more;
backwards(_) -> other.

stepped(X) ->
    try
        Y = X + 1,
        Z = if Y > 10 -> Y - 5; Y >= 0 -> Y + 5; true -> Y - 1 end,
        if Z > 1 bsl 59 - 1 -> {large, Z}; Z < -(1 bsl 59) -> {small, Z}; true -> Z * 2 end
    catch
        error:badarith -> none
    end.

only_integers(X) when is_integer(X) ->
    if is_integer(X), X > 50 -> X - 50; is_integer(X) -> X + 50; true -> never end;
only_integers(_) -> none.

up(X, 0, Done) -> {X, lists:sublist(Done, 5)};
up(X, N, Done) when X < 1 bsl 59 -> up(X + 1, N - 1, [small | Done]);
up(X, N, Done) -> up(X + 1, N - 1, [X | Done]).

down(X, 0, Done) -> {X, Done};
down(X, N, Done) when X > -(1 bsl 59), X < 1 bsl 59 -> down(X - 1, N - 1, [small | Done]);
down(X, N, Done) -> down(X - 1, N - 1, [X | Done]).

count(N, Sum) when N > 0, N < 1 bsl 58 -> count(N - 1, Sum + N);
count(N, Sum) -> {N, Sum}.

mixed(X, 0) -> X;
mixed(X, N) ->
    A = X * 2 + 3,
    B = if A > 0 -> A bor 1; A =< 0 -> A bxor 1 end,
    C = (bnot B) - 1,
    mixed(if C < 0 -> C - X; C >= 0 -> C + X end, N - 1).
