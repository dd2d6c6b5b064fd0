%% Standard output and input as a group leader: a process that speaks the Erlang I/O protocol
%% (https://www.erlang.org/doc/apps/stdlib/io_protocol.html) on three natives.
%%
%% Here: the protocol, character encodings, the input buffer. Not here: the device. The
%% machine replaces write/1, read/1 and flush/0; elsewhere start/1 takes funs in their place.
%%
%% What a program sees is what `erl -noshell` shows: encoding latin1 until setopts says
%% otherwise, characters that the encoding lacks written as \x{...}.
%%
%% A request for input never stops output: a reader process does the blocking read, and until
%% it answers other requests are served. Input requests are answered in the order they came.
-module(girder_stdio).

-export([start/0, start/1]).
-export([write/1, write_error/1, read/1, flush/0]).

-define(READ_SIZE, 65536).

%% A request under way. `todo' is what is left of a {requests, List}.
-record(job, {from, reply_as, todo}).

%% An input request that has printed its prompt. `step' is fed with characters until it has
%% what it wants; `fed' says whether it has had any.
-record(input, {job, prompt, encoding, step, fed = false}).

-record(state, {natives, reader,
                reading = false,        % the reader has been asked and has not answered
                unflushed = false,
                encoding = latin1,
                mode = list,
                buffer = <<>>,          % bytes read and not yet given to anyone
                eof = false,
                input = none,           % the input request being served
                waiting = queue:new()}).% jobs that need input, after that one

%%% Natives. They write all of a binary; read up to so many bytes, blocking until there are
%%% some; and hand to the system what write/1 may have kept back.

-spec write(binary()) -> ok | {error, atom()}.
write(_Bytes) -> erlang:nif_error(undef).

%% As write/1, to standard error.
-spec write_error(binary()) -> ok | {error, atom()}.
write_error(_Bytes) -> erlang:nif_error(undef).

-spec read(pos_integer()) -> binary() | eof | {error, atom()}.
read(_MaxBytes) -> erlang:nif_error(undef).

-spec flush() -> ok.
flush() -> erlang:nif_error(undef).

%%% Starting.

%% Starts the process on the machine's natives and registers it as `user'.
-spec start() -> pid().
start() ->
    Pid = start(#{write => fun ?MODULE:write/1,
                  read => fun ?MODULE:read/1,
                  flush => fun ?MODULE:flush/0}),
    true = register(user, Pid),
    Pid.

%% Starts the process on other funs, registered under no name.
-spec start(#{write := fun((binary()) -> ok | {error, atom()}),
              read := fun((pos_integer()) -> binary() | eof | {error, atom()}),
              flush := fun(() -> ok)}) -> pid().
