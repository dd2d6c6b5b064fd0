-module(large_heaps).
-export([main/0, idle/1, awake/1]).

%% Collections of heaps so large that dirty workers make them.
main() ->
    grow(),
    deep(),
    requested(),
    sleeping(),
    limited(),
    killed().

%% Terms that live long and terms that die young, together.
grow() ->
    Old = lists:seq(1, 90000),
    M = lists:foldl(fun(I, Acc) -> Acc#{I rem 500 => {I, [I, float(I)], <<I:64>>}} end, #{}, Old),
    Kept = keep(Old, []),
    io:format("~p ~p ~p ~p~n", [lists:sum(Old), map_size(M), maps:get(7, M), erlang:phash2(Kept)]).

keep([], Acc) -> Acc;
keep([I | T], Acc) ->
    %% Several reservations with no call between them.
    A = {I, I + 1},
    B = [A, I],
    C = #{a => A, b => B},
    D = <<I:32, (I bxor 255):32>>,
    case I rem 7 of
        0 -> keep(T, [{A, B, C, D} | Acc]);
        _ -> keep(T, Acc)
    end.

%% A deep stack over a large heap.
deep() ->
    io:format("~p~n", [erlang:phash2(mirror(100000))]).

mirror(0) -> [];
mirror(N) -> [{N, mirror(N - 1)} | N].

requested() ->
    L = lists:seq(1, 100000),
    true = erlang:garbage_collect(),
    {garbage_collection, G} = process_info(self(), garbage_collection),
    io:format("~p ~p~n", [proplists:get_value(minor_gcs, G), length(L)]),
    Pid = spawn(fun() -> idle(lists:seq(1, 100000)) end),
    Pid ! {self(), size},
    receive {Pid, Size} -> io:format("~p~n", [Size]) end,
    {memory, Before} = process_info(Pid, memory),
    true = erlang:garbage_collect(Pid),
    {memory, After} = process_info(Pid, memory),
    io:format("smaller: ~p~n", [After * 10 < Before]),
    async = erlang:garbage_collect(Pid, [{async, request}]),
    receive {garbage_collect, request, R} -> io:format("~p~n", [R]) end,
    erlang:suspend_process(Pid),
    true = erlang:garbage_collect(Pid),
    [true = erlang:garbage_collect(Pid, [{type, T}]) || T <- [minor, major]],
    io:format("~p~n", [process_info(Pid, status)]),
    exit(Pid, kill),
    false = erlang:garbage_collect(Pid).

%% What was large is garbage once it waits for the second message.
idle(L) ->
    receive {From, size} -> From ! {self(), length(L)} end,
    receive stop -> ok end.

sleeping() ->
    Self = self(),
    Pid = spawn(fun() ->
        put(self, Self),
        L = lists:seq(1, 90000),
        Self ! {self(), length(L)},
        erlang:hibernate(?MODULE, awake, [{kept, lists:seq(1, 80000)}])
    end),
    receive {Pid, N} -> io:format("~p~n", [N]) end,
    %% It has a message before it sleeps, or gets it then.
    Pid ! {hello, Self},
    receive {Pid, woken, Hash, Self} -> io:format("woken ~p~n", [Hash]) end.

awake({kept, L}) ->
    receive {hello, From} -> From ! {self(), woken, erlang:phash2(L), get(self)} end.

limited() ->
    {Pid, Ref} = spawn_opt(fun() -> eat([]) end, [
        monitor, {max_heap_size, #{size => 2000000, kill => true, error_logger => false}}
    ]),
    receive {'DOWN', Ref, process, Pid, Reason} -> io:format("~p~n", [Reason]) end.

eat(L) -> eat([lists:seq(1, 100) | L]).

%% Killed while it collects, again and again.
killed() ->
    Reasons = [
        begin
            {Pid, Ref} = spawn_monitor(fun() -> eat_within(100000, []) end),
            receive after I -> ok end,
            exit(Pid, kill),
            receive {'DOWN', Ref, process, Pid, R} -> R end
        end
     || I <- lists:seq(1, 20)
    ],
    io:format("~p~n", [lists:usort(Reasons)]).

eat_within(N, L) when length(L) < N -> eat_within(N, [N, N, N, N, N, N, N, N | L]);
eat_within(N, _) -> eat_within(N, []).
