%% Huffman coding into bit strings and back.
-module(huffman).
-include("t.hrl").

main() ->
    [run(T) || T <- ["abracadabra", "mississippi river", "aaaa", lists:flatten(lists:duplicate(20, "the quick brown fox "))]],
    ok.

run(Text) ->
    Tree = tree(Text),
    Codes = maps:from_list(codes(Tree, <<>>)),
    Bits = << <<(maps:get(C, Codes))/bits>> || C <- Text >>,
    io:format("~p bits of ~p, back: ~p~n~p~n~w~n", [bit_size(Bits), 8 * length(Text), decode(Bits, Tree, Tree) =:= Text, ordered(Codes), Bits]).

tree(Text) ->
    Counts = lists:foldl(fun(C, M) -> maps:update_with(C, fun(N) -> N + 1 end, 1, M) end, #{}, Text),
    build(lists:sort([{N, {leaf, C}} || {C, N} <- maps:to_list(Counts)])).

build([{_, {leaf, _} = T}]) -> {node, T, T};
build([{_, T}]) -> T;
build([{N1, A}, {N2, B} | Rest]) -> build(lists:sort([{N1 + N2, {node, A, B}} | Rest])).

codes({leaf, C}, Path) -> [{C, Path}];
codes({node, A, A}, Path) -> codes(A, <<Path/bits, 0:1>>);
codes({node, A, B}, Path) -> codes(A, <<Path/bits, 0:1>>) ++ codes(B, <<Path/bits, 1:1>>).

decode(<<>>, {leaf, C}, _) -> [C];
decode(<<>>, _, _) -> [];
decode(Bits, {leaf, C}, Tree) -> [C | decode(Bits, Tree, Tree)];
decode(<<0:1, R/bits>>, {node, A, _}, Tree) -> decode(R, A, Tree);
decode(<<1:1, R/bits>>, {node, _, B}, Tree) -> decode(R, B, Tree).
