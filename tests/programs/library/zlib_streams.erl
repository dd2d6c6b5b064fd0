%% Compressing and decompressing in streams. What compressed data looks like is not printed: it need
%% not be the same, only come back the same.
-module(zlib_streams).
-include("t.hrl").
-compile(nowarn_deprecated_function).

main() ->
    whole(),
    streams(),
    window_bits(),
    ends(),
    dictionaries(),
    pieces(),
    parameters(),
    states(),
    owners(),
    files(),
    ok.

text() -> binary:copy(<<"The quick brown fox jumps over the lazy dog. ">>, 2000).

noise(N) -> noise(N, 12345, <<>>).

noise(0, _, Bytes) -> Bytes;
noise(N, S, Bytes) ->
    S1 = (S * 1103515245 + 12345) band 16#7fffffff,
    noise(N - 1, S1, <<Bytes/binary, ((S1 bsr 16) band 255)>>).

bin(IoList) -> iolist_to_binary(IoList).

with(Fun) ->
    Z = zlib:open(),
    try Fun(Z)
    catch C:R -> {C, R}
    after catch zlib:close(Z)
    end.

whole() ->
    T = text(),
    ?T([zlib:uncompress(zlib:compress(D)) =:= bin(D) || D <- [<<>>, "a", T, [T, "x" | <<"y">>], noise(100000)]]),
    ?T([zlib:unzip(zlib:zip(D)) =:= bin(D) || D <- [<<>>, "a", T, noise(100000)]]),
    ?T([zlib:gunzip(zlib:gzip(D)) =:= bin(D) || D <- [<<>>, "a", T, noise(100000)]]),
    ?T(byte_size(zlib:compress(T)) < 2000),
    ?T(zlib:gunzip([zlib:gzip("one "), zlib:gzip("two")])),
    ?T([try_to(fun() -> zlib:uncompress(D) end) || D <- [<<>>, "abc", "abcdefghijk", 1, [300], binary:part(zlib:compress(T), 0, 50)]]),
    ?T([try_to(fun() -> zlib:unzip(D) end) || D <- [<<>>, <<255, 255, 255>>, x, binary:part(zlib:zip(T), 0, 50)]]),
    ?T([try_to(fun() -> zlib:gunzip(D) end) || D <- [<<>>, "abcdefgh", binary:part(zlib:gzip(T), 0, 50), [zlib:gzip("x"), "tail"]]]),
    ?T(zlib:uncompress(<<120, 156, 203, 72, 205, 201, 201, 7, 0, 6, 44, 2, 21>>)),
    ?T(zlib:unzip(<<203, 72, 205, 201, 201, 7, 0>>)),
    ?T(try_to(fun() -> zlib:uncompress(<<120, 156, 203, 72, 205, 201, 201, 7, 0, 6, 44, 2, 22>>) end)).

streams() ->
    T = text(),
    ?T(with(fun(Z) ->
                    R0 = zlib:deflateInit(Z),
                    A = zlib:deflate(Z, T),
                    B = zlib:deflate(Z, <<"more">>, sync),
                    C = zlib:deflate(Z, ["even ", "more"], full),
                    D = zlib:deflate(Z, "end", finish),
                    R1 = zlib:deflateEnd(Z),
                    All = zlib:uncompress([A, B, C, D]),
                    {R0, R1, All =:= <<T/binary, "moreeven moreend">>, [is_list(L) || L <- [A, B, C, D]]}
            end)),
    %% Each level and strategy.
    ?T([with(fun(Z) ->
                     ok = zlib:deflateInit(Z, Level, deflated, 15, 8, Strategy),
                     zlib:uncompress(zlib:deflate(Z, T, finish)) =:= T
             end)
        || Level <- [none, default, best_compression, best_speed, 0, 3, 9], Strategy <- [default, filtered, huffman_only, rle]]),
    ?T([with(fun(Z) ->
                     ok = zlib:deflateInit(Z, default, deflated, 15, Mem, default),
                     zlib:uncompress(zlib:deflate(Z, noise(20000), finish)) =:= noise(20000)
             end)
        || Mem <- lists:seq(1, 9)]),
    %% Input byte by byte.
    ?T(with(fun(Z) ->
                    ok = zlib:deflateInit(Z),
                    Out = [zlib:deflate(Z, [B]) || <<B>> <= binary:part(T, 0, 500)],
                    zlib:uncompress([Out, zlib:deflate(Z, [], finish)]) =:= binary:part(T, 0, 500)
            end)),
    ?T(with(fun(Z) ->
                    ok = zlib:inflateInit(Z),
                    Out = [zlib:inflate(Z, [B]) || <<B>> <= zlib:compress(T)],
                    {zlib:inflateEnd(Z), bin(Out) =:= T}
            end)).

