-module(long_collections).
-export([main/0, run/1, mirror/1, chunk/2]).

%% Collections of large heaps that come due where a function returns and calls nothing for long: in
%% list comprehensions, arithmetic, maps and binaries behind a recursive call. And the end of
%% processes with large heaps.
main() -> run(1).

%% With sizes divided by that.
run(Divisor) ->
    persistent_term:put(?MODULE, Divisor),
    on_large_heap(fun comprehensions/0),
    on_large_heap(fun floats/0),
    on_large_heap(fun integers/0),
    on_large_heap(fun maps/0),
    on_large_heap(fun binaries/0),
    on_large_heap(fun deep/0),
    on_large_heap(fun caught/0),
    on_large_heap(fun registers/0),
    traced([call]),
    traced([call, return_to]),
    watched(),
    limited(),
    talking(),
    dying(),
    many_messages().

part(N) -> N div persistent_term:get(?MODULE).

%% In a process that keeps more than a million words, which stay as they are.
on_large_heap(F) ->
    {Pid, Ref} = spawn_monitor(fun() ->
        Kept = keep(),
        Result = F(),
        exit({Result, erlang:phash2(Kept)})
    end),
    receive {'DOWN', Ref, process, Pid, Reason} -> io:format("~p~n", [Reason]) end.

keep() -> [{I, K} || I <- lists:seq(1, 10), K <- lists:seq(1, part(20000))].

comprehensions() ->
    Chunks = [[{I, K, [K]} || K <- lists:seq(1, part(15000))] || I <- lists:seq(1, 25)],
    {length(Chunks), erlang:phash2(Chunks)}.

%% Float registers are in use where words are reserved.
floats() ->
    L = [halves(N, 0.5) || N <- lists:duplicate(4, part(30000))],
    {lists:sum([element(1, P) || P <- hd(L)]), erlang:phash2(L)}.

halves(0, _) -> [];
halves(N, X) when is_float(X) ->
    Rest = halves(N - 1, X + 1.0),
    A = X * 2.0,
    B = A - 0.25,
    C = B / 3.0,
    [{A, B, {C, A + B, B * C}, X * 1.0e-300 * 1.0e-20} | Rest].

%% Integers that need words, as results of arithmetic behind the call.
integers() ->
    lists:sum([digits(N) || N <- lists:duplicate(10, part(60000))]).

digits(0) -> 1 bsl 90;
digits(N) -> (digits(N - 1) + 1) bxor (N bsl 70).

maps() ->
    M = updated(part(60000)),
    {map_size(M), erlang:phash2(M)}.

updated(0) -> #{a => 0, b => 0, c => 0};
updated(N) ->
    M = updated(N - 1),
    K = N rem 3,
    if
        K =:= 0 -> M#{a := [N | N]};
        K =:= 1 -> M#{b := {N}};
        true -> M#{c => #{N => maps:get(a, M)}}
    end.

binaries() ->
    {A, B} = bytes(part(60000)),
    {erlang:phash2(A), byte_size(B)}.

bytes(0) -> {<<>>, <<>>};
bytes(N) ->
    {A, B} = bytes(N - 1),
    {<<N:64, (binary:part(A, 0, min(20, byte_size(A))))/binary>>, <<B/binary, N:16>>}.

deep() -> erlang:phash2(mirror(part(150000))).

mirror(0) -> [];
mirror(N) -> [{N, mirror(N - 1)} | N].

caught() ->
    [try mirror_or_throw(N) catch throw:{deep, T} -> {caught, erlang:phash2(T)} end
     || N <- [part(50000), part(80000)]].

mirror_or_throw(0) -> throw({deep, lists:seq(1, 1000)});
mirror_or_throw(N) -> [{N} | mirror_or_throw(N - 1)].

%% More live registers than are kept in place.
registers() ->
    All = [many(I, {I}, [I], I + 1, {I, I}, [I, I], [[I]], I * 2)
           || I <- lists:seq(1, part(60000))],
    erlang:phash2(All).

many(A, B, C, D, E, F, G, H) ->
    T = {A, B, C, D, E, F, G, H},
    [T, H | G].

