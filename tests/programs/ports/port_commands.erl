%% Talking to a program through a port, by messages and by functions.
-module(port_commands).
-include("t.hrl").

%% For calls with a port among the arguments, which would be in the trace.
-define(E(X), out(??X, try_to(fun() -> X end))).

main() ->
    by_messages(),
    by_functions(),
    connecting(),
    badsig(),
    gone(),
    data().

next(P) ->
    receive
        {P, What} -> What;
        {'EXIT', P, Reason} -> {'EXIT', Reason}
    end.

nothing() -> receive M -> {unexpected, M} after 0 -> nothing end.

%% Collects N bytes, however they are cut.
bytes(_, 0) -> [];
bytes(P, N) ->
    receive
        {P, {data, D}} when is_list(D) -> D ++ bytes(P, N - length(D));
        {P, {data, D}} -> binary_to_list(D) ++ bytes(P, N - byte_size(D))
    end.

by_messages() ->
    P = open_port({spawn, "cat"}, []),
    ?T(is_port(P)),
    ?T(node(P)),
    ?T((P ! {self(), {command, "hello\n"}}) =:= {self(), {command, "hello\n"}}),
    ?T(bytes(P, 6)),
    P ! {self(), {command, [<<"a">>, ["b", [$c | <<"d">>]], 10]}},
    ?T(bytes(P, 5)),
    P ! {self(), close},
    ?T(next(P)),
    ?T(lists:member(P, erlang:ports())),
    ?T(erlang:port_info(P)),
    P ! {self(), {command, "lost"}},
    ?T(nothing()).

by_functions() ->
    P = open_port({spawn, "cat"}, [binary]),
    ?T(lists:member(P, erlang:ports())),
    ?T(port_command(P, "hello\n")),
    ?T(bytes(P, 6)),
    ?T(port_command(P, <<"nosuspend\n">>, [nosuspend])),
    ?T(bytes(P, 10)),
    ?E(port_command(P, "force", [force])),
    ?E(port_command(P, "bad", [bad])),
    ?E(erlang:port_control(P, 1, "x")),
    ?E(erlang:port_call(P, 1, x)),
    [?T(erlang:port_info(P, I)) || I <- [input, output, name, queue_size, parallelism, registered_name]],
    ?E(erlang:port_info(P, nonsense)),
    ?T(erlang:port_info(P, connected) =:= {connected, self()}),
    ?T(erlang:port_info(P, links) =:= {links, [self()]}),
    ?T([K || {K, _} <- erlang:port_info(P)]),
    {os_pid, OsPid} = erlang:port_info(P, os_pid),
    ?T(is_integer(OsPid) andalso OsPid > 0),
    ?T(port_close(P)),
    ?E(port_close(P)),
    ?E(port_command(P, "x")),
    ?E(port_connect(P, self())),
    ?T(erlang:port_info(P, name)),
    ?T(nothing()).

connecting() ->
    Me = self(),
    P = open_port({spawn, "cat"}, []),
    Other = spawn_link(fun() -> other(Me) end),
    P ! {self(), {connect, Other}},
    ?T(next(P)),
    ?T(erlang:port_info(P, connected) =:= {connected, Other}),
    %% Now it belongs to the other: what this process says by message is bad.
    Other ! {write, P, "one\n"},
    ?T(receive {Other, D} -> D end),
    ?T(port_command(P, "two\n")),
    Other ! read,
    ?T(receive {Other, D} -> D end),
    ?T(port_connect(P, self())),
    ?T(port_command(P, "three\n")),
    ?T(bytes(P, 6)),
    ?E(port_connect(P, not_a_pid)),
    Gone = spawn(fun() -> ok end),
    Ref = monitor(process, Gone),
    receive {'DOWN', Ref, _, _, _} -> ok end,
    ?E(port_connect(P, Gone)),
    {links, Links} = erlang:port_info(P, links),
    ?T(Links =:= [self()]),
    ?T(port_connect(P, Other)),
    {links, Links2} = erlang:port_info(P, links),
    ?T(lists:sort(Links2) =:= lists:sort([self(), Other])),
    unlink(P),
    Other ! {stop, P},
    ?T(receive {Other, R} -> R end),
    ?T(nothing()).

other(Parent) ->
    receive
        {write, P, Data} ->
            P ! {self(), {command, Data}},
            Parent ! {self(), bytes(P, 4)},
            other(Parent);
        read ->
            receive {P, {data, D}} when is_port(P) -> Parent ! {self(), D} end,
            other(Parent);
        {stop, P} ->
            process_flag(trap_exit, true),
            exit(P, stopped),
            Parent ! {self(), next(P)}
    end.

badsig() ->
    process_flag(trap_exit, true),
    P = open_port({spawn, "cat"}, []),
    P ! hello,
    ?T(next(P)),
    P ! {self(), hello},
    ?T(next(P)),
    P ! {self(), {connect, hello}},
    ?T(next(P)),
    spawn(fun() -> P ! {self(), {command, "not mine"}} end),
    ?T(next(P)),
    P ! {self(), {command, "fine\n"}},
    ?T(bytes(P, 5)),
    %% The closing process hears of it as linked and as owner.
    P ! {self(), close},
    ?T(next(P)),
    ?T(next(P)),
    process_flag(trap_exit, false).

gone() ->
    process_flag(trap_exit, true),
    P = open_port({spawn, "true"}, []),
    ?T(next(P)),
    ?T(link(P)),
    ?T(next(P)),
    process_flag(trap_exit, false),
    ?E(link(P)),
    ?T(unlink(P)),
    ?T(exit(P, kill)),
    ?T(nothing()).

data() ->
    P = open_port({spawn, "cat"}, []),
    ?T(erlang:port_get_data(P)),
    ?T(erlang:port_set_data(P, {some, [term], <<"with a binary of more than sixty-four bytes, to be counted elsewhere">>})),
    ?T(erlang:port_get_data(P)),
    ?T(erlang:port_set_data(P, atom)),
    ?T(erlang:port_get_data(P)),
    ?T(port_close(P)),
    ?E(erlang:port_get_data(P)),
    ?E(erlang:port_set_data(P, x)).
