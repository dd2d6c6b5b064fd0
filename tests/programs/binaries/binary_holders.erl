%% Who holds how much: processes that keep large binaries alive by small parts of them, found by
%% process_info(Pid, binary), by collecting, and by looking at the parts.
-module(binary_holders).
-include("t.hrl").

main() ->
    Clean = holder(fun() -> [] end),
    Copies = holder(fun() -> [binary:copy(P) || P <- parts(5)] end),
    Parts = holder(fun() -> parts(5) end),
    Garbage = holder(fun() -> _ = id([binary:copy(<<I>>, 100000 + I) || I <- lists:seq(1, 7)]), parts(2) end),
    Names = [{clean, Clean}, {copies, Copies}, {parts, Parts}, {garbage, Garbage}],
    %% What is let go by a collection is garbage; what is left is held. When garbage has gone already
    %% is for each machine to decide.
    ?T([{Name, let_go(Pid) >= 0} || {Name, Pid} <- Names]),
    ?T([{Name, held(Pid)} || {Name, Pid} <- Names]),
    %% The largest holder first.
    ?T([Name || {_, Name} <- lists:reverse(lists:sort([{element(2, held(Pid)), Name} || {Name, Pid} <- Names]))]),
    %% A part tells how large the whole is.
    ?T(ask(Parts, fun(Kept) -> [{byte_size(P), binary:referenced_byte_size(P)} || P <- Kept] end)),
    ?T(ask(Copies, fun(Kept) -> [{byte_size(P), binary:referenced_byte_size(P)} || P <- Kept] end)),
    %% One binary, two holders.
    [Shared] = parts(1),
    Two = [holder(fun() -> [Shared] end) || _ <- [1, 2]],
    [let_go(Pid) || Pid <- Two],
    ?T([held(Pid) || Pid <- Two]),
    ?T(length(lists:usort([Id || Pid <- Two, {Id, Size, _} <- all(Pid), Size >= 100000]))),
    ?T([Refs >= 2 || {_, Size, Refs} <- all(hd(Two)), Size >= 100000]),
    %% In messages that nobody has received.
    Behind = holder(fun() -> [] end),
    [Behind ! {waits, P} || P <- parts(3)],
    ?T(ask(Behind, fun(Kept) -> length(Kept) end)),
    ?T(held(Behind)),
    %% Such messages as are kept off the heap are no part of it.
    Off = spawn_opt(fun() -> keep([]) end, [{message_queue_data, off_heap}]),
    [Off ! {waits, P} || P <- parts(3)],
    ?T(ask(Off, fun(Kept) -> length(Kept) end)),
    ?T(held(Off)),
    %% All of it is given back.
    Before = erlang:memory(binary),
    Keeper = holder(fun() -> parts(200) end),
    let_go(Keeper),
    With = erlang:memory(binary),
    ?T(With - Before > 19000000),
    stop(Keeper),
    ?T(given_back(With - 19000000, 100)),
    [stop(Pid) || Pid <- [Behind, Off | Two] ++ [Pid || {_, Pid} <- Names]],
    ok.

%% Small parts of large binaries of a size that nothing else has.
parts(N) -> [binary:part(binary:copy(<<I>>, 100000 + I), 10, 100) || I <- lists:seq(1, N)].

%% A process that keeps what Fun makes.
holder(Fun) ->
    Self = self(),
    Pid = spawn(fun() -> Kept = Fun(), Self ! {ready, self()}, keep(Kept) end),
    receive {ready, Pid} -> Pid end.

keep(Kept) ->
    receive
        {ask, From, Fun} -> From ! {answer, self(), Fun(Kept)}, keep(Kept);
        stop -> Kept
    end.

ask(Pid, Fun) ->
    Pid ! {ask, self(), Fun},
    receive {answer, Pid, Answer} -> Answer end.

stop(Pid) ->
    Ref = monitor(process, Pid),
    Pid ! stop,
    receive {'DOWN', Ref, process, Pid, normal} -> ok end.

all(Pid) -> {binary, All} = process_info(Pid, binary), All.

%% How many large binaries it refers to, and their bytes, each once.
held(Pid) ->
    Large = lists:usort([{Id, Size} || {Id, Size, _} <- all(Pid), Size >= 100000]),
    {length(Large), lists:sum([Size || {_, Size} <- Large])}.

%% How many of them a collection lets go.
let_go(Pid) ->
    {Before, _} = held(Pid),
    true = garbage_collect(Pid),
    {After, _} = held(Pid),
    Before - After.

%% The memory of a process that has ended is freed soon, not at once.
given_back(Below, Tries) ->
    case erlang:memory(binary) < Below of
        true -> true;
        false when Tries > 0 -> receive after 20 -> given_back(Below, Tries - 1) end;
        false -> false
    end.
