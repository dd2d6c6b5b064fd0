%% Messages of many shapes and sizes come as they were sent: small, large, larger than the one before,
%% smaller, with all kinds of terms, and of terms that are wide or deep.
-module(copied_messages).
-include("t.hrl").

main() ->
    Echo = spawn_link(fun echo/0),
    [out(Name, same(Echo, Term)) || {Name, Term} <- shapes()],
    out("rising", lists:all(fun(N) -> same(Echo, list(N)) end, lists:seq(1, 600, 7))),
    out("falling", lists:all(fun(N) -> same(Echo, list(N)) end, lists:seq(600, 1, -7))),
    Mixed = [(N * 7919) rem 2011 || N <- lists:seq(1, 300)],
    out("mixed", lists:all(fun(N) -> same(Echo, {N, tree(N), list(N rem 40)}) end, Mixed)),
    out("huge", [same(Echo, lists:seq(1, N)) || N <- [20000, 40000, 100, 60000, 3]]),
    out("queued", queued(Echo)),
    out("with binaries", with_binaries(Echo)),
    ?T(mutual()),
    ok.

echo() -> receive {From, Ref, M} -> From ! {Ref, M}, echo() end.

same(Echo, Term) ->
    Ref = make_ref(),
    Echo ! {self(), Ref, Term},
    receive {Ref, Answer} -> Answer =:= Term andalso erts_debug:flat_size(Answer) > -1 end.

shapes() ->
    Refc = binary:copy(<<"0123456789">>, 20),
    <<_:3, Part/bitstring>> = id(<<Refc/binary, 1:5>>),
    <<_:16, Sub:100/binary, _/binary>> = Refc,
    <<_:8, Small:5/binary, _/binary>> = id(<<"abcdefghij">>),
    F = fun(X) -> {X, Refc, Small} end,
    [{"immediates", {a, 1, self(), [], -1}}, {"floats", {1.5, 0.0, -0.0, 1.0e300, [2.0e-300]}},
     {"bignums", [1 bsl 64, -(1 bsl 200), {1 bsl 1000}]}, {"empty", {{}, [], #{}, <<>>, ""}},
     {"improper", [a, {b} | c]}, {"improper tuple", [[a | {b, [c]}] | {d, [e | f]}]},
     {"refc", {Refc, Refc, [Refc]}}, {"sub", [Sub, Small, Part, {Sub, Part}]},
     {"refs", [make_ref(), {make_ref()}, alias()]}, {"funs", [F, fun lists:map/2, {F}]},
     {"map", #{a => {1}, [b] => #{c => Refc}, 1.5 => "x", {} => #{}}},
     {"large map", maps:from_list([{{K, [K]}, {Small, K * 1.5}} || K <- lists:seq(1, 200)])},
     {"literal", {[{a, "literal", #{k => {v}}}], id("text")}},
     {"wide", list_to_tuple([{N} || N <- lists:seq(1, 3000)])},
     {"wide and deep", list_to_tuple([nest(N, Refc) || N <- lists:seq(1, 70)])},
     {"deep tuples", nest(5000, x)}, {"deep heads", heads(5000, Sub)},
     {"heads of heads", [[[[N], {N, [N]}] || N <- lists:seq(1, 40)] || _ <- lists:seq(1, 40)]}].

nest(0, X) -> X;
nest(N, X) -> {N, nest(N - 1, X), [N]}.

heads(0, X) -> [X];
heads(N, X) -> [heads(N - 1, X), N | N].

list(N) -> [{I, [I, {I, <<I:32>>}], #{key => I}} || I <- lists:seq(1, N)].

tree(0) -> leaf;
tree(N) -> {tree(N div 2), N, [tree(N div 3)]}.

%% Several on the way at a time, received in another order than they were sent in.
queued(Echo) ->
    Sent = [{make_ref(), list(N rem 60)} || N <- lists:seq(1, 200)],
    [Echo ! {self(), Ref, Term} || {Ref, Term} <- Sent],
    lists:all(fun({Ref, Term}) -> receive {Ref, Answer} -> Answer =:= Term end end, lists:reverse(Sent)).

%% What messages hold of a binary is given back, also by those that did not fit at first.
with_binaries(Echo) ->
    Binary = binary:copy(<<"x">>, 100000),
    Results = [same(Echo, [{N, Binary} || _ <- lists:seq(1, N)]) || N <- [3, 50, 500, 5, 800, 20]],
    {lists:usort(Results), byte_size(Binary), binary:referenced_byte_size(Binary)}.

%% Two that pass one another messages that grow.
mutual() ->
    Me = self(),
    Other = spawn_link(fun() -> grow(Me) end),
    Other ! {Me, [a]},
    grow_with(Other, 0).

grow(To) -> receive {_, L} -> To ! {self(), [{length(L), L} | L]}, grow(To) end.

grow_with(Other, 9) -> receive {Other, L} -> {length(L), erlang:phash2(L)} end;
grow_with(Other, N) -> receive {Other, L} -> Other ! {self(), [N | L]}, grow_with(Other, N + 1) end.
