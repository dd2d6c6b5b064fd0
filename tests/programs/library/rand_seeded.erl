%% rand with fixed seeds for every algorithm: integers, floats, bytes, jumps, normal values; the old random-like mixes.
-module(rand_seeded).
-include("t.hrl").

main() ->
    [algorithm(A) || A <- [exsss, exro928ss, exrop, exs1024s, exsp, exs64, exsplus, exs1024, dummy]],
    rand:seed(exsss, {1, 2, 3}),
    ?T([rand:uniform(100) || _ <- lists:seq(1, 10)]),
    ?T(rand:uniform()),
    ?T([rand:uniform(1 bsl 70) || _ <- [1, 2]]),
    ?T(rand:bytes(10)),
    ?T(rand:normal()),
    ?T(rand:normal(10, 4)),
    ?T(rand:uniform_real()),
    ?T(rand:uniform(id(0))),
    ?T(rand:uniform(id(a))),
    ?T(rand:seed(bogus, 1)),
    ?T(element(1, rand:export_seed())),
    ?T(rand:export_seed_s(rand:seed_s(exsss, 42))),
    ?T(element(1, rand:uniform_s(1000, rand:seed_s({exsss, [1 | 2]})))),
    ?T(shuffle(lists:seq(1, 20), rand:seed_s(exsss, 7))),
    ?T(monte_carlo(2000)),
    ?T(mwc(5, rand:mwc59_seed(1))),
    ?T(exsp(5, 17)),
    ok.

algorithm(A) ->
    S0 = rand:seed_s(A, {11, 22, 33}),
    {L, S1} = lists:mapfoldl(fun(_, S) -> rand:uniform_s(1000000, S) end, S0, lists:seq(1, 6)),
    {F, S2} = rand:uniform_s(S1),
    {Big, S3} = rand:uniform_s(1 bsl 66, S2),
    {N, S4} = rand:normal_s(S3),
    {B, S5} = rand:bytes_s(5, S4),
    out("algorithm", {A, L, F, Big, N, B}),
    out("int seed", element(1, rand:uniform_s(1 bsl 30, rand:seed_s(A, 12345)))),
    out("jump", try element(1, rand:uniform_s(1000, rand:jump(S5))) catch error:E -> E end).

shuffle(L, S0) ->
    {Tagged, _} = lists:mapfoldl(fun(X, S) -> {R, S2} = rand:uniform_s(S), {{R, X}, S2} end, S0, L),
    [X || {_, X} <- lists:sort(Tagged)].

monte_carlo(N) ->
    {In, _} = lists:foldl(fun(_, {C, S}) ->
                                  {X, S2} = rand:uniform_s(S),
                                  {Y, S3} = rand:uniform_s(S2),
                                  {if X * X + Y * Y < 1 -> C + 1; true -> C end, S3}
                          end, {0, rand:seed_s(exrop, 99)}, lists:seq(1, N)),
    4 * In / N.

mwc(0, _) -> [];
mwc(N, S) ->
    S2 = rand:mwc59(S),
    [{rand:mwc59_value(S2), rand:mwc59_value32(S2), rand:mwc59_float(S2)} | mwc(N - 1, S2)].

exsp(N, Seed) ->
    {_, S} = rand:seed_s(exsp, Seed),
    exsp_loop(N, S).
exsp_loop(0, _) -> [];
exsp_loop(N, S) ->
    {V, S2} = rand:exsp_next(S),
    [V | exsp_loop(N - 1, S2)].
