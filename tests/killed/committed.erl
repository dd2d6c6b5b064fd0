%% Commits to a mnesia table on disc until it is killed; reads what is left.
%% `../tests/killed.rs` runs the two one after the other.
-module(committed).
-export([write/1, read/1]).

%% Prints each number when its transaction is on disc; kills its own node in the middle.
write(Folder) ->
    ok = application:load(mnesia),
    ok = application:set_env(mnesia, dir, Folder),
    ok = mnesia:create_schema([node()]),
    ok = mnesia:start(),
    {atomic, ok} = mnesia:create_table(row, [{attributes, [n, value]}, {disc_copies, [node()]}]),
    commit(1).

commit(N) ->
    {atomic, ok} = mnesia:transaction(fun() -> mnesia:write({row, N, value(N)}), mnesia:write({row, {twin, N}, N}) end),
    ok = mnesia:sync_log(),
    io:format("~p~n", [N]),
    N rem 60 =:= 0 andalso mnesia:dump_log(),
    N =:= 100 andalso spawn(fun() -> os:cmd("kill -9 " ++ os:getpid()) end),
    commit(N + 1).

value(N) -> binary:copy(<<N:32>>, N rem 100).

%% Prints how many rows follow each other without a gap, and what is wrong with the others.
read(Folder) ->
    ok = application:load(mnesia),
    ok = application:set_env(mnesia, dir, Folder),
    ok = mnesia:start(),
    ok = mnesia:wait_for_tables([row], 20000),
    Keys = mnesia:dirty_all_keys(row),
    Numbers = lists:sort([K || K <- Keys, is_integer(K)]),
    Numbers = lists:seq(1, length(Numbers)),
    Numbers = lists:sort([K || {twin, K} <- Keys]),
    true = lists:all(fun(N) -> mnesia:dirty_read(row, N) =:= [{row, N, value(N)}] end, Numbers),
    io:format("~p~n", [length(Numbers)]),
    halt(0).
