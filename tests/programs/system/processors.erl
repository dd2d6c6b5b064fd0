%% How many processors there are and may be used, and that a change is seen when it is asked for.
-module(processors).
-include("t.hrl").

main() ->
    Before = info(),
    ?T(erlang:system_info(update_cpu_info)),
    out(before, Before),
    All = set("-cp"),
    First = hd(string:lexemes(All, "-,")),
    set("-cp " ++ First),
    out(not_yet, info() =:= Before),
    ?T(erlang:system_info(update_cpu_info)),
    ?T(erlang:system_info(update_cpu_info)),
    out(confined, info()),
    set("-cp " ++ All),
    ?T(erlang:system_info(update_cpu_info)),
    out(again, info() =:= Before).

info() ->
    [{I, erlang:system_info(I)}
     || I <- [logical_processors, logical_processors_online, logical_processors_available]].

%% What `taskset` says last of the processors of this program.
set(Words) ->
    Said = string:trim(os:cmd("taskset " ++ Words ++ " " ++ os:getpid())),
    lists:last(string:lexemes(Said, ": ")).
