%% boot
%% The code server of a booted system: modes, paths, loading of binaries, old code, sticky folders.
-module(booted_code).
-include("t.hrl").

main() ->
    ?T(code:get_mode()),
    ?T(code:root_dir() =:= os:getenv("ROOTDIR")),
    ?T(code:is_loaded(erlang)),
    ?T(code:is_loaded(no_such_module)),
    ?T(code:ensure_loaded(no_such_module)),
    ?T(code:ensure_modules_loaded([queue, orddict, no_such_module])),
    ?T(filename:basename(code:which(lists))),
    ?T(code:which(erlang)),
    ?T(code:is_sticky(lists)),
    ?T(code:is_sticky(?MODULE)),
    ?T([filename:basename(D) || D <- code:get_path(), lists:prefix("kernel", filename:basename(filename:dirname(D)))]),
    ?T(code:add_patha("/no/such/folder")),
    ?T(code:add_patha(".")),
    ?T(hd(code:get_path())),
    ?T(code:del_path(".")),
    ?T(code:lib_dir(no_such_application)),
    ?T(code:load_binary(lists, "lists.beam", <<"not code">>)),
    ?T(code:load_binary(bad_code, "bad_code.beam", <<"not code">>)),
    versions(),
    prepared(),
    ?T(code:module_status(?MODULE)),
    ?T(code:modified_modules()),
    ?T(lists:sort([M || {M, preloaded} <- code:all_loaded(), M =/= prim_socket, M =/= prim_net, M =/= socket_registry])),
    ?T(erlang:pre_loaded() -- [prim_socket, prim_net, socket_registry]),
    ok.

versions() ->
    [One, Two, Three] = [compiled(N) || N <- [1, 2, 3]],
    ?T(code:load_binary(upgraded, "upgraded.beam", One)),
    ?T(upgraded:version()),
    Old = spawn(upgraded, wait, [self()]),
    receive {Old, waits} -> ok end,
    ?T(code:load_binary(upgraded, "upgraded.beam", Two)),
    ?T(upgraded:version()),
    ?T(erlang:check_process_code(Old, upgraded)),
    ?T(code:soft_purge(upgraded)),
    Ref = monitor(process, Old),
    ?T(code:purge(upgraded)),
    ?T(receive {'DOWN', Ref, process, Old, Why} -> Why end),
    ?T(code:soft_purge(upgraded)),
    ?T(code:load_binary(upgraded, "upgraded.beam", Three)),
    ?T(upgraded:version()),
    ?T(erlang:load_module(upgraded, One)),
    ?T(erlang:purge_module(upgraded)),
    ?T(erlang:purge_module(upgraded)),
    ?T(erlang:load_module(upgraded, One)),
    ?T(erlang:load_module(another, One)),
    ?T(upgraded:version()),
    ?T(code:purge(upgraded)),
    ?T(code:delete(upgraded)),
    ?T(code:delete(upgraded)),
    ?T(code:is_loaded(upgraded)),
    ?T(upgraded:version()).

compiled(N) ->
    Forms = [{attribute, 1, module, upgraded},
             {attribute, 1, export, [{version, 0}, {wait, 1}]},
             {function, 1, version, 0, [{clause, 1, [], [], [{integer, 1, N}]}]},
             wait()],
    {ok, upgraded, Binary} = compile:forms(Forms, []),
    Binary.

wait() ->
    Text = "wait(P) -> P ! {self(), waits}, receive go -> ok end.",
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Form} = erl_parse:parse_form(Tokens),
    Form.

%% Loading in two steps.
prepared() ->
    Binary = compiled(4),
    Prepared = erlang:prepare_loading(upgraded, Binary),
    ?T(is_reference(Prepared)),
    ?T(erlang:has_prepared_code_on_load(Prepared)),
    ?T(erlang:finish_loading([Prepared, erlang:prepare_loading(upgraded, Binary)])),
    ?T(erlang:finish_loading([Prepared])),
    ?T(upgraded:version()),
    ?T(try_to(fun() -> erlang:finish_loading([Prepared]) end)),
    ?T(try_to(fun() -> erlang:has_prepared_code_on_load(make_ref()) end)),
    ?T(erlang:prepare_loading(upgraded, [])),
    ?T(erlang:prepare_loading(upgraded, zlib:gzip(Binary)) =/= {error, badfile}),
    ?T(erts_internal:beamfile_chunk(Binary, "XXXX")),
    ?T(erts_internal:beamfile_chunk(Binary, "Expx")),
    ?T(byte_size(erts_internal:beamfile_chunk(Binary, "ExpT"))),
    ?T(erts_internal:beamfile_module_md5(Binary) =:= upgraded:module_info(md5)),
    ?T(erts_internal:beamfile_module_md5(<<"no code">>)).
