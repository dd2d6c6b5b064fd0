%% The module file through its servers: opening, encodings, reading and writing, folders, times.
-module(file_module).
-include("t.hrl").
-include_lib("kernel/include/file.hrl").

main() ->
    files_aux:servers(),
    files_aux:in_folder(fun(_) -> run() end).

run() ->
    whole(),
    reading(),
    encodings(),
    modes(),
    positions(),
    terms(),
    tree(),
    copying(),
    raw(),
    owners(),
    ok.

whole() ->
    ?T(file:write_file("a", ["one\n", <<"two\n">>])),
    ?T(file:write_file("a", "three\n", [append])),
    ?T(file:read_file("a")),
    ?T(file:read_file("no")),
    ?T(file:write_file("no/a", "x")),
    ?T(file:write_file("a2", [x])),
    ?T(file:write_file("b", "x", [exclusive])),
    ?T(file:write_file("b", "x", [exclusive])),
    ?T(file:format_error(enoent)),
    ?T([lists:flatten(file:format_error(E)) || E <- [eacces, badarg, terminated, {1, file, undefined_script}, other]]),
    ?T([file:read_file(N) || N <- ['a', <<"a">>, ["a"], "a\0b", 1]]).

lines(F) ->
    case io:get_line(F, '') of
        L when is_list(L) -> [L | lines(F)];
        Other -> [Other]
    end.

reading() ->
    {ok, F} = file:open("a", [read]),
    ?T(file:read_line(F)),
    ?T(file:read(F, 2)),
    ?T(io:get_line(F, '')),
    ?T(io:get_chars(F, '', 3)),
    ?T(file:pread(F, 0, 5)),
    ?T(file:pread(F, [{0, 3}, {4, 3}, {100, 1}])),
    ?T(file:read(F, 100)),
    ?T(file:read(F, 100)),
    ?T(file:position(F, bof)),
    ?T(lines(F)),
    ?T(file:write(F, "x")),
    ?T(file:position(F, bof)),
    ?T(file:truncate(F)),
    ?T(file:close(F)),
    ?T(file:close(F)),
    ?T(file:read(F, 1)),
    ?T(file:open("no", [read])),
    ?T(file:open(".", [read])),
    ?T([file:open("a", M) || M <- [[bad], [{encoding, no}], x, [read | write]]]),
    {ok, B} = file:open("a", [read, binary]),
    ?T(file:read_line(B)),
    ?T(io:get_line(B, '')),
    ?T(file:read(B, 3)),
    ?T(io:fread(B, '', "~s")),
    ok = file:close(B),
    {ok, A} = file:open("a", [read, read_ahead, raw, binary]),
    ?T([file:read_line(A) || _ <- lists:seq(1, 4)]),
    ok = file:close(A).

encodings() ->
    Text = [$a, 229, 8364, 65536, 10],
    ?T([begin
            {ok, F} = file:open("e", [write, {encoding, E}]),
            R = io:put_chars(F, Text),
            ok = file:close(F),
            {ok, Raw} = file:read_file("e"),
            {ok, G} = file:open("e", [read, {encoding, E}]),
            Back = io:get_line(G, ''),
            ok = file:close(G),
            {E, R, Raw, Back}
        end || E <- [utf8, {utf16, big}, {utf16, little}, {utf32, big}, {utf32, little}, unicode, utf16]]),
    ?T(begin {ok, F} = file:open("l", [write]), R = try_to(fun() -> io:put_chars(F, Text) end), file:close(F), R end),
    ?T(begin {ok, F} = file:open("l", [write]), R = io:put_chars(F, [$a, 229]), file:close(F), {R, file:read_file("l")} end),
    ok = file:write_file("bad", <<"ok", 255, 254>>),
    ?T(begin {ok, F} = file:open("bad", [read, {encoding, utf8}]), R = io:get_chars(F, '', 10), file:close(F), R end),
    ?T(begin {ok, F} = file:open("e", [write, {encoding, utf8}]), R = file:write(F, <<229/utf8>>), ok = file:close(F), {R, file:read_file("e")} end),
    ?T(begin {ok, F} = file:open("e", [read]), A = io:getopts(F), ok = io:setopts(F, [{encoding, utf8}]), B = io:get_line(F, ''), file:close(F),
             {lists:sort(A), B} end).

