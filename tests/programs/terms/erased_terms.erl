%% boot
%% Persistent terms that are erased or replaced while processes refer to them: each process gets a
%% copy, wherever the reference is, and goes on; the terms that stay are not touched.
-module(erased_terms).
-export([awake/2]).
-include("t.hrl").

main() ->
    warm(),
    everywhere(erase, fun(K) -> persistent_term:erase(K) end),
    everywhere(replace, fun(K) -> persistent_term:put(K, other) end),
    kinds(),
    passed_around(),
    kept_elsewhere(),
    from_others(),
    churn(),
    memory().

warm() ->
    erts_debug:set_internal_state(available_internal_state, true),
    [P] = [P || P <- processes(),
                process_info(P, initial_call) =:= {initial_call, {erts_literal_area_collector, start, 0}}],
    put(collector, P).

%% Waits until everything that was given up before has been dealt with: one more is, and nothing is
%% left to do.
settle() ->
    persistent_term:put(probe, {probe}),
    gone(persistent_term:get(probe), persistent_term:erase(probe)),
    idle().

gone(Probe, true) ->
    is_literal(Probe) andalso
        begin
            erts_debug:set_internal_state(wait, thread_progress),
            gone(Probe, true)
        end.

idle() ->
    Ref = make_ref(),
    get(collector) ! {get_status, Ref, self()},
    receive
        {Ref, idle} -> ok;
        {Ref, working} -> erlang:yield(), idle()
    end.

is_literal(T) -> erts_debug:size_shared(T) =:= 0.

