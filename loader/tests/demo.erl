%% What the disassembly snapshot holds: a little of each instruction family.
-module(demo).
-export([classify/1, sum/2, build/2, parse/1, guard/1, adder/1, half/1, loop/0, 'odd name'/0]).

classify(0) -> zero;
classify(big) -> 16#123456789ABCDEF0123456789ABCDEF;
classify(neg) -> -16#123456789ABCDEF0123456789ABCDEF;
classify({point, X, _}) -> X;
classify(#{key := V}) -> V;
classify(T) when tuple_size(T) =:= 2 -> pair;
classify(_) -> {other, "text", <<"bytes">>, 1.5, [a, b | c]}.

sum([H | T], Acc) -> sum(T, Acc + H);
sum([], Acc) -> Acc.

build(X, Y) -> <<"lit", X:16/little, Y/binary, X/utf8>>.

parse(<<"ab", N:8, Rest:N/binary, _/bits>>) -> {N, Rest};
parse(_) -> error(badarg).

guard(F) ->
    try F() of
        V -> {ok, V}
    catch
        error:E:St -> {E, St}
    after
        done()
    end.

adder(N) -> fun(X) -> X + N end.

half(X) when is_float(X) -> X / 2.0 + 0.5.

loop() ->
    receive
        {From, Msg} -> From ! Msg, loop();
        stop -> ok
    after 100 -> timeout
    end.

'odd name'() -> {[], 'Q', #{a => 1}, fun lists:map/2}.

done() -> ok.
