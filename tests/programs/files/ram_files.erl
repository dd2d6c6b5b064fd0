%% Files in memory: reading, writing, positions; what stock's driver answers to what cannot be.
-module(ram_files).
-include("t.hrl").

main() ->
    files_aux:servers(),
    [modes(Binary) || Binary <- [[], [binary]]],
    limits(),
    served(),
    ok.

open(Data, Modes) ->
    {ok, F} = file:open(Data, [ram | Modes]),
    F.

modes(Binary) ->
    F = open("hello world", [read, write | Binary]),
    ?T(file:read(F, 5)),
    ?T(file:position(F, cur)),
    ?T(file:read(F, 100)),
    ?T(file:read(F, 100)),
    ?T(file:read(F, 0)),
    ?T(file:pread(F, 6, 3)),
    ?T(file:pread(F, [{0, 2}, {100, 2}, {9, 9}])),
    ?T(file:write(F, ["!", <<"?">>])),
    ?T(file:pwrite(F, 0, "J")),
    ?T(file:pwrite(F, [{1, "E"}, {20, "far"}])),
    ?T([file:position(F, P) || P <- [0, 3, {cur, 2}, eof, {eof, -2}, {bof, 4}, -1, {cur, -100}, 1 bsl 40, x]]),
    ?T(ram_file:get_file(F)),
    ?T(ram_file:get_size(F)),
    ?T(file:position(F, 4)),
    ?T(file:truncate(F)),
    ?T(ram_file:get_file(F)),
    ?T(file:position(F, 8)),
    ?T(file:truncate(F)),
    ?T(ram_file:get_file(F)),
    ?T(file:sync(F)),
    ?T(file:datasync(F)),
    ?T(file:advise(F, 0, 10, normal)),
    ?T(file:advise(F, 0, 10, other)),
    ?T(file:allocate(F, 0, 10)),
    ?T(file:close(F)),
    ?T(file:read(F, 1)).

limits() ->
    R = open("abc", [read]),
    ?T(file:write(R, "x")),
    ?T(file:truncate(R)),
    ?T(file:pread(R, -1, 1)),
    ?T(file:pread(R, 0, 1 bsl 40)),
    ?T(file:close(R)),
    W = open([], [write]),
    ?T(file:read(W, 1)),
    ?T(file:write(W, binary:copy(<<"0123456789">>, 10000))),
    ?T(ram_file:get_size(W)),
    ?T(begin {ok, B} = ram_file:get_file(W), erlang:md5(B) end),
    ?T(file:write(W, [x])),
    ?T(file:pwrite(W, -1, "x")),
    ?T(file:close(W)),
    ?T(file:open("abc", [ram, bad])),
    ?T(file:open(x, [ram, read])).

%% Copying from and to them.
served() ->
    A = open(lists:duplicate(100000, $a), [read, binary]),
    B = open([], [write, read, binary]),
    ?T(file:copy(A, B)),
    ?T(begin {ok, C} = ram_file:get_file(B), byte_size(C) end),
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() -> Self ! {file, open("x", [read])}, receive stop -> ok end end),
    F = receive {file, File} -> File end,
    Pid ! stop,
    receive {'DOWN', Ref, process, Pid, _} -> ok end,
    ?T(file:read(F, 1)).
