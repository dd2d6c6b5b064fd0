%% Open files: modes, reading and writing, positions, what a closed file and bad arguments answer.
-module(prim_file_handles).
-include("t.hrl").

main() -> files_aux:in_folder(fun(_) -> run() end).

run() ->
    ?T(prim_file:open("none", [read])),
    ?T(prim_file:open("none/none", [write])),
    ?T(prim_file:open(".", [read])),
    ?T(prim_file:open(".", [write])),
    ?T(close(prim_file:open(".", [read, directory]))),
    ?T(prim_file:open([], [read])),
    ?T(prim_file:open([$a, 0, $b], [read])),
    ?T(prim_file:open(<<"a", 0>>, [read])),
    ?T(prim_file:open(atom, [read])),
    ?T(prim_file:open("x", read)),
    ?T(prim_file:open("x", [{read}])),
    ?T(prim_file:write_file("x", ["abc", <<"def">>, [[$g], "hi"]])),
    ?T(prim_file:open("x", [write, exclusive])),
    ?T(prim_file:open("x", [directory])),
    ?T(prim_file:read_file("x")),
    ?T(prim_file:read_file("no")),
    ?T(prim_file:read_file(".")),
    ?T(prim_file:read_file(<<"x">>)),
    ?T(prim_file:read_file(["x"])),
    ?T(prim_file:read_file(17)),
    reading(),
    writing(),
    positions(),
    others(),
    owners(),
    ok.

close({ok, F}) -> prim_file:close(F);
close(Other) -> Other.

open(Name, Modes) ->
    {ok, F} = prim_file:open(Name, Modes),
    F.

reading() ->
    F = open("x", []),
    ?T(prim_file:read(F, 4)),
    ?T(prim_file:read(F, 0)),
    ?T(prim_file:read(F, 100)),
    ?T(prim_file:read(F, 100)),
    ?T(prim_file:read(F, 0)),
    ?T(prim_file:read(F, -1)),
    ?T(prim_file:read(F, 1 bsl 70)),
    ?T(try_to(fun() -> prim_file:read(F, x) end)),
    ?T(prim_file:read(F, 1.5)),
    ?T(prim_file:pread(F, 0, 3)),
    ?T(prim_file:pread(F, 7, 30)),
    ?T(prim_file:pread(F, 9, 3)),
    ?T(prim_file:pread(F, 0, 0)),
    ?T(prim_file:pread(F, -1, 3)),
    ?T(prim_file:pread(F, a, 3)),
    ?T(prim_file:pread(F, [{0, 2}, {100, 2}, {4, 2}])),
    ?T(prim_file:pread(F, [{0, 2}, {a, 2}])),
    ?T(prim_file:write(F, "x")),
    ?T(prim_file:truncate(F)),
    ?T(prim_file:close(F)),
    ?T(prim_file:close(F)),
    ?T(prim_file:read(F, 1)),
    ?T(prim_file:position(F, 0)),
    ?T(prim_file:sync(F)),
    ok = prim_file:write_file("lines", "one\ntwo\r\n\nlast"),
    L = open("lines", [read, {read_ahead, 5}]),
    ?T([prim_file:read_line(L) || _ <- lists:seq(1, 6)]),
    ?T(prim_file:position(L, 0)),
    ?T(prim_file:read(L, 2)),
    ?T(prim_file:position(L, cur)),
    ?T(prim_file:read_line(L)),
    ?T(prim_file:position(L, {cur, -2})),
    ?T(prim_file:read(L, 100)),
    prim_file:close(L),
    ok = prim_file:write_file("long", lists:duplicate(3000, "0123456789")),
    G = open("long", [read, read_ahead]),
    ?T(lists:usort([prim_file:read(G, 100) || _ <- lists:seq(1, 300)])),
    ?T(prim_file:read(G, 100)),
    ?T(begin {ok, Line} = {prim_file:position(G, 29990), prim_file:read_line(G)}, Line end),
    ?T(begin prim_file:position(G, 0), {ok, B} = prim_file:read_line(G), byte_size(B) end),
    prim_file:close(G).

writing() ->
    F = open("w", [write]),
    ?T(prim_file:read(F, 1)),
    ?T(prim_file:write(F, ["a", [<<"b">>, $c | <<"d">>]])),
    ?T(prim_file:write(F, [])),
    ?T(prim_file:write(F, <<1:3>>)),
    ?T(prim_file:write(F, [300])),
    ?T(prim_file:write(F, [<<I>> || I <- lists:seq(0, 255)])),
    ?T(prim_file:pwrite(F, 1, "BC")),
    ?T(prim_file:pwrite(F, [{300, "far"}, {0, <<"A">>}])),
    ?T(prim_file:pwrite(F, [{0, "Z"}, {-1, "no"}, {1, "Y"}])),
    ?T(prim_file:pwrite(F, -1, "x")),
    ?T(prim_file:pwrite(F, x, "x")),
    ?T(prim_file:close(F)),
    ?T(prim_file:read_file("w")),
    A = open("w", [append]),
    ?T(prim_file:write(A, "appended")),
    ?T(prim_file:position(A, cur)),
    ?T(prim_file:close(A)),
    R = open("w", [append, read]),
    ?T(prim_file:read(R, 3)),
    ?T(prim_file:write(R, "!")),
    ?T(prim_file:position(R, cur)),
    ?T(prim_file:close(R)),
    W = open("w", [read, write]),
    ?T(prim_file:write(W, "kept")),
    ?T(prim_file:read(W, 3)),
    ?T(prim_file:close(W)),
    ?T(close(prim_file:open("w", [write, sync]))),
    ?T(prim_file:read_file("w")),
    ?T(begin Big = binary:copy(<<"0123456789abcdef">>, 100000),
             ok = prim_file:write_file("big", [Big, Big, "end"]),
             prim_file:read_file("big") =:= {ok, <<Big/binary, Big/binary, "end">>} end).

