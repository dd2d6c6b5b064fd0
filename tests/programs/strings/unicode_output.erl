%% What reaches standard output: characters above 127 in latin1 and in unicode mode, and bytes as they are.
-module(unicode_output).
-include("t.hrl").

main() ->
    show(),
    out("setopts", io:setopts([{encoding, unicode}])),
    show(),
    out("setopts", io:setopts([{encoding, latin1}])),
    show(),
    ok.

show() ->
    out("encoding", proplists:get_value(encoding, io:getopts())),
    io:format("~ts~n", [[$a, 16#e5, 16#20ac, 16#1F600]]),
    io:format("~s~n", [[$a, 16#e5, 16#ff]]),
    io:format("~ts~n", [<<"a", 195, 165, 226, 130, 172>>]),
    io:put_chars([16#e5, 16#20ac, $\n]),
    io:put_chars(<<"utf8 ", 195, 165, "\n">>),
    io:format("~p ~tp ~w~n", [[16#e5], [16#20ac], '\x{e5}']),
    io:format("~p ~tp ~tw~n", ['\x{e5}', '\x{20ac}', '\x{20ac}']),
    io:fwrite(<<"~tc~n">>, [16#20ac]),
    io:nl(),
    ok.
