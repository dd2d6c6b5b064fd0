%% Signals of the operating system, sent to the machine itself.
-module(signals).
-export([init/1, handle_event/2, handle_call/2]).
-include("t.hrl").

main() ->
    Self = self(),
    %% The server of a booted system hands on what it is told; without one, we are the server.
    case whereis(erl_signal_server) of
        undefined -> register(erl_signal_server, self());
        Server -> ok = gen_event:add_handler(Server, ?MODULE, Self)
    end,
    ok = os:set_signal(sigusr2, handle),
    send("USR2"),
    ?T(told()),
    ok = os:set_signal(sighup, handle),
    ok = os:set_signal(sigusr2, ignore),
    send("USR2"),
    send("HUP"),
    ?T(told()),
    ok = os:set_signal(sigusr2, handle),
    send("USR2"),
    ?T(told()),
    ok = os:set_signal(sigchld, handle),
    send("CHLD"),
    ?T(told()),
    os:set_signal(sigchld, default),
    ok.

send(Signal) -> os:cmd("kill -" ++ Signal ++ " " ++ os:getpid()).

told() ->
    receive {notify, Signal} -> Signal end.

init(Self) -> {ok, Self}.

handle_event(Signal, Self) ->
    Self ! {notify, Signal},
    {ok, Self}.

handle_call(_, Self) -> {ok, ok, Self}.
