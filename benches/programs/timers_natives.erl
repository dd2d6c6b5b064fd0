%% How late timers fire while a process per scheduler calls natives with large arguments, each of
%% which takes many times a slice. Prints as `timers' does.
-module(timers_natives).
-export([main/1]).

main(Args) ->
    Count = bench:size(Args, 2000),
    Owner = self(),
    Busy = [spawn(fun() -> busy(Owner) end)
            || _ <- lists:seq(1, erlang:system_info(schedulers_online))],
    [receive {ready, Pid} -> ok end || Pid <- Busy],
    Delays = [100 + X rem 1000 || X <- bench:integers(Count, 3)],
    [spawn(fun() -> Owner ! {late, lateness(Delay)} end) || Delay <- Delays],
    Late = lists:sort([receive {late, Us} -> Us end || _ <- Delays]),
    [exit(Pid, kill) || Pid <- Busy],
    Early = length([Us || Us <- Late, Us < 0]),
    io:format("timers_natives ~w ~w~nchecksum ~w~n",
              [lists:nth(max(1, Count * 99 div 100), Late), Count, {length(Late), Early}]).

lateness(Delay) ->
    Start = erlang:monotonic_time(microsecond),
    receive after Delay -> erlang:monotonic_time(microsecond) - Start - Delay * 1000 end.

busy(Owner) ->
    List = bench:integers(500000, 7),
    Text = binary:copy(<<"some text, ">>, 100000),
    Owner ! {ready, self()},
    natives(List, Text).

natives(List, Text) ->
    500000 = length(List),
    false = lists:member(x, List),
    _ = lists:reverse(List),
    _ = erlang:phash2(List),
    Bin = term_to_binary(List),
    List = binary_to_term(Bin),
    _ = list_to_tuple(List ++ []),
    _ = maps:from_list([{X, X} || X <- lists:sublist(List, 20000)]),
    _ = binary:split(Text, <<"x">>, [global]),
    _ = unicode:characters_to_list(Text),
    _ = iolist_to_binary([Text, binary_to_list(Text)]),
    _ = erlang:md5(Bin),
    natives(List, Text).
