%% Reads a crash dump with OTP's own crashdump_viewer, and prints what it says of what `crasher` has
%% left in it: the same for stock's dumps and for Girder's.
-module(reader).
-export([read/1]).

read(File) ->
    {ok, _} = crashdump_viewer:start_link(),
    crashdump_viewer:read_file(File),
    {ok, General, Truncated} = crashdump_viewer:general_info(),
    say(truncated, Truncated),
    say(slogan, slogan(element(3, General))),
    say(node, element(7, General)),
    {ok, Processes, []} = crashdump_viewer:processes(),
    say(counted, length(Processes) =:= list_to_integer(element(9, General))),
    Named = maps:from_list([{pid_to_list(element(2, P)), element(3, P)} || P <- Processes]),
    Names = maps:from_list([{Name, Pid} || {Pid, Name} <- maps:to_list(Named)]),
    put(named, Named),
    [say(process, process(P)) || Name <- ["asleep", "holder", "init", "kernel_sup"],
                                 P <- Processes, element(3, P) =:= Name],
    [say(Name, details(maps:get(Name, Names))) || Name <- ["asleep", "holder"], is_map_key(Name, Names)],
    %% No process has terms that cannot be read.
    say(whole, [element(3, P) || P <- Processes, element(3, P) =/= "holder",
                                 not match([], crashdump_viewer:proc_details(pid_to_list(element(2, P))))]),
    {ok, Ets, []} = crashdump_viewer:ets_tables(all),
    [say(table, T) || T <- lists:sort([table(T) || T <- Ets]), lists:prefix("crash_", hd(T))],
    {ok, Timers, []} = crashdump_viewer:timers(all),
    [say(timer, T) || T <- lists:sort([timer(T) || T <- Timers]), interesting(T)],
    {ok, Ports, []} = crashdump_viewer:ports(),
    [say(port, [element(11, P), name(element(6, P))]) || P <- Ports,
        is_list(element(11, P)), lists:suffix("cat", element(11, P))],
    {ok, Funs, []} = crashdump_viewer:funs(),
    say(funs, lists:sort([{element(3, F), element(4, F)} || F <- Funs, element(2, F) =:= "crasher"])),
    {ok, Atoms, []} = crashdump_viewer:atoms(),
    say(atoms, {length(Atoms) =:= list_to_integer(element(8, General)),
                lists:sort([A || {_, {A, _}} <- Atoms, interesting_atom(A)])}),
    {ok, Modules, []} = crashdump_viewer:loaded_modules(),
    say(modules, lists:sort([M || Module <- Modules, {M, _} <- [element(2, Module)],
                                lists:member(M, [<<"crasher">>, <<"lists">>])])),
    {ok, Details, []} = crashdump_viewer:loaded_mod_details("crasher"),
    say(size, element(3, Details) > 0),
    {ok, Memory, []} = crashdump_viewer:memory(),
    say(memory, [{Key, list_to_integer(Bytes) > 0} || {Key, Bytes} <- Memory, Key =/= maximum]),
    {ok, Persistent, _} = crashdump_viewer:persistent_terms(),
    say(persistent, [term(V) || {crash_term, V} <- Persistent]),
    {ok, Nodes, []} = crashdump_viewer:dist_info(),
    say(nodes, Nodes),
    {ok, Schedulers, []} = crashdump_viewer:schedulers(),
    say(schedulers, [element(2, S) || S <- Schedulers, element(3, S) =:= normal]),
    [{ok, _, []} = crashdump_viewer:Page() || Page <- [allocated_areas, allocator_info, hash_tables, index_tables]].

say(What, Fact) ->
    io:format("~p: ~tp~n", [What, Fact]).

%% Where it stopped is not the same everywhere.
slogan(Slogan) ->
    hd(string:lexemes(Slogan, "\n")).

process(P) ->
    [element(3, P), element(4, P), element(7, P), element(9, P), is_integer(element(19, P)),
     element(22, P) > 0, element(37, P) > 0].

details(Pid) ->
    {ok, P, Warnings} = crashdump_viewer:proc_details(Pid),
    {Parts, Dictionary} = lists:partition(fun({K, _}) -> K =:= parts end, nothing(element(18, P))),
    [io:format("parts: ~w~n", [{parts(V), Warnings}]) || {_, V} <- Parts],
    [{parent, name(element(5, P))},
     {links, [name(L) || {L, _} <- nothing(element(12, P))]},
     {monitors, [name(M) || {M, _} <- nothing(element(13, P))]},
     {monitored_by, [name(M) || {M, _} <- nothing(element(14, P))]},
     {messages, [term(M) || M <- nothing(element(10, P))]},
     {dictionary, lists:sort([term(D) || D <- Dictionary])},
     {stack, [term(V) || {_, V} <- element(38, P), is_tuple(V)]}].

parts({A, B, C, Fun}) ->
    {env, Env} = erlang:fun_info(Fun, env),
    {term(A), term(B), binary_to_list(C), {fun_of, [name(E) || E <- Env]}}.

match(Warnings, {ok, _, Warnings}) -> true;
match(_, _) -> false.

nothing(undefined) -> [];
nothing(List) -> List.

%% What is called otherwise in each run.
name("<" ++ _ = Pid) ->
    case maps:get(Pid, get(named), unknown) of
        "erlang:apply/2" -> main;
        Name -> Name
    end;
name(Pid) when is_pid(Pid) -> name(pid_to_list(Pid));
name(Other) -> Other.

term(['#CDVBin', Offset, Size, Position]) ->
    {ok, Binary} = crashdump_viewer:expand_binary({Offset, Size, Position}),
    {size(Binary), erlang:md5(Binary)};
term(['#CDVPid' | Ids]) ->
    name(lists:flatten(io_lib:format("<~p.~p.~p>", Ids)));
term([Head | Tail]) -> [term(Head) | term(Tail)];
term(Tuple) when is_tuple(Tuple) -> list_to_tuple(term(tuple_to_list(Tuple)));
term(Map) when is_map(Map) -> [map | term(lists:sort(maps:to_list(Map)))];
term(Fun) when is_function(Fun) ->
    [{_, M}, {_, F}, {_, A}] = [erlang:fun_info(Fun, Item) || Item <- [module, new_index, arity]],
    {a_fun, M, F, A};
term(Term) when is_bitstring(Term), not is_binary(Term) ->
    {bits, bit_size(Term)};
term(Other) -> Other.

table(T) ->
    [element(5, T), element(6, T), element(7, T), element(9, T), name(element(2, T)),
     [maps:get(Key, element(11, T), none) || Key <- [protection, compressed, read_c, fixed]]].

timer(T) ->
    [name(element(2, T)), element(3, T), message(element(4, T)), element(5, T) div 100000].

message("{timeout," ++ _) -> timeout;
message(Message) -> Message.

interesting(["asleep" | _]) -> true;
interesting(["holder" | _]) -> true;
interesting(_) -> false.

interesting_atom(A) ->
    lists:member(A, [<<"crash_set">>, <<"holder">>, <<"a b'">>, <<"erlang">>, <<"'">>, <<16#e5/utf8, "'">>]).
