%% Natives one by one: short loops that call one native with small and with large arguments, each
%% printed with the nanoseconds that a turn takes, the least of five times. Each waits for a line of
%% input, so that two machines can take turns.
-module(natives).
-export([main/1]).
-compile([export_all, nowarn_export_all, nowarn_deprecated_function]).

%% A function that makes the arguments, and calls the native with them (X) so many times. What it
%% answers is handed on, so that no compiler leaves the call out.
-define(NATIVE(Name, Made, Call),
    Name(made, _, _) -> Made;
    Name(0, _, Answer) -> Answer;
    Name(N, X, _) -> Name(N - 1, X, Call)).

%% Those whose names begin with one of these, or all.
main(Prefixes) ->
    Names = lists:sort([Name || {Name, 3} <- module_info(exports)]),
    [one(Name) || Name <- Names, Prefixes =:= [] orelse begins(atom_to_list(Name), Prefixes),
                  io:get_line("") =/= eof],
    ok.

begins(Name, Prefixes) -> lists:any(fun(Prefix) -> lists:prefix(Prefix, Name) end, Prefixes).

one(Name) ->
    {_, Monitor} = spawn_monitor(fun() -> exit({done, least(Name)}) end),
    receive
        {'DOWN', Monitor, _, _, {done, Nanoseconds}} -> io:format("~w ~.1f~n", [Name, Nanoseconds]);
        {'DOWN', Monitor, _, _, Reason} -> exit({Name, Reason})
    end.

least(Name) ->
    X = ?MODULE:Name(made, none, none),
    %% What it is called through is loaded then.
    ?MODULE:Name(100, X, none),
    Turns = turns({Name, X}, 10),
    lists:min([timed({Name, X}, Turns) || _ <- lists:seq(1, 5)]).

%% So many that they take some milliseconds.
turns(Native, Turns) ->
    case timed(Native, Turns) * Turns of
        Short when Short < 1.0e6 -> turns(Native, Turns * 2);
        Total -> max(1, round(Turns * 6.0e6 / Total))
    end.

timed({Name, X}, Turns) ->
    garbage_collect(),
    Start = erlang:monotonic_time(),
    ?MODULE:Name(Turns, X, none),
    Time = erlang:monotonic_time() - Start,
    erlang:convert_time_unit(Time, native, nanosecond) / Turns.

%% What calls are made with, and the process that messages come back from.

id(X) -> X.

pairs(From, To) -> [{I, I} || I <- lists:seq(From, To)].

map(From, To) -> maps:from_list(pairs(From, To)).

table(Type) ->
    Table = ets:new(table, [Type]),
    ets:insert(Table, pairs(1, 1000)),
    Table.

echo() ->
    receive {From, Term} -> From ! Term, echo() end.

echo({Echo, Term}) ->
    Echo ! {self(), Term},
    receive Answer -> Answer end.

%% Lists

?NATIVE(lists_member_5, {lists:seq(1, 5), 4}, begin {L, E} = X, lists:member(E, L) end).
?NATIVE(lists_member_100, {lists:seq(1, 100), 90}, begin {L, E} = X, lists:member(E, L) end).
?NATIVE(lists_member_at, {[a, b, c, d, e, f, g, h], h}, begin {L, E} = X, lists:member(E, L) end).
?NATIVE(lists_member_bin, {[<<"abc">>, <<"def">>, <<"ghi">>], <<"ghi">>},
        begin {L, E} = X, lists:member(E, L) end).
?NATIVE(lists_reverse_5, lists:seq(1, 5), lists:reverse(X)).
?NATIVE(lists_reverse_100, lists:seq(1, 100), lists:reverse(X)).
?NATIVE(lists_reverse_1000, lists:seq(1, 1000), lists:reverse(X)).
?NATIVE(lists_reverse2, lists:seq(1, 10), lists:reverse(X, [a, b])).
?NATIVE(lists_keyfind_5, pairs(1, 5), lists:keyfind(4, 1, X)).
?NATIVE(lists_keyfind_100, pairs(1, 100), lists:keyfind(90, 1, X)).
?NATIVE(lists_keyfind_atom, [{a, 1}, {b, 2}, {c, 3}, {d, 4}], lists:keyfind(d, 1, X)).
?NATIVE(lists_keyfind_bin, [{<<"aaa">>, 1}, {<<"bbb">>, 2}, {<<"ccc">>, 3}, {<<"ddd">>, 4}],
        lists:keyfind(<<"ddd">>, 1, X)).
?NATIVE(lists_keymember, [{a, 1}, {b, 2}, {c, 3}, {d, 4}], lists:keymember(d, 1, X)).
?NATIVE(lists_keysearch, [{a, 1}, {b, 2}, {c, 3}, {d, 4}], lists:keysearch(d, 1, X)).
?NATIVE(lists_append_5, {lists:seq(1, 5), [a, b]}, begin {A, B} = X, A ++ B end).
?NATIVE(lists_append_100, {lists:seq(1, 100), [a, b]}, begin {A, B} = X, A ++ B end).
?NATIVE(lists_append_1000, {lists:seq(1, 1000), [a, b]}, begin {A, B} = X, A ++ B end).
?NATIVE(lists_subtract_5, {lists:seq(1, 5), [2, 4]}, begin {A, B} = X, A -- B end).
?NATIVE(lists_subtract_100, {lists:seq(1, 100), lists:seq(1, 100, 3)},
        begin {A, B} = X, A -- B end).
