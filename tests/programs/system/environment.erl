%% Environment variables: characters of all kinds, what is no name.
-module(environment).
-include("t.hrl").

main() ->
    ?T(os:putenv("GX", [229, 228])),
    ?T(os:getenv("GX")),
    ?T(os:putenv("GX", [1024])),
    ?T(os:getenv("GX")),
    ?T(os:getenv("GX", "default")),
    ?T(os:getenv("NO_SUCH_VARIABLE")),
    ?T(os:getenv("NO_SUCH_VARIABLE", "default")),
    ?T(os:getenv([1024])),
    ?T(os:putenv(["a", "b"], ["x", $y])),
    ?T(os:getenv("ab")),
    ?T(os:putenv("e", "")),
    ?T(os:getenv("e")),
    ?T(os:unsetenv("e")),
    ?T(os:getenv("e")),
    ?T([V || "ab=" ++ V <- os:getenv()]),
    ?T(lists:keyfind("GX", 1, os:env())),
    ?T(try_to(fun() -> os:getenv("") end)),
    ?T([try_to(fun() -> os:putenv(N, "x") end) || N <- ["a=b", atom, <<"a">>, [0], [$a | $b], [16#D800], [16#110000]]]),
    ?T([try_to(fun() -> os:putenv("v", V) end) || V <- [atom, <<"a">>, [0], [$a | $b], "a=b"]]),
    ?T([try_to(fun() -> F(N) end) || F <- [fun os:getenv/1, fun os:unsetenv/1], N <- ["a=b", atom, <<"a">>, [$a, 0]]]),
    ?T(os:getenv("v")).
