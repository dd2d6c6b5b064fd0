%% Links and trap_exit: which reasons kill, which become messages, unlink, links to the dead, chains of links.
-module(links).
-include("t.hrl").

main() ->
    process_flag(trap_exit, true),
    [out("trapped", {R, linked_exit(R)}) || R <- [normal, kill, killed, shutdown, {shutdown, x}, crash, {a, [b]}, noproc]],
    [out("not trapping", {R, untrapped(R)}) || R <- [normal, kill, shutdown, crash]],
    [out("exit/2 to trapping", {R, sent_exit(R, true)}) || R <- [normal, kill, shutdown, crash]],
    [out("exit/2 to other", {R, sent_exit(R, false)}) || R <- [normal, kill, shutdown, crash]],
    ?T(self_exit()),
    ?T(link_to_dead()),
    ?T(link_twice()),
    ?T(unlinked()),
    ?T(unlink_flushes()),
    ?T(chain(20)),
    ?T(ring_dies(10)),
    ?T(error_reason()),
    ?T(throw_reason()),
    ?T(kill_is_killed_for_links()),
    ?T(spawn_link_order()),
    ?T(link(id(x))),
    ?T(unlink(id(x))),
    ?T(link(self())),
    ?T(exit(id(x), reason)),
    ?T(process_info(self(), links) =:= {links, []}),
    ?T(receive M -> M after 0 -> mailbox_empty end),
    ok.

linked_exit(R) ->
    P = spawn_link(fun() -> exit(R) end),
    receive {'EXIT', P, Why} -> Why end.

%% Does a process that does not trap die with its link?
untrapped(R) ->
    Self = self(),
    {P, M} = spawn_monitor(fun() ->
                                   {L, LM} = spawn_monitor(fun() -> receive go -> exit(R) end end),
                                   link(L),
                                   L ! go,
                                   receive {'DOWN', LM, process, L, _} -> ok end,
                                   Self ! {self(), survived},
                                   receive done -> ok end
                           end),
    receive
        {P, survived} -> P ! done, receive {'DOWN', M, process, P, normal} -> survived end;
        {'DOWN', M, process, P, Why} -> {died, Why}
    end.

sent_exit(R, Trap) ->
    Self = self(),
    {P, M} = spawn_monitor(fun() ->
                                   process_flag(trap_exit, Trap),
                                   Self ! {self(), ready},
                                   receive
                                       {'EXIT', Self, Got} -> exit({got, Got});
                                       stop -> exit(stopped)
                                   end
                           end),
    receive {P, ready} -> ok end,
    exit(P, R),
    P ! stop,
    receive {'DOWN', M, process, P, Why} -> Why end.

self_exit() ->
    exit(self(), to_myself),
    A = receive {'EXIT', S, W} when S =:= self() -> W end,
    exit(self(), normal),
    B = receive {'EXIT', S2, W2} when S2 =:= self() -> W2 end,
    {A, B}.

link_to_dead() ->
    {P, M} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', M, process, P, _} -> ok end,
    R = link(P),
    {R, receive {'EXIT', P, Why} -> Why end}.

link_twice() ->
    P = spawn(fun() -> receive stop -> exit(bye) end end),
    link(P),
    link(P),
    P ! stop,
    First = receive {'EXIT', P, W} -> W end,
    {First, receive {'EXIT', P, W2} -> W2 after 0 -> only_one end}.

unlinked() ->
    {P, M} = spawn_monitor(fun() -> receive stop -> exit(bye) end end),
    link(P),
    unlink(P),
    unlink(P),
    P ! stop,
    receive {'DOWN', M, process, P, W} -> ok end,
    {W, receive {'EXIT', P, _} -> exit_message after 0 -> none end}.

%% After unlink returns, no exit message from that link arrives.
unlink_flushes() ->
    Counts = [begin
                  P = spawn_link(fun() -> ok end),
                  unlink(P),
                  Before = receive {'EXIT', P, _} -> 1 after 0 -> 0 end,
                  After = receive {'EXIT', P, _} -> 1 after 0 -> 0 end,
                  Before + After =< 1 andalso After =:= 0
              end || _ <- lists:seq(1, 50)],
    lists:all(fun(X) -> X end, Counts).

chain(N) ->
    P = spawn_link(fun() -> link_next(N) end),
    receive {'EXIT', P, Why} -> Why end.
link_next(0) -> exit(end_of_chain);
link_next(N) -> spawn_link(fun() -> link_next(N - 1) end), receive never -> ok end.

ring_dies(N) ->
    Self = self(),
    Pids = [element(1, spawn_monitor(fun() -> receive {link, P} -> link(P), Self ! linked end, receive X -> exit(X) end end)) || _ <- lists:seq(1, N)],
    [P ! {link, Q} || {P, Q} <- lists:zip(Pids, tl(Pids) ++ [hd(Pids)])],
    [receive linked -> ok end || _ <- Pids],
    hd(Pids) ! broken,
    lists:usort([receive {'DOWN', _, process, P, Why} -> Why end || P <- Pids]).

error_reason() ->
    P = spawn_link(fun() -> error(some_error) end),
    receive {'EXIT', P, {R, [{M, F, A, _} | _]}} -> {R, M, F, A} end.

throw_reason() ->
    P = spawn_link(fun() -> throw(a_ball) end),
    receive {'EXIT', P, {R, S}} -> {R, is_list(S)} end.

kill_is_killed_for_links() ->
    Self = self(),
    A = spawn(fun() ->
                      B = spawn_link(fun() -> process_flag(trap_exit, true), Self ! b_ready, receive {'EXIT', _, Why} -> Self ! {b_saw, Why} end end),
                      Self ! {b, B},
                      receive never -> ok end
              end),
    receive b_ready -> ok end,
    receive {b, _} -> ok end,
    exit(A, kill),
    receive {b_saw, W} -> W end.

%% What the child sent before dying arrives before its exit message.
spawn_link_order() ->
    Self = self(),
    P = spawn_link(fun() -> Self ! {self(), 1}, Self ! {self(), 2}, exit(3) end),
    [receive {P, A} -> A; {'EXIT', P, A} -> {exit, A} end || _ <- [1, 2, 3]].
