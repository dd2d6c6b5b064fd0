%% atomics, counters and persistent_term: wrap-around, concurrent adds, errors.
-module(atomics_counters).
-include("t.hrl").

main() ->
    A = atomics:new(3, []),
    ?T(atomics:put(A, 1, 5)),
    ?T(atomics:get(A, 1)),
    ?T(atomics:add(A, 1, -7)),
    ?T(atomics:add_get(A, 1, 10)),
    ?T(atomics:sub(A, 2, 1)),
    ?T(atomics:sub_get(A, 2, 1)),
    ?T(atomics:exchange(A, 1, 100)),
    ?T(atomics:compare_exchange(A, 1, 100, 200)),
    ?T(atomics:compare_exchange(A, 1, 100, 300)),
    ?T(maps:remove(memory, atomics:info(A))),
    ?T(try_to(fun() -> atomics:get(A, 4) end)),
    ?T(try_to(fun() -> atomics:get(A, 0) end)),
    ?T(try_to(fun() -> atomics:put(A, 1, 1 bsl 63) end)),
    ?T(try_to(fun() -> atomics:put(A, 1, x) end)),
    ?T(try_to(fun() -> atomics:new(0, []) end)),
    ?T(try_to(fun() -> atomics:new(1, [bogus]) end)),
    ?T(atomics:get(id(x), 1)),
    ?T(begin atomics:put(A, 3, (1 bsl 63) - 1), atomics:add_get(A, 3, 1) end),
    U = atomics:new(1, [{signed, false}]),
    ?T(atomics:sub_get(U, 1, 1)),
    ?T(atomics:add_get(U, 1, 2)),
    ?T(try_to(fun() -> atomics:put(U, 1, -1) end)),
    ?T(maps:get(max, atomics:info(U))),
    C = counters:new(2, [write_concurrency]),
    D = counters:new(2, [atomics]),
    ?T([begin counters:add(X, 1, 5), counters:sub(X, 1, 2), counters:put(X, 2, 9), {counters:get(X, 1), counters:get(X, 2)} end || X <- [C, D]]),
    ?T(maps:remove(memory, counters:info(D))),
    ?T(try_to(fun() -> counters:get(D, 3) end)),
    ?T(concurrent(A, D)),
    ?T(persistent_term:put({k, 1}, [value, "s"])),
    ?T(persistent_term:get({k, 1})),
    ?T(persistent_term:get(missing_key)),
    ?T(persistent_term:get(missing_key, default)),
    ?T(persistent_term:put({k, 1}, other)),
    ?T(persistent_term:get({k, 1})),
    ?T(persistent_term:erase({k, 1})),
    ?T(persistent_term:erase({k, 1})),
    ?T(persistent_term:get({k, 1}, gone)),
    ?T(persistent_terms(200)),
    ?T(survives_erase()),
    ok.

concurrent(A, D) ->
    atomics:put(A, 1, 0),
    counters:put(D, 1, 0),
    Ps = [spawn_monitor(fun() -> [begin atomics:add(A, 1, 1), counters:add(D, 1, 2) end || _ <- lists:seq(1, 500)] end) || _ <- lists:seq(1, 8)],
    [receive {'DOWN', R, process, P, normal} -> ok end || {P, R} <- Ps],
    {atomics:get(A, 1), counters:get(D, 1)}.

persistent_terms(N) ->
    [persistent_term:put({pt, K}, #{k => K, l => lists:seq(1, K)}) || K <- lists:seq(1, N)],
    S = lists:sum([length(maps:get(l, persistent_term:get({pt, K}))) || K <- lists:seq(1, N)]),
    In = length([K || {{pt, K}, _} <- persistent_term:get()]),
    [persistent_term:erase({pt, K}) || K <- lists:seq(1, N)],
    {S, In, length([K || {{pt, K}, _} <- persistent_term:get()])}.

%% A term read before it was erased stays whole.
survives_erase() ->
    persistent_term:put(held, {big, lists:seq(1, 100), binary:copy(<<"b">>, 100)}),
    T = persistent_term:get(held),
    Self = self(),
    P = spawn_link(fun() -> X = persistent_term:get(held), Self ! {self(), ready}, receive go -> Self ! {self(), element(2, X)} end end),
    receive {P, ready} -> ok end,
    persistent_term:erase(held),
    erlang:garbage_collect(),
    P ! go,
    L = receive {P, X} -> X end,
    {L =:= element(2, T), length(L), byte_size(element(3, T))}.
