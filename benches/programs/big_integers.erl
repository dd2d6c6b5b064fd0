%% Integers beyond a word: products, quotients, powers, printing and reading.
-module(big_integers).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 100),
    bench:run(big_integers, N, fun() -> [once(I) || I <- lists:seq(1, N)] end).

once(I) ->
    Factorial = product(I, 1500),
    Fib = fib(8000, 0, I),
    Power = power(16#fedcba9876543210fedcba9876543211 + I, 16#123456789abcdef0123456789abcdef, (1 bsl 521) - 1),
    Two = two_words(60000, 1 bsl 62 + I),
    Text = integer_to_list(Factorial),
    true = list_to_integer(Text) =:= Factorial,
    {Factorial rem (1 bsl 89 - 1), Fib div (1 bsl 4000), Power, Two, length(Text),
     Factorial div (Fib + 1), (Factorial bxor Fib) band (1 bsl 300 - 1)}.

product(From, To) when From > To -> 1;
product(From, To) -> From * product(From + 1, To).

fib(0, A, _B) -> A;
fib(N, A, B) -> fib(N - 1, B, A + B).

power(_Base, 0, _Mod) -> 1;
power(Base, Exp, Mod) when Exp band 1 =:= 1 -> Base * power(Base, Exp - 1, Mod) rem Mod;
power(Base, Exp, Mod) ->
    Half = power(Base, Exp bsr 1, Mod),
    Half * Half rem Mod.

%% Arithmetic just above the small integers.
two_words(0, X) -> X;
two_words(N, X) -> two_words(N - 1, (X * 31 + N) band (1 bsl 64 - 1)).
