%% What the conformance run does on stock before it runs OTP's suites: compiles them and the C
%% programs they use.
-module(girder_conf_build).
-export([compile/0, make/0]).

%% `-girder_conf FOLDER OPTIONS`: compiles every source in FOLDER, and prints which do not
%% compile. OPTIONS is a file of terms.
compile() ->
    {ok, [[Folder, OptionsFile]]} = init:get_argument(girder_conf),
    {ok, Options} = file:consult(OptionsFile),
    ok = file:set_cwd(Folder),
    %% Two suites of the compiler are there in Core Erlang only.
    Sources = lists:sort(filelib:wildcard("*.erl") ++ filelib:wildcard("*_SUITE.core")),
    Left = compile(Sources, Options, erlang:system_info(schedulers), []),
    [io:format("failed\t~ts\t~ts~n", [Source, line(Why)]) || {Source, Why} <- Left],
    halt(0).

compile(Sources, Options, Free, Failed) when Free > 0, Sources =/= [] ->
    [Source | Rest] = Sources,
    spawn_monitor(fun() -> exit({compiled, Source, compile_one(Source, Options)}) end),
    compile(Rest, Options, Free - 1, Failed);
compile(Sources, Options, Free, Failed) ->
    case Sources =:= [] andalso Free =:= erlang:system_info(schedulers) of
        true ->
            Failed;
        false ->
            receive
                {'DOWN', _, _, _, {compiled, _, ok}} ->
                    compile(Sources, Options, Free + 1, Failed);
                {'DOWN', _, _, _, {compiled, Source, Why}} ->
                    compile(Sources, Options, Free + 1, [{Source, Why} | Failed])
            end
    end.

compile_one(Source, Options) ->
    Form = [from_core || filename:extension(Source) =:= ".core"],
    case catch compile:file(Source, [return_errors | Form ++ Options]) of
        {ok, _} -> ok;
        Why -> Why
    end.

%% `-girder_conf FOLDER`: builds the C programs and libraries of the suites below FOLDER, as OTP's own
%% test server does; what `configure` would find out is said here. Prints which cannot be built.
make() ->
    {ok, [[Folder]]} = init:get_argument(girder_conf),
    %% A script is written to the current folder.
    ok = file:set_cwd(Folder),
    Linux = [{obj, ".o"}, {exe, ""}, {dll, ".so"}, {'CC', "cc"}, {'LD', "cc"}, {'DEFS', "-DHAVE_STRERROR -DHAVE_ISFINITE -DHAVE_UNISTD_H -DHAVE_POLL_H -DHAVE_VSNPRINTF -DHAVE_RANDOM_R -DHAVE_LINUX_TCP_H"},
             {'CFLAGS', "-g -O2 -fPIC -fcommon -w -D_GNU_SOURCE"}, {'CROSSLDFLAGS', ""},
             {'LIBS', "-lm -lpthread -ldl"}, {'ERTS_LIBS', "-lpthread"}, {'EI_CFLAGS', ""},
             {'SHLIB_CFLAGS', "-fPIC -fcommon -w -D_GNU_SOURCE"}, {'SHLIB_LD', "cc"},
             {'SHLIB_LDFLAGS', "-shared"}, {'SHLIB_LDLIBS', "-lm"}, {'WSL', ""},
             {make_command, "make"}, {os, "Linux"}, {erl_name, "erl"}, {target, "unix"}],
    Variables = ts_erl_config:variables(Linux, {unix, linux}),
    [case catch ts_lib:make_non_erlang(filename:dirname(Makefile), Variables) of
         ok -> ok;
         Why -> io:format("~nfailed\t~ts\t~ts~n", [Makefile, line(Why)])
     end || Makefile <- filelib:wildcard(filename:join(Folder, "*_SUITE_data/Makefile.src"))],
    halt(0).

%% A term as one line.
line(Term) ->
    Text = lists:flatten(io_lib:format("~0tP", [Term, 40])),
    string:slice([case C < 32 of true -> $\s; false -> C end || C <- Text], 0, 400).
