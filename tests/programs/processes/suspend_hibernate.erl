%% suspend_process, resume_process, hibernate, garbage_collect, yield, and priorities.
-module(suspend_hibernate).
-export([woken/2]).
-include("t.hrl").

main() ->
    Self = self(),
    P = spawn_link(fun() -> echo(Self) end),
    P ! 1,
    ?T(receive {P, X} -> X end),
    ?T(erlang:suspend_process(P)),
    P ! 2,
    ?T(process_info(P, status)),
    ?T(process_info(P, message_queue_len)),
    ?T(receive {P, X} -> X after 20 -> silent end),
    ?T(erlang:suspend_process(P, [unless_suspending])),
    ?T(erlang:suspend_process(P)),
    ?T(erlang:resume_process(P)),
    ?T(receive {P, X} -> X after 20 -> still_silent end),
    ?T(erlang:resume_process(P)),
    ?T(receive {P, X} -> X end),
    ?T(try_to(fun() -> erlang:resume_process(P) end)),
    ?T(erlang:suspend_process(id(x))),
    ?T(try_to(fun() -> erlang:suspend_process(Self) end)),
    ?T(suspender_dies(P)),
    H = spawn_link(fun() -> put(d, kept), Big = lists:seq(1, 1000), erlang:hibernate(?MODULE, woken, [Self, Big]) end),
    H ! wake,
    ?T(receive {H, R} -> R end),
    H2 = spawn_link(fun() -> try erlang:hibernate(?MODULE, woken, [Self, []]) after Self ! never_reached end end),
    H2 ! wake,
    ?T(receive {H2, R} -> R end),
    H3 = spawn_link(fun() -> self() ! early, erlang:hibernate(?MODULE, woken, [Self, [1]]) end),
    ?T(receive {H3, R} -> R end),
    ?T(receive never_reached -> reached after 0 -> not_reached end),
    ?T(erlang:garbage_collect()),
    ?T(erlang:garbage_collect(P)),
    ?T(erlang:garbage_collect(P, [{type, minor}])),
    Ref = make_ref(),
    ?T(erlang:garbage_collect(P, [{async, {my, 1}}])),
    ?T(receive {garbage_collect, Id, Res} -> {Id, Res} end),
    ?T(erlang:check_process_code(P, no_such_module_loaded)),
    ?T(erlang:yield()),
    ?T(is_reference(Ref)),
    ?T(priorities()),
    ?T(busy(4)),
    P ! stop,
    ok.

echo(To) ->
    receive
        stop -> ok;
        X -> To ! {self(), X}, echo(To)
    end.

woken(To, Big) ->
    receive
        M -> To ! {self(), {M, length(Big), get(d), process_info(self(), current_function)}}
    end.

%% A suspension goes away with the process that made it.
suspender_dies(P) ->
    {S, R} = spawn_monitor(fun() -> erlang:suspend_process(P) end),
    receive {'DOWN', R, process, S, normal} -> ok end,
    P ! 3,
    receive {P, X} -> X end.

priorities() ->
    Self = self(),
    Pids = [spawn_opt(fun() -> Self ! {self(), count(20000, 0)} end, [{priority, P}]) || P <- [low, normal, high, max, low]],
    [receive {P, N} -> N end || P <- Pids].

count(0, Acc) -> Acc;
count(N, Acc) -> count(N - 1, Acc + 1).

%% Processes that never wait do not keep others from running.
busy(N) ->
    Spinners = [spawn_link(fun spin/0) || _ <- lists:seq(1, N)],
    Self = self(),
    W = spawn_link(fun() -> Self ! {self(), ran} end),
    R = receive {W, X} -> X end,
    [begin unlink(S), exit(S, kill) end || S <- Spinners],
    R.

spin() -> spin().
