%% Selective receive: order kept for what is skipped, guards, nested receive, references made before the send, big mailboxes.
-module(selective_receive).
-include("t.hrl").

main() ->
    Self = self(),
    [Self ! X || X <- [a, {b, 1}, c, {b, 2}, "d", 5, {b, 3}]],
    ?T(receive {b, N} -> N end),
    ?T(receive {b, N} when N > 2 -> N end),
    ?T(receive X when is_integer(X) -> X end),
    ?T(receive {b, _} = T -> T; c -> c end),
    ?T(flush()),
    ?T(receive X -> X after 0 -> empty end),
    ?T(priority_receive()),
    ?T(nested()),
    ?T(large_mailbox(2000)),
    ?T(reverse_order(200)),
    ?T(call_with_full_mailbox(1000)),
    ?T(many_calls(100)),
    ?T(guards_that_fail()),
    ?T(bound_pattern(7)),
    ?T(receive_in_fun()),
    ?T(receive_in_try()),
    ?T(receive_binary()),
    ?T(receive_map()),
    ?T(tail_receive(500)),
    ?T(late_match()),
    ?T(stash()),
    ?T(flush()),
    ok.

flush() -> receive X -> [X | flush()] after 0 -> [] end.

priority_receive() ->
    [self() ! X || X <- [{low, 1}, {low, 2}, {high, 3}, {low, 4}, {high, 5}]],
    drain().
drain() ->
    receive
        {high, X} -> [X | drain()]
    after 0 ->
        receive {low, X} -> [X | drain()] after 0 -> [] end
    end.

nested() ->
    [self() ! X || X <- [{outer, 1}, {inner, 2}, {outer, 3}]],
    receive
        {inner, I} ->
            receive {outer, O} -> {I, O, flush()} end
    end.

large_mailbox(N) ->
    [self() ! {junk, K} || K <- lists:seq(1, N)],
    self() ! wanted,
    receive wanted -> ok end,
    L = flush(),
    {length(L), hd(L), lists:last(L)}.

reverse_order(N) ->
    [self() ! {k, K} || K <- lists:seq(1, N)],
    [receive {k, K} -> K end || K <- lists:seq(N, 1, -1)] =:= lists:seq(N, 1, -1).

server() ->
    spawn_link(fun Loop() ->
                       receive
                           {call, From, Ref, X} -> From ! {Ref, X * 2}, Loop();
                           stop -> ok
                       end
               end).

call(S, X) ->
    Ref = make_ref(),
    S ! {call, self(), Ref, X},
    receive {Ref, R} -> R end.

call_monitored(S, X) ->
    Ref = monitor(process, S),
    S ! {call, self(), Ref, X},
    receive
        {Ref, R} -> demonitor(Ref, [flush]), R;
        {'DOWN', Ref, process, _, Why} -> {down, Why}
    end.

call_with_full_mailbox(N) ->
    S = server(),
    [self() ! {junk, K} || K <- lists:seq(1, N)],
    R = [call(S, 21), call_monitored(S, 4)],
    S ! stop,
    {R, length(flush())}.

many_calls(N) ->
    S = server(),
    Self = self(),
    Clients = [spawn_link(fun() -> Self ! {self(), lists:sum([call(S, X) || X <- lists:seq(1, K)])} end) || K <- lists:seq(1, N)],
    R = lists:sum([receive {C, Sum} -> Sum end || C <- Clients]),
    S ! stop,
    R.

guards_that_fail() ->
    [self() ! X || X <- [atom, 1.5, [], {1}, 10]],
    A = receive X when X rem 5 =:= 0 -> X end,
    B = receive Y when hd(Y) =:= 1 -> Y; Y when element(1, Y) =:= 1 -> Y end,
    {A, B, flush()}.

bound_pattern(K) ->
    [self() ! {X, X * X} || X <- [5, 6, 7, 8]],
    R = receive {K, V} -> V end,
    {R, flush()}.

receive_in_fun() ->
    Want = fun(Tag) -> receive {Tag, V} -> V end end,
    self() ! {x, 1},
    self() ! {y, 2},
    {Want(y), Want(x)}.

receive_in_try() ->
    self() ! {bad, 1},
    self() ! {good, 2},
    A = try receive {bad, X} -> error({bad, X}) end catch error:E -> E end,
    B = try receive {good, Y} -> Y end of V -> {value, V} catch _:_ -> no end,
    {A, B}.

receive_binary() ->
    [self() ! X || X <- [<<"ab">>, <<1:3>>, <<"xyz">>]],
    A = receive <<"x", R/binary>> -> R end,
    B = receive <<N:3>> -> N end,
    {A, B, flush()}.

receive_map() ->
    [self() ! X || X <- [#{k => 1}, #{k => 2, l => 3}, []]],
    A = receive #{l := L, k := K} -> {K, L} end,
    {A, flush()}.

tail_receive(N) ->
    Self = self(),
    P = spawn_link(fun() -> sum_loop(Self, 0) end),
    [P ! {add, K} || K <- lists:seq(1, N)],
    P ! done,
    receive {sum, S} -> S end.
sum_loop(To, Acc) ->
    receive
        {add, K} -> sum_loop(To, Acc + K);
        done -> To ! {sum, Acc}
    end.

%% The receiver waits while what it does not want keeps arriving.
late_match() ->
    Self = self(),
    P = spawn_link(fun() -> Self ! {self(), receive wanted -> got_it end} end),
    [P ! {noise, K} || K <- lists:seq(1, 100)],
    P ! wanted,
    receive {P, R} -> R end.

stash() ->
    Self = self(),
    P = spawn_link(fun() ->
                           A = receive first -> 1 end,
                           B = receive second -> 2 end,
                           C = receive third -> 3 end,
                           Self ! {self(), [A, B, C]}
                   end),
    P ! third,
    P ! second,
    P ! first,
    receive {P, R} -> R end.
