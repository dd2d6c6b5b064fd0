%% Runs one program for `girder run': sets up standard I/O and code loading, calls the function,
%% and ends the machine with its outcome.
-module(girder_run).

-export([start/3]).
-export([wait/3]).
%% For OTP's logger and supervisor.
-export([log/2, init/1]).

%% `Function' is the atom to call with `Arguments', or `$default': main/1 with [], else main/0,
%% else start/0, whichever there is first.
-spec start(module(), atom(), none | [string()]) -> no_return().
start(Module, Function, Arguments) ->
    start_init(),
    %% The others may need modules from their first step on.
    _ = girder_code:start(),
    _ = spawn(fun erts_code_purger:start/0),
    Stdio = girder_stdio:start(),
    group_leader(Stdio, self()),
    start_standard_error(),
    Logger = start_logger(),
    start_kernel_sup(),
    start_kernel_refc(),
    %% Where OTP looks for the environment of applications: there is none.
    ac_tab = ets:new(ac_tab, [set, public, named_table]),
    case resolve(Module, Function, Arguments) of
        {error, Text} ->
            complain(["girder: ", Text, "\n"]),
            finish(Stdio, 1);
        {F, Args} ->
            {Pid, Ref} = spawn_monitor(?MODULE, wait, [Module, F, Args]),
            Logger ! {program, Pid},
            Pid ! {?MODULE, go},
            receive
                {'DOWN', Ref, process, Pid, normal} ->
                    finish(Stdio, 0);
                {'DOWN', Ref, process, Pid, Reason} ->
                    complain(["** ", ended(Reason), "\n"]),
                    finish(Stdio, 1)
            end
    end.

%% The program's own process. Its function is called last, so that nothing of ours is on the stack
%% that stack traces show.
-spec wait(module(), atom(), [term()]) -> term().
wait(Module, Function, Args) ->
    receive {?MODULE, go} -> apply(Module, Function, Args) end.

resolve(Module, '$default', _) ->
    case code:ensure_loaded(Module) of
        {module, Module} ->
            case [FA || {F, Args} = FA <- [{main, [[]]}, {main, []}, {start, []}],
                        erlang:function_exported(Module, F, length(Args))] of
                [First | _] -> First;
                [] -> {error, io_lib:format("module ~ts has none of main/1, main/0 and start/0",
                                            [Module])}
            end;
        {error, Reason} ->
            {error, cannot_load(Module, Reason)}
    end;
resolve(Module, Function, Arguments) ->
    Args = case Arguments of
               none -> [];
               _ -> [Arguments]
           end,
    case code:ensure_loaded(Module) of
        {module, Module} ->
            case erlang:function_exported(Module, Function, length(Args)) of
                true -> {Function, Args};
                false -> {error, io_lib:format("the function ~ts:~ts/~w is not defined",
                                               [Module, Function, length(Args)])}
            end;
        {error, Reason} ->
            {error, cannot_load(Module, Reason)}
    end.

cannot_load(Module, nofile) ->
    io_lib:format("the module ~ts was not found", [Module]);
cannot_load(Module, Reason) ->
    io_lib:format("the module ~ts could not be loaded: ~tp", [Module, Reason]).

%% An exception that nobody caught comes with its stack trace, an exit does not.
ended({{nocatch, Value}, [{_, _, _, _} | _] = Stack}) -> exception(throw, Value, Stack);
ended({Reason, [{_, _, _, _} | _] = Stack}) -> exception(error, Reason, Stack);
ended(Reason) -> exception(exit, Reason, []).

exception(Class, Reason, Stack) ->
    Skip = fun(_, _, _) -> false end,
    Format = fun(Term, Indent) -> io_lib:format("~." ++ integer_to_list(Indent) ++ "tp", [Term]) end,
    erl_error:format_exception(1, Class, Reason, Stack, Skip, Format, unicode).

complain(Text) ->
    io:put_chars(standard_error, Text).

finish(Stdio, Status) ->
    %% Everything printed so far comes before the end: the device answers requests in order.
    _ = flush(Stdio),
    _ = flush(whereis(standard_error)),
    erlang:halt(Status).

flush(Device) ->
    io:request(Device, getopts).

%% What the library modules ask `init' for: there are no command line flags, and stopping is
%% ending the machine.
start_init() ->
    Pid = spawn(fun() -> init_loop() end),
    true = register(init, Pid),
    ok.

