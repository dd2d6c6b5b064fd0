%% Corners of ets: what is behind the end of a table, the order of objects that come again to a table
%% that is fixed, keys that `select_replace` may not make, binaries that a table refers to.
-module(ets_corners).
-export([main/0]).

main() ->
    [walk(Type) || Type <- [set, ordered_set, bag, duplicate_bag]],
    [order(Type, Fixed) || Type <- [bag, duplicate_bag], Fixed <- [false, true]],
    T = ets:new(t, []),
    [io:format("~p ~p: ~p~n", [A, B, replace(T, A, B)]) ||
        {A, B} <- [{a, a}, {'$1', '$1'}, {'$_', '$_'}, {'$$', '$$'}, {{'$_'}, {{'$_'}}},
                   {'$_', {const, '$_'}}, {'_', '_'}, {{x, '$1'}, {{x, '$1'}}}]],
    B = binary:copy(<<"0123456789">>, 100),
    ets:insert(T, [{1, B}, {2, B, <<1, 2, 3>>}]),
    [io:format("~p~n", [lists:sort([{Size, Refs > 1} || {_, Size, Refs} <- ets:info(Table, binary)])]) ||
        Table <- [T, ordered(T)]],
    io:format("~p~n", [byte_size(B)]).

ordered(T) ->
    O = ets:new(o, [ordered_set]),
    ets:insert(O, ets:tab2list(T)),
    O.

walk(Type) ->
    T = ets:new(t, [Type]),
    ets:insert(T, {1, x}),
    [io:format("~p ~p ~p: ~p~n", [Type, F, K, catch_(fun() -> ets:F(T, K) end)]) ||
        F <- [next, prev], K <- ['$end_of_table', 1, nowhere]].

order(Type, Fixed) ->
    T = ets:new(t, [Type]),
    Fixed andalso ets:safe_fixtable(T, true),
    I = fun(V) -> ets:insert(T, {key, V}) end,
    D = fun(V) -> ets:delete_object(T, {key, V}) end,
    Steps = [{I, 1}, {I, 2}, {I, 3}, {D, 1}, {I, 1}, {I, 1}, {D, 2}, {D, 3}, {I, 2}, {D, 1}, {D, 2},
             {I, 2}, {I, 3}, {D, 2}, {I, 4}, {I, 2}],
    Seen = [begin F(V), [W || {_, W} <- ets:lookup(T, key)] end || {F, V} <- Steps],
    io:format("~p ~p: ~w ~p~n", [Type, Fixed, Seen, ets:info(T, size)]),
    Fixed andalso ets:safe_fixtable(T, false),
    io:format("~p~n", [ets:lookup(T, key)]).

replace(T, A, B) ->
    catch_(fun() -> ets:select_replace(T, [{{A, '$2', '$3'}, [], [{{B, '$3', '$2'}}]}]) end).

catch_(F) -> try F() catch C:R -> {C, R} end.