window_bits() ->
    T = text(),
    ?T([{W, with(fun(Z) ->
                         ok = zlib:deflateInit(Z, default, deflated, W, 8, default),
                         C = zlib:deflate(Z, T, finish),
                         ok = zlib:deflateEnd(Z),
                         ok = zlib:inflateInit(Z, W),
                         D = zlib:inflate(Z, C),
                         ok = zlib:inflateEnd(Z),
                         bin(D) =:= T
                 end)} || W <- [9, 10, 15, -9, -15, 25, 31]]),
    ?T([{W, with(fun(Z) -> zlib:deflateInit(Z, default, deflated, W, 8, default) end)}
        || W <- [8, -8, 24, 16, 20, 32, 47, 48, 7, -7, -16, 0, x]]),
    ?T([{W, with(fun(Z) -> zlib:inflateInit(Z, W) end)} || W <- [8, -8, 24, 17, 33, 40, 47, 48, 7, -7, -16, 0, x]]),
    %% Either header.
    ?T([with(fun(Z) -> ok = zlib:inflateInit(Z, 47), bin(zlib:inflate(Z, C)) end) || C <- [zlib:compress("abc"), zlib:gzip("abc")]]),
    ?T(with(fun(Z) -> ok = zlib:inflateInit(Z, 31), bin(zlib:inflate(Z, zlib:compress("abc"))) end)).

ends() ->
    Twice = [zlib:gzip("one "), zlib:gzip("two")],
    ?T([{B, with(fun(Z) ->
                         ok = zlib:inflateInit(Z, 31, B),
                         R = zlib:inflate(Z, Twice),
                         {bin(R), zlib:inflateEnd(Z)}
                 end)} || B <- [cut, reset, error, other]]),
    ?T(with(fun(Z) ->
                    ok = zlib:inflateInit(Z),
                    A = zlib:inflate(Z, zlib:compress("abc")),
                    B = zlib:inflate(Z, "behind"),
                    {bin(A), bin(B), zlib:inflateEnd(Z)}
            end)),
    ?T(with(fun(Z) -> ok = zlib:inflateInit(Z), zlib:inflate(Z, binary:part(zlib:compress(text()), 0, 40)), zlib:inflateEnd(Z) end)),
    ?T(with(fun(Z) -> ok = zlib:inflateInit(Z), zlib:inflateEnd(Z) end)),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), zlib:deflateEnd(Z) end)),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), _ = zlib:deflate(Z, "abc"), zlib:deflateEnd(Z) end)),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), _ = zlib:deflate(Z, "abc", finish), zlib:deflate(Z, "more", finish) end)),
    ?T(with(fun(Z) ->
                    ok = zlib:deflateInit(Z),
                    _ = zlib:deflate(Z, "abc"),
                    R = zlib:deflateReset(Z),
                    {R, zlib:uncompress(zlib:deflate(Z, "anew", finish))}
            end)),
    ?T(with(fun(Z) ->
                    ok = zlib:inflateInit(Z),
                    _ = zlib:inflate(Z, binary:part(zlib:compress("abcdefgh"), 0, 6)),
                    R = zlib:inflateReset(Z),
                    {R, bin(zlib:inflate(Z, zlib:compress("anew"))), zlib:inflateEnd(Z)}
            end)),
    ?T(with(fun(Z) -> ok = zlib:inflateInit(Z), zlib:inflate(Z, "nonsense") end)).