modes() ->
    ?T(begin {ok, F} = file:open("m", [write, append]), ok = file:write(F, "1"), ok = file:close(F), file:read_file("m") end),
    ?T(begin {ok, F} = file:open("m", [append]), ok = file:write(F, "2"), ok = file:close(F), file:read_file("m") end),
    ?T(begin {ok, F} = file:open("m", [read, write]), ok = file:write(F, "3"), R = file:read(F, 9), ok = file:close(F), {R, file:read_file("m")} end),
    ?T(begin {ok, F} = file:open("m", [write, delayed_write]), [ok = file:write(F, integer_to_list(I)) || I <- lists:seq(1, 1000)],
             ok = file:close(F), {ok, B} = file:read_file("m"), {byte_size(B), erlang:md5(B)} end),
    ?T(begin {ok, F} = file:open("m", [write, raw, {delayed_write, 100, 10000}]), [ok = file:write(F, integer_to_list(I)) || I <- lists:seq(1, 1000)],
             {ok, P} = file:position(F, cur), ok = file:sync(F), ok = file:close(F), {ok, B} = file:read_file("m"), {P, byte_size(B)} end),
    ?T(begin {ok, F} = file:open("m.gz", [write, compressed]), ok = file:write(F, lists:duplicate(10000, $x)), ok = file:close(F),
             {ok, G} = file:open("m.gz", [read, compressed]), {ok, D} = file:read(G, 20000), ok = file:close(G),
             {ok, B} = file:read_file("m.gz"), {length(D), lists:usort(D), byte_size(B) < 200, zlib:gunzip(B) =:= list_to_binary(D)} end),
    ?T(begin {ok, G} = file:open("m.gz", [read, compressed, raw, binary]), {ok, A} = file:position(G, 9990), R = file:read(G, 100), E = file:read(G, 1),
             ok = file:close(G), {A, R, E} end),
    ?T(begin {ok, G} = file:open("a", [read, compressed]), R = file:read_line(G), ok = file:close(G), R end).

positions() ->
    ok = file:write_file("p", "0123456789"),
    {ok, F} = file:open("p", [read, write]),
    ?T([file:position(F, P) || P <- [3, {cur, 2}, eof, {eof, -3}, {bof, 1}, -1, {cur, -100}, x, cur]]),
    ?T(file:pwrite(F, 2, "XY")),
    ?T(file:pwrite(F, [{0, "A"}, {20, "far"}])),
    ?T(file:pwrite(F, [{0, "A"}, {-1, "no"}])),
    ?T(file:position(F, 5)),
    ?T(file:truncate(F)),
    ?T(file:sync(F)),
    ?T(file:datasync(F)),
    ?T(file:advise(F, 0, 10, sequential)),
    ?T(file:allocate(F, 0, 64)),
    ?T(file:close(F)),
    ?T(begin {ok, B} = file:read_file("p"), byte_size(B) end).

