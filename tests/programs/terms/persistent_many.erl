%% Many persistent terms, put, replaced and erased in many orders, and looked up meanwhile by others: what
%% is there all the time is always found, whatever comes and goes around it.
-module(persistent_many).
-include("t.hrl").

main() ->
    model(),
    [read_while_written(Erase) || Erase <- [false, true]],
    ?T([K || {{?MODULE, _} = K, _} <- persistent_term:get()]).

key(N) -> {?MODULE, N}.

value(N) when N rem 3 =:= 0 -> N;
value(N) -> {N, [N], integer_to_binary(N)}.

%% Against a map.
model() ->
    Steps = [{I * 1777 rem 211, I rem 5} || I <- lists:seq(1, 3000)] ++ [{I, 4} || I <- lists:seq(0, 210)],
    Left = lists:foldl(
             fun({N, Step}, Map) when Step > 2 ->
                     true = persistent_term:erase(key(N)) =:= is_map_key(N, Map),
                     none = persistent_term:get(key(N), none),
                     maps:remove(N, Map);
                ({N, Step}, Map) ->
                     Value = value(N + Step),
                     ok = persistent_term:put(key(N), Value),
                     check(N, Map#{N => Value})
             end, #{}, Steps),
    ?T(Left),
    %% Grown, and small again.
    [persistent_term:put(key(N), value(N)) || N <- lists:seq(1, 500)],
    ?T([N || N <- lists:seq(1, 500), persistent_term:get(key(N)) =/= value(N)]),
    #{count := Many} = persistent_term:info(),
    [persistent_term:erase(key(N)) || N <- lists:seq(1, 500), N rem 50 =/= 0],
    #{count := Few} = persistent_term:info(),
    ?T(Many - Few),
    ?T([N || N <- lists:seq(1, 500), persistent_term:get(key(N), none) =/= case N rem 50 of 0 -> value(N); _ -> none end]),
    ?T([persistent_term:erase(key(N)) || N <- lists:seq(0, 500, 50)]),
    ?T(try_to(fun() -> persistent_term:get(key(50)) end)).

check(N, Map) ->
    Map = maps:map(fun(K, V) when abs(K - N) < 3 -> V = persistent_term:get(key(K)); (_, V) -> V end, Map).

read_while_written(Erase) ->
    [persistent_term:put(key(N), value(N)) || N <- [0, 7, 21]],
    Me = self(),
    Readers = [spawn_link(fun() -> Me ! {self(), read(5000, 0)} end) || _ <- lists:seq(1, 4)],
    write(120, Erase),
    ?T([receive {R, Seen} -> Seen end || R <- Readers]),
    [persistent_term:erase(key(N)) || N <- lists:seq(0, 200)],
    ok.

read(0, Wrong) -> Wrong;
read(N, Wrong) ->
    Right = [persistent_term:get(key(K)) =:= value(K) || K <- [0, 7, 21]] =:= [true, true, true],
    Other = persistent_term:get(key(100 + N rem 40), none),
    Fits = Other =:= none orelse Other =:= {new, N rem 40} orelse Other =:= {newer, N rem 40},
    read(N - 1, if Right, Fits -> Wrong; true -> Wrong + 1 end).

write(0, _) -> ok;
write(N, Erase) ->
    K = N rem 40,
    persistent_term:put(key(100 + K), {new, K}),
    persistent_term:put(key(100 + (K + 1) rem 40), {newer, (K + 1) rem 40}),
    Erase andalso persistent_term:erase(key(100 + K)),
    write(N - 1, Erase).
