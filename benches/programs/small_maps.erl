%% Maps of a few atom keys: made, matched and updated as records would be.
-module(small_maps).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 12000000),
    bench:run(small_maps, N, fun() -> loop(N, new()) end).

new() -> #{name => <<"n">>, count => 0, sum => 0, last => none, left => 1, right => 2}.

loop(0, Map) -> Map;
loop(N, #{count := Count, sum := Sum} = Map0) ->
    Map = Map0#{count := Count + 1, sum := (Sum + N) band 16#ffffff, last := N},
    case Map of
        #{left := L, right := R} when N band 3 =:= 0 ->
            loop(N - 1, Map#{left := R, right := L, extra => Count});
        #{extra := _} when N band 3 =:= 2 -> loop(N - 1, maps:remove(extra, Map));
        #{} -> loop(N - 1, Map)
    end.
