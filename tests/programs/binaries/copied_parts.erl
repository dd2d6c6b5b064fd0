%% Parts of small binaries, whole bytes or not, survive being sent, kept in tables and compared.
-module(copied_parts).
-include("t.hrl").

main() ->
    [?T({Skip, Bits, copies(Skip, Bits)})
     || Skip <- [0, 1, 8, 13, 64], Bits <- [129, 136, 191, 192, 193, 255, 400]],
    ?T(take_apart(list_to_binary(lists:seq(1, id(60))), [])),
    ok.

copies(Skip, Bits) ->
    Whole = list_to_binary(lists:seq(1, id(64))),
    <<_:Skip, Part:Bits/bits, _/bits>> = Whole,
    Self = self(),
    Pid = spawn_link(fun() -> receive M -> Self ! {back, M, erlang:phash2(M)} end end),
    Pid ! Part,
    {Back, Hash} = receive {back, M, H} -> {M, H} end,
    T = ets:new(t, []),
    ets:insert(T, {Part, [Part | Part]}),
    [{Key, [A | B]}] = ets:lookup(T, id(Part)),
    persistent_term:put(?MODULE, {Part}),
    {Kept} = persistent_term:get(?MODULE),
    {Back =:= Part, Hash =:= erlang:phash2(Part), Key =:= Part, A =:= Part, B =:= Part,
     Kept =:= Part, bit_size(Back), Back}.

%% What is left, sent at every step.
take_apart(<<_, Rest/binary>>, Sizes) ->
    self() ! Rest,
    Got = receive M -> M end,
    Got = Rest,
    take_apart(Got, [byte_size(Got) | Sizes]);
take_apart(<<>>, Sizes) ->
    Sizes.
