%% A process dictionary that grows and shrinks, against a map.
-module(dictionary_sizes).
-include("t.hrl").

main() ->
    erase(),
    {Map, _} = lists:foldl(fun to_size/2, {#{}, rand:seed_s(exsss, {1, 2, 3})},
                           [10, 0, 100, 5, 11, 12, 13, 1, 12, 200, 3, 300, 30, 0, 11]),
    ?T(maps:size(Map)),
    ?T(lists:sort(get()) =:= lists:sort(maps:to_list(Map))),
    ?T(lists:sort(erase()) =:= lists:sort(maps:to_list(Map))),
    ?T(get()).

to_size(Size, {Map, Rand}) when map_size(Map) =:= Size ->
    true = lists:sort(get()) =:= lists:sort(maps:to_list(Map)),
    {Map, Rand};
to_size(Size, {Map, Rand0}) ->
    {N, Rand1} = rand:uniform_s(1000, Rand0),
    Grows = map_size(Map) < Size,
    case N rem 4 of
        _ when map_size(Map) =:= 0 -> to_size(Size, {put_key(N, Map), Rand1});
        0 when Grows -> to_size(Size, {erase_one(N, Map), Rand1});
        _ when Grows -> to_size(Size, {put_key(N, Map), Rand1});
        0 -> to_size(Size, {put_key(N, Map), Rand1});
        _ -> to_size(Size, {erase_one(N, Map), Rand1})
    end.

key(N) when N rem 3 =:= 0 -> {key, N};
key(N) -> N.

put_key(N, Map) ->
    Key = key(N),
    Before = maps:get(Key, Map, undefined),
    Before = put(Key, {value, N}),
    {value, N} = get(Key),
    Map#{Key => {value, N}}.

erase_one(N, Map) ->
    Keys = lists:sort(maps:keys(Map)),
    Key = lists:nth(N rem length(Keys) + 1, Keys),
    {Value, Rest} = maps:take(Key, Map),
    Value = erase(Key),
    undefined = get(Key),
    undefined = erase(Key),
    Rest.
