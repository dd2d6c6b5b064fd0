%% Merging a map with itself makes no new one.
-module(merged_with_itself).
-include("t.hrl").

main() ->
    Large = maps:from_list([{N, N} || N <- lists:seq(1, 200)]),
    [?T(erts_debug:same(maps:merge(Map, Map), Map)) || Map <- [#{}, id(#{a => 1}), Large]].
