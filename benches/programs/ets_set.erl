%% A set of a hundred thousand objects, three times: insert, look up, count, select.
-module(ets_set).
-export([main/1]).

-define(TIMES, 3).

main(Args) ->
    N = bench:size(Args, 100000),
    bench:run(ets_set, N * 10 * ?TIMES, fun() -> bench:integers(N, 7) end,
              fun(Keys) -> [run(Keys) || _ <- lists:seq(1, ?TIMES)] end).

run(Keys) ->
    Tab = ets:new(table, [set, public]),
    lists:foreach(fun(K) -> ets:insert(Tab, {K, K band 255, {value, K}}) end, Keys),
    Sum = look_up(Tab, Keys, 0) + look_up(Tab, Keys, 0) + look_up(Tab, Keys, 0),
    lists:foreach(fun(K) -> ets:update_counter(Tab, K, {2, 1}) end, Keys),
    lists:foreach(fun(K) -> ets:update_counter(Tab, K, {2, 1}) end, Keys),
    Found = ets:select(Tab, [{{'$1', '$2', '_'}, [{'<', '$2', 100}], [{{'$2', '$1'}}]}]),
    Odd = ets:select_count(Tab, [{{'_', '$1', '_'}, [{'=:=', {'band', '$1', 1}, 1}], [true]}]),
    lists:foreach(fun(K) -> [_] = ets:match_object(Tab, {K, '_', '_'}) end, Keys),
    Result = {Sum, lists:sort(Found), Odd, ets:info(Tab, size)},
    ets:delete(Tab),
    Result.

look_up(_Tab, [], Sum) -> Sum;
look_up(Tab, [K | Rest], Sum) ->
    [{_, V, _}] = ets:lookup(Tab, K),
    look_up(Tab, Rest, Sum + V).