init_loop() ->
    receive
        {stop, {stop, Status}} when is_integer(Status) -> stop(Status);
        {stop, _} -> stop(0);
        {From, Request} when is_pid(From) -> From ! {init, init_answer(Request)};
        _ -> ok
    end,
    init_loop().

init_answer(get_arguments) -> [];
init_answer(get_plain_arguments) -> [];
init_answer({get_argument, _}) -> error;
init_answer(get_status) -> {started, started};
init_answer(script_id) -> {"girder run", ""};
init_answer({ensure_loaded, Module}) ->
    case erlang:module_loaded(Module) of
        true -> {module, Module};
        false -> not_allowed
    end;
init_answer(_) -> error.

stop(Status) ->
    finish(whereis(user), Status).

%% Where messages of the machine about processes that failed come in, and the tables in which
%% OTP's logger finds that they all go to standard error. It cannot be configured.
start_logger() ->
    Self = self(),
    Pid = spawn(fun() ->
                        configure_logger(),
                        Self ! {self(), ready},
                        logger_loop(none)
                end),
    true = register(logger, Pid),
    receive {Pid, ready} -> Pid end.

configure_logger() ->
    Tid = logger_config:new(logger),
    All = #{filters => [], filter_default => log},
    Primary = #{level => notice, handlers => [?MODULE], metadata => #{}},
    logger_config:create(Tid, primary, maps:merge(All, Primary)),
    Formatter = {logger_formatter, #{legacy_header => true, single_line => false}},
    Handler = #{id => ?MODULE, module => ?MODULE, level => all, formatter => Formatter},
    logger_config:create(Tid, ?MODULE, maps:merge(All, Handler)).

%% How the program's own process ended is told when it is known (`ended').
logger_loop(Program) ->
    receive
        {program, Pid} -> logger_loop(Pid);
        {log, _, "Error in process" ++ _, _, #{pid := Program}} -> ok;
        {log, Level, Format, Args, Meta} -> logger:log(Level, Format, Args, Meta);
        {log, Level, Report, Meta} -> logger:log(Level, Report, Meta);
        {'$gen_call', From, _} -> gen:reply(From, {error, {not_supported, ?MODULE}});
        _ -> ok
    end,
    logger_loop(Program).

%% The one handler of the logger.
log(Event, #{formatter := {Formatter, Config}}) ->
    complain(Formatter:format(Event, Config)).

%% OTP starts some of its servers below `kernel_sup' when they are first needed. The supervisor
%% becomes one when it is first asked, since few programs ask.
start_kernel_sup() ->
    Parent = self(),
    Pid = spawn(fun() -> first_asked(Parent) end),
    true = register(kernel_sup, Pid),
    ok.

first_asked(Parent) ->
    receive
        Message -> self() ! Message
    end,
    put('$ancestors', [Parent]),
    put('$initial_call', {supervisor, kernel_sup, 1}),
    Name = {local, kernel_sup},
    {ok, State} = supervisor:init({Name, ?MODULE, []}),
    gen_server:enter_loop(supervisor, [], State, Name).

%% Counts who wants `scheduler_wall_time' to be on; becomes a server when it is first asked.
start_kernel_refc() ->
    Parent = self(),
    Pid = spawn(fun() -> first_asked_for_resource(Parent) end),
    true = register(kernel_refc, Pid),
    ok.

first_asked_for_resource(Parent) ->
    receive
        Message -> self() ! Message
    end,
    put('$ancestors', [Parent]),
    put('$initial_call', {kernel_refc, init, 1}),
    {ok, State} = kernel_refc:init([]),
    gen_server:enter_loop(kernel_refc, [], State, {local, kernel_refc}).

init([]) ->
    {ok, {#{strategy => one_for_one, intensity => 0, period => 1}, []}}.

start_standard_error() ->
    Pid = girder_stdio:start(#{write => fun girder_stdio:write_error/1,
                               read => fun(_) -> eof end,
                               flush => fun() -> ok end}),
    true = register(standard_error, Pid),
    ok = io:setopts(Pid, [{encoding, unicode}]).
