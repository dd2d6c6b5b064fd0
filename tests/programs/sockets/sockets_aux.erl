%% What the programs about sockets share: pairs of connected sockets, messages without ports in them.
-module(sockets_aux).
-export([pair/2, pair/3, listen/1, next/0, next/1, flush/0, named/2]).

listen(Options) ->
    {ok, L} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}} | Options]),
    {ok, Port} = inet:port(L),
    {L, Port}.

%% The connecting end and the accepted one.
pair(Listening, Connecting) ->
    {L, C, A} = pair(Listening, Connecting, keep),
    ok = gen_tcp:close(L),
    {C, A}.

pair(Listening, Connecting, keep) ->
    {L, Port} = listen(Listening),
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, Connecting),
    {ok, A} = gen_tcp:accept(L),
    {L, C, A}.

%% The next message, with `port' and `ref' for ports and references.
next() -> next(2000).

next(Time) ->
    receive M -> plain(M) after Time -> nothing end.

flush() ->
    case next(0) of
        nothing -> [];
        M -> [M | flush()]
    end.

plain(P) when is_port(P) -> port;
plain(R) when is_reference(R) -> ref;
plain(P) when is_pid(P) -> pid;
plain(T) when is_tuple(T) -> list_to_tuple([plain(E) || E <- tuple_to_list(T)]);
plain(X) -> X.

%% As next/0, where ports have names.
named(Names, Time) ->
    receive
        M when is_tuple(M) ->
            list_to_tuple([proplists:get_value(E, Names, plain(E)) || E <- tuple_to_list(M)])
    after Time -> nothing
    end.
