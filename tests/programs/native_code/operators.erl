-module(operators).
-export([main/0]).

%% Operators, comparisons and tests of types on all pairs of values of every kind, often enough that
%% the functions that do it have native code. What each makes of them is told by one number.

main() ->
    Values = values(),
    [show(Name, [outcome(F, A, B) || A <- Values, B <- Values]) || {Name, F} <- binary()],
    [show(Name, [outcome(F, A) || _ <- lists:seq(1, 40), A <- Values]) || {Name, F} <- unary()],
    ok.

show(Name, Outcomes) ->
    io:format("~s ~p ~p~n", [Name, length([1 || {error, _} <- Outcomes]), erlang:phash2(Outcomes)]).

outcome(F, A, B) ->
    try {ok, F(A, B)} catch _:R -> {error, R} end.

outcome(F, A) ->
    try {ok, F(A)} catch _:R -> {error, R} end.

values() ->
    [0, 1, -1, 2, 3, 5, 7, 9, 58, 59, 60, 61, 63, 64, -60, 255, 256, 65535, 1 bsl 31, 1 bsl 32,
     -(1 bsl 31), 1 bsl 58, (1 bsl 59) - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1, (1 bsl 60) + 3,
     1 bsl 63, 1 bsl 64, -(1 bsl 64), 1 bsl 200, 1.0, -1.5, 2.0, 3.0, 0.0, -0.0, 1.0e300, -1.0e300,
     1.0e-300, 1.0e38, 3.0e38, 7.0e38, 5.0e-324, 5.9e-39, 576460752303423488.0, a, b, true, false,
     [], [1 | 2], [1, 2, 3], "text", {}, {a}, {a, b}, {a, b, c}, {b, a}, #{}, #{a => 1}, <<>>,
     <<1, 2, 3>>, <<1:3>>, binary:copy(<<"x">>, 100), fun erlang:abs/1].

