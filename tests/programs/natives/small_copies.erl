%% Natives that build where the result goes: tuples of lists, lists without others, names, checksums,
%% single bytes, large binaries in the external format, compiled patterns, options.
-module(small_copies).
-include("t.hrl").

main() ->
    tuples(),
    subtract(),
    names(),
    bytes(),
    external(),
    rest().

tuples() ->
    ?T([list_to_tuple(lists:seq(1, N)) || N <- [0, 1, 2, 3, 4, 5, 8, 9, 17]]),
    ?T(tuple_size(list_to_tuple(lists:seq(1, 5000)))),
    ?T(erlang:phash2(list_to_tuple(lists:seq(1, 5000)))),
    ?T(list_to_tuple(id([1, 2 | 3]))),
    ?T(list_to_tuple(id(x))),
    ?T([erlang:make_tuple(N, [a]) || N <- [0, 1, 4, 5, 9]]),
    ?T(erlang:make_tuple(id(-1), a)),
    ?T(erlang:make_tuple(id(1 bsl 24), a)),
    ?T(erlang:make_tuple(id(1 bsl 70), a)),
    ?T(erlang:make_tuple(4, x, [{2, b}, {4, d}, {2, c}])),
    ?T(erlang:make_tuple(0, x, [])),
    ?T([erlang:make_tuple(3, x, id(L)) || L <- [[{1, a} | x]]]),
    ?T([try_to(fun() -> erlang:make_tuple(3, x, L) end)
        || L <- [[{0, a}], [{4, a}], [{1, a, b}], [a], [{1, a} | b], x, [{1.0, a}], [{1 bsl 70, a}]]]).

subtract() ->
    ?T([lists:seq(1, N) -- lists:seq(2, M, 3) || N <- [0, 1, 2, 5, 9, 30], M <- [1, 2, 5, 20, 25, 28, 40]]),
    ?T([[a, b, a, c, a, b] -- L || L <- [[], [a], [a, a], [b, x, a], [c, b, a, a, a, b, a]]]),
    ?T([1, 1.0, 0.0, -0.0, 1 bsl 70, <<"a">>, {a}] -- [1.0, 1 bsl 70, {a}]),
    ?T([1, 2, 3] -- id([3 | x])),
    ?T(id([1, 2 | x]) -- [1]),
    ?T(id([1, 2 | x]) -- []),
    ?T(id(x) -- []),
    ?T([] -- id(x)),
    ?T(lists:duplicate(12, a) ++ [b] -- lists:duplicate(11, a)),
    ?T(lists:sum(lists:seq(1, 3000) -- lists:seq(1, 3000, 2))).

names() ->
    Atoms = ['', a, hello_world, 'h\x{e9}llo', 'h\x{20ac}llo'],
    ?T([try_to(fun() -> atom_to_binary(A, E) end) || A <- Atoms, E <- [latin1, utf8, unicode, x]]),
    Bins = [<<>>, <<"a">>, <<"hello_world">>, <<"h", 233, "llo">>, <<"h\x{e9}llo"/utf8>>, <<233>>,
            <<1:3>>, binary:copy(<<"a">>, 255), binary:copy(<<"a">>, 256), binary:copy(<<233>>, 255),
            <<(binary:copy(<<"a">>, 255))/binary, 200>>, <<(binary:copy(<<"a">>, 254))/binary, 200>>,
            binary:copy(<<"\x{e9}"/utf8>>, 255), binary:copy(<<"\x{e9}"/utf8>>, 256)],
    ?T([try_to(fun() -> binary_to_atom(part_of(B), E) end) || B <- Bins, is_binary(B), E <- [latin1, utf8, unicode, x]]),
    ?T([try_to(fun() -> binary_to_atom(B, E) end) || B <- Bins, E <- [latin1, utf8, unicode, x]]),
    ?T([try_to(fun() -> binary_to_existing_atom(B, E) end)
        || B <- [<<"hello_world">>, <<"no_such_atom_anywhere_1">>, <<200>>, x], E <- [latin1, utf8]]),
    ?T(list_to_pid(pid_to_list(self())) =:= self()),
    ?T([try_to(fun() -> list_to_pid(L) end)
        || L <- ["<0.1.>", "<0..1>", "<0.1>", "<0.1.2.3>", "0.1.2", "<0.1.2", "<.1.2>", "<0.x.2>", "<0.-1.2>",
                 "<0.99999999999999999999.0>", "<0.4294967296.0>", "<77.1.0>", "<>", "", [$< | x], x, [256]]]),
    ?T([try_to(fun() -> list_to_ref(L) end) || L <- ["#Ref<0>", "#Ref<0.1.2.3.4.5.6>", "#Ref<", "#Ref<0.1.1.a>", x]]),
    ?T([try_to(fun() -> list_to_port(L) end) || L <- ["#Port<0>", "#Port<0.1.2>", "#Port<0.>"]]).

