%% Terms that are hashed, written and read for longer than a slice lasts, and some that just do not.
-module(long_terms).
-export([main/0]).

main() ->
    [begin
         List = lists:seq(1, N),
         Text = [X band 127 || X <- List],
         Tuple = list_to_tuple(List),
         Map = maps:from_list([{X, {X}} || X <- List]),
         Deep = lists:foldl(fun(X, Acc) -> {X, [Acc]} end, [], List),
         Bytes = list_to_binary(Text),
         Fun = fun() -> {List, Bytes} end,
         [io:format("~b ~b ~b~n", [erlang:phash2(T), erlang:external_size(T), check(T)])
          || T <- [List, Text, Tuple, Map, Deep, Bytes, [Bytes, Bytes | Bytes], [[Text], Text]]],
         Back = binary_to_term(term_to_binary(Fun)),
         io:format("~w~n", [Back() =:= Fun()])
     end || N <- [1, 10, 5000, 32000, 33000, 70000, 200000]].

check(T) ->
    Bin = term_to_binary(T),
    T = binary_to_term(Bin),
    Bin = iolist_to_binary(erlang:term_to_iovec(T)),
    T = binary_to_term(term_to_binary(T, [compressed, {minor_version, 2}])),
    {T, Used} = binary_to_term(<<Bin/binary, 1, 2, 3>>, [used]),
    Used = byte_size(Bin).
