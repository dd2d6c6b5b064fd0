%% Where in a stack item the further information stands that error/3 is given.
-module(error_info_place).
-include("t.hrl").

main() ->
    [out(place, where(fun() -> raise(Options) end)) || Options <- [[], [{error_info, #{}}], [{error_info, #{cause => id(why)}}]]].

raise(Options) -> erlang:error(badarg, [a, b], Options).

where(Fun) ->
    try Fun()
    catch error:badarg:Stack ->
            [{?MODULE, raise, Args, Location} | _] = Stack,
            {Args, [Key || {Key, _} <- Location]}
    end.