?NATIVE(lists_subtract_1000, {lists:seq(1, 1000), lists:seq(1, 1000, 3)},
        begin {A, B} = X, A -- B end).
?NATIVE(lists_length_5, lists:seq(1, 5), length(X)).
?NATIVE(lists_length_100, lists:seq(1, 100), length(X)).
?NATIVE(lists_sort_10, [5, 3, 8, 1, 9, 2, 7, 4, 6, 0], lists:sort(X)).
?NATIVE(lists_sort_1000, [erlang:phash2(I) || I <- lists:seq(1, 1000)], lists:sort(X)).
?NATIVE(lists_usort, [5, 3, 8, 1, 9, 2, 7, 4, 6, 0], lists:usort(X)).
?NATIVE(lists_keysort, [{5, a}, {3, b}, {8, c}, {1, d}], lists:keysort(1, X)).

%% Tuples

?NATIVE(tuples_to_list, list_to_tuple(lists:seq(1, 10)), tuple_to_list(X)).
?NATIVE(tuples_from_list, lists:seq(1, 10), list_to_tuple(X)).
?NATIVE(tuples_from_list_1000, lists:seq(1, 1000), list_to_tuple(X)).
?NATIVE(tuples_make, 10, erlang:make_tuple(X, a)).
?NATIVE(tuples_make3, 10, erlang:make_tuple(X, a, [{1, b}, {2, c}])).
?NATIVE(tuples_setelement_10, list_to_tuple(lists:seq(1, 10)), setelement(3, X, a)).
?NATIVE(tuples_setelement_100, list_to_tuple(lists:seq(1, 100)), setelement(3, X, a)).
?NATIVE(tuples_element, {5, list_to_tuple(lists:seq(1, 10))},
        begin {I, TT} = X, element(I, TT) end).
?NATIVE(tuples_append_element, list_to_tuple(lists:seq(1, 10)), erlang:append_element(X, a)).
?NATIVE(tuples_insert_element, list_to_tuple(lists:seq(1, 10)), erlang:insert_element(3, X, a)).
?NATIVE(tuples_delete_element, list_to_tuple(lists:seq(1, 10)), erlang:delete_element(3, X)).
?NATIVE(tuples_is_record, {rec, 1, 2}, is_record(X, rec, 3)).

%% Maps

?NATIVE(maps_find_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:find(c, X)).
?NATIVE(maps_get_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:get(c, X)).
?NATIVE(maps_get_def, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:get(x, X, 1)).
?NATIVE(maps_get_100, map(1, 100), maps:get(50, X)).
?NATIVE(maps_get_bin100, maps:from_list([{integer_to_binary(I), I} || I <- lists:seq(1, 100)]),
        maps:get(<<"50">>, X)).
