%% What OTP builds on files: dets tables, disk logs, the file handler of logger.
-module(tables_and_logs).
-include("t.hrl").

main() ->
    files_aux:servers(),
    files_aux:in_folder(fun(_) -> dets(), logs(), ok end).

dets() ->
    ?T(dets:open_file(t, [{file, "t.dets"}])),
    ?T(dets:insert(t, [{I, I * I} || I <- lists:seq(1, 2000)])),
    ?T(dets:insert_new(t, {1, x})),
    ?T(dets:lookup(t, 77)),
    ?T(dets:member(t, 5000)),
    ?T(dets:info(t, size)),
    ?T(dets:delete(t, 77)),
    ?T(dets:lookup(t, 77)),
    ?T(dets:update_counter(t, 3, 5)),
    ?T(lists:sort(dets:match(t, {'$1', 16}))),
    ?T(lists:sort(dets:select(t, [{{'$1', '$2'}, [{'<', '$1', 5}], [{{'$2', '$1'}}]}]))),
    ?T(dets:sync(t)),
    ?T(dets:close(t)),
    ?T(dets:is_dets_file("t.dets")),
    ?T(dets:open_file(t, [{file, "t.dets"}, {access, read}])),
    ?T(dets:foldl(fun({K, V}, S) -> S + K + V end, 0, t)),
    ?T(try_to(fun() -> dets:insert(t, {1, 2}) end)),
    ?T(dets:close(t)),
    ?T(dets:open_file(b, [{file, "b.dets"}, {type, bag}])),
    ?T(dets:insert(b, [{k, I} || I <- [3, 1, 2, 3]])),
    ?T(lists:sort(dets:lookup(b, k))),
    ?T(dets:delete_object(b, {k, 1})),
    ?T(lists:sort(dets:lookup(b, k))),
    ?T(begin E = ets:new(e, []), dets:to_ets(b, E) =:= E andalso length(ets:tab2list(E)) end),
    ?T(dets:delete_all_objects(b)),
    ?T(dets:info(b, size)),
    ?T(dets:close(b)),
    ok = file:write_file("bad.dets", "this is no table"),
    ?T(element(1, dets:open_file(bad, [{file, "bad.dets"}]))),
    %% A table that was not closed is repaired.
    {Pid, Ref} = spawn_monitor(fun() ->
                                       {ok, c} = dets:open_file(c, [{file, "c.dets"}, {auto_save, infinity}]),
                                       ok = dets:insert(c, [{I, I} || I <- lists:seq(1, 100)]),
                                       ok = dets:sync(c),
                                       {ok, _} = file:copy("c.dets", "copy.dets"),
                                       dets:close(c)
                               end),
    receive {'DOWN', Ref, process, Pid, Reason} -> ?T(id(Reason)) end,
    ?T(dets:open_file(c, [{file, "copy.dets"}])),
    ?T(dets:info(c, size)),
    ?T(dets:close(c)).

logs() ->
    ?T(disk_log:open([{name, l}, {file, "l.log"}])),
    ?T(disk_log:log(l, {term, 1})),
    ?T(disk_log:log_terms(l, [a, "b", <<"c">>])),
    ?T(disk_log:alog(l, last)),
    ?T(disk_log:sync(l)),
    ?T(begin {_, Terms} = disk_log:chunk(l, start), Terms end),
    ?T(proplists:get_value(no_written_items, disk_log:info(l))),
    ?T(disk_log:close(l)),
    ?T(disk_log:open([{name, l}, {file, "l.log"}, {mode, read_only}])),
    ?T(disk_log:log(l, x)),
    ?T(disk_log:close(l)),
    ?T(disk_log:open([{name, w}, {file, "w.log"}, {type, wrap}, {size, {1000, 3}}])),
    ?T([disk_log:log(w, {entry, I, lists:duplicate(20, $x)}) || I <- lists:seq(1, 5)]),
    ?T(lists:usort([disk_log:log(w, {entry, I, lists:duplicate(20, $x)}) || I <- lists:seq(6, 100)])),
    ?T(begin {_, [First | _]} = disk_log:chunk(w, start), element(1, First) end),
    ?T(disk_log:close(w)),
    ?T(begin {ok, L} = file:list_dir("."), lists:sort([N || "w.log" ++ _ = N <- L]) end),
    ?T(disk_log:open([{name, e}, {file, "e.log"}, {format, external}])),
    ?T(disk_log:blog(e, "bytes\n")),
    ?T(disk_log:balog(e, "more\n")),
    ?T(disk_log:close(e)),
    ?T(file:read_file("e.log")).