dictionaries() ->
    Dict = <<"brown fox lazy dog quick">>,
    T = text(),
    [C1] = [with(fun(Z) ->
                         ok = zlib:deflateInit(Z),
                         Sum = zlib:deflateSetDictionary(Z, Dict),
                         io:format("~p~n", [Sum]),
                         bin(zlib:deflate(Z, T, finish))
                 end)],
    ?T(with(fun(Z) -> ok = zlib:inflateInit(Z), zlib:inflate(Z, C1) end)),
    ?T(with(fun(Z) ->
                    ok = zlib:inflateInit(Z),
                    {need_dictionary, Sum, []} = zlib:inflate(Z, C1, [{exception_on_need_dict, false}]),
                    R = zlib:inflateSetDictionary(Z, Dict),
                    D = zlib:inflate(Z, []),
                    {Sum, R, bin(D) =:= T, zlib:inflateEnd(Z)}
            end)),
    ?T(with(fun(Z) ->
                    ok = zlib:inflateInit(Z),
                    {'EXIT', {{need_dictionary, _}, _}} = (catch zlib:inflate(Z, C1)),
                    zlib:inflateSetDictionary(Z, "another")
            end)),
    ?T(with(fun(Z) -> ok = zlib:inflateInit(Z), zlib:inflateSetDictionary(Z, Dict) end)),
    ?T(with(fun(Z) ->
                    ok = zlib:deflateInit(Z, default, deflated, -15, 8, default),
                    Sum = zlib:deflateSetDictionary(Z, [Dict]),
                    C = zlib:deflate(Z, T, finish),
                    ok = zlib:deflateEnd(Z),
                    ok = zlib:inflateInit(Z, -15),
                    ok = zlib:inflateSetDictionary(Z, Dict),
                    D = zlib:inflate(Z, C),
                    {Sum, bin(D) =:= T, zlib:inflateGetDictionary(Z) =:= binary:part(T, byte_size(T), -32768)}
            end)),
    ?T(with(fun(Z) ->
                    ok = zlib:inflateInit(Z),
                    A = zlib:inflateGetDictionary(Z),
                    _ = zlib:inflate(Z, zlib:compress("abc")),
                    {A, zlib:inflateGetDictionary(Z)}
            end)),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), _ = zlib:deflate(Z, "x", sync), zlib:deflateSetDictionary(Z, Dict) end)),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), zlib:deflateSetDictionary(Z, x) end)).

safe(Z, Data) ->
    case zlib:safeInflate(Z, Data) of
        {continue, Out} -> [bin(Out) | safe(Z, [])];
        {finished, Out} -> [bin(Out)]
    end.

chunks(_, Out) when not is_tuple(Out) -> [bin(Out)];
chunks(Z, {more, Out}) -> [bin(Out) | chunks(Z, zlib:inflateChunk(Z))].

pieces() ->
    T = text(),
    C = zlib:compress(T),
    ?T(with(fun(Z) ->
                    ok = zlib:inflateInit(Z),
                    P = safe(Z, C),
                    {lists:all(fun(B) -> byte_size(B) =< 16384 end, P), bin(P) =:= T, zlib:inflateEnd(Z)}
            end)),
    ?T(with(fun(Z) ->
                    ok = zlib:inflateInit(Z),
                    A = zlib:getBufSize(Z),
                    B = zlib:setBufSize(Z, 1000),
                    P = chunks(Z, zlib:inflateChunk(Z, C)),
                    {A, B, zlib:getBufSize(Z), lists:usort([byte_size(X) || X <- P]), bin(P) =:= T}
            end)),
    ?T(with(fun(Z) -> zlib:setBufSize(Z, 1) end)),
    ?T(with(fun(Z) -> zlib:setBufSize(Z, x) end)).

parameters() ->
    T = text(),
    ?T([with(fun(Z) ->
                     ok = zlib:deflateInit(Z, From),
                     A = zlib:deflate(Z, T),
                     R = zlib:deflateParams(Z, To, Strategy),
                     B = zlib:deflate(Z, T, finish),
                     {R, zlib:deflateEnd(Z), zlib:uncompress([A, B]) =:= <<T/binary, T/binary>>}
             end)
        || {From, To, Strategy} <- [{default, best_compression, default}, {none, best_speed, default}, {9, 0, huffman_only}, {1, 1, rle}]]),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), zlib:deflateParams(Z, 10, default) end)),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), zlib:deflateParams(Z, 9, x) end)),
    ?T(with(fun(Z) -> zlib:deflateInit(Z, 10) end)),
    ?T(with(fun(Z) -> zlib:deflateInit(Z, default, x, 15, 8, default) end)),
    ?T(with(fun(Z) -> zlib:deflateInit(Z, default, deflated, 15, 10, default) end)),
    ?T(with(fun(Z) -> zlib:deflateInit(Z, default, deflated, 15, 8, x) end)),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), zlib:deflate(Z, "x", x) end)),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), zlib:deflate(Z, x) end)).