%% A call is traced once, whatever becomes of the function's first instruction.
traced(Flags) ->
    Self = self(),
    Pid = spawn(fun() ->
        receive go -> ok end,
        Kept = keep(),
        Chunks = [chunk(I, part(9000)) || I <- lists:seq(1, 30)],
        Depth = depth(part(300000)),
        Self ! {self(), Depth, erlang:phash2({Chunks, Kept})},
        receive stop -> ok end
    end),
    Tracer = spawn(fun() -> count(#{}) end),
    erlang:trace(Pid, true, [{tracer, Tracer} | Flags]),
    Traced = [{?MODULE, chunk, 2}, {?MODULE, depth, 1}],
    [1 = erlang:trace_pattern(MFA, true, [local]) || MFA <- Traced],
    Pid ! go,
    receive {Pid, N, Hash} -> io:format("~p ~p~n", [N, Hash]) end,
    Ref = erlang:trace_delivered(Pid),
    receive {trace_delivered, Pid, Ref} -> ok end,
    Tracer ! {tell, Self},
    receive {counts, Counts} -> io:format("~p~n", [Counts]) end,
    [1 = erlang:trace_pattern(MFA, false, [local]) || MFA <- Traced],
    Pid ! stop.

%% Begin with the making of their frame, where a collection can come due.
chunk(I, N) -> [{I, N} | rest(I, N)].

rest(_, 0) -> [];
rest(I, N) -> chunk(I, N - 1).

depth(N) -> 1 + deeper(N).

deeper(0) -> 0;
deeper(N) -> depth(N - 1).

count(Counts) ->
    receive
        {tell, Pid} -> Pid ! {counts, lists:sort(maps:to_list(Counts))};
        Event ->
            What = element(3, Event),
            count(Counts#{What => maps:get(What, Counts, 0) + 1})
    end.

%% Collections are told of in pairs, also those that the process has left an instruction for.
watched() ->
    Pid = spawn(fun() ->
        receive go -> ok end,
        Kept = keep(),
        exit(erlang:phash2({[chunk(I, part(9000)) || I <- lists:seq(1, 30)], Kept}))
    end),
    Ref = monitor(process, Pid),
    erlang:trace(Pid, true, [garbage_collection, running]),
    Pid ! go,
    receive {'DOWN', Ref, process, Pid, Hash} -> io:format("~p~n", [Hash]) end,
    Delivered = erlang:trace_delivered(Pid),
    receive {trace_delivered, Pid, Delivered} -> ok end,
    Events = events(Pid),
    Pairs = pairs([E || E <- Events, lists:member(E, [gc_minor_start, gc_minor_end,
                                                      gc_major_start, gc_major_end])]),
    io:format("~p~n", [Pairs]).

events(Pid) ->
    receive
        {trace, Pid, What, _} -> [What | events(Pid)]
    after 0 -> []
    end.

pairs([gc_minor_start, gc_minor_end | T]) -> pairs(T);
pairs([gc_major_start, gc_major_end | T]) -> pairs(T);
pairs(Rest) -> Rest.

%% The limit is passed while a function returns from deep.
limited() ->
    Ends = [
        begin
            Limit = #{size => part(Words), kill => true, error_logger => false},
            Options = [monitor, {max_heap_size, Limit}],
            {Pid, Ref} = spawn_opt(fun() -> exit(length(mirror_list(part(N)))) end, Options),
            receive {'DOWN', Ref, process, Pid, Reason} -> Reason end
        end
     || {Words, N} <- [{3000000, 1000000}, {30000000, 100000}, {1000000, 500000}]
    ],
    io:format("~p~n", [Ends]).

mirror_list(0) -> [];
mirror_list(N) -> [{N, N} | mirror_list(N - 1)].

%% It gets messages and is asked for things while it is collected.
talking() ->
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() ->
        Kept = keep(),
        Self ! {self(), ready},
        Chunks = [mirror_list(part(20000)) || _ <- lists:seq(1, 20)],
        exit({erlang:phash2({Chunks, Kept}), answer_all(0)})
    end),
    receive {Pid, ready} -> ok end,
    [begin
         Pid ! {self(), I, lists:seq(1, I rem 50)},
         {status, _} = process_info(Pid, status),
         {current_function, {_, _, _}} = process_info(Pid, current_function),
         {current_stacktrace, [_ | _]} = process_info(Pid, current_stacktrace),
         {memory, M} = process_info(Pid, memory),
         true = M > part(1000000)
     end || I <- lists:seq(1, 200)],
    Pid ! stop,
    Answers = [receive {Pid, I} -> I end || I <- lists:seq(1, 200)],
    receive
        {'DOWN', Ref, process, Pid, Reason} -> io:format("~p ~p~n", [Reason, lists:sum(Answers)])
    end.

answer_all(N) ->
    receive
        {From, I, L} -> From ! {self(), I}, answer_all(N + length(L));
        stop -> N
    end.

%% Killed, or ended by itself, with a large heap and in the middle of a collection.
dying() ->
    Reasons = [
        begin
            {Pid, Ref} = spawn_monitor(fun() -> put(kept, keep()), again() end),
            receive after I * 5 -> ok end,
            exit(Pid, Reason),
            receive {'DOWN', Ref, process, Pid, R} -> R end
        end
     || I <- lists:seq(1, 10), Reason <- [kill, gone]
    ],
    io:format("~p~n", [lists:usort(Reasons)]),
    Before = erlang:memory(processes),
    Pids = [spawn_monitor(fun() -> L = keep(), receive stop -> exit(length(L)) end end)
            || _ <- lists:seq(1, 4)],
    [Pid ! stop || {Pid, _} <- Pids],
    Lengths = [receive {'DOWN', Ref, process, Pid, R} -> R end || {Pid, Ref} <- Pids],
    io:format("~p ~p~n", [Lengths, freed(Before, 1000)]).

again() ->
    put(chunk, mirror_list(part(20000))),
    again().

%% Memory may be given back a little later.
freed(_, 0) -> never;
freed(Before, N) ->
    case erlang:memory(processes) < Before + 8000000 of
        true -> freed;
        false -> receive after 5 -> freed(Before, N - 1) end
    end.

many_messages() ->
    {Pid, Ref} = spawn_monitor(fun() -> receive stop -> ok end end),
    [Pid ! {message, I, [I]} || I <- lists:seq(1, part(30000))],
    Pid ! {large, binary:copy(<<"x">>, 100000)},
    exit(Pid, kill),
    receive {'DOWN', Ref, process, Pid, Reason} -> io:format("~p~n", [Reason]) end.