terms() ->
    ok = file:write_file("t", io_lib:format("~tp.~n~tp.~n", [{a, [1, 2.5], "x"}, #{k => <<"v">>}])),
    ?T(file:consult("t")),
    ?T(file:consult("no")),
    ok = file:write_file("t2", "{a, b.\n"),
    ?T(file:consult("t2")),
    ok = file:write_file("t3", "%% -*- coding: utf-8 -*-\n[\"" ++ binary_to_list(<<8364/utf8>>) ++ "\"].\n"),
    ?T(file:consult("t3")),
    ok = file:write_file("s", "X = 1, X + A.\n"),
    ?T(file:script("s", [{'A', 2}])),
    ?T(file:script("s")),
    ?T(file:eval("s", [{'A', 2}])),
    ?T(file:path_open(["no", "."], "t", [read]) =/= {error, enoent}),
    ?T(file:path_consult(["no", "."], "t")).

tree() ->
    ?T(file:make_dir("d")),
    ?T(file:make_dir("d")),
    ?T(filelib:ensure_dir("d/e/f/x")),
    ?T(file:list_dir("d")),
    ?T(file:list_dir("no")),
    ?T(filelib:is_dir("d/e/f")),
    ?T(filelib:is_regular("a")),
    ?T(filelib:is_file("no")),
    ?T(lists:sort(filelib:wildcard("*"))),
    ?T(filelib:wildcard("d/**")),
    ?T(file:rename("a", "d/a")),
    ?T(file:rename("a", "d/a")),
    ?T(file:make_symlink("d/a", "s")),
    ?T(file:read_link("s")),
    ?T(file:read_link("d")),
    ?T(file:make_link("d/a", "h")),
    ?T(begin {ok, I} = file:read_file_info("h"), {I#file_info.size, I#file_info.type, I#file_info.access, I#file_info.links, I#file_info.mode band 8#777} end),
    ?T(begin {ok, I} = file:read_link_info("s", [raw]), {I#file_info.type, I#file_info.links} end),
    ?T(file:change_mode("h", 8#600)),
    ?T(begin {ok, I} = file:read_file_info("h"), I#file_info.mode band 8#777 end),
    ?T(file:change_time("h", {{2001, 2, 3}, {4, 5, 6}})),
    ?T(begin {ok, I} = file:read_file_info("h"), I#file_info.mtime end),
    ?T(filelib:last_modified("h")),
    ?T(file:write_file_info("h", #file_info{mtime = -5, atime = 7}, [{time, posix}])),
    ?T(begin {ok, I} = file:read_file_info("h", [{time, posix}]), {I#file_info.mtime, I#file_info.atime} end),
    ?T(file:delete("h")),
    ?T(file:delete("h")),
    ?T(file:del_dir("d")),
    ?T(file:del_dir_r("d")),
    ?T(file:read_file_info("d")),
    ?T(begin {ok, Cwd} = file:get_cwd(), ok = file:make_dir("c"), ok = file:set_cwd("c"), {ok, Sub} = file:get_cwd(), ok = file:set_cwd(".."),
             {filename:basename(Sub), filename:dirname(Sub) =:= Cwd} end),
    ?T(filename:basename(filename:absname("c"))).

copying() ->
    Data = binary:copy(<<"0123456789">>, 20000),
    ok = file:write_file("src", Data),
    ?T(file:copy("src", "dst")),
    ?T(file:read_file("dst") =:= {ok, Data}),
    ?T(file:copy("src", "dst", 70000)),
    ?T(file:copy("no", "dst")),
    ?T(file:copy("src", "no/dst")),
    ?T(file:copy("src", {"dst.gz", [compressed]})),
    ?T(file:copy({"dst.gz", [compressed]}, "back")),
    ?T(file:read_file("back") =:= {ok, Data}),
    ?T(begin {ok, S} = file:open("src", [read, raw, binary]), {ok, D} = file:open("dst", [write, raw, binary, delayed_write]),
             R = file:copy(S, D), file:close(S), file:close(D), R end).

raw() ->
    {ok, F} = file:open("r", [raw, read, write, binary]),
    ?T(file:write(F, ["abc", <<"def\n">>])),
    ?T(file:position(F, 0)),
    ?T(file:read_line(F)),
    ?T(file:pread(F, 1, 2)),
    ?T(file:close(F)),
    ?T(file:read(F, 1)),
    {ok, L} = file:open("r", [raw]),
    ?T(file:read(L, 3)),
    ?T(file:pread(L, [{0, 1}, {3, 3}])),
    ok = file:close(L),
    ?T(file:read_file_info("r", [raw, {time, posix}]) =/= {error, enoent}),
    ?T(file:list_dir_all("c")),
    ?T(file:native_name_encoding()).

%% A file that another process opened can be used, and goes with that process.
owners() ->
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() ->
                                       {ok, F} = file:open("r", [read]),
                                       Self ! {file, F},
                                       receive stop -> ok end
                               end),
    F = receive {file, File} -> File end,
    ?T(file:read(F, 3)),
    Watch = monitor(process, F),
    Pid ! stop,
    receive {'DOWN', Ref, process, Pid, _} -> ok end,
    receive {'DOWN', Watch, process, F, _} -> ok end,
    ?T(file:read(F, 3)).
