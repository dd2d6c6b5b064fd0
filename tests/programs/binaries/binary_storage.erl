%% What comprehensions and appending reserve, as the machine's test interface tells it.
-module(binary_storage).
-include("t.hrl").

main() ->
    ?T(erts_debug:get_internal_state({binary_info, <<1>>})),
    _ = erts_debug:set_internal_state(available_internal_state, true),
    ?T(info(<< <<(X + 1)>> || <<X>> <= id(<<1, 2, 3>>) >>)),
    ?T(info(<< <<X:3>> || X <- id([1, 2, 3, 4, 5, 6]) >>)),
    ?T(info(<< <<X:32>> || X <- id(lists:seq(1, 1000)) >>)),
    ?T(info(<< <<X>> || X <- id([1, 2, 3, 4]), X > id(1) >>)),
    ?T(info(<< <<X/utf8>> || X <- id("abc") >>)),
    ?T(info(<< <<X>> || X <- id(lists:duplicate(1000, 1)), X > id(0) >>)),
    ?T(info(<< <<X>> || <<X>> <= id(<<>>) >>)),
    ?T(info(append(<<>>, 3))),
    ?T(info(binary:copy(<<"abc">>, 100))),
    ?T(info(list_to_binary([id(1), 2, 3]))),
    ?T(erts_debug:get_internal_state({binary_info, id(x)})),
    ?T(erts_debug:get_internal_state({no_such_info, id(x)})),
    _ = erts_debug:set_internal_state(available_internal_state, false),
    ?T([erts_debug:disassemble(X) || X <- [{lists, reverse, 1}, {no_such_module, f, 1}, id(x), 1]]),
    ok.

append(B, 0) -> B;
append(B, N) -> append(<<B/binary, (binary:copy(<<N>>, 100))/binary>>, N - 1).

%% Without the flags, which tell who may write.
info(B) ->
    case erts_debug:get_internal_state({binary_info, B}) of
        {Kind, Used, Room, _} -> {Kind, Used, Room, erlang:crc32(<<B/bitstring, 0:(7 - (bit_size(B) + 7) rem 8)>>)};
        Other -> Other
    end.
