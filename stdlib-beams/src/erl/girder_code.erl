%% The code server of a machine that runs a program without booting a release: a process
%% registered as `code_server' that answers the requests of module `code'.
%%
%% Here: the protocol. Not here: where modules are found, and loading; both are natives. What it
%% does not know it answers with {error, notsup}.
-module(girder_code).

-export([start/0]).
-export([find/1, load/2, add_path/2]).

%%% Natives.

%% The object code of a module and the name of the file it is in.
-spec find(module()) -> {binary(), file:filename()} | error.
find(_Module) -> erlang:nif_error(undef).

%% Loads object code and makes it current.
-spec load(module(), binary()) -> {module, module()} | {on_load, module()} | {error, term()}.
load(_Module, _Code) -> erlang:nif_error(undef).

%% Looks for modules in a folder too: before or after the others.
-spec add_path(first | last, binary()) -> true | {error, bad_directory}.
add_path(_Where, _Dir) -> erlang:nif_error(undef).

%%% The server.

-spec start() -> pid().
start() ->
    Parent = self(),
    {Pid, Ref} = spawn_monitor(fun() ->
                                       true = register(code_server, self()),
                                       Parent ! {self(), ready},
                                       loop(#{})
                               end),
    receive
        {Pid, ready} ->
            erlang:demonitor(Ref, [flush]),
            start_prim_loader(),
            Pid;
        {'DOWN', Ref, process, Pid, Reason} -> exit(Reason)
    end.

%% The release's file loader as module `code' uses it when it loads several modules at once: they
%% are loaded one by one, so that nothing is left for the caller to do.
start_prim_loader() ->
    Pid = spawn(fun prim_loader/0),
    true = register(erl_prim_loader, Pid),
    ok.

prim_loader() ->
    receive
        {From, {get_modules, {Modules, _Prepare, _Path}}} ->
            Errors = [{M, Reason} || M <- Modules, {error, Reason} <- [code:ensure_loaded(M)]],
            From ! {self(), {ok, {[], Errors}}};
        {From, _} ->
            From ! {self(), error}
    end,
    prim_loader().

%% `Files' says where each module that came through here is from.
loop(Files) ->
    receive
        {code_call, From, Request} ->
            loop(serve(From, Request, Files));
        _ ->
            loop(Files)
    end.

serve(From, Request, Files) ->
    {Reply, Files1} = try
                          handle(Request, Files)
                      catch
                          _:_ -> {{error, badarg}, Files}
                      end,
    From ! {code_server, Reply},
    Files1.

handle({ensure_loaded, Module}, Files) ->
    case erlang:module_loaded(Module) of
        true -> {{module, Module}, Files};
        false -> load_file(Module, Files)
    end;
handle({load_file, Module}, Files) ->
    load_file(Module, Files);
handle({load_abs, File, Module}, Files) ->
    handle({load_abs, File ++ ".beam", File, Module}, Files);
handle({load_binary, Module, File, Binary}, Files) ->
    load_binary(Module, File, Binary, Files);
handle({is_loaded, Module}, Files) ->
    case erlang:module_loaded(Module) of
        true -> {{file, file_of(Module, Files)}, Files};
        false -> {false, Files}
    end;
handle({get_object_code, Module}, Files) ->
    case find(Module) of
        {Binary, File} -> {{Module, Binary, File}, Files};
        error -> {error, Files}
    end;
handle({add_path, Where, Dir}, Files) ->
    {add_path(Where, unicode:characters_to_binary(Dir)), Files};
handle({add_paths, Where, Dirs}, Files) ->
    _ = [add_path(Where, unicode:characters_to_binary(D)) || D <- Dirs],
    {ok, Files};
handle({finish_loading, [], _}, Files) ->
    {ok, Files};
handle(get_path, Files) ->
    {[], Files};
handle(get_mode, Files) ->
    {interactive, Files};
handle({delete, Module}, Files) ->
    case catch erlang:delete_module(Module) of
        true -> {true, maps:remove(Module, Files)};
        _ -> {false, Files}
    end;
handle({purge, Module}, Files) ->
    {purge(Module, true), Files};
handle({soft_purge, Module}, Files) ->
    {purge(Module, false), Files};
handle({is_sticky, Module}, Files) ->
    {erlang:module_loaded(Module) andalso is_sticky(Module), Files};
handle(all_loaded, Files) ->
    {[{M, file_of(M, Files)} || M <- erlang:loaded()], Files};
handle(_, Files) ->
    {{error, notsup}, Files}.

%% Without `maps': the server cannot wait for itself to load a module.
file_of(Module, Files) ->
    case Files of
        #{Module := File} -> File;
        #{} -> preloaded
    end.

%% Modules of these applications are not replaced by accident.
is_sticky(Module) ->
    case find(Module) of
        {_, File} -> in_sticky_folder(File);
        error -> false
    end.

in_sticky_folder("/kernel-" ++ _) -> true;
in_sticky_folder("/stdlib-" ++ _) -> true;
in_sticky_folder("/compiler-" ++ _) -> true;
in_sticky_folder([_ | Rest]) -> in_sticky_folder(Rest);
in_sticky_folder([]) -> false.

load_file(Module, Files) ->
    case find(Module) of
        {Binary, File} -> load_binary(Module, File, Binary, Files);
        error -> {{error, nofile}, Files}
    end.

load_binary(Module, File, Binary, Files) ->
    case erlang:check_old_code(Module) of
        true -> purge(Module, true);
        false -> ok
    end,
    case load(Module, Binary) of
        {module, Module} -> {{module, Module}, Files#{Module => File}};
        {on_load, Module} -> on_load(Module, File, Files);
        {error, _} = Error -> {Error, Files}
    end.

%% Runs the function in a process of its own; the module is in use once it has answered ok.
on_load(Module, File, Files) ->
    {Pid, Ref} = spawn_monitor(fun() -> exit({done, erlang:call_on_load_function(Module)}) end),
    await_on_load(Module, File, Pid, Ref, Files).

%% The function may need other modules, or ask where it is. Who wants its own module waits.
await_on_load(Module, File, Pid, Ref, Files) ->
    receive
        {'DOWN', Ref, process, Pid, {done, ok}} ->
            erlang:finish_after_on_load(Module, true),
            {{module, Module}, Files#{Module => File}};
        {'DOWN', Ref, process, Pid, _} ->
            erlang:finish_after_on_load(Module, false),
            {{error, on_load_failure}, Files};
        {code_call, From, Request} when Request =/= {ensure_loaded, Module},
                                        Request =/= {load_file, Module} ->
            await_on_load(Module, File, Pid, Ref, serve(From, Request, Files))
    end.

%% Ends or spares the processes that run old code, as the request says, and drops the code.
purge(Module, Kill) ->
    case erts_internal:purge_module(Module, prepare) of
        false -> not Kill;
        true ->
            Users = [P || P <- processes(), P =/= self(),
                          erlang:check_process_code(P, Module) =:= true],
            case {Users, Kill} of
                {[], _} -> complete_purge(Module), not Kill;
                {_, false} -> erts_internal:purge_module(Module, abort);
                {_, true} ->
                    _ = [kill(P) || P <- Users],
                    complete_purge(Module),
                    true
            end
    end.

complete_purge(Module) ->
    erts_internal:purge_module(Module, complete).

kill(Pid) ->
    Ref = erlang:monitor(process, Pid),
    exit(Pid, kill),
    receive {'DOWN', Ref, process, Pid, _} -> ok end.
