%% The planets' motion: float arithmetic on tuples.
-module(nbody).
-export([main/1]).

-define(PI, 3.141592653589793).
-define(SOLAR_MASS, (4 * ?PI * ?PI)).
-define(DAYS, 365.24).

main(Args) ->
    N = bench:size(Args, 300000),
    bench:run(nbody, N,
              fun() ->
                      Bodies = advance(N, 0.01, offset(bodies())),
                      float_to_list(energy(Bodies, 0.0), [{decimals, 9}])
              end).

%% {X, Y, Z, VX, VY, VZ, Mass}
bodies() ->
    [{0.0, 0.0, 0.0, 0.0, 0.0, 0.0, ?SOLAR_MASS},
     {4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01,
      1.66007664274403694e-03 * ?DAYS, 7.69901118419740425e-03 * ?DAYS,
      -6.90460016972063023e-05 * ?DAYS, 9.54791938424326609e-04 * ?SOLAR_MASS},
     {8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01,
      -2.76742510726411899e-03 * ?DAYS, 4.99852801234917238e-03 * ?DAYS,
      2.30417297573763929e-05 * ?DAYS, 2.85885980666130812e-04 * ?SOLAR_MASS},
     {1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01,
      2.96460137564761618e-03 * ?DAYS, 2.37847173959480950e-03 * ?DAYS,
      -2.96589568540237556e-05 * ?DAYS, 4.36624404335156298e-05 * ?SOLAR_MASS},
     {1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01,
      2.68067772490389322e-03 * ?DAYS, 1.62824170038242295e-03 * ?DAYS,
      -9.51592254519715870e-05 * ?DAYS, 5.15138902046611451e-05 * ?SOLAR_MASS}].

%% The sun moves so that the whole stands still.
offset([{X, Y, Z, _, _, _, M} | Planets] = Bodies) ->
    {PX, PY, PZ} = lists:foldl(fun({_, _, _, VX, VY, VZ, Mass}, {A, B, C}) ->
                                       {A + VX * Mass, B + VY * Mass, C + VZ * Mass}
                               end, {0.0, 0.0, 0.0}, Bodies),
    [{X, Y, Z, -PX / ?SOLAR_MASS, -PY / ?SOLAR_MASS, -PZ / ?SOLAR_MASS, M} | Planets].

advance(0, _Dt, Bodies) -> Bodies;
advance(N, Dt, Bodies) -> advance(N - 1, Dt, [move(Body, Dt) || Body <- attract(Bodies, Dt)]).

move({X, Y, Z, VX, VY, VZ, M}, Dt) ->
    {X + Dt * VX, Y + Dt * VY, Z + Dt * VZ, VX, VY, VZ, M}.

attract([], _Dt) -> [];
attract([Body0 | Others0], Dt) ->
    {Body, Others} = pairs(Body0, Others0, Dt, []),
    [Body | attract(Others, Dt)].

pairs(Body, [], _Dt, Done) -> {Body, lists:reverse(Done)};
pairs({X, Y, Z, VX, VY, VZ, M}, [{X2, Y2, Z2, VX2, VY2, VZ2, M2} | Rest], Dt, Done) ->
    DX = X - X2,
    DY = Y - Y2,
    DZ = Z - Z2,
    Square = DX * DX + DY * DY + DZ * DZ,
    Mag = Dt / (Square * math:sqrt(Square)),
    pairs({X, Y, Z, VX - DX * M2 * Mag, VY - DY * M2 * Mag, VZ - DZ * M2 * Mag, M}, Rest, Dt,
          [{X2, Y2, Z2, VX2 + DX * M * Mag, VY2 + DY * M * Mag, VZ2 + DZ * M * Mag, M2} | Done]).

energy([], E) -> E;
energy([{X, Y, Z, VX, VY, VZ, M} | Rest], E) ->
    Kinetic = 0.5 * M * (VX * VX + VY * VY + VZ * VZ),
    Potential = lists:sum([M * M2 / math:sqrt((X - X2) * (X - X2) + (Y - Y2) * (Y - Y2)
                                              + (Z - Z2) * (Z - Z2))
                           || {X2, Y2, Z2, _, _, _, M2} <- Rest]),
    energy(Rest, E + Kinetic - Potential).
