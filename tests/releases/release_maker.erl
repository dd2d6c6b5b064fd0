%% Makes a small release in two versions and a package of each, as the OTP design principles tell;
%% `../tests/releases.rs` boots the first and upgrades it.
-module(release_maker).
-export([build/1]).

%% Makes a target system with version 1 in the folder, and a package of version 2 to be unpacked.
build([Root]) ->
    Work = filename:join(Root, "work"),
    [version(Work, V) || V <- ["1", "2"]],
    Path = {path, [filename:join(Work, "lib/*/ebin")]},
    Rel = fun(V) -> filename:join(Work, "store" ++ V) end,
    [io:format("make_script ~s: ~p~n", [V, systools:make_script(Rel(V), [Path, silent])]) || V <- ["1", "2"]],
    ok = file:write_file(filename:join(Work, "sys.config"), "[{store, [{greeting, hello}]}].\n"),
    Tar = fun(V) -> io:format("make_tar ~s: ~p~n", [V, systools:make_tar(Rel(V), [Path, silent, {outdir, Root}])]) end,
    Tar("1"),
    io:format("make_relup: ~p~n", [element(1, systools:make_relup(Rel("2"), [Rel("1")], [Rel("1")], [Path, {outdir, Work}, silent]))]),
    {ok, [Relup]} = file:consult(filename:join(Work, "relup")),
    io:format("~p~n", [Relup]),
    Tar("2"),
    {ok, Names} = erl_tar:table(filename:join(Root, "store1.tar.gz"), [compressed]),
    io:format("~p~n", [[N || N <- lists:sort(Names), string:find(N, "store") =/= nomatch orelse string:find(N, "releases") =/= nomatch]]),
    ok = erl_tar:extract(filename:join(Root, "store1.tar.gz"), [compressed, {cwd, Root}]),
    ok = file:rename(filename:join(Root, "store2.tar.gz"), filename:join(Root, "releases/store2.tar.gz")),
    Releases = filename:join(Root, "releases"),
    ok = release_handler:create_RELEASES(Root, Releases, filename:join(Releases, "store1.rel"), []),
    ok = file:write_file(filename:join(Releases, "start_erl.data"), [erlang:system_info(version), " 1\n"]),
    ok = file:write_file(filename:join(Root, "vm.args"), "## limits\n+P 5000\n+K true\n-store colour blue # of this node\n"),
    halt(0).

version(Work, V) ->
    Ebin = filename:join([Work, "lib", "store-" ++ V, "ebin"]),
    ok = filelib:ensure_path(Ebin),
    put_term(filename:join(Ebin, "store.app"),
        {application, store, [{description, "A counter"}, {vsn, V}, {modules, [store, store_server]}, {registered, [store_server]},
                              {applications, [kernel, stdlib, sasl]}, {mod, {store, []}}, {env, [{greeting, none}, {colour, none}, {version, V}]}]}),
    V =:= "2" andalso put_term(filename:join(Ebin, "store.appup"),
        {"2", [{"1", [{update, store_server, {advanced, [some, extra]}}]}], [{"1", [{update, store_server, {advanced, []}}]}]}),
    {ok, _} = compile:file("store.erl", [{outdir, Ebin}, report]),
    {ok, _} = compile:file("store_server.erl", [{outdir, Ebin}, report, {d, 'VERSION', list_to_integer(V)}]),
    Version = fun(App) -> _ = application:load(App), {ok, Vsn} = application:get_key(App, vsn), {App, Vsn} end,
    put_term(filename:join(Work, "store" ++ V ++ ".rel"),
        {release, {"store", V}, {erts, erlang:system_info(version)}, [Version(kernel), Version(stdlib), Version(sasl), {store, V}]}).

put_term(File, Term) -> ok = file:write_file(File, io_lib:format("~p.~n", [Term])).
