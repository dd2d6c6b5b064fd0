%% A process that is asked behind a message is not told to sleep, though it has not run yet.
-module(asked_after_message).
-export([sleep/0]).
-include("t.hrl").

main() ->
    ?T(ask(spawn(fun() -> sleep() end), {erlang, hibernate, 3})),
    ?T(ask(spawn(fun() -> idle() end), {?MODULE, idle, 0})),
    ok.

sleep() ->
    receive _ -> sleep() after 0 -> erlang:hibernate(?MODULE, sleep, []) end.

idle() ->
    receive go -> idle() end.

%% How often it was asleep between two messages, as asked right behind the second.
ask(Pid, Where) ->
    lists:sum([begin
                   asleep(Pid, Where),
                   Pid ! go,
                   case process_info(Pid, [status, message_queue_len]) of
                       [{status, waiting}, {message_queue_len, N}] when N > 0 -> 1;
                       _ -> 0
                   end
               end || _ <- lists:seq(1, 2000)]).

asleep(Pid, Where) ->
    case process_info(Pid, [status, current_function]) of
        [{status, waiting}, {current_function, Where}] -> ok;
        _ -> erlang:yield(), asleep(Pid, Where)
    end.
