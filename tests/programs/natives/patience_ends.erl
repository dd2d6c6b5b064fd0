%% Functions of match specifications may take as long as they take; natives that are called afterwards may
%% not: others get their turns beside long ones.
-module(patience_ends).
-export([main/0]).

main() ->
    Table = ets:new(table, [set]),
    ets:insert(Table, [{I, lists:seq(1, I)} || I <- lists:seq(1, 50)]),
    Spec = [{{'$1', '$2'}, [{'>', {length, '$2'}, 40}, {'=:=', {abs, '$1'}, {hd, [45]}}], ['$1']},
            {{'$1', '$2'}, [{'>', {length, '$2'}, 48}], ['$1']}],
    io:format("~w~n", [lists:sort(ets:select(Table, Spec))]),
    Turns = counters:new(1, []),
    Other = spawn_link(fun() -> takes_turns(Turns) end),
    Long = lists:seq(1, 3000000),
    Text = binary:copy(<<"text">>, 5000000),
    io:format("~w~n", [[beside(Turns, F) || F <- [fun() -> erlang:phash2({Long}) end,
                                                  fun() -> length(Long) end,
                                                  fun() -> erlang:external_size(Long) end,
                                                  fun() -> erlang:phash2(Text) end]]]),
    unlink(Other),
    exit(Other, kill).

takes_turns(Turns) ->
    counters:add(Turns, 1, 1),
    erlang:yield(),
    takes_turns(Turns).

%% Whether another process has turns while that runs: not only the one before or after it. On a busy
%% machine it may have to be asked more than once.
beside(Turns, F) -> beside(Turns, F, 50).

beside(_, _, 0) -> false;
beside(Turns, F, Times) ->
    Before = counters:get(Turns, 1),
    F(),
    counters:get(Turns, 1) > Before + 2 orelse beside(Turns, F, Times - 1).
