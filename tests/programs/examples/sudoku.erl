%% Sudoku by constraint propagation and search, with maps and bit sets.
-module(sudoku).
-include("t.hrl").

main() ->
    [io:format("~s~n", [solve(P)]) || P <- ["530070000600195000098000060800060003400803001700020006060000280000419005000080079",
                                            "000000907000420180000705026100904000050000040000507009920108000034059000507000000",
                                            "550070000600195000098000060800060003400803001700020006060000280000419005000080079"]],
    ok.

solve(Text) ->
    Given = [{I, C - $0} || {I, C} <- lists:zip(lists:seq(0, 80), Text), C =/= $0],
    try lists:foldl(fun({I, D}, G) -> assign(I, D, G) end, maps:from_list([{I, 511} || I <- lists:seq(0, 80)]), Given) of
        Grid -> search(Grid)
    catch
        throw:contradiction -> "no solution"
    end.

search(G) ->
    case [{ones(B), I} || {I, B} <- lists:sort(maps:to_list(G)), ones(B) > 1] of
        [] -> [digit(maps:get(I, G)) + $0 || I <- lists:seq(0, 80)];
        Open ->
            {_, I} = lists:min(Open),
            try_each(I, [D || D <- lists:seq(1, 9), maps:get(I, G) band (1 bsl (D - 1)) =/= 0], G)
    end.

try_each(_, [], _) -> throw(contradiction);
try_each(I, [D | Ds], G) ->
    try search(assign(I, D, G)) catch throw:contradiction -> try_each(I, Ds, G) end.

assign(I, D, G) ->
    Bit = 1 bsl (D - 1),
    case maps:get(I, G) band Bit of
        0 -> throw(contradiction);
        _ -> lists:foldl(fun(P, A) -> remove(P, Bit, A) end, G#{I := Bit}, peers(I))
    end.

remove(I, Bit, G) ->
    Old = maps:get(I, G),
    case Old band (bnot Bit) of
        Old -> G;
        0 -> throw(contradiction);
        New ->
            G1 = G#{I := New},
            case ones(New) of
                1 -> lists:foldl(fun(P, A) -> remove(P, New, A) end, G1, peers(I));
                _ -> G1
            end
    end.

peers(I) ->
    {R, C} = {I div 9, I rem 9},
    [J || J <- lists:seq(0, 80), J =/= I, J div 9 =:= R orelse J rem 9 =:= C orelse (J div 27 =:= R div 3 andalso (J rem 9) div 3 =:= C div 3)].

ones(0) -> 0;
ones(N) -> (N band 1) + ones(N bsr 1).

digit(1) -> 1;
digit(N) -> 1 + digit(N bsr 1).
