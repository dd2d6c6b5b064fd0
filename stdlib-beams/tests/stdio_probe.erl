%% Asks its group leader for everything the I/O protocol has and prints the answers, so that
%% two group leaders can be compared. `stock' uses the one it has, `girder' starts
%% girder_stdio on raw files in place of the machine's natives.
-module(stdio_probe).
-export([stock/1, girder/1, format_arguments/1, number/2]).

stock([Part]) -> run(Part).

girder([Part]) ->
    %% A raw file belongs to the process that opened it, and a read blocks that process.
    Out = device("/dev/stdout", [raw, append], fun file:write/2),
    %% By single bytes: lines and characters come in parts, and file:read/2 waits until it has
    %% as many as it was asked for, where the machine's native returns what there is.
    In = device("/dev/stdin", [raw, read, binary], fun(File, _Max) -> file:read(File, 1) end),
    Leader = girder_stdio:start(
               #{write => fun(Bytes) -> ask(Out, Bytes) end,
                 read => fun(Max) -> case ask(In, Max) of
                                         {ok, Bytes} -> Bytes;
                                         Other -> Other
                                     end
                         end,
                 flush => fun() -> ok end}),
    {_, Ref} = spawn_monitor(fun() -> group_leader(Leader, self()), run(Part) end),
    receive {'DOWN', Ref, process, _, normal} -> ok end.

device(Path, Modes, Do) ->
    spawn_link(fun() ->
                       {ok, File} = file:open(Path, Modes),
                       serve(File, Do)
               end).

serve(File, Do) ->
    receive {From, Ref, What} -> From ! {Ref, Do(File, What)} end,
    serve(File, Do).

ask(Device, What) ->
    Ref = make_ref(),
    Device ! {self(), Ref, What},
    receive {Ref, Answer} -> Answer end.

run(pending) -> pending();
run(all) ->
    output(),
    options(),
    errors(),
    input(),
    show(last, catch io:get_line("end> ")),
    show(still_eof, catch io:get_chars('', 3)).

show(Label, Value) -> io:format("~w: ~w~n", [Label, Value]).

request(Request) ->
    Ref = make_ref(),
    group_leader() ! {io_request, self(), Ref, Request},
    receive {io_reply, Ref, Answer} -> Answer after 10000 -> timeout end.

output() ->
    io:put_chars("plain\n"),
    io:put_chars([<<"bin ">>, "list ", [$x], "\n"]),
    io:put_chars([228, 8364, 128512, $\n]),
    io:format("~ts ~s ~p ~tp~n", [[228, 8364], [228], [228, 8364], [228, 8364]]),
    show(legacy, request({put_chars, "legacy\n"})),
    show(legacy_binary, request({put_chars, <<228, 10>>})),
    show(legacy_call, request({put_chars, ?MODULE, format_arguments, [["a", $b, <<"c">>]]})),
    show(call, request({put_chars, unicode, ?MODULE, format_arguments, [[8364]]})),
    show(call_latin1, request({put_chars, latin1, ?MODULE, format_arguments, [[228]]})),
    show(several, request({requests, [{put_chars, unicode, "one "},
                                      {put_chars, unicode, "two\n"}]})),
    show(nested, request({requests, [{requests, [{put_chars, unicode, "three\n"}]}, getopts]})),
    show(none, request({requests, []})),
    io:put_chars("").

%% Output and options while a line is asked for and none is there. The line comes once the
%% output has been seen.
pending() ->
    Ref = make_ref(),
    group_leader() ! {io_request, self(), Ref, {get_line, unicode, "line> "}},
    show(options, io:getopts()),
    io:put_chars("go on\n"),
    receive {io_reply, Ref, Line} -> show(line, Line) end.

format_arguments(Chars) -> [Chars, "\n"].

options() ->
    show(initial, io:getopts()),
    show(set, io:setopts([{encoding, unicode}])),
    show(got, io:getopts()),
    io:put_chars([228, 8364, 128512, $\n]),
    io:put_chars(<<"bytes ", 195, 164, "\n">>),
    show(latin1_bytes, request({put_chars, latin1, <<228, 10>>})),
    show(atoms, io:setopts([latin1, binary])),
    show(got, io:getopts()),
    show(first_wins, io:setopts([unicode, latin1])),
    show(got, io:getopts()),
    show(list, io:setopts([list, {encoding, latin1}])),
    show(got, io:getopts()),
    show(no_list, io:setopts([{list, false}])),
    show(got, io:getopts()),
    show(utf8, io:setopts([{encoding, utf8}, {binary, false}])),
    show(got, io:getopts()),
    show(bad, io:setopts([{encoding, latin1}, {encoding, klingon}])),
    show(bad, io:setopts([{echo, false}])),
    show(kept, io:getopts()),
    io:setopts([{encoding, latin1}]).

errors() ->
    show(unknown, request(foo)),
    show(unknown, request({put_chars, klingon, "x"})),
    show(password, request({get_password, unicode})),
    show(geometry, request({get_geometry, columns})),
    show(geometry, request({get_geometry, rows})),
    show(geometry, request({get_geometry, depth})),
    show(columns, io:columns()),
    show(not_chars, request({put_chars, unicode, an_atom})),
    show(not_chars, request({put_chars, unicode, [$a | $b]})),
    show(not_unicode, request({put_chars, unicode, <<255, 255>>})),
    show(not_unicode, request({put_chars, unicode, [16#d800]})),
    show(not_latin1, request({put_chars, latin1, [8364]})),
    show(no_call, request({put_chars, unicode, no_module, f, []})),
    show(call_of_number, request({put_chars, unicode, erlang, length, [[]]})),
    show(stops, request({requests, [foo, {put_chars, unicode, "never\n"}]})),
    show(setopts, request({setopts, not_a_list})).

input() ->
    show(line, io:get_line("first> ")),
    show(line, io:get_line('')),
    show(line, io:get_line(prompt)),
    show(chars, io:get_chars("four> ", 4)),
    show(rest, io:get_line("")),
    show(fread, io:fread("number> ", "~d ~s")),
    show(bad_fread, io:fread("", "~d")),
    show(rest, io:get_line("")),
    show(term, io:read("term> ")),
    show(rest, io:get_line("")),
    show(scan, io:scan_erl_exprs("expr> ")),
    show(rest, io:get_line("")),
    show(until, request({get_until, unicode, "until> ", ?MODULE, number, []})),
    show(rest, io:get_line("")),
    show(until_crash, request({get_until, unicode, "", no_module, nothing, []})),
    io:setopts([{encoding, latin1}]).

%% Collects digits up to the first character that is none.
number([], eof) -> {done, eof, []};
number([], Chars) -> number({digits, []}, Chars);
number({digits, Digits}, eof) -> {done, {ok, lists:reverse(Digits)}, []};
number({digits, Digits}, [C | Rest]) when C >= $0, C =< $9 -> number({digits, [C | Digits]}, Rest);
number({digits, Digits}, []) -> {more, {digits, Digits}};
number({digits, Digits}, Rest) -> {done, {ok, lists:reverse(Digits)}, Rest}.
