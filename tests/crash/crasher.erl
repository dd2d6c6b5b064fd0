%% Leaves something of every kind to be found in a crash dump, and stops the machine.
-module(crasher).
-export([stop/1, holder/1, big/0, binary/0, list/0]).

%% What the dump must say about the process `holder`, its messages, dictionary and stack.
stop(How) ->
    Parent = self(),
    Pid = spawn(fun() -> holder(Parent) end),
    receive {Pid, ready} -> ok end,
    Pid ! {waiting, 1},
    Pid ! [<<"kept">>, 'an atom', "text"],
    Pid ! binary(),
    {Asleep, _} = spawn_monitor(fun() -> receive never -> ok end end),
    register(asleep, Asleep),
    _ = erlang:send_after(1000000, asleep, {tick, 17}),
    _ = erlang:start_timer(2000000, Pid, tock),
    _ = ets:new(crash_set, [named_table, public, {read_concurrency, true}]),
    ets:insert(crash_set, [{N, N * N} || N <- lists:seq(1, 100)]),
    Tree = ets:new(crash_tree, [ordered_set, private]),
    ets:insert(Tree, [{N, binary()} || N <- lists:seq(1, 10)]),
    Bag = ets:new(crash_bag, [bag, named_table]),
    ets:insert(Bag, [{a, 1}, {a, 2}]),
    persistent_term:put(crash_term, {kept, [1, 2.5]}),
    _ = open_port({spawn, "cat"}, []),
    put(here, Parent),
    how(How).

how(halt) -> halt("this is the slogan");
how(signal) ->
    %% When the port of the command itself is gone.
    os:cmd("(sleep 0.3; kill -USR1 " ++ os:getpid() ++ ") > /dev/null 2>&1 &"),
    receive never -> ok end;
how(boot) -> exit(whereis(kernel_sup), kill), receive never -> ok end;
how(atoms) -> atoms(1);
how(memory) ->
    {ok, Status} = file:read_file("/proc/self/status"),
    {match, [Size]} = re:run(Status, "VmSize:\\s*([0-9]+) kB", [{capture, all_but_first, list}]),
    Limit = (list_to_integer(Size) + 300000) * 1024,
    [] = os:cmd("prlimit --pid " ++ os:getpid() ++ " --as=" ++ integer_to_list(Limit)),
    grow(0, []).

grow(N, List) -> grow(N + 1, [{N, N, N, N, N, N, N, N} | List]).

atoms(N) ->
    _ = list_to_atom("crash " ++ integer_to_list(N)),
    atoms(N + 1).

holder(Parent) ->
    register(holder, self()),
    process_flag(trap_exit, true),
    link(Parent),
    put(numbers, {1, -1, big(), -big(), 0.0, -1.5, 1.0e300, 1 bsl 59}),
    put(binaries, {<<>>, <<1, 2, 3>>, binary()}),
    %% Stock's dumps do not have these whole.
    put(parts, {binary:part(binary(), 10, 100), <<1:3>>, binary:part(<<"some bytes">>, 2, 3),
                fun(X) -> {X, Parent} end}),
    put(maps, {#{}, #{a => 1, "b" => [2]}, maps:from_list([{N, {N, -N}} || N <- list()])}),
    put(lists, {[], list(), [a | b], "abc"}),
    put(fun_of_module, fun lists:append/1),
    put(closure, fun(X) -> {X, Parent} end),
    put(atoms, {'', 'a b', 'å', undefined}),
    put(pids, {self(), Parent}),
    Parent ! {self(), ready},
    keep({on_stack, list(), binary()}).

keep(Kept) ->
    receive
        done -> Kept
    end,
    keep(Kept).

big() -> 1 bsl 100.

binary() -> list_to_binary([N rem 256 || N <- lists:seq(1, 1000)]).

list() -> lists:seq(1, 60).
