%% boot
%% A mnesia table that survives a restart of mnesia.
-module(mnesia_on_disc).
-include("t.hrl").
-record(square, {n, value}).

main() ->
    Dir = filename:join("/tmp", "girder_mnesia_" ++ os:getpid()),
    ok = application:load(mnesia),
    ok = application:set_env(mnesia, dir, Dir),
    ?T(mnesia:create_schema([node()])),
    ?T(mnesia:start()),
    ?T(mnesia:create_table(square, [{attributes, record_info(fields, square)}, {disc_copies, [node()]}])),
    ?T(mnesia:transaction(fun() -> [mnesia:write(#square{n = N, value = N * N}) || N <- lists:seq(1, 100)], done end)),
    ?T(mnesia:dirty_read(square, 7)),
    ?T(mnesia:transaction(fun() -> mnesia:write(#square{n = 7, value = 0}), mnesia:abort(changed_my_mind) end)),
    ?T(mnesia:dirty_read(square, 7)),
    ?T(mnesia:stop()),
    ?T(mnesia:start()),
    ?T(mnesia:wait_for_tables([square], 10000)),
    ?T(mnesia:table_info(square, size)),
    ?T(mnesia:dirty_read(square, 9)),
    ?T(lists:sort(mnesia:dirty_select(square, [{#square{n = '$1', value = '$2'}, [{'<', '$1', 4}], ['$2']}]))),
    ?T(mnesia:stop()),
    ?T(file:del_dir_r(Dir)),
    ok.
