%% The first years that can be converted from and to a zone's time, and to seconds.
-module(zoned_years).
-include("t.hrl").

main() ->
    lists:foreach(fun year/1, [0, 1599, 1600, 1899, 1900, 1901, 1902, 1903, 1969, 1970, 2038, 3000]).

year(Year) ->
    Time = {{Year, 7, 1}, {12, 0, 0}},
    out(integer_to_list(Year), [
        kind(fun() -> erlang:universaltime_to_localtime(Time) end),
        kind(fun() -> erlang:localtime_to_universaltime(Time) end),
        kind(fun() -> erlang:localtime_to_universaltime(Time, true) end),
        try_to(fun() -> erlang:universaltime_to_posixtime(Time) end)
    ]).

kind(Fun) ->
    case try_to(Fun) of
        {error, Reason} -> Reason;
        {{_, _, _}, {_, _, _}} -> time
    end.
