%% What collections of a large heap do to others: a process that keeps a gigabyte of terms, all of
%% which it replaces by and by, beside ten thousand small ones which note how late they are woken
%% and how long replies take. Prints the 99th percentile and the worst of all in microseconds in
%% place of a time.
-module(gc_pauses).
-export([main/1]).

-define(CHUNKS, 1280).
-define(ELEMENTS, 20000).

main(Args) ->
    Count = bench:size(Args, 10000),
    Owner = self(),
    {Large, Ref} = spawn_monitor(fun() -> large(Owner) end),
    receive
        {built, Large} -> ok;
        {'DOWN', Ref, process, Large, Reason} -> exit(Reason)
    end,
    Echo = spawn(fun echo/0),
    Small = [spawn(fun() -> small(Echo, Delay, []) end)
             || Delay <- [500 + X rem 1000 || X <- bench:integers(Count, 3)]],
    Large ! replace,
    receive
        {replaced, Large} -> ok;
        {'DOWN', Ref, process, Large, Why} -> exit(Why)
    end,
    [Pid ! {tell, Owner} || Pid <- Small],
    Late = lists:sort(lists:append([receive {late, Pid, Us} -> Us end || Pid <- Small])),
    Number = length(Late),
    Early = length([Us || Us <- Late, Us < 0]),
    io:format("gc_pauses ~w ~w worst ~w~nchecksum ~w~n",
              [lists:nth(Number * 99 div 100, Late), Number, lists:last(Late),
               {length(Small), Early}]).

%% Five words for each element: a gigabyte. Then everything anew, twice.
large(Owner) ->
    Chunks = list_to_tuple([chunk(I) || I <- lists:seq(1, ?CHUNKS)]),
    Owner ! {built, self()},
    receive replace -> ok end,
    Last = replace(Chunks, 1, 2),
    ?ELEMENTS = length(element(1, Last)),
    Owner ! {replaced, self()}.

replace(Chunks, _At, 0) -> Chunks;
replace(Chunks, At, Rounds) when At > ?CHUNKS -> replace(Chunks, 1, Rounds - 1);
replace(Chunks, At, Rounds) ->
    replace(setelement(At, Chunks, chunk(At + Rounds)), At + 1, Rounds).

chunk(I) -> [{I, K} || K <- lists:seq(1, ?ELEMENTS)].

echo() ->
    receive {From, Ref} -> From ! Ref, echo() end.

small(Echo, Delay, Late) ->
    Start = erlang:monotonic_time(microsecond),
    receive
        {tell, Owner} -> Owner ! {late, self(), Late}
    after Delay ->
        Woken = erlang:monotonic_time(microsecond),
        Ref = make_ref(),
        Echo ! {self(), Ref},
        receive Ref -> ok end,
        Answered = erlang:monotonic_time(microsecond),
        small(Echo, Delay, [Woken - Start - Delay * 1000, Answered - Woken | Late])
    end.
