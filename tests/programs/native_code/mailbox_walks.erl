%% Receives that look at many messages before they find theirs, where functions are called often
%% enough to be compiled: longer than a slice, with messages, exits and timeouts coming in between.
-module(mailbox_walks).
-export([main/0]).

main() ->
    process_flag(trap_exit, true),
    Walks = [walk(N) || N <- [1, 2, 3, 10, 200, 200, 200, 3000]],
    io:format("~w~n", [Walks]),
    io:format("~w~n", [[kinds(I) || I <- lists:seq(1, 300)] =:= [kinds(1) || _ <- lists:seq(1, 300)]]),
    io:format("~w~n", [kinds(1)]),
    io:format("~w~n", [meanwhile(100)]),
    io:format("~w~n", [lists:usort([nothing(I) || I <- lists:seq(1, 400)])]),
    io:format("~w~n", [kept(2000)]),
    receive Left -> io:format("left ~w~n", [Left]) after 0 -> io:format("nothing left~n") end.

%% Sent in order, taken the other way round: small terms, terms of their own, and large binaries.
walk(N) ->
    [self() ! message(I) || I <- lists:seq(1, N)],
    {message_queue_len, N} = process_info(self(), message_queue_len),
    erlang:phash2([take(I) || I <- lists:seq(N, 1, -1)]).

message(I) when I rem 3 =:= 0 -> I;
message(I) when I rem 3 =:= 1 -> {message, I, [I, I / 3]};
message(I) -> {binary, I, binary:copy(<<I:32>>, 40)}.

take(I) ->
    receive
        I -> I;
        {message, I, More} -> More;
        {binary, I, Bytes} -> byte_size(Bytes)
    end.

%% What is matched lies in the frame; guards fail, and one calls a function.
kinds(_) ->
    [self() ! M || M <- [a, 1.5, {a, 1}, [b], {a, 2, x}, <<"c">>, {a, 3}, 7]],
    Third = receive {a, N} when N > 2 -> N end,
    Float = receive F when is_float(F) -> F end,
    Size = receive B when byte_size(B) =:= 1 -> B end,
    All = fun All() -> receive X -> [X | All()] after 0 -> [] end end,
    {Third, Float, Size, All()}.

%% Others send and end while the walk goes on.
meanwhile(N) ->
    Self = self(),
    [Self ! {old, I} || I <- lists:seq(1, 5000)],
    Pids = [spawn_link(fun() -> Self ! {new, I}, exit({done, I}) end) || I <- lists:seq(1, N)],
    New = lists:sum([receive {new, I} -> I end || I <- lists:seq(1, N)]),
    Done = lists:sum([receive {'EXIT', Pid, {done, I}} -> I end || Pid <- Pids]),
    Old = lists:sum([receive {old, I} -> I end || I <- lists:seq(1, 5000)]),
    {New, Done, Old}.

nothing(I) ->
    Ref = make_ref(),
    receive {Ref, _} -> found after I rem 2 -> none end.

%% A message that a failed match has bound parts of stays whole through collections.
kept(N) ->
    [self() ! {kept, I, lists:seq(1, I rem 20)} || I <- lists:seq(1, N)],
    lists:foldl(fun(I, Sum) ->
        Garbage = lists:seq(1, 50),
        receive {kept, I, List} when length(List) < 20 -> Sum + length(List) + hd(Garbage) end
    end, 0, lists:seq(N, 1, -1)).
