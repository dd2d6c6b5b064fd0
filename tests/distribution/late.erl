%% A node that gets a name when it runs, loses it and gets another.
-module(late).
-export([main/0]).

say(Format, Args) -> io:format(Format ++ "~n", Args).

next() -> receive M -> M after 5000 -> nothing end.

main() ->
    say("~p ~p ~p", [node(), is_alive(), erlang:system_info(creation)]),
    say("~p", [nodes(known)]),
    Me = self(),
    Old = term_to_binary(Me),
    say("~p", [net_kernel:stop()]),
    say("~p", [element(1, element(2, catch monitor_node('x@127.0.0.1', true)))]),
    say("~p", [{x, 'x@127.0.0.1'} ! lost]),
    ok = net_kernel:monitor_nodes(true),
    {ok, P} = net_kernel:start(['late@127.0.0.1', longnames]),
    say("~p ~p", [is_pid(P), next()]),
    say("~p ~p ~p", [node(), is_alive(), node(self())]),
    say("~p", [erlang:system_info(creation) > 0]),
    say("~p", [term_to_binary(Me) =:= Old]),
    say("~p", [node(binary_to_term(Old))]),
    say("~p", [binary_to_term(Old) =:= Me]),
    say("~p", [binary_to_term(term_to_binary(Me)) =:= Me]),
    {error, {already_started, P}} = net_kernel:start(['other@127.0.0.1', longnames]),
    %% Another machine comes and goes.
    {ok, Peer, Node} = peer_node(),
    Far = rpc:call(Node, erlang, whereis, [init]),
    say("~p", [next()]),
    say("~p ~p", [node(Far), lists:member(Node, nodes())]),
    Back = list_to_pid(pid_to_list(Far)),
    say("~p", [Back =:= Far]),
    Table = ets:new(late, []),
    say("~p ~p", [ets:info(Table, node), ets:info(Table, owner) =:= self()]),
    R = monitor(process, {late, node()}),
    say("~p", [element(4, next())]),
    _ = R,
    say("~p", [net_kernel:set_net_ticktime(30, 0)]),
    say("~p", [ticktime()]),
    say("~p", [length(element(2, net_kernel:nodes_info()))]),
    {ok, Info} = net_kernel:node_info(Node),
    say("~p", [[proplists:get_value(K, Info) || K <- [state, type]]]),
    say("~p", [net_kernel:stop()]),
    say("~p", [lists:sort([next(), next()])]),
    say("~p ~p ~p", [node(), is_alive(), nodes()]),
    say("~p", [node(Far)]),
    say("~p ~p", [Far ! lost, is_pid(Far)]),
    {ok, _} = net_kernel:start(['again@127.0.0.1', longnames]),
    say("~p ~p", [node(), next()]),
    peer:stop(Peer),
    say("~p", [net_kernel:stop()]),
    say("~p ~p", [node(), next()]).

%% Once it is no longer being changed.
ticktime() ->
    case net_kernel:get_net_ticktime() of
        {ongoing_change_to, _} -> timer:sleep(10), ticktime();
        Time -> Time
    end.

%% Started over its standard input and output, so that losing our name does not end it.
peer_node() -> peer:start(#{name => peer, host => "127.0.0.1", longnames => true, connection => standard_io,
                            args => ["-setcookie", "crumbs", "-connect_all", "false"]}).