value() ->
    Shared = lists:seq(1, 20),
    {value, [Shared, Shared], <<"bytes on the heap">>, binary:copy(<<"off the heap">>, 30),
     #{key => 1.0e300, other => 1 bsl 100}, maps:from_list([{N, [N]} || N <- lists:seq(1, 100)]), make_ref()}.

everywhere(How, Forget) ->
    Parent = self(),
    K = {?MODULE, How},
    persistent_term:put(K, value()),
    Value = term_to_binary(persistent_term:get(K)),
    Holders = [{N, spawn_link(fun() -> H(Parent, K) end)} || {N, H} <- holders()],
    [receive {P, ready} -> ok end || {_, P} <- Holders],
    Forget(K),
    settle(),
    lists:foreach(
      fun({N, P}) ->
              P ! {self(), go},
              receive {P, T} -> io:format("~p ~p: ~p~n", [How, N, {is_literal(T), term_to_binary(T) =:= Value}]) end
      end, Holders).

holders() ->
    [{stack, fun(Parent, K) ->
                     T = persistent_term:get(K),
                     ready(Parent),
                     tell(Parent, T)
             end},
     {inside, fun(Parent, K) ->
                      T = [{persistent_term:get(K)} | erlang:garbage_collect()],
                      ready(Parent),
                      tell(Parent, element(1, hd(T)))
              end},
     {old, fun(Parent, K) ->
                   T = [{N, persistent_term:get(K)} || N <- lists:seq(1, 500)],
                   garbage(5000),
                   ready(Parent),
                   tell(Parent, element(2, lists:last(T)))
           end},
     {dictionary, fun(Parent, K) ->
                          put(here, persistent_term:get(K)),
                          ready(Parent),
                          tell(Parent, get(here))
                  end},
     {message, fun(Parent, K) ->
                       self() ! {kept, persistent_term:get(K)},
                       self() ! other,
                       ready(Parent),
                       receive {kept, T} -> tell(Parent, T) end
               end},
     {whole_message, fun(Parent, K) ->
                             self() ! persistent_term:get(K),
                             ready(Parent),
                             receive T when element(1, T) =:= value -> tell(Parent, T) end
                     end},
     {hibernating, fun(Parent, K) ->
                           Parent ! {self(), ready},
                           erlang:hibernate(?MODULE, awake, [Parent, persistent_term:get(K)])
                   end},
     {closure, fun(Parent, K) ->
                       T = persistent_term:get(K),
                       F = fun() -> T end,
                       ready(Parent),
                       tell(Parent, (id(F))())
               end}].

ready(Parent) ->
    Parent ! {self(), ready},
    receive {Parent, go} -> ok end.

awake(Parent, T) -> receive {Parent, go} -> tell(Parent, T) end.

tell(Parent, T) ->
    Literal = is_literal(T),
    Parent ! {self(), case Literal of true -> still_a_literal; false -> T end}.

garbage(0) -> ok;
garbage(N) -> _ = id({N, N}), garbage(N - 1).

%% Parts of binaries, contexts of matches, funs, floats and integers that are boxed.
kinds() ->
    Big = binary:copy(<<"0123456789">>, 50),
    Bin = binary:part(Big, 3, 400),
    Small = <<"small enough for the heap">>,
    Fun = fun(X) -> {X, Bin} end,
    persistent_term:put(kinds, {Bin, Small, Fun, fun lists:map/2, -0.0, 1.0e-300, -(1 bsl 70), {}}),
    {B, S, F, E, Zero, Tiny, Neg, Empty} = persistent_term:get(kinds),
    <<Head:5/binary, Rest/binary>> = B,
    <<_:4/binary, SmallRest/binary>> = S,
    Part = binary:part(B, 10, 100),
    persistent_term:erase(kinds),
    settle(),
    garbage_collect(),
    out(binaries, {Head, byte_size(Rest), erlang:md5(Rest) =:= erlang:md5(binary:part(Bin, 5, 395)), SmallRest,
                   Part =:= binary:part(Bin, 10, 100), B =:= Bin, S =:= Small}),
    out(funs, {element(1, F(1)), element(2, F(1)) =:= Bin, E(fun(X) -> X + 1 end, [1, 2])}),
    out(numbers, {Zero, Tiny, Neg, Empty}),
    persistent_term:put(matched, binary:copy(<<"abc">>, 1000)),
    out(matched, matching(persistent_term:get(matched), 0)).

%% A context of a match stays alive over the end of the term.
matching(<<C, Rest/binary>>, N) when N =:= 500 ->
    persistent_term:erase(matched),
    settle(),
    garbage_collect(),
    matching(Rest, N + C - C + 1);
matching(<<_, Rest/binary>>, N) -> matching(Rest, N + 1);
matching(<<>>, N) -> N.

%% A term that goes round while it is given up.
passed_around() ->
    persistent_term:put(ball, value()),
    Expected = erlang:phash2(element(4, persistent_term:get(ball))),
    Parent = self(),
    Ps = [spawn_link(fun() -> player(Parent) end) || _ <- lists:seq(1, 4)],
    [P ! {next, N} || {P, N} <- lists:zip(Ps, tl(Ps) ++ [hd(Ps)])],
    [P ! {ball, 2000, persistent_term:get(ball)} || P <- Ps],
    persistent_term:erase(ball),
    Balls = [receive {done, Ball} -> Ball end || _ <- Ps],
    settle(),
    out(passed_around, [erlang:phash2(element(4, B)) =:= Expected || B <- Balls]).

player(Parent) -> receive {next, Next} -> player(Parent, Next) end.

player(Parent, Next) ->
    receive
        {ball, 0, Ball} -> Parent ! {done, Ball}, player(Parent, Next);
        {ball, N, Ball} ->
            %% Every so often through a process made for it.
            case N rem 100 of
                0 -> spawn_link(fun() -> Next ! {ball, N - 1, Ball} end);
                _ -> Next ! {ball, N - 1, Ball}
            end,
            player(Parent, Next)
    end.

%% What keeps terms for a process without the process: timers, tags of monitors, tables, other
%% persistent terms, exit reasons.
kept_elsewhere() ->
    persistent_term:put(kept, {<<"kept">>, [1, 2, 3]}),
    T = persistent_term:get(kept),
    Go = make_ref(),
    P = spawn_link(fun() -> receive Go -> exit({because, T}) end end),
    process_flag(trap_exit, true),
    _ = erlang:monitor(process, P, [{tag, {tag, persistent_term:get(kept)}}]),
    Timer = erlang:start_timer(60000, self(), {timer, persistent_term:get(kept)}),
    Table = ets:new(t, []),
    ets:insert(Table, {row, persistent_term:get(kept)}),
    persistent_term:put(derived, [persistent_term:get(kept)]),
    persistent_term:erase(kept),
    settle(),
    P ! Go,
    receive {{tag, Tag}, _, process, P, {because, Reason}} -> out(tagged, {Tag, Reason}) end,
    receive {'EXIT', P, {because, Again}} -> out(exit, Again) end,
    process_flag(trap_exit, false),
    out(table, ets:lookup(Table, row)),
    out(derived, persistent_term:get(derived)),
    erlang:cancel_timer(Timer),
    _ = erlang:send_after(0, self(), {timer, persistent_term:get(derived)}),
    persistent_term:erase(derived),
    settle(),
    receive {timer, Sent} -> out(timer, Sent) end,
    out(still, T).

%% What others tell of a process that refers to it.
from_others() ->
    Parent = self(),
    persistent_term:put(told, {told, <<"by process_info">>}),
    P = spawn_link(fun() ->
                           put(entry, persistent_term:get(told)),
                           self() ! {message, persistent_term:get(told)},
                           Parent ! ready,
                           receive stop -> ok end
                   end),
    receive ready -> ok end,
    Infos = [process_info(P, [dictionary, messages]) | persistent_term:get(told)],
    persistent_term:erase(told),
    After = process_info(P, [dictionary, messages]),
    settle(),
    Later = process_info(P, [dictionary, messages]),
    out(told, {hd(Infos) =:= After, After =:= Later}),
    P ! stop.

%% Many terms come and go while others read them.
churn() ->
    Parent = self(),
    Readers = [spawn_link(fun() -> reader(Parent, 0) end) || _ <- lists:seq(1, 4)],
    [begin
         persistent_term:put({churn, N rem 7}, {N, lists:duplicate(N rem 50, N)}),
         N rem 3 =:= 0 andalso persistent_term:erase({churn, (N + 3) rem 7})
     end || N <- lists:seq(1, 2000)],
    [R ! {stop, Parent} || R <- Readers],
    out(churn, [receive {R, Wrong} -> Wrong end || R <- Readers]),
    [persistent_term:erase({churn, N}) || N <- lists:seq(0, 6)],
    settle().

reader(Parent, Wrong) ->
    Terms = [persistent_term:get({churn, N}, {0, []}) || N <- lists:seq(0, 6)],
    Bad = length([N || {N, L} <- Terms, [] =/= [X || X <- L, X =/= N]]),
    receive {stop, Parent} -> Parent ! {self(), Wrong + Bad}
    after 0 -> reader(Parent, Wrong + Bad)
    end.

%% The table is as before, and so is what it takes.
memory() ->
    Before = persistent_term:info(),
    [persistent_term:put({memory, N}, lists:seq(1, N)) || N <- lists:seq(1, 50)],
    #{count := Count, memory := Memory} = persistent_term:info(),
    out(more, {Count - maps:get(count, Before), Memory > maps:get(memory, Before)}),
    out(same, [persistent_term:put({memory, N}, lists:seq(1, N)) || N <- [1, 50]]),
    [persistent_term:erase({memory, N}) || N <- lists:seq(1, 50)],
    out(erased_again, persistent_term:erase({memory, 1})),
    out(as_before, maps:get(count, persistent_term:info()) =:= maps:get(count, Before)).
