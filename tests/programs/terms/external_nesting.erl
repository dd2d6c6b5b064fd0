%% Terms within terms from bytes: maps whose keys come in any order, large and small, in tuples, lists, funs and
%% each other; the same key twice at any depth; bytes that end, or are no term, within them.
-module(external_nesting).
-include("t.hrl").

main() ->
    Small = map([{int(3), str("c")}, {int(1), str("a")}, {int(2), nil()}]),
    ?T(dec(Small)),
    ?T(dec(map([{atom(a), Small}, {Small, atom(a)}, {nil(), Small}]))),
    ?T(dec(tuple([Small, list([Small, int(5), Small], Small), tuple([]), Small]))),
    ?T(dec(list([], int(7)))),
    ?T(dec(list([], list([], list([int(1)], list([], nil())))))),
    ?T(dec(tuple([list([], tuple([list([], nil())]))]))),
    %% As many as a small map may have, and one more, in falling order, with maps as values and as keys.
    [begin
         Pairs = [{int(N), map([{int(N + 1), int(N)}, {int(N), Small}])} || N <- lists:seq(Size, 1, -1)],
         M = dec(tuple([map(Pairs), map([{V, K} || {K, V} <- Pairs])])),
         {Map, Inverse} = M,
         ?T({map_size(Map), map_size(Inverse), erlang:phash2(M)}),
         ?T(lists:all(fun({K, V}) -> map_get(V, Inverse) =:= K end, maps:to_list(Map))),
         ?T(Map =:= maps:from_list([{N, #{N => dec(Small), N + 1 => N}} || N <- lists:seq(1, Size)])),
         ?T(binary_to_term(term_to_binary(M)) =:= M),
         Twice = Pairs ++ [{int(Size), int(0)}],
         ?T(dec(map(Twice))),
         ?T(dec(map([{int(1), Small}, {int(0), list([map(Twice)], nil())}])))
     end || Size <- [1, 2, 5, 31, 32, 33, 40, 200]],
    %% 1 and 1.0 are two keys; 0.0 and -0.0 are one to this release.
    ?T(dec(map([{<<70, 1.0/float>>, int(1)}, {int(1), int(2)}]))),
    ?T(map_size(dec(map([{int(2), int(1)}, {<<70, 2.0/float>>, int(2)}, {int(1), int(3)}])))),
    %% Funs and exports with maps around them and in them.
    F = fun(X) -> {X, Small} end,
    <<131, Fun/binary>> = term_to_binary(F),
    Made = dec(map([{atom(f), Fun}, {atom(e), export(lists, reverse, 1)}, {int(1), map([{Fun, Small}])}])),
    ?T((map_get(f, Made))(here)),
    ?T((map_get(e, Made))([1, 2])),
    ?T(map_get(F, map_get(1, Made)) =:= dec(Small)),
    ?T(dec(export(lists, "reverse", 1))),
    <<112, _:32, Behind/binary>> = Fun,
    ?T([dec(<<112, Size:32, Behind/binary>>) =:= F || Size <- [0, 1, 16#ffffffff]]),
    ?T(dec(map([{int(1), <<113, (atom(lists))/binary, (nil())/binary, (int(1))/binary>>}]))),
    %% It ends, or is no term, anywhere: a term or badarg, and what was begun does no harm to a collection.
    Parts = [map([{int(3), list([int(1), str("ab"), Small], nil())}, {int(1), tuple([Small, Small])}]),
             list([map([{int(N), int(N)} || N <- lists:seq(40, 1, -1)]), int(2)], Small),
             export(m, f, 2)],
    Whole = tuple(Parts),
    WithFuns = tuple([Fun, map([{Fun, int(1)}, {int(1), Fun}]) | Parts]),
    ?T(lists:usort([dec(binary:part(B, 0, N)) || B <- [Whole, WithFuns], N <- lists:seq(0, byte_size(B) - 1)])),
    ?T(byte_size(Whole)),
    Kept = [begin
                <<A:N/binary, _, B/binary>> = Whole,
                erlang:garbage_collect(),
                case dec(<<A/binary, 255, B/binary>>) of
                    {badarg, _} -> refused;
                    T -> {made, T =:= T}
                end
            end || N <- lists:seq(0, byte_size(Whole) - 1)],
    ?T(length([refused || refused <- Kept])),
    ok.

dec(Bytes) ->
    try binary_to_term(<<131, Bytes/binary>>)
    catch error:badarg -> {badarg, byte_size(Bytes) > 0}
    end.

int(N) when N < 256 -> <<97, N>>;
int(N) -> <<98, N:32>>.

nil() -> <<106>>.

atom(A) -> T = atom_to_binary(A), <<119, (byte_size(T)), T/binary>>.

str(S) when is_list(S) -> <<107, (length(S)):16, (list_to_binary(S))/binary>>.

tuple(Parts) -> <<104, (length(Parts)), (iolist_to_binary(Parts))/binary>>.

list(Parts, Tail) -> <<108, (length(Parts)):32, (iolist_to_binary([Parts, Tail]))/binary>>.

map(Pairs) -> <<116, (length(Pairs)):32, (iolist_to_binary([[K, V] || {K, V} <- Pairs]))/binary>>.

export(M, F, A) when is_atom(F) -> <<113, (atom(M))/binary, (atom(F))/binary, (int(A))/binary>>;
export(M, F, A) -> <<113, (atom(M))/binary, (str(F))/binary, (int(A))/binary>>.
