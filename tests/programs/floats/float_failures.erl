%% Float arithmetic that comes to no float, in code that the compiler makes float instructions of:
%% the stack trace begins with the function itself.
-module(float_failures).
-include("t.hrl").

main() ->
    ?T(product(id(1.0e308))),
    ?T(sum(id(1.5e308))),
    ?T(difference(id(-1.5e308))),
    ?T(quotient(id(0))),
    ?T(quotient(id(0.0))),
    ?T(quotient(id(a))),
    ?T(nested(id(1.0))),
    ?T(nested(id("1"))),
    ?T(guarded(id(0))),
    ?T(guarded(id(2))).

product(X) -> X * 10.0 * X.

sum(X) -> X + X * 1.0.

difference(X) -> X - 1.0 * 1.5e308.

quotient(X) -> 2.0 / X.

nested(X) -> X / (X - 1.0) + 2.5 * X.

guarded(X) when 1.0 / X > 0.1 -> yes;
guarded(_) -> no.
