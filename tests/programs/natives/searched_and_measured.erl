%% Tuples looked for in lists by every kind of key at every place, lists that become tuples, iolists
%% that are measured: short and long ones, with what does not belong there at their ends and between.
-module(searched_and_measured).
-include("t.hrl").

main() ->
    [search(Key, Position, List)
     || Key <- keys(), Position <- [1, 2, 3], List <- lists(Key)],
    [?T(catch_all(fun() -> lists:keyfind(a, id(Position), [{a, 1}]) end))
     || Position <- [0, -1, 1.0, a, 1 bsl 24, 1 bsl 32, (1 bsl 32) + 1, (1 bsl 56) + 1, 1 bsl 59, 1 bsl 70]],
    [?T(catch_all(fun() -> lists:keymember(a, id((1 bsl 56) + 1), id(List)) end))
     || List <- [[], [{a, 1}], [{}], a, [{a, 1} | b]]],
    long_search(),
    [?T(erlang:phash2(catch_all(fun() -> list_to_tuple(id(lists:seq(1, N) ++ Tail)) end)))
     || N <- [0, 1, 2, 14, 15, 16, 17, 18, 31, 32, 33, 5000], Tail <- [[], tail, {}]],
    ?T(list_to_tuple(id(lists:seq(1, 16)))),
    ?T(list_to_tuple(id(lists:seq(1, 17)))),
    ?T(catch_all(fun() -> list_to_tuple(id({})) end)),
    %% The tuple is whole after a collection too.
    ?T(collected([list_to_tuple([{N}, {N + 1}]) || N <- lists:seq(1, 3000)])),
    [?T({catch_all(fun() -> iolist_size(id(Iolist)) end),
         size_of(catch_all(fun() -> iolist_to_binary(id(Iolist)) end)),
         size_of(catch_all(fun() -> list_to_bitstring(id(Iolist)) end))})
     || Iolist <- iolists()],
    ok.

keys() ->
    [a, [], 1, 1.0, 0, 0.0, -0.0, 1 bsl 59, float(1 bsl 59), -(1 bsl 70), float(-(1 bsl 70)), 1.0e300,
     <<"k">>, <<1:3>>, binary:copy(<<"k">>, 100), "k", {k}, {1, 2.0}, #{k => 1}, self(), fun lists:map/2].

others() -> [b, 2, 2.0, <<"l">>, "l", {l}, #{k => 2}, [], 3 bsl 60, 1.5e300].

lists(Key) ->
    Equal = [same(Key), {x, Key}, {Key, x, y}, {x, Key, y}, {x, y, Key}],
    Unequal = [{O, O, O} || O <- others()] ++ [{O} || O <- others()] ++ [x, {}, [], #{}, <<>>, 1],
    [[], Equal, Unequal, Unequal ++ Equal, Unequal ++ Unequal ++ Unequal ++ Equal,
     Unequal ++ improper, Equal ++ improper, improper, hd(Unequal)].

%% Another term of the same value where there is one.
same(Key) when is_integer(Key) -> {float(Key), Key};
same(Key) when is_float(Key), abs(Key) < 1.0e200 -> {trunc(Key), Key};
same(Key) when is_list(Key) -> {lists:append(Key, []), Key};
same(Key) when is_binary(Key) -> {binary:part(<<Key/binary, $x>>, 0, byte_size(Key)), Key};
same(Key) -> {Key, Key}.

search(Key, Position, List) ->
    Found = [catch_all(fun() -> lists:F(id(Key), id(Position), id(List)) end)
             || F <- [keyfind, keymember, keysearch]],
    Place = [catch_all(fun() -> length(lists:takewhile(fun(T) -> T =/= hd(Found) end, List)) end)],
    ?T(erlang:phash2({Place, [F || F <- Found, not is_pid_in(F)]})).

is_pid_in(Found) -> is_pid_in(Found, self()).

is_pid_in(Pid, Pid) -> true;
is_pid_in(Tuple, Pid) when is_tuple(Tuple) -> lists:any(fun(T) -> is_pid_in(T, Pid) end, tuple_to_list(Tuple));
is_pid_in(_, _) -> false.

%% Past where work is counted, and past what a scheduler does at a time.
long_search() ->
    [begin
         List = [{I, make, I} || I <- lists:seq(1, N)],
         ?T(lists:keyfind(id(N), 1, List)),
         ?T(lists:keymember(id(float(N)), 3, List)),
         ?T(lists:keysearch(id(<<"none">>), 3, List)),
         ?T(lists:keyfind(id(none), 3, List)),
         ?T(catch_all(fun() -> lists:keyfind(id(none), 3, List ++ end_of_it) end)),
         ?T(catch_all(fun() -> lists:keyfind(id(1.5), 3, List ++ end_of_it) end))
     end
     || N <- [15, 16, 17, 4095, 4096, 4097, 4111, 4112, 4113, 8192, 200000]].

collected(Tuples) ->
    erlang:garbage_collect(),
    lists:sum([N || {{N}, _} <- Tuples]).

iolists() ->
    Large = binary:copy(<<"x">>, 1000),
    Parts = [<<"abc">>, Large, binary:part(Large, 1, 500), <<1:3>>, <<5:5>>, "def", [], [[]], $x, [$g | <<"h">>]],
    Bad = [256, -1, a, 1.0, {}, #{}, 1 bsl 70, self()],
    [[], <<>>, <<1:3>>, a, 1, [a], [-1], [256], Parts, Parts ++ Parts, Parts ++ <<"end">>, Parts ++ a,
     lists:duplicate(3000, <<"ab">>), lists:duplicate(3000, <<1:3>>), lists:duplicate(3000, $a),
     lists:duplicate(70000, Large), deep(20, Parts), deep(3000, "ab"), deep_left(3000, <<"ab">>),
     [lists:duplicate(2000, I) || I <- lists:seq(1, 40)]]
    ++ [[P | P] || P <- Parts] ++ [[P, B] || P <- Parts, B <- Bad] ++ [[P | B] || P <- Parts, B <- Bad].

deep(0, _) -> [];
deep(N, Part) -> [Part, deep(N - 1, Part), N rem 200].

deep_left(0, _) -> [];
deep_left(N, Part) -> [[deep_left(N - 1, Part)] | Part].

size_of(Bits) when is_bitstring(Bits) -> {bit_size(Bits), erlang:phash2(Bits)};
size_of(Error) -> Error.

catch_all(F) ->
    try F() catch Class:Reason -> {Class, Reason} end.