?NATIVE(maps_iskey_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:is_key(c, X)).
?NATIVE(maps_iskey_100, map(1, 100), maps:is_key(50, X)).
?NATIVE(maps_put_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:put(f, 1, X)).
?NATIVE(maps_put_100, map(1, 100), maps:put(101, 1, X)).
?NATIVE(maps_put_1000, map(1, 1000), maps:put(101, x, X)).
?NATIVE(maps_update_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:update(c, 1, X)).
?NATIVE(maps_remove_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:remove(c, X)).
?NATIVE(maps_remove_100, map(1, 100), maps:remove(50, X)).
?NATIVE(maps_take_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:take(c, X)).
?NATIVE(maps_take_100, map(1, 100), maps:take(50, X)).
?NATIVE(maps_keys_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:keys(X)).
?NATIVE(maps_keys_100, map(1, 100), maps:keys(X)).
?NATIVE(maps_values_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:values(X)).
?NATIVE(maps_values_100, map(1, 100), maps:values(X)).
?NATIVE(maps_to_list_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:to_list(X)).
?NATIVE(maps_to_list_100, map(1, 100), maps:to_list(X)).
?NATIVE(maps_from_list_5, [{a, 1}, {b, 2}, {c, 3}, {d, 4}, {e, 5}], maps:from_list(X)).
?NATIVE(maps_from_list_100, pairs(1, 100), maps:from_list(X)).
?NATIVE(maps_from_list_1000, pairs(1, 1000), maps:from_list(X)).
?NATIVE(maps_from_keys_5, [a, b, c, d, e], maps:from_keys(X, 1)).
?NATIVE(maps_from_keys_100, lists:seq(1, 100), maps:from_keys(X, 1)).
?NATIVE(maps_merge_5, {#{a => 1, b => 2, c => 3}, #{c => 1, d => 2, e => 3}},
        begin {A, B} = X, maps:merge(A, B) end).
?NATIVE(maps_merge_100, {map(1, 100), map(50, 150)}, begin {A, B} = X, maps:merge(A, B) end).
?NATIVE(maps_merge_big_small, {map(1, 100), #{a => 1, b => 2}},
        begin {A, B} = X, maps:merge(A, B) end).
?NATIVE(maps_fold_5, #{a => 1, b => 2, c => 3, d => 4, e => 5},
        maps:fold(fun(_, V, A) -> V+A end, 0, X)).
?NATIVE(maps_fold_100, map(1, 100), maps:fold(fun(_, V, A) -> V+A end, 0, X)).
?NATIVE(maps_map_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:map(fun(_, V) -> V+1 end, X)).
?NATIVE(maps_map_100, map(1, 100), maps:map(fun(_, V) -> V+1 end, X)).
?NATIVE(maps_filter_5, #{a => 1, b => 2, c => 3, d => 4, e => 5},
        maps:filter(fun(_, V) -> V>2 end, X)).
?NATIVE(maps_filter_100, map(1, 100), maps:filter(fun(_, V) -> V>20 end, X)).
?NATIVE(maps_foreach_5, #{a => 1, b => 2, c => 3, d => 4, e => 5},
        maps:foreach(fun(_, V) -> V>2 end, X)).
?NATIVE(maps_iter_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:next(maps:iterator(X))).
?NATIVE(maps_iter_100, map(1, 100), maps:next(maps:iterator(X))).
?NATIVE(maps_with_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:with([a, d], X)).
?NATIVE(maps_without_5, #{a => 1, b => 2, c => 3, d => 4, e => 5}, maps:without([a, d], X)).
?NATIVE(maps_update_with, #{a => 1, b => 2, c => 3, d => 4, e => 5},
        maps:update_with(c, fun(V) -> V+1 end, X)).
?NATIVE(maps_groups, lists:seq(1, 30), maps:groups_from_list(fun(E) -> E rem 3 end, X)).
?NATIVE(maps_size, #{a => 1, b => 2}, map_size(X)).

%% Binaries

?NATIVE(binary_match_20, <<"the quick brown fox jumps">>, binary:match(X, <<"fox">>)).
?NATIVE(binary_match_1c, <<"the quick brown fox jumps">>, binary:match(X, <<"x">>)).
?NATIVE(binary_match_10k, binary:copy(<<"abcdefghi ">>, 1000), binary:match(X, <<"xyz">>)).
?NATIVE(binary_match_10kc, binary:copy(<<"abcdefghi ">>, 1000), binary:match(X, <<"z">>)).
?NATIVE(binary_match_multi, <<"the quick brown fox jumps">>,
        binary:match(X, [<<"fox">>, <<"dog">>])).
?NATIVE(binary_match_comp, {binary:compile_pattern(<<"fox">>), <<"the quick brown fox jumps">>},
        begin {P, B} = X, binary:match(B, P) end).
?NATIVE(binary_match_ac10k,
        {binary:compile_pattern([<<"xyz">>, <<"zyx">>]), binary:copy(<<"abcdefghi ">>, 1000)},
        begin {P, B} = X, binary:match(B, P) end).
?NATIVE(binary_matches_20, <<"a,b,c,d,e,f,g">>, binary:matches(X, <<",">>)).
?NATIVE(binary_matches_10k, binary:copy(<<"abcdefghi,">>, 1000), binary:matches(X, <<",">>)).
?NATIVE(binary_split, <<"key: value">>, binary:split(X, <<": ">>)).
?NATIVE(binary_split_g, <<"a,b,c,d,e,f,g">>, binary:split(X, <<",">>, [global])).
?NATIVE(binary_split_10k, binary:copy(<<"abcdefghi,">>, 1000), binary:split(X, <<",">>, [global])).
?NATIVE(binary_replace, <<"a,b,c,d,e,f,g">>, binary:replace(X, <<",">>, <<";">>, [global])).
?NATIVE(binary_lcp, [<<"abcdefgh">>, <<"abcdxyz">>, <<"abcd">>], binary:longest_common_prefix(X)).
?NATIVE(binary_lcs, [<<"hgfedcba">>, <<"zyxdcba">>, <<"dcba">>], binary:longest_common_suffix(X)).
?NATIVE(binary_first, <<"abc">>, binary:first(X)).
?NATIVE(binary_last, <<"abc">>, binary:last(X)).
?NATIVE(binary_at, <<"abcdef">>, binary:at(X, 3)).
?NATIVE(binary_part3, <<"abcdefghijklmnop">>, binary:part(X, 3, 5)).
?NATIVE(binary_part2, <<"abcdefghijklmnop">>, binary:part(X, {3, 5})).
?NATIVE(binary_bin_to_list, <<"abcdefghijklmnop">>, binary:bin_to_list(X)).
?NATIVE(binary_bin_to_list3, <<"abcdefghijklmnop">>, binary:bin_to_list(X, 3, 4)).
?NATIVE(binary_list_to_bin, "abcdefghijklmnop", binary:list_to_bin(X)).
?NATIVE(binary_copy1, <<"abcdefghijklmnop">>, binary:copy(X)).
?NATIVE(binary_copy10, <<"abcdefghijklmnop">>, binary:copy(X, 10)).
?NATIVE(binary_copy1000, <<"abcdefghijklmnop">>, binary:copy(X, 1000)).
?NATIVE(binary_refbs, <<"abcdefghijklmnop">>, binary:referenced_byte_size(X)).
?NATIVE(binary_enc_uns, 123456789, binary:encode_unsigned(X)).
?NATIVE(binary_enc_uns_l, 123456789, binary:encode_unsigned(X, little)).
?NATIVE(binary_enc_uns_big, 1 bsl 200, binary:encode_unsigned(X)).
?NATIVE(binary_dec_uns, <<1, 2, 3, 4>>, binary:decode_unsigned(X)).
?NATIVE(binary_dec_uns_l, <<1, 2, 3, 4>>, binary:decode_unsigned(X, little)).
?NATIVE(binary_dec_uns_big, binary:copy(<<7>>, 30), binary:decode_unsigned(X)).
?NATIVE(binary_compile1, <<"fox">>, binary:compile_pattern(X)).
?NATIVE(binary_compile3, [<<"fox">>, <<"dog">>, <<"cat">>], binary:compile_pattern(X)).
?NATIVE(binary_enc_hex, <<"abcdefghijklmnop">>, binary:encode_hex(X)).
?NATIVE(binary_dec_hex, <<"6162636465666768">>, binary:decode_hex(X)).
?NATIVE(binary_iolist_size_short, [<<"abc">>, "def", [$g|<<"h">>]], iolist_size(X)).
?NATIVE(binary_iolist_size_100, [<<"abc">> || _ <- lists:seq(1, 100)], iolist_size(X)).
?NATIVE(binary_iolist_size_chars, lists:duplicate(1000, $a), iolist_size(X)).
?NATIVE(binary_iolist_to_bin_short, [<<"abc">>, "def", [$g|<<"h">>]], iolist_to_binary(X)).
?NATIVE(binary_iolist_to_bin_100, [<<"abc">> || _ <- lists:seq(1, 100)], iolist_to_binary(X)).
?NATIVE(binary_iolist_to_bin_bin, <<"abc">>, iolist_to_binary(X)).
?NATIVE(binary_from_list_16, "abcdefghijklmnop", list_to_binary(X)).
?NATIVE(binary_from_list_1000, lists:duplicate(1000, $a), list_to_binary(X)).
?NATIVE(binary_to_list_16, <<"abcdefghijklmnop">>, binary_to_list(X)).
?NATIVE(binary_to_list_1000, binary:copy(<<"a">>, 1000), binary_to_list(X)).
?NATIVE(binary_to_list3, binary:copy(<<"a">>, 1000), binary_to_list(X, 10, 20)).
?NATIVE(binary_bits_to_list, <<"abcdefg", 1:3>>, bitstring_to_list(X)).
?NATIVE(binary_bits_from_list, ["abcdefg", <<1:3>>], list_to_bitstring(X)).
?NATIVE(binary_split_at, <<"abcdefghijklmnop">>, split_binary(X, 5)).

%% Comparing terms

?NATIVE(compare_eq_tuple,
        {{a, 1, "abc", <<"def">>}, binary_to_term(term_to_binary({a, 1, "abc", <<"def">>}))},
        begin {A, B} = X, A =:= B end).
?NATIVE(compare_eq_list100, {lists:seq(1, 100), lists:seq(1, 100)}, begin {A, B} = X, A =:= B end).
?NATIVE(compare_eq_str1000, {lists:duplicate(1000, $a), lists:duplicate(1000, $a)},
        begin {A, B} = X, A =:= B end).
?NATIVE(compare_eq_bin, {<<"abcdef">>, binary:copy(<<"abcdef">>)}, begin {A, B} = X, A =:= B end).
?NATIVE(compare_eq_bin10k, {binary:copy(<<"a">>, 10000), binary:copy(<<"a">>, 10000)},
        begin {A, B} = X, A =:= B end).
?NATIVE(compare_eq_map, {#{a => 1, b => 2}, maps:from_list([{a, 1}, {b, 2}])},
        begin {A, B} = X, A =:= B end).
?NATIVE(compare_eq_map100, {map(1, 100), map(1, 100)}, begin {A, B} = X, A =:= B end).
?NATIVE(compare_eqeq_num, {1, 1.0}, begin {A, B} = X, A == B end).
?NATIVE(compare_lt_tuple, {{a, 1, "abc", <<"def">>}, {a, 1, "abc", <<"deg">>}},
        begin {A, B} = X, A < B end).
?NATIVE(compare_lt_atom, {abcde, abcdf}, begin {A, B} = X, A < B end).
?NATIVE(compare_lt_list100, {lists:seq(1, 100), lists:seq(1, 99)++[101]},
        begin {A, B} = X, A < B end).
?NATIVE(compare_lt_bin, {<<"abcdef">>, <<"abcdeg">>}, begin {A, B} = X, A < B end).
?NATIVE(compare_lt_float, {1.5, 2.5}, begin {A, B} = X, A < B end).
?NATIVE(compare_lt_mixed, {1, 2.5}, begin {A, B} = X, A < B end).
?NATIVE(compare_lt_big, {1 bsl 100, 1 bsl 101}, begin {A, B} = X, A < B end).
?NATIVE(compare_lt_map, {#{a => 1, b => 2}, #{a => 1, b => 3}}, begin {A, B} = X, A < B end).
?NATIVE(compare_lt_map100, {map(1, 100), maps:from_list([{I, I+1} || I <- lists:seq(1, 100)])},
        begin {A, B} = X, A < B end).
?NATIVE(compare_lt_pid, {self(), list_to_pid("<0.0.0>")}, begin {A, B} = X, A < B end).
?NATIVE(compare_min_max, {a, <<"b">>}, begin {A, B} = X, {min(A, B), max(A, B)} end).

%% Copying terms: to another process and back

?NATIVE(copy_int, {spawn(fun echo/0), 12345}, echo(X)).
?NATIVE(copy_tuple, {spawn(fun echo/0), {a, 1, "abc", <<"def">>, 3.14}}, echo(X)).
?NATIVE(copy_list100, {spawn(fun echo/0), lists:seq(1, 100)}, echo(X)).
?NATIVE(copy_list1000, {spawn(fun echo/0), pairs(1, 1000)}, echo(X)).
?NATIVE(copy_map, {spawn(fun echo/0), #{a => 1, b => 2, c => [1, 2], d => self()}}, echo(X)).
?NATIVE(copy_map100, {spawn(fun echo/0), map(1, 100)}, echo(X)).
?NATIVE(copy_bin10k, {spawn(fun echo/0), binary:copy(<<"a">>, 10000)}, echo(X)).
?NATIVE(copy_str, {spawn(fun echo/0), lists:duplicate(1000, $a)}, echo(X)).
?NATIVE(copy_deep, {spawn(fun echo/0), lists:foldl(fun(I, A) -> {I, A, [I]} end, x, lists:seq(1, 200))},
        echo(X)).
?NATIVE(copy_float, {spawn(fun echo/0), [float(I) || I <- lists:seq(1, 100)]}, echo(X)).
?NATIVE(copy_big, {spawn(fun echo/0), [1 bsl (60+I) || I <- lists:seq(1, 100)]}, echo(X)).
?NATIVE(copy_spawn_list100, lists:seq(1, 100),
        begin Me = self(), spawn(fun() -> Me ! length(X) end), receive Y -> Y end end).
?NATIVE(copy_flat_size, lists:seq(1, 100), erts_debug:flat_size(X)).

%% Hashes and checksums

?NATIVE(hash_crc32_16, <<"abcdefghijklmnop">>, erlang:crc32(X)).
?NATIVE(hash_crc32_10k, binary:copy(<<"a">>, 10000), erlang:crc32(X)).
?NATIVE(hash_adler32_16, <<"abcdefghijklmnop">>, erlang:adler32(X)).
?NATIVE(hash_adler32_10k, binary:copy(<<"a">>, 10000), erlang:adler32(X)).
?NATIVE(hash_md5_16, <<"abcdefghijklmnop">>, erlang:md5(X)).
?NATIVE(hash_md5_10k, binary:copy(<<"a">>, 10000), erlang:md5(X)).
?NATIVE(hash_phash2_int, 12345, erlang:phash2(X)).
?NATIVE(hash_phash2_int2, 12345, erlang:phash2(X, 100)).
?NATIVE(hash_phash2_atom, hello, erlang:phash2(X)).
?NATIVE(hash_phash2_tuple, {a, 1, "abc", <<"def">>}, erlang:phash2(X)).
?NATIVE(hash_phash2_bin, <<"abcdefghijklmnop">>, erlang:phash2(X)).
?NATIVE(hash_phash2_bin1k, binary:copy(<<"a">>, 1000), erlang:phash2(X)).
?NATIVE(hash_phash2_list100, lists:seq(1, 100), erlang:phash2(X)).
?NATIVE(hash_phash2_list1000, lists:seq(1000, 2000), erlang:phash2(X)).
?NATIVE(hash_phash2_float, 3.14, erlang:phash2(X)).
?NATIVE(hash_phash2_big, 1 bsl 100, erlang:phash2(X)).
?NATIVE(hash_phash2_map, #{a => 1, b => 2}, erlang:phash2(X)).
?NATIVE(hash_phash2_map100, map(1, 100), erlang:phash2(X)).
?NATIVE(hash_phash_tuple, {a, 1, "abc", <<"def">>}, erlang:phash(X, 1000)).

%% External terms

?NATIVE(external_write_int, 12345, term_to_binary(X)).
?NATIVE(external_write_tuple, {a, 1, "abc", <<"def">>, 3.14}, term_to_binary(X)).
?NATIVE(external_write_list100, lists:seq(1, 100), term_to_binary(X)).
?NATIVE(external_write_list1000, pairs(1, 1000), term_to_binary(X)).
?NATIVE(external_write_map, #{a => 1, b => 2, c => [1, 2]}, term_to_binary(X)).
?NATIVE(external_write_map100, map(1, 100), term_to_binary(X)).
?NATIVE(external_write_str1000, lists:duplicate(1000, $a), term_to_binary(X)).
?NATIVE(external_write_bin10k, binary:copy(<<"a">>, 10000), term_to_binary(X)).
?NATIVE(external_write_big, 1 bsl 1000, term_to_binary(X)).
?NATIVE(external_write_pid, self(), term_to_binary(X)).
?NATIVE(external_write_ref, make_ref(), term_to_binary(X)).
?NATIVE(external_write_fun, begin V = 1, fun() -> V end end, term_to_binary(X)).
?NATIVE(external_write_iovec, {a, 1, "abc", <<"def">>, 3.14}, erlang:term_to_iovec(X)).
?NATIVE(external_write_comp, lists:duplicate(1000, $a), term_to_binary(X, [compressed])).
?NATIVE(external_read_int, term_to_binary(12345), binary_to_term(X)).
?NATIVE(external_read_tuple, term_to_binary({a, 1, "abc", <<"def">>, 3.14}), binary_to_term(X)).
?NATIVE(external_read_safe, term_to_binary({a, 1, "abc", <<"def">>, 3.14}),
        binary_to_term(X, [safe])).
?NATIVE(external_read_list100, term_to_binary(lists:seq(1, 100)), binary_to_term(X)).
?NATIVE(external_read_list1000, term_to_binary(pairs(1, 1000)), binary_to_term(X)).
?NATIVE(external_read_map, term_to_binary(#{a => 1, b => 2, c => [1, 2]}), binary_to_term(X)).
?NATIVE(external_read_map100, term_to_binary(map(1, 100)), binary_to_term(X)).
?NATIVE(external_read_str1000, term_to_binary(lists:duplicate(1000, $a)), binary_to_term(X)).
?NATIVE(external_read_bin10k, term_to_binary(binary:copy(<<"a">>, 10000)), binary_to_term(X)).
?NATIVE(external_read_big, term_to_binary(1 bsl 1000), binary_to_term(X)).
?NATIVE(external_read_pid, term_to_binary(self()), binary_to_term(X)).
?NATIVE(external_read_ref, term_to_binary(make_ref()), binary_to_term(X)).
?NATIVE(external_read_comp, term_to_binary(lists:duplicate(1000, $a), [compressed]),
        binary_to_term(X)).
?NATIVE(external_size, {a, 1, "abc", <<"def">>, 3.14}, erlang:external_size(X)).
?NATIVE(external_size_1000, lists:seq(1, 1000), erlang:external_size(X)).

%% Unicode

?NATIVE(unicode_to_bin, "hello, world", unicode:characters_to_binary(X)).
?NATIVE(unicode_to_bin_u, [1080, 1081, 1082, 1083, 1084], unicode:characters_to_binary(X)).
?NATIVE(unicode_to_list, <<"hello, world"/utf8>>, unicode:characters_to_list(X)).
?NATIVE(unicode_to_bin1000, lists:duplicate(1000, $a), unicode:characters_to_binary(X)).
?NATIVE(unicode_to_bin_bin, <<"hello, world">>, unicode:characters_to_binary(X)).
?NATIVE(unicode_l1, <<"hello", 233>>, unicode:characters_to_binary(X, latin1)).
?NATIVE(unicode_nfc, "hello", unicode:characters_to_nfc_list(X)).
?NATIVE(unicode_16, <<"hello, world">>, unicode:characters_to_binary(X, utf8, utf16)).

%% Formatting

?NATIVE(io_lib_format_p, {a, [1, 2, 3], "abc"}, io_lib:format("~p~n", [X])).
?NATIVE(io_lib_format_w, {a, [1, 2, 3], "abc"}, io_lib:format("~w~n", [X])).
?NATIVE(io_lib_format_s, "hello", io_lib:format("<~s>~n", [X])).
?NATIVE(io_lib_format_ts, <<"hello">>, io_lib:format("<~ts>~n", [X])).
?NATIVE(io_lib_format_d, 12345, io_lib:format("~8..0b ~.16b", [X, X])).
?NATIVE(io_lib_format_f, 3.14159, io_lib:format("~.2f ~g", [X, X])).
?NATIVE(io_lib_write, {a, [1, 2, 3], "abc"}, io_lib:write(X)).
?NATIVE(io_lib_print_map, #{a => 1, b => [x, y]}, io_lib:format("~p", [X])).
?NATIVE(io_lib_print_deep, [{I, [I], "str"} || I <- lists:seq(1, 30)], io_lib:format("~p", [X])).
?NATIVE(io_lib_write_string, "hello world", io_lib:write_string(X)).
?NATIVE(io_lib_latin1, "hello world", io_lib:printable_list(X)).
?NATIVE(io_lib_deep_char, ["hello", [" "], "world"], io_lib:deep_char_list(X)).
?NATIVE(io_lib_fread, "12 abc", io_lib:fread("~d ~s", X)).

%% Numbers, atoms and identifiers as text

?NATIVE(text_of_integer_list_1, 7, integer_to_list(X)).
?NATIVE(text_of_integer_list_9, 123456789, integer_to_list(X)).
?NATIVE(text_of_integer_list_18, 123456789012345678, integer_to_list(X)).
?NATIVE(text_of_integer_list_30, 123456789012345678901234567890, integer_to_list(X)).
?NATIVE(text_of_integer_list_300, 1 bsl 1000, integer_to_list(X)).
?NATIVE(text_of_integer_list_3000, 1 bsl 10000, integer_to_list(X)).
?NATIVE(text_of_integer_list_16, 123456789, integer_to_list(X, 16)).
?NATIVE(text_of_integer_binary_1, 7, integer_to_binary(X)).
?NATIVE(text_of_integer_binary_9, 123456789, integer_to_binary(X)).
?NATIVE(text_of_integer_binary_18, 123456789012345678, integer_to_binary(X)).
?NATIVE(text_of_integer_binary_30, 123456789012345678901234567890, integer_to_binary(X)).
?NATIVE(text_of_integer_binary_16, 123456789, integer_to_binary(X, 16)).
?NATIVE(text_to_integer_list_1, "7", list_to_integer(X)).
?NATIVE(text_to_integer_list_9, "123456789", list_to_integer(X)).
?NATIVE(text_to_integer_list_18, "123456789012345678", list_to_integer(X)).
?NATIVE(text_to_integer_list_30, "123456789012345678901234567890", list_to_integer(X)).
?NATIVE(text_to_integer_list_300, integer_to_list(1 bsl 1000), list_to_integer(X)).
?NATIVE(text_to_integer_list_3000, integer_to_list(1 bsl 10000), list_to_integer(X)).
?NATIVE(text_to_integer_list_16, "75BCD15", list_to_integer(X, 16)).
?NATIVE(text_to_integer_binary_9, <<"123456789">>, binary_to_integer(X)).
?NATIVE(text_to_integer_binary_30, <<"123456789012345678901234567890">>, binary_to_integer(X)).
?NATIVE(text_to_integer_binary_16, <<"75BCD15">>, binary_to_integer(X, 16)).
?NATIVE(text_of_float_list, 3.14159, float_to_list(X)).
?NATIVE(text_of_float_list_dec, 3.14159, float_to_list(X, [{decimals, 2}])).
?NATIVE(text_of_float_list_short, 3.14159, float_to_list(X, [short])).
?NATIVE(text_of_float_binary_sci, 3.14159, float_to_binary(X, [{scientific, 3}])).
?NATIVE(text_of_float_binary_dec, 3.14159, float_to_binary(X, [{decimals, 2}, compact])).
?NATIVE(text_of_float_binary_short, 3.14159, float_to_binary(X, [short])).
?NATIVE(text_to_float_list, "3.14159", list_to_float(X)).
?NATIVE(text_to_float_binary, <<"3.14159">>, binary_to_float(X)).
?NATIVE(text_to_float_binary_long, <<"3.141592653589793e15">>, binary_to_float(X)).
?NATIVE(text_of_atom_list, hello_world, atom_to_list(X)).
?NATIVE(text_of_atom_binary, hello_world, atom_to_binary(X)).
?NATIVE(text_of_atom_binary_l1, hello_world, atom_to_binary(X, latin1)).
?NATIVE(text_to_atom_list, "hello_world", list_to_atom(X)).
?NATIVE(text_to_existing_atom_list, "hello_world", list_to_existing_atom(X)).
?NATIVE(text_to_atom_binary, <<"hello_world">>, binary_to_atom(X)).
?NATIVE(text_to_existing_atom_binary, <<"hello_world">>, binary_to_existing_atom(X)).
?NATIVE(text_of_pid, self(), pid_to_list(X)).
?NATIVE(text_to_pid, pid_to_list(self()), list_to_pid(X)).
?NATIVE(text_of_reference, make_ref(), ref_to_list(X)).

%% ETS

?NATIVE(ets_insert, ets:new(t, [public]), ets:insert(X, {a, 1})).
?NATIVE(ets_insert_bag, begin Tb = ets:new(t, [bag]), Tb end, ets:insert(X, {a, 1})).
?NATIVE(ets_insert_list, ets:new(t, [public]), ets:insert(X, [{a, 1}, {b, 2}, {c, 3}])).
?NATIVE(ets_insert_ord, ets:new(t, [ordered_set]), ets:insert(X, {a, 1})).
?NATIVE(ets_insert_new, begin Tb = ets:new(t, []), ets:insert(Tb, {a, 1}), Tb end,
        ets:insert_new(X, {a, 1})).
?NATIVE(ets_ins_del, ets:new(t, [public]), begin ets:insert(X, {a, 1}), ets:delete(X, a) end).
?NATIVE(ets_ins_del_ord, ets:new(t, [ordered_set]),
        begin ets:insert(X, {a, 1}), ets:delete(X, a) end).
?NATIVE(ets_lookup, table(set), ets:lookup(X, 500)).
?NATIVE(ets_lookup_miss, table(set), ets:lookup(X, 5000)).
?NATIVE(ets_lookup_ord, table(ordered_set), ets:lookup(X, 500)).
?NATIVE(ets_lookup_bin, begin Tb = ets:new(t, []), ets:insert(Tb, {<<"key">>, 1}), Tb end,
        ets:lookup(X, <<"key">>)).
?NATIVE(ets_lookup_el, table(set), ets:lookup_element(X, 500, 2)).
?NATIVE(ets_member, table(set), ets:member(X, 500)).
?NATIVE(ets_upd_counter, begin Tb = ets:new(t, []), ets:insert(Tb, {a, 1}), Tb end,
        ets:update_counter(X, a, 1)).
?NATIVE(ets_upd_counter4, begin Tb = ets:new(t, []), ets:insert(Tb, {a, 1}), Tb end,
        ets:update_counter(X, a, {2, 1}, {a, 0})).
?NATIVE(ets_upd_element, begin Tb = ets:new(t, []), ets:insert(Tb, {a, 1}), Tb end,
        ets:update_element(X, a, {2, x})).
?NATIVE(ets_first, table(set), ets:first(X)).
?NATIVE(ets_next, table(set), ets:next(X, 500)).
?NATIVE(ets_first_ord, table(ordered_set), ets:first(X)).
?NATIVE(ets_next_ord, table(ordered_set), ets:next(X, 500)).
?NATIVE(ets_prev_ord, table(ordered_set), ets:prev(X, 500)).
?NATIVE(ets_last_ord, table(ordered_set), ets:last(X)).
?NATIVE(ets_take, ets:new(t, []), begin ets:insert(X, {a, 1}), ets:take(X, a) end).
?NATIVE(ets_match_key, table(set), ets:match(X, {500, '$1'})).
?NATIVE(ets_match_all, table(set), ets:match(X, {'$1', '_'})).
?NATIVE(ets_match_obj, table(set), ets:match_object(X, {'_', 500})).
?NATIVE(ets_select, table(set), ets:select(X, [{{'$1', '$2'}, [{'>', '$2', 900}], ['$1']}])).
?NATIVE(ets_select_ord, table(ordered_set),
        ets:select(X, [{{'$1', '$2'}, [{'>', '$2', 900}], ['$1']}])).
?NATIVE(ets_select_count, table(set),
        ets:select_count(X, [{{'$1', '$2'}, [{'>', '$2', 900}], [true]}])).
?NATIVE(ets_select_chunk, table(set), ets:select(X, [{{'$1', '$2'}, [], ['$1']}], 10)).
?NATIVE(ets_select_del0, table(set),
        ets:select_delete(X, [{{'$1', '$2'}, [{'>', '$2', 9000}], [true]}])).
?NATIVE(ets_select_repl, table(set),
        ets:select_replace(X, [{{'$1', '$2'}, [{'>', '$2', 990}], [{{'$1', '$2'}}]}])).
?NATIVE(ets_foldl, table(set), ets:foldl(fun({_, V}, A) -> V+A end, 0, X)).
?NATIVE(ets_foldl_ord, table(ordered_set), ets:foldl(fun({_, V}, A) -> V+A end, 0, X)).
?NATIVE(ets_tab2list, table(set), ets:tab2list(X)).
?NATIVE(ets_info, table(set), ets:info(X)).
?NATIVE(ets_info_size, table(set), ets:info(X, size)).
?NATIVE(ets_new_del, x, ets:delete(ets:new(X, []))).
?NATIVE(ets_fill_100, pairs(1, 100),
        begin Tb = ets:new(t, []), ets:insert(Tb, X), ets:delete(Tb) end).
?NATIVE(ets_dao, ets:new(t, []), begin ets:insert(X, {a, 1}), ets:delete_all_objects(X) end).
?NATIVE(ets_test_ms, [{{'$1', '$2'}, [{'>', '$2', 900}], ['$1']}], ets:test_ms({1, 2}, X)).
?NATIVE(ets_ms_compile, [{{'$1', '$2'}, [{'>', '$2', 900}], ['$1']}], ets:match_spec_compile(X)).

%% Integers beyond a word

?NATIVE(integers_add, {1 bsl 100, 1 bsl 90}, begin {A, B} = X, A+B end).
?NATIVE(integers_add_1000, {(1 bsl 1000)-1, (1 bsl 990)+7}, begin {A, B} = X, A+B end).
?NATIVE(integers_sub, {1 bsl 100, 1 bsl 90}, begin {A, B} = X, A-B end).
?NATIVE(integers_mul_small, {123456789012, 98765432109}, begin {A, B} = X, A*B end).
?NATIVE(integers_mul_100, {(1 bsl 100)-1, (1 bsl 90)+7}, begin {A, B} = X, A*B end).
?NATIVE(integers_mul_1000, {(1 bsl 1000)-1, (1 bsl 990)+7}, begin {A, B} = X, A*B end).
?NATIVE(integers_mul_10000, {(1 bsl 10000)-1, (1 bsl 9900)+7}, begin {A, B} = X, A*B end).
?NATIVE(integers_div, {(1 bsl 200)-1, (1 bsl 90)+7}, begin {A, B} = X, A div B end).
?NATIVE(integers_div_small, {(1 bsl 200)-1, 1000}, begin {A, B} = X, A div B end).
?NATIVE(integers_div_1000, {(1 bsl 1000)-1, (1 bsl 500)+7}, begin {A, B} = X, A div B end).
?NATIVE(integers_rem, {(1 bsl 200)-1, (1 bsl 90)+7}, begin {A, B} = X, A rem B end).
?NATIVE(integers_rem_small, {(1 bsl 200)-1, 1000}, begin {A, B} = X, A rem B end).
?NATIVE(integers_band, {(1 bsl 200)-1, (1 bsl 90)+7}, begin {A, B} = X, A band B end).
?NATIVE(integers_bor, {(1 bsl 200)-1, (1 bsl 90)+7}, begin {A, B} = X, A bor B end).
?NATIVE(integers_bxor_neg, {-(1 bsl 200), (1 bsl 90)+7}, begin {A, B} = X, A bxor B end).
?NATIVE(integers_bnot, (1 bsl 200)-1, bnot X).
?NATIVE(integers_bsl, {1234567, 100}, begin {A, B} = X, A bsl B end).
?NATIVE(integers_bsr, {1 bsl 200, 100}, begin {A, B} = X, A bsr B end).
?NATIVE(integers_neg, 1 bsl 100, -X).
?NATIVE(integers_abs, -(1 bsl 100), abs(X)).
?NATIVE(integers_u64, 16#ffffffffffffffff,
        begin Y = X*3, (Y band 16#ffffffffffffffff) bxor (Y bsr 7) end).
?NATIVE(integers_float, 1 bsl 100, float(X)).

%% Floats

?NATIVE(floats_trunc, 3.7, trunc(X)).
?NATIVE(floats_round, 3.7, round(X)).
?NATIVE(floats_floor, 3.7, floor(X)).
?NATIVE(floats_ceil, 3.7, ceil(X)).
?NATIVE(floats_float_int, 37, float(X)).
?NATIVE(floats_trunc_big, 1.0e30, trunc(X)).
?NATIVE(floats_math_sqrt, 2.0, math:sqrt(X)).
?NATIVE(floats_math_sin, 2.0, math:sin(X)).
?NATIVE(floats_math_pow, 2.0, math:pow(X, 3.5)).
?NATIVE(floats_math_log, 2.0, math:log(X)).
?NATIVE(floats_math_exp, 2.0, math:exp(X)).
?NATIVE(floats_math_atan2, 2.0, math:atan2(X, 1.0)).
?NATIVE(floats_math_floor, 2.5, math:floor(X)).
?NATIVE(floats_math_fmod, 7.5, math:fmod(X, 2.0)).
?NATIVE(floats_abs, -5, abs(X)).

%% Process dictionary and exceptions

?NATIVE(dictionary_get, begin put(key, 1), key end, get(X)).
?NATIVE(dictionary_put, key, put(X, 1)).
?NATIVE(exceptions_raise, reason, try erlang:raise(throw, X, []) catch T -> T end).
