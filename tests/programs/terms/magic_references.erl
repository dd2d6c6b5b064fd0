%% References to objects of the machine (atomics, counters, tables) that have been bytes or text are
%% the same references again, while one of them has been somewhere all along.
-module(magic_references).
-export([main/0, made/0]).

main() ->
    A = atomics:new(2, []),
    atomics:put(A, 1, 7),
    B = binary_to_term(term_to_binary(A)),
    show(bytes, [A =:= B, A == B, atomics:get(B, 1)]),
    atomics:add(B, 1, 1),
    show(one, [atomics:get(A, 1), atomics:info(A) =:= atomics:info(B)]),
    C = list_to_ref(ref_to_list(A)),
    show(text, [A =:= C, atomics:get(C, 1)]),
    D = list_to_ref(lists:flatten(io_lib:format("~w", [A]))),
    show(written, [A =:= D, atomics:get(D, 1)]),
    {_, [{E, _}]} = binary_to_term(term_to_binary({a, [{A, #{A => 1}}]}, [compressed])),
    show(inside, atomics:get(E, 1)),
    #{A := F} = binary_to_term(term_to_binary(#{A => self()})),
    show(key, F =:= self()),
    show(safe, atomics:get(binary_to_term(term_to_binary(A), [safe]), 1)),
    [counter(Kind) || Kind <- [[], [atomics], [write_concurrency]]],
    elsewhere(A),
    in_other_hands(),
    gone(),
    table(),
    file(),
    show(last, atomics:get(A, 1)),
    plain().

show(What, X) -> io:format("~p: ~p~n", [What, X]).

try_get(R) -> try atomics:get(R, 1) catch C:E -> {C, E} end.

counter(Kind) ->
    C = counters:new(1, Kind),
    counters:add(C, 1, 5),
    D = binary_to_term(term_to_binary(C)),
    counters:add(D, 1, 1),
    show(counter, [C =:= D, counters:get(C, 1)]).

%% Bytes to another process, which reads them.
elsewhere(A) ->
    Self = self(),
    Bytes = term_to_binary(A),
    P = spawn(fun() -> Self ! {self(), try_get(binary_to_term(Bytes))} end),
    receive {P, X} -> show(elsewhere, X) end.

%% The one that is left has come from bytes.
in_other_hands() ->
    {Made, Copy} = ?MODULE:made(),
    erlang:garbage_collect(),
    show(left, try_get(Copy)),
    show(again, try_get(binary_to_term(Made))),
    show(same, binary_to_term(Made) =:= Copy).

made() ->
    A = atomics:new(1, []),
    atomics:put(A, 1, 9),
    Bytes = term_to_binary(A),
    {Bytes, binary_to_term(Bytes)}.

%% Of what is gone only the number is left.
gone() ->
    {Bytes, Text} = written(),
    erlang:garbage_collect(),
    show(gone, try_get(binary_to_term(Bytes))),
    show(gone, try_get(list_to_ref(Text))),
    show(still_equal, binary_to_term(Bytes) =:= list_to_ref(Text)).

written() ->
    A = atomics:new(1, []),
    {term_to_binary(A), ref_to_list(A)}.

table() ->
    T = ets:new(t, [public]),
    ets:insert(T, {a, 1}),
    T1 = binary_to_term(term_to_binary(T)),
    T2 = list_to_ref(ref_to_list(T)),
    show(table, [ets:lookup(T1, a), ets:lookup(T2, a), T1 =:= T, T2 =:= T]),
    ets:delete(T),
    show(deleted, [ets:info(T), ets:info(T1), ets:info(T2),
                   ets:info(binary_to_term(term_to_binary(T)))]),
    show(deleted, [failure(fun() -> ets:lookup(X, a) end)
                   || X <- [T, T1, binary_to_term(term_to_binary(T1))]]).

failure(F) -> try F() catch C:E -> {C, E} end.

file() ->
    {ok, {file_descriptor, M, #{handle := H} = Data}} = file:open("/dev/zero", [raw, read, binary]),
    Same = {file_descriptor, M, Data#{handle := binary_to_term(term_to_binary(H))}},
    {ok, Read} = file:read(Same, 2),
    show(file, Read),
    ok = file:close({file_descriptor, M, Data}),
    show(closed, file:read(Same, 2)).

plain() ->
    R = make_ref(),
    show(plain, [R =:= binary_to_term(term_to_binary(R)), R =:= list_to_ref(ref_to_list(R)),
                 try_get(R)]).
