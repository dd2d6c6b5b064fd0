%% A process with one, few and many links and monitors, set up and taken away in any order; who is told
%% of its end, and in which order.
-module(many_relations).
-include("t.hrl").

main() ->
    [?T(watched(id(N))) || N <- [0, 1, 2, 15, 16, 17, 40]],
    [?T(linked(id(N))) || N <- [0, 1, 2, 15, 16, 17, 40]],
    [?T(watching(id(N))) || N <- [1, 2, 16, 17, 40]],
    ?T(both()),
    ?T(unlinked_and_linked()),
    ?T(aliases()),
    ?T(receive M -> M after 0 -> mailbox_empty end),
    ok.

waiter() -> spawn(fun wait/0).

wait() -> receive {stop, R} -> exit(R); {to, F} -> F(), wait() end.

at(P, F) ->
    Me = self(),
    Ref = make_ref(),
    P ! {to, fun() -> Me ! {Ref, F()} end},
    receive {Ref, X} -> X end.

%% N monitors on one process; some are taken away, from both ends; those that are left are told of its
%% end in order.
watched(N) ->
    P = waiter(),
    Refs = [monitor(process, P) || _ <- lists:seq(1, N)],
    Known = length(element(2, process_info(P, monitored_by))),
    {Gone, Left} = lists:partition(fun({I, _}) -> I rem 3 =:= 1 end, lists:enumerate(Refs)),
    [true = demonitor(R, [flush, info]) || {_, R} <- lists:reverse(Gone)],
    Then = length(element(2, process_info(P, monitored_by))),
    P ! {stop, bye},
    Last = monitor(process, P),
    receive {'DOWN', Last, process, P, _} -> ok end,
    Told = [receive {'DOWN', R, process, P, bye} -> R end || {_, R} <- Left],
    {Known, Then, Told =:= [R || {_, R} <- Left], erlang:process_info(self(), monitors)}.

%% N processes that are linked to one; some unlink.
linked(N) ->
    Hub = waiter(),
    Me = self(),
    Others = [spawn(fun() ->
                            process_flag(trap_exit, true),
                            link(Hub),
                            Me ! {self(), linked},
                            receive unlink -> unlink(Hub), Me ! {self(), unlinked} after 0 -> ok end,
                            other(Hub, Me)
                    end) || _ <- lists:seq(1, N)],
    [receive {P, linked} -> ok end || P <- Others],
    Known = length(at(Hub, fun() -> element(2, process_info(self(), links)) end)),
    {Gone, Left} = lists:partition(fun({I, _}) -> I rem 4 =:= 0 end, lists:enumerate(Others)),
    [begin P ! unlink, receive {P, unlinked} -> ok end end || {_, P} <- Gone],
    Then = at(Hub, fun() -> lists:sort(element(2, process_info(self(), links))) end),
    Hub ! {stop, bye},
    [receive {P, {exit, bye}} -> ok end || {_, P} <- Left],
    [begin P ! quit, receive {P, Last} -> Last = quit end end || {_, P} <- Gone],
    {Known, Then =:= lists:sort([P || {_, P} <- Left])}.

other(Hub, Me) ->
    receive
        unlink -> unlink(Hub), Me ! {self(), unlinked}, other(Hub, Me);
        {'EXIT', Hub, Why} -> Me ! {self(), {exit, Why}};
        quit -> Me ! {self(), quit}
    end.

%% One that watches N others and ends; they know of it no more.
watching(N) ->
    Others = [waiter() || _ <- lists:seq(1, N)],
    P = waiter(),
    at(P, fun() -> [monitor(process, O) || O <- Others], ok end),
    Known = [length(element(2, process_info(O, monitored_by))) || O <- Others],
    Told = length(at(P, fun() -> element(2, process_info(self(), monitors)) end)),
    R = monitor(process, P),
    P ! {stop, bye},
    receive {'DOWN', R, process, P, bye} -> ok end,
    %% This process may be told before them.
    [unwatched(O) || O <- Others],
    [exit(O, kill) || O <- Others],
    {lists:sum(Known), Told}.

unwatched(O) ->
    case process_info(O, monitored_by) of
        {monitored_by, []} -> ok;
        _ -> erlang:yield(), unwatched(O)
    end.

%% Links and monitors of the same two processes, by and by more of both.
both() ->
    process_flag(trap_exit, true),
    P = waiter(),
    Seen = [begin
                link(P),
                R = monitor(process, P),
                R2 = monitor(process, P, [{tag, {tagged, N}}]),
                N rem 2 =:= 0 andalso unlink(P),
                N rem 3 =:= 0 andalso demonitor(R),
                {_, By} = process_info(P, monitored_by),
                {_, Links} = process_info(P, links),
                {R, R2, {length(By), length(Links)}}
            end || N <- lists:seq(1, 13)],
    P ! {stop, bye},
    receive {'EXIT', P, Why} -> Why end,
    Tagged = [receive {{tagged, N}, R2, process, P, bye} -> N end || {N, {_, R2, _}} <- lists:enumerate(Seen)],
    Plain = [receive {'DOWN', R, process, P, bye} -> N after 0 -> gone end || {N, {R, _, _}} <- lists:enumerate(Seen)],
    process_flag(trap_exit, false),
    {[S || {_, _, S} <- Seen], Tagged, Plain}.

%% The same link again and again, faster than the other end answers.
unlinked_and_linked() ->
    P = waiter(),
    [begin link(P), unlink(P) end || _ <- lists:seq(1, 30)],
    link(P),
    at(P, fun() -> ok end),
    Links = length(element(2, process_info(P, links))),
    Mine = length([L || L <- element(2, process_info(self(), links)), L =:= P]),
    unlink(P),
    exit(P, kill),
    {Links, Mine}.

%% Aliases, more than a few, some of them monitors.
aliases() ->
    P = waiter(),
    All = [case N rem 3 of
               0 -> alias();
               1 -> monitor(process, P, [{alias, explicit_unalias}]);
               2 -> monitor(process, P, [{alias, reply_demonitor}])
           end || N <- lists:seq(1, 60)],
    [A ! {first, N} || {N, A} <- lists:enumerate(All)],
    [A ! {second, N} || {N, A} <- lists:enumerate(All)],
    Got = collect(),
    Active = length([A || A <- All, unalias(A)]),
    [A ! {third, N} || {N, A} <- lists:enumerate(All)],
    Rest = collect(),
    [demonitor(A, [flush]) || A <- All],
    exit(P, kill),
    {length(Got), length([N || {second, N} <- Got]), Active, Rest}.

collect() -> receive {_, N} = M when is_integer(N) -> [M | collect()] after 0 -> [] end.
