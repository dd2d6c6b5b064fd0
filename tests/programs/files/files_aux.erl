%% A folder of its own for a program, taken away when it is done.
-module(files_aux).
-export([in_folder/1, servers/0]).

in_folder(Fun) ->
    {ok, Was} = prim_file:get_cwd(),
    Tmp = os:getenv("TMPDIR", "/tmp"),
    Dir = filename:join(Tmp, "girder_" ++ os:getpid() ++ "_" ++ integer_to_list(erlang:unique_integer([positive]))),
    ok = prim_file:make_dir(Dir),
    ok = prim_file:set_cwd(Dir),
    try Fun(Dir)
    after
        ok = prim_file:set_cwd(Was),
        remove(Dir)
    end.

remove(Path) ->
    case prim_file:read_link_info(Path) of
        {ok, Info} when element(3, Info) =:= directory ->
            prim_file:write_file_info(Path, setelement(8, none(Info), 8#700)),
            {ok, Names} = prim_file:list_dir_all(Path),
            [remove(filename:join(Path, Name)) || Name <- Names],
            ok = prim_file:del_dir(Path);
        {ok, _} ->
            ok = prim_file:delete(Path)
    end.

none(Info) ->
    list_to_tuple([file_info | lists:duplicate(tuple_size(Info) - 1, undefined)]).

%% Starts what a booted system has for files, where there is none.
servers() ->
    start(file_server_2, fun file_server:start/0),
    start(kernel_safe_sup, fun() -> supervisor:start_link({local, kernel_safe_sup}, kernel, safe) end).

start(Name, Start) ->
    case whereis(Name) of
        undefined -> {ok, _} = Start();
        Pid -> {ok, Pid}
    end.