states() ->
    ?T(with(fun(Z) -> zlib:deflate(Z, "x") end)),
    ?T(with(fun(Z) -> zlib:inflate(Z, "x") end)),
    ?T(with(fun(Z) -> zlib:deflateEnd(Z) end)),
    ?T(with(fun(Z) -> zlib:inflateEnd(Z) end)),
    ?T(with(fun(Z) -> zlib:inflateReset(Z) end)),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), zlib:deflateInit(Z) end)),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), zlib:inflateInit(Z) end)),
    ?T(with(fun(Z) -> ok = zlib:deflateInit(Z), zlib:inflate(Z, "x") end)),
    ?T(with(fun(Z) -> ok = zlib:inflateInit(Z), zlib:deflate(Z, "x") end)),
    ?T(with(fun(Z) -> ok = zlib:close(Z), zlib:close(Z) end)),
    ?T(with(fun(Z) -> ok = zlib:close(Z), zlib:deflateInit(Z) end)),
    ?T(with(fun(Z) -> ok = zlib:close(Z), zlib:inflate(Z, "") end)),
    %% The frames of natives within a module: the placeholder is not one of them.
    ?T(frames_of(fun() -> zlib:close(make_ref()) end)),
    ?T(frames_of(fun() -> {zlib:close(make_ref())} end)),
    ?T([try_to(fun() -> F(make_ref()) end)
        || F <- [fun zlib:close/1, fun zlib:deflateInit/1, fun zlib:inflateInit/1, fun zlib:deflateEnd/1, fun zlib:getBufSize/1]]),
    ?T(with(fun(Z) ->
                    ok = zlib:deflateInit(Z, default, deflated, -15, 8, default),
                    _ = zlib:deflate(Z, "123456789", finish),
                    {zlib:crc32(Z), zlib:crc32(Z, "123456789"), zlib:crc32(Z, 0, "1"), zlib:adler32(Z, "123456789"), zlib:adler32(Z, 1, "1"),
                     zlib:crc32_combine(Z, 1, 2, 3), zlib:adler32_combine(Z, 1, 2, 3)}
            end)),
    ?T(with(fun(Z) ->
                    ok = zlib:inflateInit(Z, -15),
                    _ = zlib:inflate(Z, zlib:zip("123456789")),
                    zlib:crc32(Z)
            end)),
    ?T(with(fun(Z) -> zlib:crc32(Z) end)).

owners() ->
    Z = zlib:open(),
    ok = zlib:deflateInit(Z),
    ?T(other(fun() -> zlib:deflate(Z, "x") end)),
    ?T(other(fun() -> zlib:close(Z) end)),
    ?T(try_to(fun() -> zlib:set_controlling_process(Z, x) end)),
    Self = self(),
    Pid = spawn(fun() -> receive go -> Self ! {self(), zlib:uncompress(zlib:deflate(Z, "given away", finish))} end end),
    ?T(zlib:set_controlling_process(Z, Pid)),
    Pid ! go,
    receive {Pid, R} -> ?T(id(R)) end,
    ?T(try_to(fun() -> zlib:close(Z) end)).

other(Fun) ->
    Self = self(),
    Pid = spawn(fun() -> Self ! {self(), try_to(Fun)} end),
    receive {Pid, R} -> R end.

%% What other programs have made.
files() ->
    Gz = base64:decode("H4sICAAAAAACA3RlbXAAK8nILFYAokSFktTiEoWktMwcLgAwTCbhEgAAAA=="),
    ?T(try_to(fun() -> zlib:gunzip(Gz) end)),
    <<Head:12/binary, Rest/binary>> = Gz,
    ?T(with(fun(Z) -> ok = zlib:inflateInit(Z, 31), try_to(fun() -> bin([zlib:inflate(Z, Head), zlib:inflate(Z, Rest)]) end) end)).

frames_of(Fun) ->
    try Fun()
    catch error:badarg:Stack -> [{M, F, if is_list(A) -> length(A); true -> A end} || {M, F, A, _} <- Stack, M =:= zlib]
    end.
