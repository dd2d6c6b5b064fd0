%% boot
%% What is left of a module that has been purged: its literals, in whoever got them; its funs, whose
%% calls wait until it is decided whether the code goes; funs of code that is gone.
-module(purging).
-include("t.hrl").

-define(M, purging_made).

main() ->
    erts_debug:set_internal_state(available_internal_state, true),
    literals(),
    waiting(complete),
    waiting(abort),
    gone(),
    on_load(),
    often().

%% A module of that generation.
load(Generation) -> load(Generation, []).

load(Generation, More) ->
    Forms = [parse(F) || F <-
        ["-module(purging_made).", "-compile(export_all).", "-compile(nowarn_export_all)."] ++ More ++
        ["big() -> {" ++ integer_to_list(Generation) ++ ", \"text of a literal\", [1.0e300, 1 bsl 80, #{a => b}]}.",
         "bytes() -> <<\"" ++ lists:duplicate(200, $x) ++ "\">>.",
         "adder(N) -> fun(X) -> {" ++ integer_to_list(Generation) ++ ", X + N, \"of the fun\"} end.",
         "sleep(P) -> P ! {self(), asleep}, receive go -> big() end."]],
    {ok, ?M, Code} = compile:forms(Forms, []),
    {module, ?M} = code:load_binary(?M, "made", Code),
    ok.

parse(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Form} = erl_parse:parse_form(Tokens),
    Form.

literals() ->
    load(1),
    Kept = [?M:big(), ?M:bytes()],
    <<_:10/binary, Part/binary>> = ?M:bytes(),
    Parent = self(),
    P = spawn_link(fun() ->
                           T = ?M:big(),
                           self() ! {message, T, ?M:bytes()},
                           put(dictionary, T),
                           Parent ! ready,
                           receive tell -> ok end,
                           receive {message, A, B} -> Parent ! {told, T, A, B, get(dictionary)} end
                   end),
    receive ready -> ok end,
    out(literal, erts_debug:size_shared(hd(Kept))),
    load(2),
    out(old, [erlang:check_old_code(?M), code:soft_purge(?M), erlang:check_old_code(?M)]),
    gone(hd(Kept)),
    load(3),
    code:purge(?M),
    P ! tell,
    out(kept, {hd(Kept), byte_size(lists:last(Kept)), byte_size(Part)}),
    receive {told, T, A, B, D} -> out(told, {T, A, B =:= lists:last(Kept), D}) end,
    out(current, ?M:big()).

%% Waits until a literal has been copied to the heap.
gone(T) ->
    erts_debug:size_shared(T) =:= 0 andalso
        begin
            erts_debug:set_internal_state(wait, thread_progress),
            gone(T)
        end.

%% Calls of funs while a purge has begun that somebody decides about.
waiting(How) ->
    load(10),
    F = ?M:adder(1),
    Sleeper = spawn_link(?M, sleep, [self()]),
    receive {Sleeper, asleep} -> ok end,
    load(11),
    out(info, [erlang:fun_info(F, I) || I <- [module, arity, type]]),
    Ref = make_ref(),
    erts_code_purger ! {test_purge, ?M, self(), How =:= complete, Ref},
    receive {started, Ref} -> ok end,
    out(name_while_purged, erlang:fun_info(F, name)),
    Callers = [spawn_monitor(fun() -> exit({called, F(N)}) end) || N <- [1, 2, 3]],
    [suspended(P) || {P, _} <- Callers],
    out(where, [process_info(P, current_function) || {P, _} <- Callers]),
    process_flag(trap_exit, true),
    erts_code_purger ! {continue, Ref},
    receive {continued, Ref} -> ok end,
    out(still, [process_info(P, status) || {P, _} <- Callers]),
    erts_code_purger ! {complete, Ref},
    receive {test_purge, Result, Ref} -> out(How, Result) end,
    Sleeper ! go,
    receive {'EXIT', Sleeper, Why} -> out(sleeper, Why) end,
    process_flag(trap_exit, false),
    [receive {'DOWN', M, process, _, Reason} -> out(caller, short(Reason)) end || {_, M} <- Callers],
    code:purge(?M),
    out(after_purge, short(try_to(fun() -> F(4) end))).

short({error, Reason}) -> {error, short(Reason)};
short({Reason, [{_, _, _, _} | _]}) -> short(Reason);
short({badfun, F}) when is_function(F) -> badfun;
short(Other) -> Other.

suspended(P) ->
    case process_info(P, status) of
        {status, suspended} -> ok;
        _ -> erlang:yield(), suspended(P)
    end.

%% The code is gone and comes back the same: its funs lead there.
gone() ->
    load(20),
    F = ?M:adder(5),
    code:delete(?M),
    out(works_still, F(1)),
    code:purge(?M),
    out(unnamed, erlang:fun_info(F, name)),
    out(without, short(try_to(fun() -> F(2) end))),
    load(20),
    out(again, F(3)),
    code:delete(?M),
    code:purge(?M).

%% Code whose on_load function fails is purged; who runs it is ended.
on_load() ->
    load(30),
    P = self(),
    register(purging_main, P),
    process_flag(trap_exit, true),
    Result = try load(31, ["-on_load(fails/0).",
                           "fails() -> S = spawn(fun() -> purging_main ! {other, self()}, receive go -> ok end end),"
                           " purging_main ! {monitor, S}, receive after 10 -> no end."])
             catch error:{badmatch, Error} -> Error
             end,
    out(on_load, Result),
    S = receive {monitor, X} -> X end,
    M = erlang:monitor(process, S),
    receive {'DOWN', M, process, S, Reason} -> out(ended, lists:member(Reason, [killed, noproc])) end,
    process_flag(trap_exit, false),
    unregister(purging_main),
    out(as_before, ?M:big()),
    code:purge(?M).

%% Generation after generation, with processes that hold literals of all of them.
often() ->
    Parent = self(),
    Holders = [begin
                   load(G),
                   P = spawn_link(fun() -> T = ?M:big(), F = ?M:adder(G), Parent ! ready, receive tell -> Parent ! {self(), T, F} end end),
                   receive ready -> ok end,
                   code:purge(?M),
                   {G, P}
               end || G <- lists:seq(101, 120)],
    code:purge(?M),
    [P ! tell || {_, P} <- Holders],
    out(often, [receive {P, {G, Text, _}, F} -> {G, length(Text), short(try_to(fun() -> F(1) end))} end || {G, P} <- Holders]).
