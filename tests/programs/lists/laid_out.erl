%% Natives over lists however their cells lie: rising, falling, with other things between them, in pieces of
%% each kind, before and after collections. Improper lists and lists of other things end in the same places.
-module(laid_out).
-include("t.hrl").

main() ->
    [begin
         Lists = [Make(N) || Make <- [fun rising/1, fun falling/1, fun apart/1, fun pieces/1, fun turns/1]],
         ?T({N, before, [natives(L) || L <- Lists]}),
         erlang:garbage_collect(),
         ?T({N, later, [natives(L) || L <- Lists]}),
         %% Again in another process, where they have been copied to.
         Self = self(),
         spawn_link(fun() -> Self ! {there, [natives(L) || L <- Lists]} end),
         ?T(receive {there, There} -> {N, there, There} end)
     end || N <- [0, 1, 2, 3, 5, 6, 17, 300, 5000, 9000]],
    ok.

rising(N) -> binary_to_list(binary:part(bytes(), 0, N)).

falling(N) -> falling(0, N, []).
falling(N, N, L) -> L;
falling(I, N, L) -> falling(I + 1, N, [I * 7 rem 251 | L]).

%% Of other lengths each time.
apart(N) -> element(1, apart(0, N, [], [])).
apart(N, N, L, Kept) -> {L, Kept};
apart(I, N, L, Kept) ->
    Other = list_to_tuple(lists:seq(1, I * I rem 7)),
    apart(I + 1, N, [I * 11 rem 256 | L], [Other | Kept]).

pieces(N) ->
    Part = N div 5,
    rising(Part) ++ falling(Part) ++ [255 | apart(Part) ++ lists:reverse(rising(Part))].

%% Now longer and now shorter steps.
turns(N) -> [case I rem 3 of 0 -> length([I, I]); 1 -> 255; 2 -> element(1, {I rem 256, I}) end || I <- lists:seq(1, N)].

natives(L) ->
    {length(L), erlang:phash2(lists:reverse(L)), erlang:phash2(L ++ [end_of_it]),
     erlang:phash2(list_to_binary(L)), iolist_size([L, [L | <<1>>], 7 | L]),
     erlang:phash2(iolist_to_binary([L, [[L], 3] | <<"x">>])), erlang:phash2(list_to_bitstring([<<5:3>>, L])),
     lists:member(hd(lists:reverse([0 | L])), L), lists:member(x, L),
     lists:keyfind(x, 1, L), lists:keyfind(x, 1, L ++ [{x, y}]), lists:nth(length(L) + 1, L ++ [z]),
     erlang:crc32([L, L]), binary_to_list(erlang:md5(L)), L =:= lists:reverse(lists:reverse(L)),
     erlang:phash2(binary_to_term(term_to_binary(L))),
     [attempt(fun() -> F(L ++ improper) end)
      || F <- [fun erlang:length/1, fun list_to_binary/1, fun iolist_size/1, fun(I) -> lists:reverse(I) end,
               fun(I) -> lists:member(y, I) end, fun(I) -> I ++ [] end]],
     [attempt(fun() -> F(L ++ [256 | L]) end) || F <- [fun list_to_binary/1, fun iolist_size/1]],
     attempt(fun() -> list_to_binary(L ++ [-1]) end)}.

attempt(F) -> try F() catch C:R -> {C, R} end.

bytes() -> << <<(I * 13 rem 256)>> || I <- lists:seq(1, 9000) >>.
