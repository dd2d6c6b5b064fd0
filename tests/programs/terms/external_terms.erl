%% term_to_binary and binary_to_term: the bytes of every kind of term, options, sizes, damage, unsafe input.
-module(external_terms).
-include("t.hrl").

main() ->
    Terms = [0, 1, 255, 256, -1, 2147483647, -2147483648, 2147483648, 1 bsl 59, 1 bsl 62, -(1 bsl 63), 1 bsl 64, -(1 bsl 200), 1 bsl 2050, 1.5, -0.0, 1.0e300, a, '', true, '\x{e5}', '\x{3b1}\x{3b2}', list_to_atom(lists:duplicate(255, $x)),
             [], [1], "abc", [1, 2, 300], [a | b], lists:duplicate(10, $a), {}, {a}, {1, {2}}, list_to_tuple(lists:seq(1, 260)), <<>>, <<"bin">>, <<1:3>>, <<255, 1:1>>, #{}, #{a => 1, "b" => [2]}, fun lists:map/2, [[], [[]], {[]}], lists:duplicate(3, {x, 1.0})],
    [begin
         B = term_to_binary(T),
         case byte_size(B) < 100 of
             true -> io:format("~w~n", [B]);
             false -> io:format("~w bytes ~w~n", [byte_size(B), erlang:md5(B)])
         end,
         io:format("  ~w ~w ~w~n", [binary_to_term(B) =:= T, erlang:external_size(T) >= byte_size(B), round_trips(T)])
     end || T <- Terms],
    ?T(term_to_binary({1.5, a}, [{minor_version, 0}])),
    ?T(term_to_binary({1.5, a}, [{minor_version, 1}])),
    ?T(term_to_binary({1.5, a}, [{minor_version, 2}])),
    ?T(term_to_binary(a, [{minor_version, 9}])),
    ?T(term_to_binary(a, id([bogus]))),
    ?T(byte_size(term_to_binary(lists:duplicate(1000, a), [compressed])) < 500),
    ?T(binary_to_term(term_to_binary(lists:duplicate(1000, a), [compressed])) =:= lists:duplicate(1000, a)),
    ?T(binary_to_term(term_to_binary(lists:duplicate(1000, a), [{compressed, 9}])) =:= lists:duplicate(1000, a)),
    ?T(binary:part(term_to_binary(binary:copy(<<0>>, 1000), [compressed]), 0, 6)),
    ?T(term_to_binary(small, [compressed]) =:= term_to_binary(small)),
    ?T(binary_to_term(<<131, 97, 5, 99, 99>>)),
    ?T(binary_to_term(<<131, 97, 5, 99, 99>>, [used])),
    ?T(binary_to_term(term_to_binary(existing_atom_here), [safe])),
    ?T(binary_to_term(<<131, 119, 30, "never_created_atom_name_in_here">>, [safe])),
    ?T(binary_to_term(<<131, 100, 0, 3, "abc">>)),
    ?T(binary_to_term(<<131, 115, 3, "abc">>)),
    ?T(binary_to_term(<<131, 99, "1.50000000000000000000e+00", 0, 0, 0, 0, 0>>)),
    ?T(binary_to_term(<<131, 107, 0, 2, 65, 66>>)),
    ?T(binary_to_term(<<131, 98, -5:32>>)),
    ?T(binary_to_term(<<131, 110, 1, 1, 7>>)),
    ?T(binary_to_term(<<131, 110, 4, 0, 1, 0, 0, 0>>)),
    ?T(binary_to_term(<<131, 111, 9:32, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1>>)),
    ?T(binary_to_term(<<131, 77, 2:32, 3, 1, 224>>)),
    ?T(binary_to_term(<<131, 70, 16#7ff0000000000000:64>>)),
    ?T(binary_to_term(<<131, 116, 2:32, 97, 1, 97, 2, 97, 1, 97, 3>>)),
    ?T(binary_to_term(<<131, 108, 16#ffffffff:32, 97, 1>>)),
    ?T(binary_to_term(<<131, 104, 5, 97, 1>>)),
    ?T(binary_to_term(<<131, 109, 100:32, "short">>)),
    ?T(binary_to_term(<<131, 80, 100:32, "not zlib">>)),
    ?T(binary_to_term(<<130, 97, 1>>)),
    ?T(binary_to_term(<<131>>)),
    ?T(binary_to_term(<<>>)),
    ?T(binary_to_term(<<131, 255>>)),
    ?T(binary_to_term(id(x))),
    ?T(binary_to_term(<<131, 97, 1>>, id([bogus]))),
    ?T(damage(term_to_binary({a, [1, 2.5, "str", <<"bin">>], #{k => v}, 1 bsl 80}))),
    ?T(iolist_to_binary(term_to_iovec({a, binary:copy(<<"x">>, 300)})) =:= term_to_binary({a, binary:copy(<<"x">>, 300)})),
    ?T(binary_to_term(term_to_binary(self())) =:= self()),
    ?T(begin R = make_ref(), binary_to_term(term_to_binary(R)) =:= R end),
    ?T(begin X = 5, F = fun(Y) -> X + Y end, (binary_to_term(term_to_binary(F)))(3) end),
    ?T(erlang:external_size([1, 2, 3])),
    ?T(erlang:external_size({a, 1.5}, [{minor_version, 0}])),
    ?T(big_term()),
    ok.

round_trips(T) ->
    lists:all(fun(O) -> binary_to_term(term_to_binary(T, O)) =:= T end, [[compressed], [{compressed, 1}], [{minor_version, 1}], [{minor_version, 2}, compressed]]).

%% Each single byte changed in turn: a term or badarg, nothing else.
damage(B) ->
    lists:all(fun(N) ->
                      <<A:N/binary, X, C/binary>> = B,
                      lists:all(fun(Y) -> try binary_to_term(<<A/binary, (X bxor Y), C/binary>>), true catch error:badarg -> true end end, [1, 128, 255])
              end, lists:seq(0, byte_size(B) - 1)).

big_term() ->
    T = {lists:seq(1, 3000), maps:from_list([{N, {N, integer_to_binary(N)}} || N <- lists:seq(1, 300)]), binary:copy(<<"z">>, 10000)},
    B = term_to_binary(T),
    {byte_size(B), binary_to_term(B) =:= T}.
