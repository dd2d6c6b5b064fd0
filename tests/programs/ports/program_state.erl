%% What a program starts with besides its arguments: signals, session, descriptors, pages.
-module(program_state).
-include("t.hrl").

main() ->
    ?T([{Name, signals(Name)} || Name <- ["SigBlk", "SigIgn"]]),
    os:set_signal(sighup, ignore),
    os:set_signal(sigusr1, handle),
    ?T(signals("SigIgn")),
    ?T(os:cmd("grep THP_enabled /proc/self/status")),
    ?T(os:cmd("test `ps -o sid= -p $$` = $$ && echo leads its session")),
    ?T(lists:sort(string:lexemes(os:cmd("ls /proc/self/fd"), "\n"))),
    %% To a file: what it prints itself may come before what has been said, or after.
    File = "descriptors." ++ os:getpid(),
    P = open_port({spawn, "ls /proc/self/fd > " ++ File}, [nouse_stdio, in, exit_status]),
    ?T(receive {P, {exit_status, S}} -> S end),
    Descriptors = os:cmd("cat " ++ File ++ "; rm " ++ File),
    ?T(lists:sort(string:lexemes(Descriptors, "\n"))),
    %% Many at a time, while there is much in the heap.
    L = lists:seq(1, 100000),
    Ports = [open_port({spawn_executable, "/bin/sh"}, [{args, ["-c", "exit " ++ integer_to_list(N)]}, exit_status])
             || N <- lists:seq(1, 50)],
    ?T([receive {Q, {exit_status, E}} -> E end || Q <- Ports]),
    ?T(length(L)).

%% Of the signals that programs know by name.
signals(Name) ->
    [_, Mask] = string:lexemes(os:cmd("grep " ++ Name ++ " /proc/self/status"), "\t\n"),
    list_to_integer(Mask, 16) band 16#7fffffff.
