%% Peers that have shaken hands and then do not keep to the protocol: the node leaves them and goes
%% on. The handshake is OTP's own, over a socket of ours.
-module(rude).
-export([main/0]).

say(Format, Args) -> io:format(Format ++ "~n", Args).

main() ->
    {ok, _} = net_kernel:start(['polite@127.0.0.1', longnames]),
    Me = self(),
    ok = net_kernel:monitor_nodes(true, [{node_type, all}, nodedown_reason]),
    register(rude, Me),
    Pid = fun(N, Node, Creation) -> <<88, 119, (byte_size(Node)), Node/binary, N:32, 0:32, Creation:32>> end,
    Far = fun(N) -> Pid(N, <<"rude@127.0.0.1">>, 5) end,
    <<131, Mine/binary>> = term_to_binary(Me),
    Atom = fun(A) -> <<119, (byte_size(A)), A/binary>> end,
    Tuple = fun(L) -> <<131, 104, (length(L)), (iolist_to_binary(L))/binary>> end,
    Small = fun(N) -> <<97, N>> end,
    Send = Tuple([Small(6), Far(1), Atom(<<>>), Atom(<<"rude">>)]),
    Good = <<112, Send/binary, 131, (Atom(<<"hello">>))/binary>>,
    Ref = <<90, 0, 3, 119, 14, "rude@127.0.0.1", 5:32, 1:32, 2:32, 3:32>>,
    lists:foreach(
      fun({Name, Packets}) ->
              S = shake(),
              receive {nodeup, N, _} -> say("~s: ~p", [Name, N]) after 5000 -> say("no node", []) end,
              [gen_tcp:send(S, P) || P <- Packets ++ [Good]],
              receive
                  {nodedown, _, I} -> say("down: ~p", [proplists:get_value(nodedown_reason, I)])
              after 300 -> say("up", [])
              end,
              receive hello -> say("hello", []) after 100 -> ok end,
              case gen_tcp:recv(S, 0, 0) of
                  {ok, <<112, B/binary>>} -> say("~p", [element(1, binary_to_term(B))]);
                  {error, E} -> say("~p", [E])
              end,
              gen_tcp:close(S),
              receive {nodedown, _, J} -> say("down: ~p", [proplists:get_value(nodedown_reason, J)]) after 1000 -> ok end,
              say("~p ~p", [nodes(connected), is_process_alive(Me)])
      end,
      [{nothing, []},
       {tick, [<<>>, <<>>]},
       {unknown_kind, [<<1, 2, 3>>]},
       {only_kind, [<<112>>]},
       {no_version, [<<112, 104, 1, 97, 1>>]},
       {no_tuple, [<<112, 131, 97, 1>>]},
       {empty_tuple, [<<112, 131, 104, 0>>]},
       {unknown_number, [<<112, (Tuple([Small(99), Far(1), Mine]))/binary>>]},
       {link_of_stranger, [<<112, (Tuple([Small(1), Pid(1, <<"who@127.0.0.1">>, 5), Mine]))/binary>>]},
       {link_of_own, [<<112, (Tuple([Small(1), Mine, Mine]))/binary>>]},
       {link_to_stranger, [<<112, (Tuple([Small(1), Far(1), Far(2)]))/binary>>]},
       {link_to_nobody, [<<112, (Tuple([Small(1), Far(1), setelement_id(Mine)]))/binary>>]},
       {monitor_nobody, [<<112, (Tuple([Small(19), Far(1), Atom(<<"nobody">>), Ref]))/binary>>]},
       {monitor_without_reference, [<<112, (Tuple([Small(19), Far(1), Mine, Mine]))/binary>>]},
       {no_payload, [<<112, Send/binary>>]},
       {half_a_payload, [<<112, Send/binary, 131, 109, 0, 0, 1, 0, 1>>]},
       {send_to_atom, [<<112, (Tuple([Small(22), Far(1), Atom(<<"rude">>)]))/binary, 131, 106>>]},
       {exit_unlinked, [<<112, (Tuple([Small(24), Far(1), Mine]))/binary, 131, (Atom(<<"x">>))/binary>>]},
       {spawn_wrong, [<<112, (Tuple([Small(29), Ref, Far(1), Mine, Mine, <<106>>]))/binary, 131, 106>>]},
       {spawn_arity, [<<112, (Tuple([Small(29), Ref, Far(1), Mine, tl_(Tuple([Atom(<<"erlang">>), Atom(<<"node">>), Small(0)])), <<106>>]))/binary, 131, 106>>]},
       {spawn_options, [<<112, (Tuple([Small(29), Ref, Far(1), Mine, tl_(Tuple([Atom(<<"erlang">>), Atom(<<"node">>), Small(0)])), <<108, 1:32, 97, 1, 106>>]))/binary, 131, 106>>]},
       {reply_to_nothing, [<<112, (Tuple([Small(31), Ref, Mine, Small(0), Atom(<<"badopt">>)]))/binary>>]},
       {down_of_nothing, [<<112, (Tuple([Small(28), Far(1), Mine, Ref]))/binary, 131, 106>>]},
       {unlink_0, [<<112, (Tuple([Small(35), Small(0), Far(1), Mine]))/binary>>]},
       {unlink, [<<112, (Tuple([Small(35), Small(9), Far(1), Mine]))/binary>>]},
       {deep, [<<112, (binary:copy(<<131, 108, 255, 255, 255, 255>>, 1000))/binary>>]}]),
    say("~p", [net_kernel:stop()]).

tl_(<<131, T/binary>>) -> T.

%% The pid of a process that never was.
setelement_id(<<88, 100, L:16, Node:L/binary, _:32, Rest/binary>>) -> <<88, 100, L:16, Node/binary, 30000:32, Rest/binary>>.

%% Connects as the node `rude@127.0.0.1`, which is hidden and can do what is mandatory and little else.
shake() ->
    {port, Port, _} = erl_epmd:port_please("polite", {127, 0, 0, 1}),
    {ok, S} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {packet, 2}]),
    Node = <<"rude@127.0.0.1">>,
    Flags = 16#7010F94 bor 16#8 bor 16#20 bor 16#400000 bor 16#80000 bor 16#2000000 bor (1 bsl 32) bor (16#C bsl 32),
    ok = gen_tcp:send(S, <<"N", (Flags bor 16#60000):64, 5:32, (byte_size(Node)):16, Node/binary>>),
    {ok, <<"sok">>} = gen_tcp:recv(S, 0),
    {ok, <<"N", _:64, Challenge:32, _/binary>>} = gen_tcp:recv(S, 0),
    Cookie = atom_to_list(erlang:get_cookie()),
    Digest = erlang:md5([Cookie | integer_to_list(Challenge)]),
    ok = gen_tcp:send(S, <<"r", 77:32, Digest/binary>>),
    {ok, <<"a", _/binary>>} = gen_tcp:recv(S, 0),
    ok = inet:setopts(S, [{packet, 4}]),
    S.