positions() ->
    ok = prim_file:write_file("p", "0123456789"),
    F = open("p", [read, write]),
    ?T([prim_file:position(F, P) || P <- [3, cur, {cur, 2}, {cur, -100}, eof, {eof, -1}, {eof, 5}, bof, {bof, 4}, {bof, -1},
                                          -1, x, {x, 1}, {bof, x}, 1 bsl 62, 1 bsl 63, 1 bsl 70, 0]]),
    ?T(prim_file:position(F, 4)),
    ?T(prim_file:truncate(F)),
    ?T(prim_file:read_file("p")),
    ?T(prim_file:position(F, 20)),
    ?T(prim_file:write(F, "x")),
    ?T(prim_file:read_file("p")),
    ?T(prim_file:position(F, 1 bsl 33)),
    ?T(prim_file:write(F, "sparse")),
    ?T(prim_file:position(F, eof)),
    ?T(prim_file:pread(F, 1 bsl 33, 100)),
    ?T(prim_file:pread(F, (1 bsl 33) - 2, 4)),
    ?T(prim_file:close(F)).

others() ->
    F = open("o", [read, write]),
    ?T(prim_file:sync(F)),
    ?T(prim_file:datasync(F)),
    ?T([prim_file:advise(F, 0, 10, A) || A <- [normal, random, sequential, will_need, dont_need, no_reuse, other, 1]]),
    ?T(prim_file:advise(F, -1, 10, normal)),
    ?T(prim_file:advise(F, x, 10, normal)),
    ?T(prim_file:allocate(F, 0, 100)),
    ?T(prim_file:allocate(F, 0, -1)),
    ?T(prim_file:allocate(F, 0, 0)),
    ?T(prim_file:allocate(F, a, 1)),
    ?T(prim_file:position(F, eof)),
    ?T(prim_file:pwrite(F, [{0, <<5:32, 16:32>>}, {16, "12345678"}, {100, <<4:32, 9999:32>>}, {108, <<50:32, 16:32>>}])),
    ?T(prim_file:ipread_s32bu_p32bu(F, 0, infinity)),
    ?T(prim_file:ipread_s32bu_p32bu(F, 0, 5)),
    ?T(prim_file:ipread_s32bu_p32bu(F, 0, 4)),
    ?T(prim_file:ipread_s32bu_p32bu(F, 100, 10)),
    ?T(begin {ok, {50, 16, B}} = prim_file:ipread_s32bu_p32bu(F, 108, 100), byte_size(B) end),
    ?T(prim_file:ipread_s32bu_p32bu(F, 112, 100)),
    ?T(prim_file:ipread_s32bu_p32bu(F, -1, 100)),
    ?T(prim_file:ipread_s32bu_p32bu(F, 0, 1 bsl 31)),
    ?T(prim_file:ipread_s32bu_p32bu(F, x, 1)),
    ?T(byte_size(prim_file:get_handle(F))),
    ?T(is_reference(prim_file:internal_get_nif_resource(F))),
    ?T(begin {ok, I} = prim_file:read_handle_info(F, [{time, posix}]),
             {element(2, I), element(3, I), element(4, I), is_integer(element(5, I))} end),
    ?T(prim_file:close(F)),
    ?T(prim_file:read_handle_info(F)),
    ?T(close(prim_file:file_desc_to_ref(0, [read]))),
    ?T(prim_file:file_desc_to_ref(9999, [read])),
    ?T(prim_file:file_desc_to_ref(-1, [read])),
    ?T(prim_file:file_desc_to_ref(x, [read])).

%% A file belongs to the process that opened it, and is closed with it.
owners() ->
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() ->
                                       F = open("x", [read]),
                                       Self ! {file, F, prim_file:read(F, 2)},
                                       receive stop -> ok end
                               end),
    F = receive {file, File, Read} -> ?T(id(Read)), File end,
    ?T(try_to(fun() -> prim_file:read(F, 1) end)),
    ?T(is_open("x")),
    Pid ! stop,
    receive {'DOWN', Ref, process, Pid, _} -> ok end,
    ?T(closed("x")).

%% Whether some descriptor of the machine is that of the file.
is_open(Name) ->
    {ok, Numbers} = prim_file:list_dir("/proc/self/fd"),
    {ok, Dir} = prim_file:get_cwd(),
    lists:member({ok, filename:join(Dir, Name)}, [prim_file:read_link("/proc/self/fd/" ++ N) || N <- Numbers]).

closed(Name) ->
    case is_open(Name) of
        true -> erlang:yield(), closed(Name);
        false -> closed
    end.
