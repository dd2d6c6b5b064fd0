%% Identifiers of tables that went through text and the external format.
-module(copied_identifiers).
-include("t.hrl").

main() ->
    Table = ets:new(table, [public]),
    ets:insert(Table, {key, 1}),
    Text = list_to_ref(ref_to_list(Table)),
    Bytes = binary_to_term(term_to_binary(Table)),
    Large = hd(element(2, binary_to_term(term_to_binary({lists:seq(1, 1000), [Table]}, [compressed])))),
    [?T({T =:= Table, ets:lookup(T, key), ets:info(T, name), ets:info(T, size)})
     || T <- [Table, Text, Bytes, Large]],
    ?T(ets:insert(Text, {key, 2})),
    ?T(ets:update_counter(Bytes, key, 5)),
    ?T(ets:tab2list(Table)),
    ?T(ets:delete(Text)),
    [?T({ets:info(T, name), try ets:lookup(T, key) catch error:E -> E end})
     || T <- [Table]],
    ?T(try ets:lookup(make_ref(), key) catch error:E -> E end),
    ?T(try ets:info(make_ref(), name) catch error:E -> E end).
