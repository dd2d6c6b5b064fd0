%% Every kind of term as a message, to oneself and to others; message order with signals between; big fan-in.
-module(message_kinds).
-include("t.hrl").

main() ->
    Kinds = [1, -1, 1 bsl 100, 1.5, 0.0, 1.0e200, a, [], [1, [2, [3]]], "string", {}, {a, {b, {c}}}, <<>>, <<"small">>, binary:copy(<<"large">>, 50), <<1:3>>, #{}, #{a => #{b => [c]}}, maps:from_list([{N, N} || N <- lists:seq(1, 40)]), fun lists:map/2, lists:seq(1, 300)],
    P = spawn_link(fun echo/0),
    ?T([begin P ! {self(), K}, receive {P, X} -> X =:= K end end || K <- Kinds]),
    ?T(begin P ! {self(), Kinds}, receive {P, X} -> X =:= Kinds end end),
    ?T([begin self() ! K, receive X -> X =:= K end end || K <- Kinds]),
    ?T(begin P ! {self(), self()}, receive {P, X} -> X =:= self() end end),
    ?T(begin R = make_ref(), P ! {self(), {R, P}}, receive {P, X} -> X =:= {R, P} end end),
    ?T(begin N = id(5), P ! {self(), fun(Y) -> Y + N end}, receive {P, F} -> F(1) end end),
    ?T(begin <<_:3, B:77/bits, _/bits>> = binary:copy(<<"abc">>, 100), P ! {self(), B}, receive {P, X} -> X =:= B end end),
    ?T(back_and_forth(P, 300, [])),
    ?T(copies(P)),
    ?T(mutual(200)),
    ?T(forward_chain(50, lists:seq(1, 20))),
    ?T(signals_in_order(50)),
    P ! stop,
    ok.

echo() ->
    receive
        stop -> ok;
        {From, X} -> From ! {self(), X}, echo()
    end.

back_and_forth(_, 0, L) -> length(L);
back_and_forth(P, N, L) -> P ! {self(), [N | L]}, receive {P, L2} -> back_and_forth(P, N - 1, L2) end.

copies(P) ->
    Shared = lists:seq(1, 50),
    T = {Shared, [Shared | Shared], #{k => Shared}},
    P ! {self(), T},
    receive {P, {A, [B | C], #{k := D}}} -> [X =:= Shared || X <- [A, B, C, D]] end.

%% Two processes flood each other before either reads.
mutual(N) ->
    Self = self(),
    P = spawn_link(fun() -> [Self ! {x, K} || K <- lists:seq(1, N)], Self ! {self(), lists:sum([receive {y, K} -> K end || _ <- lists:seq(1, N)])} end),
    [P ! {y, K} || K <- lists:seq(1, N)],
    {lists:sum([receive {x, K} -> K end || _ <- lists:seq(1, N)]), receive {P, S} -> S end}.

forward_chain(N, T) ->
    Last = lists:foldl(fun(_, Next) -> spawn_link(fun() -> receive M -> Next ! {N, M} end end) end, self(), lists:seq(1, N)),
    Last ! T,
    receive M -> unwrap(M, 0) end.
unwrap({_, M}, D) -> unwrap(M, D + 1);
unwrap(M, D) -> {D, M}.

%% Messages, then the exit signal: the receiver has all messages when it sees the end.
signals_in_order(N) ->
    Self = self(),
    lists:usort([begin
                     {P, R} = spawn_monitor(fun() -> Self ! {m, K, 1}, Self ! {m, K, 2} end),
                     receive {'DOWN', R, process, P, normal} -> ok end,
                     [receive {m, K, X} -> X after 0 -> missing end || _ <- [1, 2]]
                 end || K <- lists:seq(1, N)]).
