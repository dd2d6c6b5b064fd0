%% What the conformance run does inside the machine under test: runs one of OTP's suites under
%% common_test and writes an event for each step to a file, as a hook of common_test.
%%
%% An event is a line of fields with tabs between: `plan`, `start`, `conf` or `done`, the innermost
%% group (`-` for none) and the case; behind `done` the verdict and the reason. Written at once and
%% without help of another process, so that nothing is lost when the machine goes down.
-module(girder_conf).
-export([run/0]).
-export([id/1, init/2, post_all/3, pre_init_per_suite/3, pre_end_per_suite/3,
         pre_init_per_group/4, pre_end_per_group/4, pre_init_per_testcase/4,
         post_end_per_testcase/5, on_tc_fail/4, on_tc_skip/4]).

-define(NOT_ASKED_FOR, girder_not_asked_for).

%% `-girder_conf FOLDER SUITE LOGS EVENTS SKIP ONLY BUILTIN PATIENCE`: runs SUITE of FOLDER. SKIP is a
%% file with the cases that have a verdict already, ONLY a case or `all`, PATIENCE how many times longer
%% than it says a case may take.
run() ->
    {ok, [[Folder, Suite, Logs, Events, Skip, Only, Builtin, Patience]]} =
        init:get_argument(girder_conf),
    State = {Events, cases(Skip), Only},
    %% post_all/3 is called without the hook's state. The hook comes last, because others take the
    %% skipping of a case for its configuration.
    application:set_env(common_test, ?MODULE, State),
    Result = ct:run_test([{dir, Folder}, {suite, Suite}, {logdir, Logs}, {auto_compile, false},
                          {multiply_timetraps, list_to_integer(Patience)},
                          {enable_builtin_hooks, list_to_atom(Builtin)},
                          {ct_hooks, [{?MODULE, State, ctlast}]}]),
    io:format("~nrun_test: ~tp~n", [Result]),
    write(Events, ["end"]),
    erlang:halt(0, [{flush, false}]).

cases(File) ->
    {ok, Text} = file:read_file(File),
    [list_to_tuple(binary:split(Line, <<"\t">>))
     || Line <- binary:split(Text, <<"\n">>, [global]), Line =/= <<>>].

%% The hook.

id(_) -> ?MODULE.

init(_, State) -> {ok, State}.

post_all(_, {skip, _} = Skip, _) ->
    Skip;
post_all(_, Tests, Groups) ->
    {ok, {Events, _, Only}} = application:get_env(common_test, ?MODULE),
    [write(Events, ["plan", G, C]) || {G, C} <- plan(Tests, none, Groups), asked(C, Only)],
    Tests.

plan(Tests, Group, Groups) ->
    lists:flatmap(fun(Test) -> plan_one(Test, Group, Groups) end, Tests).

plan_one({group, Name}, _, Groups) -> plan_group(Name, Groups);
plan_one({group, Name, _}, _, Groups) -> plan_group(Name, Groups);
plan_one({group, Name, _, _}, _, Groups) -> plan_group(Name, Groups);
plan_one({testcase, Case, _}, Group, _) -> [{Group, Case}];
plan_one({Name, _, Tests}, _, Groups) -> plan(Tests, Name, Groups);
plan_one({Name, Tests}, _, Groups) when is_list(Tests) -> plan(Tests, Name, Groups);
plan_one(Case, Group, _) when is_atom(Case) -> [{Group, Case}].

plan_group(Name, Groups) ->
    case lists:keyfind(Name, 1, Groups) of
        {_, _, Tests} -> plan(Tests, Name, Groups);
        {_, Tests} -> plan(Tests, Name, Groups);
        false -> []
    end.

pre_init_per_suite(_, Config, State) -> conf(init_per_suite, none, Config, State).

pre_end_per_suite(_, Config, State) -> conf(end_per_suite, none, Config, State).

pre_init_per_group(_, Group, Config, State) -> conf(init_per_group, Group, Config, State).

pre_end_per_group(_, Group, Config, State) -> conf(end_per_group, Group, Config, State).

conf(Function, Group, Config, {Events, _, _} = State) ->
    write(Events, ["conf", Group, Function]),
    {Config, State}.

pre_init_per_testcase(_, Case, Config, {Events, Skip, Only} = State) ->
    Group = group(Config),
    case asked(Case, Only) andalso not lists:member({text(Group), text(Case)}, Skip) of
        true ->
            write(Events, ["start", Group, Case]),
            {Config, State};
        false ->
            {{skip, ?NOT_ASKED_FOR}, State}
    end.

post_end_per_testcase(_, Case, Config, Return, {Events, _, _} = State) ->
    case passed(Return) of
        true -> write(Events, ["done", group(Config), Case, "ok"]);
        false -> later
    end,
    {Return, State}.

%% Whatever else a case returns, common_test tells as a failure or a skipped case.
passed(ok) -> true;
passed({comment, _}) -> true;
passed({save_config, _}) -> true;
passed({return_group_result, _}) -> true;
passed(_) -> false.

on_tc_fail(_, Case, Reason, State) -> done(Case, "failed", Reason, State).

on_tc_skip(_, _, {_, ?NOT_ASKED_FOR}, State) -> State;
on_tc_skip(_, Case, {tc_auto_skip, Reason}, State) -> done(Case, "auto_skipped", Reason, State);
on_tc_skip(_, Case, {_, Reason}, State) -> done(Case, "skipped", Reason, State).

done({Case, Group}, Verdict, Reason, {Events, _, _} = State) ->
    case lists:member(Case, [init_per_suite, end_per_suite, init_per_group, end_per_group]) of
        true -> write(Events, ["confdone", Group, Case, Verdict, line(Reason)]);
        false -> write(Events, ["done", Group, Case, Verdict, line(Reason)])
    end,
    State;
done(Case, Verdict, Reason, State) ->
    done({Case, none}, Verdict, Reason, State).

group(Config) ->
    proplists:get_value(name, proplists:get_value(tc_group_properties, Config, []), none).

asked(_, "all") -> true;
asked(Case, Only) -> atom_to_list(Case) =:= Only.

text(none) -> <<"-">>;
text(Atom) when is_atom(Atom) -> atom_to_binary(Atom);
text(Text) -> unicode:characters_to_binary(Text).

write(Events, Fields) ->
    Line = lists:join($\t, [text(Field) || Field <- Fields]),
    ok = file:write_file(Events, [Line, $\n], [raw, append]).

%% A term as one line.
line(Term) ->
    Text = lists:flatten(io_lib:format("~0tP", [Term, 40])),
    string:slice([case C < 32 of true -> $\s; false -> C end || C <- Text], 0, 400).
