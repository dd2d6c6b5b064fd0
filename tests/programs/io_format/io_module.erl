%% io through the group leader and through an I/O server written here: put_chars, columns, read requests, errors.
-module(io_module).
-include("t.hrl").

main() ->
    ?T(io:put_chars("chars\n")),
    ?T(io:put_chars(<<"binary\n">>)),
    ?T(io:put_chars(standard_io, ["deep", [<<"list">>], $\n])),
    ?T(io:write({a, "b"})),
    ?T(io:nl()),
    ?T(io:fwrite("~s~n", ["x"])),
    ?T(io:format("no arguments~n")),
    ?T(failed(fun() -> io:format(id("~p~n"), [a, b]) end)),
    ?T(failed(fun() -> io:format(id("~q~n"), [a]) end)),
    ?T(failed(fun() -> io:put_chars(an_atom) end)),
    ?T(failed(fun() -> io:format(no_such_device, "x", []) end)),
    ?T(io:get_line("prompt> ")),
    ?T(io:get_chars("", 3)),
    ?T(io:read("")),
    ?T(is_list(io:getopts())),
    ?T(captured(fun() -> io:format("~p ~s", [x, "y"]), io:nl(), io:write([1]) end)),
    ?T(captured(fun() -> io:put_chars(lists:duplicate(100, $z)) end)),
    ?T(answered(["line one\n"], fun() -> io:get_line("p") end)),
    ?T(answered(["{a, 1}.\n"], fun() -> io:read("p") end)),
    ?T(answered(["{a, \n", "1}.\n"], fun() -> io:read("p") end)),
    ?T(answered(["1 + .\n"], fun() -> element(1, io:read("p")) end)),
    ?T(answered(["12 abc\n"], fun() -> io:fread("p", "~d ~s") end)),
    ?T(answered(["f(X) -> X.\n"], fun() -> io:parse_erl_form("p") end)),
    ?T(answered(["foo, Bar.\n"], fun() -> io:scan_erl_exprs("p") end)),
    ?T(io_lib:fread("~d-~d", "12-34 rest")),
    ?T(io_lib:fread("~f ~a ~s ~c ~16u ~~", "1.5 atom str x ff ~")),
    ?T(io_lib:fread("~d", "x")),
    ?T(io_lib:fread("~d ~d", "1")),
    ?T(io_lib:fread("~*d ~3s", "12 abcdef")),
    ok.

failed(F) ->
    try F() catch C:R -> {C, R} end.

captured(F) ->
    Self = self(),
    Server = spawn_link(fun() -> collect(Self, []) end),
    Old = group_leader(),
    group_leader(Server, self()),
    try F() after group_leader(Old, self()) end,
    Server ! {done, self()},
    receive {Server, Text} -> Text end.

collect(Owner, Acc) ->
    receive
        {io_request, From, As, {put_chars, _, Chars}} -> From ! {io_reply, As, ok}, collect(Owner, [Acc, Chars]);
        {io_request, From, As, {put_chars, Enc, M, F, A}} ->
            From ! {io_reply, As, ok},
            collect(Owner, [Acc, unicode:characters_to_list(apply(M, F, A), Enc)]);
        {io_request, From, As, getopts} -> From ! {io_reply, As, []}, collect(Owner, Acc);
        {io_request, From, As, _} -> From ! {io_reply, As, {error, request}}, collect(Owner, Acc);
        {done, Owner} -> Owner ! {self(), unicode:characters_to_list(Acc)}
    end.

%% A device that answers read requests from a list of lines, as the I/O protocol asks.
answered(Lines, F) ->
    Server = spawn_link(fun() -> input(Lines) end),
    Old = group_leader(),
    group_leader(Server, self()),
    R = try F() after group_leader(Old, self()) end,
    unlink(Server),
    exit(Server, kill),
    R.

input(Lines) ->
    receive
        {io_request, From, As, {get_line, _, _}} -> {R, Rest} = next(Lines), From ! {io_reply, As, R}, input(Rest);
        {io_request, From, As, {get_until, _, _, M, F, A}} ->
            {R, Rest} = until([], Lines, M, F, A),
            From ! {io_reply, As, R},
            input(Rest);
        {io_request, From, As, getopts} -> From ! {io_reply, As, []}, input(Lines);
        {io_request, From, As, _} -> From ! {io_reply, As, {error, request}}, input(Lines)
    end.

next([]) -> {eof, []};
next([L | T]) -> {L, T}.

until(Cont, Lines, M, F, A) ->
    {Line, Rest} = next(Lines),
    case apply(M, F, [Cont, Line | A]) of
        {done, R, _} -> {R, Rest};
        {more, Cont2} -> until(Cont2, Rest, M, F, A)
    end.
