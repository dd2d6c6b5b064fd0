%% Which key is missing when several are, in small and large maps; maps that stay the same.
-module(update_errors).
-export([main/0]).

main() ->
    %% Keys that the compiler does not know to be the same.
    One = id(1.0),
    Number = id(42),
    Small = id(#{1 => a, b => c}),
    Large = maps:from_list([{I, I} || I <- lists:seq(100, 200)]),
    [io:format("~p~n", [[missing(fun() -> M#{42.0 := v, 42 := w} end),
                         missing(fun() -> M#{z := v, 42 := w, a := x} end),
                         missing(fun() -> M#{1.0 := v, One => w} end),
                         missing(fun() -> M#{42 => v, 42.0 := w, Number := x} end),
                         missing(fun() -> M#{{a} := v, [] := w, <<>> := x, "s" := y} end)]])
     || M <- [#{}, Small, Large]],
    io:format("~p~n", [[erts_debug:same(maps:merge(M, M), M) || M <- [Small, Large]]]).

missing(F) ->
    try F() catch error:{badkey, K} -> K end.

id(X) -> X.