bytes() ->
    All = list_to_binary([I rem 251 || I <- lists:seq(1, 300)]),
    ?T([erlang:crc32(binary:part(All, 0, N)) || N <- [0, 1, 7, 8, 16, 127, 128, 129, 255, 300]]),
    ?T([erlang:crc32(4294967295, binary:part(All, N, 5)) || N <- [0, 1, 7, 100]]),
    ?T(erlang:crc32([<<"a">>, "bc", [[] | part_of(<<"def">>)]])),
    ?T(erlang:crc32(erlang:crc32(<<"ab">>), <<"cdef">>)),
    ?T(erlang:crc32(id([256]))),
    ?T(erlang:crc32(id(<<1:3>>))),
    ?T([{binary:first(B), binary:last(B), binary:at(B, 1)} || B <- [<<1, 2, 3>>, part_of(<<200, 100, 50>>)]]),
    ?T([try_to(fun() -> binary:F(B) end) || F <- [first, last], B <- [<<>>, <<1:3>>, x]]),
    ?T([try_to(fun() -> binary:at(<<1, 2>>, I) end) || I <- [-1, 0, 1, 2, 1 bsl 70, x]]),
    ?T([binary:copy(B, N) || B <- [<<>>, <<"a">>, part_of(<<"abc">>)], N <- [0, 1, 3]]),
    ?T(byte_size(binary:copy(All, 1000))),
    ?T([iolist_size(L) || L <- [[], <<>>, <<"ab">>, [<<"ab">>, [1, 2 | <<"c">>], [[[]]]], lists:duplicate(300, <<"abc">>)]]),
    ?T([try_to(fun() -> iolist_size(L) end) || L <- [[<<1:3>>], [<<1:3>>, <<2:5>>], [a], [1 | 2], 256, [256], [-1]]]),
    ?T(bitstring_to_list(<<"abcdefg", 1:3>>)).

external() ->
    Large = list_to_binary([I rem 251 || I <- lists:seq(1, 5000)]),
    <<_:5, Odd:1500/binary, _/bits>> = Large,
    <<_:3, Bits:12345/bits, _/bits>> = Large,
    Terms = [Large, binary:part(Large, 0, 1023), binary:part(Large, 0, 1024), binary:part(Large, 1, 1025),
             Odd, Bits, <<Large/binary, 1:1>>, [Large | Large], {a, Large, "text", Odd, [Bits, b], 1.5},
             #{Large => Odd, b => [Large, Large]}, fun() -> {Large, Bits} end,
             [binary:part(Large, I, 1000 + I) || I <- lists:seq(1, 60)]],
    ?T([begin
            B = term_to_binary(T),
            {byte_size(B), is_function(T) orelse erlang:md5(B), binary_to_term(B) =:= T,
             iolist_to_binary(term_to_iovec(T)) =:= B, erlang:external_size(T) >= byte_size(B)}
        end || T <- Terms]),
    ?T([begin
            B = term_to_binary(T, [{compressed, C}, {minor_version, 2}]),
            binary_to_term(B) =:= T
        end || T <- Terms, C <- [0, 1, 9]]),
    Lists = [lists:seq(1, 300), [1, 2, 300, x, 4], [300 | 4], [300, 301 | x], [300, [301, [302 | y]], 303],
             [1 bsl 40, -1, 256, 1.0], [256 | <<"a">>], lists:seq(250, 260) ++ [<<"b">>], [x, 1000], [1000]],
    ?T([{term_to_binary(L), erlang:external_size(L), binary_to_term(term_to_binary(L)) =:= L} || L <- Lists]).

rest() ->
    Text = <<"the quick brown fox jumps over the lazy dog">>,
    One = binary:compile_pattern(<<"fox">>),
    Many = binary:compile_pattern([<<"fox">>, <<"dog">>, <<"the">>]),
    ?T([{binary:match(Text, P), binary:matches(Text, P), binary:split(Text, P, [global]),
         binary:match(Text, P, [{scope, {20, 20}}]), binary:match(<<>>, P)}
        || P <- [One, Many, <<"fox">>, [<<"fox">>, <<"dog">>, <<"the">>], <<"x">>]]),
    {bm, R} = One,
    {ac, S} = Many,
    ?T([try_to(fun() -> binary:match(Text, P) end)
        || P <- [{ac, R}, {bm, S}, {bm, make_ref()}, {bm, x}, {x, R}, {bm, R, R}, {bm}, <<>>, [], [<<>>], [x], x]]),
    ?T([try_to(fun() -> is_integer(erlang:unique_integer(L)) end)
        || L <- [[], [positive], [monotonic], [positive, monotonic], [monotonic | x], [x], x]]),
    ?T(erlang:unique_integer([monotonic]) < erlang:unique_integer([monotonic])),
    ?T(erlang:unique_integer([positive]) > 0),
    ?T(lists:keysearch(b, 1, [{a, 1}, {b, 2}])),
    Packets = [<<"hello\nworld">>, <<"hello\n">>, <<"hello">>, <<"\n">>, part_of(<<"ab\ncd">>),
               <<"ab\ncd", 1:3>>, <<"ab\n", 1:3>>, <<(binary:copy(<<"x">>, 200))/binary, "\n", (binary:copy(<<"y">>, 200))/binary>>],
    ?T([erlang:decode_packet(line, P, []) || P <- Packets]),
    ?T([erlang:decode_packet(1, P, []) || P <- [<<3, "abcd">>, <<3, "abc">>, <<3, "ab">>, <<0>>, <<3, "abcd", 1:5>>, part_of(<<2, "xyz">>)]]),
    ?T([erlang:decode_packet(raw, P, []) || P <- [<<"abc">>, <<"abc", 1:1>>, part_of(<<"abc">>)]]),
    ?T([os:putenv("GIRDER_SMALL", V) || V <- ["a", "", ["b", [$c]], "\x{e9}"]]),
    ?T(os:getenv("GIRDER_SMALL")),
    ?T([try_to(fun() -> os:getenv(N) end) || N <- [["GIRDER", "_", [$S], "MALL"], [a], "a" ++ b, [0], x, [16#D800], [1 bsl 70], ["A" | b]]]),
    ?T(is_process_alive(self())).

%% The same bytes, but not at the beginning of a byte.
part_of(Bytes) ->
    Size = byte_size(Bytes),
    <<_:3, Part:Size/binary, _/bits>> = <<5:3, Bytes/binary, 1:5>>,
    Part.
