%% A carrier of the distribution (`-proto_dist relay`): each connection is a socket that belongs to a
%% process of ours, which fetches what is to go out and hands in what has come.
-module(relay_dist).
-export([select/1, address/0, is_node_name/1, listen/1, accept/1, accept_connection/5, setup/5, close/1]).
-include_lib("kernel/include/net_address.hrl").
-include_lib("kernel/include/dist_util.hrl").

select(Node) -> is_node_name(Node).

is_node_name(Node) when is_atom(Node) -> length(string:lexemes(atom_to_list(Node), "@")) =:= 2.

address() -> #net_address{host = "127.0.0.1", protocol = relay, family = inet}.

listen(Name) ->
    {ok, L} = gen_tcp:listen(0, [binary, {ip, {127, 0, 0, 1}}, {active, false}, {packet, 2}]),
    {ok, Port} = inet:port(L),
    case erl_epmd:register_node(Name, Port) of
        {ok, Creation} -> {ok, {L, (address())#net_address{address = {{127, 0, 0, 1}, Port}}, Creation}};
        Error -> Error
    end.

close(L) -> gen_tcp:close(L).

accept(L) ->
    Kernel = self(),
    spawn_opt(fun() -> accept_loop(Kernel, L) end, [link, {priority, max}]).

accept_loop(Kernel, L) ->
    {ok, S} = gen_tcp:accept(L),
    Carrier = carrier(S),
    Kernel ! {accept, self(), Carrier, inet, relay},
    receive
        {Kernel, controller, Pid} ->
            Carrier ! {supervisor, Pid},
            Pid ! {self(), controller};
        {Kernel, unsupported_protocol} -> exit(unsupported_protocol)
    end,
    accept_loop(Kernel, L).

accept_connection(Acceptor, Carrier, MyNode, Allowed, SetupTime) ->
    Kernel = self(),
    spawn_opt(fun() ->
                      receive {Acceptor, controller} -> ok end,
                      Timer = dist_util:start_timer(SetupTime),
                      Data = hs_data(Kernel, MyNode, Carrier, Timer),
                      dist_util:handshake_other_started(Data#hs_data{allowed = Allowed})
              end, [link, {priority, max}]).

setup(Node, Type, MyNode, _, SetupTime) ->
    Kernel = self(),
    spawn_opt(fun() ->
                      Timer = dist_util:start_timer(SetupTime),
                      [Name, Host] = string:lexemes(atom_to_list(Node), "@"),
                      {ok, Address} = inet:getaddr(Host, inet),
                      case erl_epmd:port_please(Name, Address) of
                          {port, Port, Version} ->
                              dist_util:reset_timer(Timer),
                              {ok, S} = gen_tcp:connect(Address, Port, [binary, {active, false}, {packet, 2}]),
                              Carrier = carrier(S),
                              Carrier ! {supervisor, self()},
                              Data = hs_data(Kernel, MyNode, Carrier, Timer),
                              dist_util:handshake_we_started(
                                Data#hs_data{other_node = Node, other_version = Version, request_type = Type});
                          _ -> dist_util:shutdown(?MODULE, ?LINE, Node)
                      end
              end, [link, {priority, max}]).

hs_data(Kernel, MyNode, Carrier, Timer) ->
    #hs_data{kernel_pid = Kernel, this_node = MyNode, socket = Carrier, timer = Timer, this_flags = 0,
             f_send = fun(C, Packet) -> call(C, {send, Packet}) end,
             f_recv = fun(C, 0, _) -> call(C, recv) end,
             f_setopts_pre_nodeup = fun(_) -> ok end,
             f_setopts_post_nodeup = fun(_) -> ok end,
             f_getll = fun(C) -> {ok, C} end,
             f_address = fun(_, _) -> address() end,
             mf_tick = fun(C) -> C ! tick end,
             mf_getstat = undefined,
             f_handshake_complete = fun(C, _, Handle) -> call(C, {handle, Handle}) end}.

call(C, What) ->
    R = monitor(process, C),
    C ! {call, self(), R, What},
    receive
        {R, Answer} -> demonitor(R, [flush]), Answer;
        {'DOWN', R, process, C, _} -> {error, closed}
    end.

%% The process that has the socket.
carrier(S) ->
    Carrier = spawn_opt(fun() -> receive go -> shaking(S) end end, [{priority, max}]),
    ok = gen_tcp:controlling_process(S, Carrier),
    Carrier ! go,
    Carrier.

shaking(S) ->
    receive
        {supervisor, Pid} -> link(Pid), shaking(S);
        {call, From, R, {send, Packet}} -> From ! {R, gen_tcp:send(S, Packet)}, shaking(S);
        {call, From, R, recv} ->
            Got = case gen_tcp:recv(S, 0) of {ok, B} -> {ok, binary_to_list(B)}; Error -> Error end,
            From ! {R, Got},
            shaking(S);
        {call, From, R, {handle, Handle}} ->
            From ! {R, ok},
            false = erlang:dist_ctrl_set_opt(Handle, get_size, true),
            true = erlang:dist_ctrl_get_opt(Handle, get_size),
            ok = inet:setopts(S, [{packet, 4}, {active, once}]),
            ok = erlang:dist_ctrl_get_data_notification(Handle),
            carrying(S, Handle)
    end.

carrying(S, Handle) ->
    receive
        {tcp, S, Data} ->
            ok = erlang:dist_ctrl_put_data(Handle, Data),
            ok = inet:setopts(S, [{active, once}]);
        dist_data -> send(S, Handle, erlang:dist_ctrl_get_data(Handle));
        tick -> ok = gen_tcp:send(S, []);
        {tcp_closed, S} -> exit(connection_closed);
        _ -> ok
    end,
    carrying(S, Handle).

send(_, Handle, none) -> ok = erlang:dist_ctrl_get_data_notification(Handle);
send(S, Handle, {Size, Data}) ->
    Size = iolist_size(Data),
    ok = gen_tcp:send(S, Data),
    send(S, Handle, erlang:dist_ctrl_get_data(Handle)).
