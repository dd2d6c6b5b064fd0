%% A collection leaves the list of a process's binaries as it is.
-module(order_of_binaries).
-include("t.hrl").

main() ->
    ?T(collect(fun() -> erlang:garbage_collect() end)),
    ?T(collect(fun() -> erlang:garbage_collect(self(), [{type, minor}]) end)),
    ok.

collect(Collect) ->
    Binaries = [binary:copy(<<"x">>, N) || N <- lists:seq(100, 120)],
    erlang:garbage_collect(),
    {binary, Before} = process_info(self(), binary),
    More = [binary:copy(<<"y">>, N) || N <- lists:seq(200, 220)],
    Collect(),
    {binary, Between} = process_info(self(), binary),
    Collect(),
    {binary, After} = process_info(self(), binary),
    {length(Before), length(Between), Between =:= After, length(Binaries), length(More)}.