start(#{write := _, read := Read, flush := _} = Natives) ->
    spawn(fun() ->
                  process_flag(trap_exit, true),
                  Server = self(),
                  Reader = spawn_link(fun() -> reader(Server, Read) end),
                  loop(#state{natives = Natives, reader = Reader})
          end).

reader(Server, Read) ->
    receive
        {read, Server} -> Server ! {self(), Read(?READ_SIZE)}
    end,
    reader(Server, Read).

%%% The server.

loop(S0) ->
    %% Output is handed on when nobody has more of it at once.
    receive
        Message -> loop(message(Message, S0))
    after 0 ->
            S = flushed(S0),
            receive Message -> loop(message(Message, S)) end
    end.

flushed(#state{unflushed = false} = S) -> S;
flushed(#state{natives = #{flush := Flush}} = S) ->
    _ = Flush(),
    S#state{unflushed = false}.

message({io_request, From, ReplyAs, Request}, S) when is_pid(From) ->
    Todo = case Request of
               {requests, Requests} -> Requests;
               _ -> [Request]
           end,
    Job = #job{from = From, reply_as = ReplyAs, todo = Todo},
    case S#state.input =/= none andalso needs_input(Todo) of
        true -> S#state{waiting = queue:in(Job, S#state.waiting)};
        false -> prompt_again(Request, run(Job, ok, S), S#state.input)
    end;
message({Reader, Result}, #state{reader = Reader} = S) ->
    got(Result, S#state{reading = false});
message({'EXIT', Reader, Reason}, #state{reader = Reader}) ->
    exit(Reason);
message(_Other, S) ->
    S.

%% Output behind an unanswered prompt would leave the cursor without one.
prompt_again(_Request, S, none) -> S;
prompt_again({get_geometry, _}, S, _Input) -> S;
prompt_again(_Request, S, #input{fed = true}) -> S;
prompt_again(_Request, S0, #input{prompt = Prompt}) ->
    {_, S} = prompt(Prompt, S0),
    S.

needs_input([Request | Rest]) -> is_input(Request) orelse needs_input(Rest);
needs_input(_) -> false.

is_input({get_line, _}) -> true;
is_input({get_line, _, _}) -> true;
is_input({get_chars, _, _}) -> true;
is_input({get_chars, _, _, _}) -> true;
is_input({get_until, _, _, _, _}) -> true;
is_input({get_until, _, _, _, _, _}) -> true;
is_input({requests, Requests}) -> needs_input(Requests);
is_input(_) -> false.

%% Serves what a job still wants; `Last' is the reply to what it has wanted so far. The first
%% error ends a list of requests.
run(#job{todo = []} = Job, Last, S) ->
    reply(Job, Last, S);
run(#job{todo = [{requests, Requests} | Rest]} = Job, Last, S) when is_list(Requests) ->
    run(Job#job{todo = Requests ++ Rest}, Last, S);
run(#job{todo = [Request | Rest]} = Job0, _Last, S0) ->
    Job = Job0#job{todo = Rest},
    case is_input(Request) of
        true -> start_input(Request, Job, S0);
        false ->
            case request(Request, S0) of
                {ok, Reply, S} -> run(Job, Reply, S);
                {error, Reason, S} -> reply(Job, {error, Reason}, S)
            end
    end;
run(#job{todo = NotAList} = Job, _Last, S) ->
    reply(Job, {error, {request, {requests, NotAList}}}, S).

reply(#job{from = From, reply_as = ReplyAs}, Reply, S) ->
    From ! {io_reply, ReplyAs, Reply},
    S.

%%% Output and options. Each gives {ok, Reply, State} or {error, Reason, State}.

request({put_chars, Encoding, Chars}, S) when Encoding =:= unicode; Encoding =:= latin1 ->
    put_chars(encode(Chars, Encoding, S#state.encoding), S);
request({put_chars, Encoding, M, F, Args}, S) when Encoding =:= unicode; Encoding =:= latin1 ->
    Chars = try apply(M, F, Args) of
                Data when is_list(Data); is_binary(Data) -> Data;
                _ -> error
            catch
                _:_ -> error
            end,
    put_chars(encode(Chars, Encoding, S#state.encoding), S);
request({put_chars, Chars}, S) ->
    request({put_chars, latin1, Chars}, S);
request({put_chars, M, F, Args}, S) ->
    request({put_chars, latin1, M, F, Args}, S);
request(getopts, #state{mode = Mode, encoding = Encoding} = S) ->
    {ok, [{binary, Mode =:= binary}, {encoding, Encoding}], S};
request({setopts, Options}, S) when is_list(Options) ->
    setopts(Options, S, []);
request({get_geometry, What}, S) when What =:= columns; What =:= rows ->
    {error, enotsup, S};
request(Unknown, S) ->
    {error, {request, Unknown}, S}.

put_chars(error, S) ->
    {error, put_chars, S};
put_chars(Bytes, #state{natives = #{write := Write}} = S) ->
    case Write(Bytes) of
        ok -> {ok, ok, S#state{unflushed = true}};
        {error, Reason} -> {error, Reason, S}
    end.

%% Checks all of the options before the first takes effect.
setopts([Option | Rest], S, Checked) ->
    case option(Option) of
        error -> {error, enotsup, S};
        Valid -> setopts(Rest, S, [Valid | Checked])
    end;
setopts([], S, Checked) ->
    %% The last one checked comes first here, so that of two the first given wins.
    {ok, ok, lists:foldl(fun setopt/2, S, Checked)};
setopts(_Improper, S, _Checked) ->
    {error, enotsup, S}.

option(list) -> {binary, false};
option({list, true}) -> {binary, false};
option({list, false}) -> {binary, true};
option(binary) -> {binary, true};
option({binary, _} = Option) -> Option;
option(latin1) -> {encoding, latin1};
option(unicode) -> {encoding, unicode};
option({encoding, latin1}) -> {encoding, latin1};
option({encoding, unicode}) -> {encoding, unicode};
option({encoding, utf8}) -> {encoding, unicode};
option(_) -> error.

setopt({encoding, Encoding}, S) -> S#state{encoding = Encoding};
setopt({binary, true}, S) -> S#state{mode = binary};
setopt({binary, false}, S) -> S#state{mode = list};
setopt({binary, _}, S) -> S.

%% Characters as bytes of the device; `error' if they are none.
encode(Chars, From, To) ->
    try unicode:characters_to_binary(Chars, From, To) of
        Bytes when is_binary(Bytes) -> Bytes;
        _ when From =:= unicode, To =:= latin1 -> escape(unicode:characters_to_list(Chars));
        _ -> error
    catch
        error:badarg -> error
    end.

escape(Chars) when is_list(Chars) ->
    << <<(escape_one(Char))/binary>> || Char <- Chars >>;
escape(_) ->
    error.

escape_one(Char) when Char =< 255 -> <<Char>>;
escape_one(Char) -> <<"\\x{", (integer_to_binary(Char, 16))/binary, "}">>.

%%% Input.

start_input({get_line, Prompt}, Job, S) ->
    start_input({get_line, latin1, Prompt}, Job, S);
start_input({get_line, Encoding, Prompt}, Job, #state{mode = binary} = S) ->
    begin_input(Prompt, Encoding, line, get_line, Job, S);
start_input({get_line, Encoding, Prompt}, Job, S) ->
    collect(Prompt, Encoding, collect_line, [], Job, S);
start_input({get_chars, Prompt, Count}, Job, S) ->
    start_input({get_chars, latin1, Prompt, Count}, Job, S);
start_input({get_chars, Encoding, Prompt, Count}, Job, S) ->
    collect(Prompt, Encoding, collect_chars, Count, Job, S);
start_input({get_until, Prompt, M, F, Args}, Job, S) ->
    start_input({get_until, latin1, Prompt, M, F, Args}, Job, S);
start_input({get_until, Encoding, Prompt, M, F, Args}, Job, S) ->
    collect(Prompt, Encoding, get_until, {M, F, Args}, Job, S).

collect(Prompt, Encoding, Function, Extra, Job, S) ->
    begin_input(Prompt, Encoding, {collect, Function, Extra, start}, get_chars, Job, S).

begin_input(Prompt, Encoding, Step, PromptError, Job, S0) ->
    case prompt(Prompt, S0) of
        {error, S} -> reply(Job, {error, PromptError}, S);
        {ok, S} ->
            feed(S#state{input = #input{job = Job, prompt = Prompt, encoding = Encoding,
                                        step = Step}})
    end.

prompt('', S) -> {ok, S};
prompt(Prompt, #state{encoding = Encoding} = S0) ->
    Chars = io_lib:format_prompt(Prompt, Encoding),
    case put_chars(encode(Chars, unicode, Encoding), S0) of
        {ok, ok, S} -> {ok, S};
        {error, _, S} -> {error, S}
    end.

got(eof, S) -> feed(S#state{eof = true});
got({error, Reason}, #state{input = #input{}} = S) -> fail(Reason, S);
got({error, _}, S) -> S;
got(Bytes, #state{buffer = Buffer} = S) when is_binary(Bytes) ->
    feed(S#state{buffer = <<Buffer/binary, Bytes/binary>>}).

%% Gives the request under way what there is, or asks for more.
feed(#state{input = none} = S) -> S;
feed(#state{buffer = <<>>, eof = true, input = #input{fed = false}} = S) ->
    done(eof, S);
feed(#state{buffer = <<>>, eof = true, input = Input} = S) ->
    step(Input#input.step, eof, S);
feed(#state{buffer = <<>>} = S) ->
    ask(S);
feed(#state{input = #input{step = line}, buffer = Buffer} = S) ->
    line(binary:split(Buffer, <<"\n">>), S);
feed(#state{input = Input, buffer = Buffer, encoding = Encoding, eof = Eof} = S) ->
    case decode(Buffer, Encoding) of
        {[], _Incomplete} when not Eof -> ask(S);
        {[], _Incomplete} -> failed(Input#input.step, S#state{buffer = <<>>});
        {Chars, Incomplete} ->
            case to_request(Chars, Input#input.encoding, S#state.mode) of
                error -> failed(Input#input.step, S);
                Data -> step(Input#input.step, Data, S#state{buffer = Incomplete})
            end;
        error -> failed(Input#input.step, S)
    end.

ask(#state{reading = true} = S) -> S;
ask(#state{reader = Reader} = S0) ->
    %% A prompt has to be seen before it can be answered.
    S = flushed(S0),
    Reader ! {read, self()},
    S#state{reading = true}.

%% A line in binary mode, where a carriage return before the line's end goes.
line([Line, Rest], #state{input = #input{encoding = To}, encoding = From} = S) ->
    Length = byte_size(Line) - 1,
    Bytes = case Line of
                <<Start:Length/binary, "\r">> -> <<Start/binary, "\n">>;
                _ -> <<Line/binary, "\n">>
            end,
    case unicode:characters_to_binary(Bytes, From, To) of
        Converted when is_binary(Converted) -> done(Converted, S#state{buffer = Rest});
        _ -> fail(get_line, S#state{buffer = Rest})
    end;
line([Bytes], #state{eof = true} = S) ->
    %% What follows the last line's end is not converted: `erl -noshell' does not either.
    done(Bytes, S#state{buffer = <<>>});
line([_], S) ->
    ask(S).

%% The io_lib functions take their own last state, characters (or eof), the request's encoding
%% and what the request wants; they stop with a result and what they did not use.
step({collect, Function, Extra, State0}, Data, S) ->
    #state{input = Input, encoding = Encoding, buffer = Buffer} = S,
    try io_lib:Function(State0, Data, Input#input.encoding, Extra) of
        {stop, Result, Unused} when Unused =:= []; Unused =:= <<>>; Unused =:= eof ->
            done(Result, S);
        {stop, Result, Unused} ->
            Bytes = unicode:characters_to_binary(Unused, Input#input.encoding, Encoding),
            done(Result, S#state{buffer = <<Bytes/binary, Buffer/binary>>});
        State when Data =:= eof, State =:= State0 ->
            %% It would ask for more for ever.
            failed({collect, Function, Extra, State}, S);
        State ->
            Step = {collect, Function, Extra, State},
            more(S#state{input = Input#input{step = Step, fed = true}})
    catch
        _:_ -> failed({collect, Function, Extra, State0}, S)
    end.

%% Only a whole number of characters was used, so an incomplete one needs more bytes.
more(#state{buffer = <<>>} = S) -> feed(S);
more(#state{eof = true} = S) -> feed(S);
more(S) -> ask(S).

failed({collect, get_until, {_M, F, _Args}, _State}, S) ->
    fail(F, S#state{buffer = <<>>});
failed({collect, Function, _Extra, _State}, S) ->
    fail(Function, S#state{buffer = <<>>}).

%% Ends the job; what else it asked for is not done.
fail(Reason, #state{input = #input{job = Job}} = S) ->
    next_input(reply(Job, {error, Reason}, S#state{input = none})).

done(Result, #state{input = #input{job = Job}} = S) ->
    next_input(run(Job, Result, S#state{input = none})).

next_input(#state{input = none, waiting = Waiting} = S) ->
    case queue:out(Waiting) of
        {empty, _} -> S;
        {{value, Job}, Rest} -> next_input(run(Job, ok, S#state{waiting = Rest}))
    end;
next_input(S) ->
    S.

%% Bytes of the device as code points, and the bytes of an incomplete last character.
decode(Bytes, latin1) ->
    {binary_to_list(Bytes), <<>>};
decode(Bytes, unicode) ->
    case unicode:characters_to_list(Bytes, unicode) of
        {incomplete, Chars, Rest} -> {Chars, Rest};
        {error, _, _} -> error;
        Chars -> {Chars, <<>>}
    end.

%% Code points as the request wants them; `error' if its encoding cannot hold them.
to_request(Chars, unicode, list) ->
    Chars;
to_request(Chars, latin1, list) ->
    case lists:all(fun(Char) -> Char =< 255 end, Chars) of
        true -> Chars;
        false -> error
    end;
to_request(Chars, Encoding, binary) ->
    case unicode:characters_to_binary(Chars, unicode, Encoding) of
        Bytes when is_binary(Bytes) -> Bytes;
        _ -> error
    end;
to_request(_Chars, _Encoding, _Mode) ->
    error.
