%% External terms with large binaries in them, and how many bytes terms take.
-module(large_external).
-include("t.hrl").

main() ->
    Large = [binary:copy(<<"abcdefg">>, N) || N <- [1, 9, 10, 146, 147, 300, 586, 1500, 6000, 40000]],
    %% Places that lie anywhere in a page, near what is copied and far from it.
    ?T(erlang:phash2([begin
                          Term = {B, N, [B, x], <<B/binary, 5:3>>},
                          Bytes = term_to_binary(Term),
                          {Term =:= binary_to_term(Bytes), byte_size(Bytes) =:= erlang:external_size(Term),
                           Bytes =:= iolist_to_binary(erlang:term_to_iovec(Term)), erlang:phash2(Bytes)}
                      end || B <- Large, N <- [0, 300]])),
    ?T([begin
            <<_:S, Part/bits>> = lists:last(Large),
            Copy = binary_to_term(term_to_binary(Part)),
            Copy =:= Part andalso bit_size(Copy)
        end || S <- [0, 1, 8, 77]]),
    Holder = lists:last(Large),
    ?T(lists:usort([begin
                        Part = binary:part(Holder, From, Len),
                        binary_to_term(term_to_binary([Part | From])) =:= [Part | From]
                    end || From <- [0, 1, 2, 31, 255, 257, 4090], Len <- [2047, 2048, 2049, 4096, 4097, 10000, 100000]])),
    Terms = [0, 255, 256, -1, 1 bsl 31, -(1 bsl 31) - 1, (1 bsl 59) - 1, 1 bsl 64, 1.5, 0.0, 1.0e300, a, 'ä', '日本', [], "abc", [1, 256], [a | b],
             {}, {a, 1, "abc", <<"def">>, 3.14}, {1, 2, 3.5, a, {b, 'ö', []}, 7}, #{a => 1, {b, 2} => [1.0]}, <<1:3>>, <<>>,
             fun lists:map/2, lists:duplicate(70000, 1), list_to_tuple(lists:seq(1, 300))],
    ?T([{erlang:external_size(T), byte_size(term_to_binary(T))} || T <- Terms]),
    ?T([{V, [erlang:external_size(T, [{minor_version, V}]) || T <- Terms]} || V <- [0, 1]]),
    ?T([erlang:phash2(term_to_binary(T, [{minor_version, V}])) || T <- Terms, not is_float(T), V <- [0, 1, 2]]).
