%% erlang:memory/0,1 follows what binaries, tables and processes take and give back.
-module(memory).
-include("t.hrl").

-define(MB, (1024 * 1024)).

main() ->
    out("items", [Item || {Item, _} <- erlang:memory()]),
    M = maps:from_list(erlang:memory()),
    out("whole", {sum(M, [processes, system]) =:= maps:get(total, M),
                  sum(M, [atom, binary, code, ets]) =< maps:get(system, M),
                  maps:get(atom_used, M) =< maps:get(atom, M),
                  maps:get(processes_used, M) =< maps:get(processes, M)}),
    out("some", [{Item, is_integer(N)} || {Item, N} <- erlang:memory([ets, total, ets])]),
    out("plausible", [erlang:memory(Item) > Least || {Item, Least} <- [{total, ?MB}, {code, 100000}, {processes, 10000}, {atom, 10000}]]),
    ?T(erlang:memory(nothing)),
    ?T(erlang:memory([total, nothing])),
    ?T(erlang:memory(1)),

    out("binary", grows(binary, fun() -> [binary:copy(<<I>>, ?MB) || I <- lists:seq(1, 16)] end, 16 * ?MB)),
    out("sub-binary", grows(binary, fun() -> binary:part(binary:copy(<<1>>, 8 * ?MB), ?MB, 7 * ?MB) end, 8 * ?MB)),
    out("processes", grows(processes, fun() -> lists:seq(1, 1000000) end, 15 * ?MB)),
    out("messages", grows(processes, fun() -> [self() ! {I, lists:seq(1, 100)} || I <- lists:seq(1, 20000)], ok end, 30 * ?MB)),
    out("ets", grows(ets, fun() ->
                              T = ets:new(t, [ordered_set]),
                              [ets:insert(T, {I, lists:seq(1, 100)}) || I <- lists:seq(1, 5000)],
                              T
                          end, 7 * ?MB)),
    out("code", {erlang:memory(code) > 0, erlang:system_info(allocated_areas) =/= []}),
    ok.

sum(M, Items) -> lists:sum([maps:get(Item, M) || Item <- Items]).

%% Whether that much more is in use while a process holds what `Make` makes, and less when it is gone.
grows(Item, Make, Bytes) ->
    Before = erlang:memory(Item),
    Self = self(),
    {Pid, Ref} = spawn_monitor(fun() ->
                                   Made = Make(),
                                   Self ! {self(), made},
                                   receive {Self, done} -> Made end
                               end),
    receive {Pid, made} -> ok end,
    During = erlang:memory(Item),
    Pid ! {Self, done},
    receive {'DOWN', Ref, process, Pid, normal} -> ok end,
    {During - Before >= Bytes * 9 div 10, During - Before =< 4 * Bytes, is_given_back(Item, During - Bytes * 3 div 4, 500)}.

is_given_back(_, _, 0) -> false;
is_given_back(Item, Limit, Tries) ->
    case erlang:memory(Item) < Limit of
        true -> true;
        false -> timer:sleep(10), is_given_back(Item, Limit, Tries - 1)
    end.
