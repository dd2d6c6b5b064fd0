%% boot
%% eunit and cover on a module that is compiled here.
-module(eunit_and_cover).
-include("t.hrl").

main() ->
    Dir = filename:join("/tmp", "girder_boot_" ++ os:getpid()),
    ok = file:make_dir(Dir),
    File = filename:join(Dir, "measured.erl"),
    ok = file:write_file(File, source()),
    {ok, measured} = c:c(File, [{outdir, Dir}, debug_info, {i, Dir}]),
    ?T(eunit:test(measured, [no_tty])),
    {ok, _} = cover:start(),
    ?T(cover:compile(File)),
    ?T([measured:sign(N) || N <- [1, 2, -5]]),
    ?T(cover:analyse(measured, calls, function)),
    ?T(cover:analyse(measured, coverage, module)),
    ?T([{L, N} || {{measured, L}, N} <- element(2, cover:analyse(measured, calls, line)), L > 5]),
    ?T(cover:stop()),
    ?T(file:del_dir_r(Dir)),
    ok.

source() ->
    "-module(measured).\n-export([sign/1]).\n-include_lib(\"eunit/include/eunit.hrl\").\n\n\n"
    "sign(N) when N < 0 -> negative;\n"
    "sign(0) -> zero;\n"
    "sign(_) -> positive.\n\n"
    "sign_test() -> ?assertEqual(zero, sign(0)).\n"
    "signs_test_() -> [?_assertEqual(positive, sign(N)) || N <- [1, 2, 3]].\n".