binary() ->
    [{"add", fun(A, B) -> A + B end},
     {"sub", fun(A, B) -> A - B end},
     {"mul", fun(A, B) -> A * B end},
     {"divide", fun(A, B) -> A / B end},
     {"div", fun(A, B) -> A div B end},
     {"rem", fun(A, B) -> A rem B end},
     {"band", fun(A, B) -> A band B end},
     {"bor", fun(A, B) -> A bor B end},
     {"bxor", fun(A, B) -> A bxor B end},
     {"bsl", fun(A, B) when not is_integer(B); B < 1000 -> A bsl B; (_, _) -> large end},
     {"bsr", fun(A, B) when not is_integer(B); B > -1000 -> A bsr B; (_, _) -> large end},
     {"lt", fun(A, B) -> A < B end},
     {"ge", fun(A, B) -> A >= B end},
     {"le", fun(A, B) -> A =< B end},
     {"eq", fun(A, B) -> A == B end},
     {"ne", fun(A, B) -> A /= B end},
     {"exact eq", fun(A, B) -> A =:= B end},
     {"exact ne", fun(A, B) -> A =/= B end},
     {"if lt", fun(A, B) when A < B -> 1; (_, _) -> 2 end},
     {"if ge", fun(A, B) when A >= B -> 1; (_, _) -> 2 end},
     {"if eq", fun(A, B) when A == B -> 1; (_, _) -> 2 end},
     {"if ne", fun(A, B) when A /= B -> 1; (_, _) -> 2 end},
     {"if exact eq", fun(A, B) when A =:= B -> 1; (_, _) -> 2 end},
     {"if exact ne", fun(A, B) when A =/= B -> 1; (_, _) -> 2 end},
     {"if same", fun(A, A) -> 1; (_, _) -> 2 end},
     {"if sum", fun(A, B) when A + B > 3 -> A - B; (_, _) -> no end},
     {"if product", fun(A, B) when A * B =:= 6 -> 1; (A, B) when A * B < 0 -> 2; (_, _) -> no end},
     {"if remainder", fun(A, B) when A rem B =:= 1 -> 1; (A, B) when A div B > 0 -> 2; (_, _) -> no end},
     {"if bits", fun(A, B) when A band B > 0 -> 1; (A, B) when A bxor B < 0 -> 2; (_, _) -> no end},
     {"element", fun(A, B) -> element(A, B) end},
     {"set element", fun(A, B) -> setelement(A, B, [A, B]) end},
     {"set second", fun(A, B) -> [setelement(2, {A, B, c}, A), A] end},
     {"min", fun(A, B) -> [min(A, B)] end},
     {"max", fun(A, B) -> [max(A, B)] end},
     {"if element", fun(A, B) when element(A, B) =:= b -> 1; (_, _) -> 2 end},
     {"floats", fun(A, B) when is_float(A), is_float(B) -> A * B + A - B; (_, _) -> no end},
     {"float division", fun(A, B) when is_float(A) -> (A + 1.0) / (B * 2.0); (_, _) -> no end},
     {"floats and integers", fun(A, B) -> 0.5 * A - B * 1.25 end},
     {"cells", fun(A, B) -> [A, B | [B | A]] end},
     {"tuples", fun(A, B) -> {A, {B, A}, x, {1, B}, {A, 1, 2.5, "s", B}} end},
     {"maps", fun(A, B) -> #{first => A, second => B} end},
     {"funs", fun(A, B) -> (fun(C) -> {A, B, C} end)(A) end}].

unary() ->
    [{"plus 1", fun(A) -> A + 1 end},
     {"minus 1", fun(A) -> A - 1 end},
     {"1 plus", fun(A) -> 1 + A end},
     {"plus much", fun(A) -> A + 100000000000 end},
     {"minus much", fun(A) -> A - 100000000000 end},
     {"plus the most", fun(A) -> A + 576460752303423487 end},
     {"minus the most", fun(A) -> A - 576460752303423487 end},
     {"bnot", fun(A) -> bnot A end},
     {"neg", fun(A) -> -A end},
     {"bsl 3", fun(A) -> A bsl 3 end},
     {"bsr 3", fun(A) -> A bsr 3 end},
     {"div 7", fun(A) -> A div 7 end},
     {"rem 7", fun(A) -> A rem 7 end},
     {"rem -7", fun(A) -> A rem -7 end},
     {"div large", fun(A) -> A div 10000000000 end},
     {"lt 5", fun(A) when A < 5 -> 1; (_) -> 2 end},
     {"gt 5", fun(A) when A > 5 -> 1; (_) -> 2 end},
     {"ge 5", fun(A) when A >= 5 -> 1; (_) -> 2 end},
     {"le 5", fun(A) when A =< 5 -> 1; (_) -> 2 end},
     {"lt 2.0", fun(A) when A < 2.0 -> 1; (_) -> 2 end},
     {"ge 2.0", fun(A) when A >= 2.0 -> 1; (_) -> 2 end},
     {"gt 2.0", fun(A) when A > 2.0 -> 1; (_) -> 2 end},
     {"le 2.0", fun(A) when A =< 2.0 -> 1; (_) -> 2 end},
     {"lt much", fun(A) when A < 100000000000 -> 1; (_) -> 2 end},
     {"gt an atom", fun(A) when A > a -> 1; (_) -> 2 end},
     {"is 3", fun(3) -> 1; (_) -> 2 end},
     {"equals 3", fun(A) when A == 3 -> 1; (_) -> 2 end},
     {"is an atom", fun(b) -> 1; (_) -> 2 end},
     {"is nil", fun([]) -> 1; (_) -> 2 end},
     {"integer", fun(A) when is_integer(A) -> 1; (_) -> 2 end},
     {"float", fun(A) when is_float(A) -> 1; (_) -> 2 end},
     {"number", fun(A) when is_number(A) -> 1; (_) -> 2 end},
     {"atom", fun(A) when is_atom(A) -> 1; (_) -> 2 end},
     {"boolean", fun(A) when is_boolean(A) -> 1; (_) -> 2 end},
     {"pid", fun(A) when is_pid(A) -> 1; (_) -> 2 end},
     {"port", fun(A) when is_port(A) -> 1; (_) -> 2 end},
     {"reference", fun(A) when is_reference(A) -> 1; (_) -> 2 end},
     {"own pid", fun(_) -> [is_pid(self()), is_reference(make_ref()), self() =:= self()] end},
     {"binary", fun(A) when is_binary(A) -> 1; (_) -> 2 end},
     {"bitstring", fun(A) when is_bitstring(A) -> 1; (_) -> 2 end},
     {"list", fun(A) when is_list(A) -> 1; (_) -> 2 end},
     {"tuple", fun(A) when is_tuple(A) -> 1; (_) -> 2 end},
     {"map", fun(A) when is_map(A) -> 1; (_) -> 2 end},
     {"fun", fun(A) when is_function(A) -> 1; (_) -> 2 end},
     {"pair", fun({X, Y}) -> [Y, X]; (_) -> 2 end},
     {"tagged pair", fun({a, Y}) -> Y; (_) -> 2 end},
     {"cell", fun([X | Y]) -> {Y, X}; (_) -> 2 end},
     {"head", fun(A) -> hd(A) end},
     {"tail", fun(A) -> tl(A) end},
     {"if head", fun(A) when hd(A) =:= 1 -> 1; (_) -> 2 end},
     {"if tail", fun(A) when tl(A) =:= 2 -> 1; (_) -> 2 end},
     {"tuple size", fun(A) -> tuple_size(A) end},
     {"if tuple size", fun(A) when tuple_size(A) =:= 2 -> 1; (_) -> 2 end},
     {"abs", fun(A) -> abs(A) end},
     {"if abs", fun(A) when abs(A) > 59 -> 1; (_) -> 2 end},
     {"byte size", fun(A) -> byte_size(A) end},
     {"bit size", fun(A) -> bit_size(A) end},
     {"map size", fun(A) -> map_size(A) end},
     {"if byte size", fun(A) when byte_size(A) > 2 -> 1; (_) -> 2 end},
     {"if bit size", fun(A) when bit_size(A) =:= 3 -> 1; (_) -> 2 end},
     {"if map size", fun(A) when map_size(A) =:= 1 -> 1; (_) -> 2 end},
     {"large map", fun(A) -> map_size(maps:from_list([{I, A} || I <- lists:seq(1, 40)])) end},
     {"fun of 1", fun(A) when is_function(A, 1) -> 1; (_) -> 2 end},
     {"fun of 2", fun(A) when is_function(A, 2) -> 1; (_) -> 2 end},
     {"own fun", fun(A) -> F = fun(_) -> A end, {is_function(F, 1), is_function(F, 0)} end},
     {"updated", fun(A) -> M = #{a => A, b => 1, c => 2}, M#{a := 3, c := A} end},
     {"added", fun(A) -> M = #{a => A, b => 1}, M#{b => A, z => 3} end},
     {"updated map", fun(A) -> A#{a := x} end},
     {"added to map", fun(A) -> A#{a => x, b => y} end},
     {"second", fun(A) -> element(2, A) end},
     {"one of few", fun few/1},
     {"one of many", fun many/1},
     {"one of close", fun close/1},
     {"one of arities", fun arity/1},
     {"key", fun(#{a := X}) -> X; (_) -> 2 end},
     {"caught", fun(A) -> case catch A + 1 of {'EXIT', {R, _}} -> {R}; B -> B end end},
     {"tried", fun(A) -> try hd(A) catch error:E -> {caught, E} after ok end end},
     {"half", fun(A) -> A / 2 end},
     {"float of", fun(A) -> float(A) * 1.5 end},
     {"minus float", fun(A) when is_float(A) -> -A; (_) -> no end}].

few(0) -> a;
few(a) -> b;
few(true) -> c;
few(7) -> d;
few([]) -> e;
few(_) -> other.

many(0) -> 1;
many(63) -> 2;
many(65535) -> 3;
many(-60) -> 4;
many(a) -> 5;
many(b) -> 6;
many(true) -> 7;
many(false) -> 8;
many(2147483648) -> 9;
many(4294967296) -> 10;
many(288230376151711744) -> 11;
many(576460752303423487) -> 12;
many(-576460752303423488) -> 13;
many(_) -> other.

close(0) -> 10;
close(1) -> 11;
close(2) -> 12;
close(3) -> 13;
close(4) -> 14;
close(5) -> 15;
close(6) -> 16;
close(7) -> 17;
close(8) -> 18;
close(9) -> 19;
close(_) -> other.

arity({}) -> 0;
arity({A}) -> {1, A};
arity({A, _}) -> {2, A};
arity({A, _, _}) -> {3, A};
arity({A, _, _, _}) -> {4, A};
arity(_) -> other.
