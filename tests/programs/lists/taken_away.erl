%% `--` with few and many items to take away: numbers, atoms and pids, which are told by their words, and
%% what is not, in either list; the same item more than once; what is no list.
-module(taken_away).
-include("t.hrl").

main() ->
    Plain = lists:seq(-40, 40) ++ [a, b, c, []] ++ lists:seq(10, 20),
    Others = [0.0, -0.0, 1.0, 1.5e300, 1 bsl 70, -(1 bsl 70), {1, 2}, {1, 2.0}, "text", <<"text">>,
              <<1:3>>, #{a => 1}, #{a => 1.0}, fun lists:map/2, [a | b], {}, self()],
    Rights = [[], [3], [3, 3], lists:seq(1, 8), lists:seq(1, 9), lists:reverse(lists:seq(-5, 30)),
              Plain, Plain ++ Plain, Plain ++ [0.0], Plain ++ [-0.0], Plain ++ Others, Others,
              Others ++ Others, lists:seq(1, 1000, 3)],
    Lefts = [[], [3], Plain, Plain ++ Plain, Others ++ Plain, Others ++ Others ++ [x], lists:seq(1, 1000),
             lists:duplicate(20, 3)],
    [?T(told(id(Left) -- id(Right))) || Left <- Lefts, Right <- Rights],
    %% Equal in value is not enough, but both zeros are the same.
    ?T([1, 1.0, 2, 2.0, 0.0, -0.0, 0.0] -- id([1.0, 2, -0.0] ++ lists:seq(100, 110))),
    ?T([0.0, -0.0, 0] -- id(lists:seq(0, 20))),
    [?T(try id(Left) -- id(Right) catch Class:Reason -> {Class, Reason} end)
     || {Left, Right} <- [{a, []}, {[], a}, {[1 | a], [1]}, {[1], [1 | a]}, {[1 | a], lists:seq(1, 20)},
                          {lists:seq(1, 20), lists:seq(1, 20) ++ a}, {lists:seq(1, 20) ++ a, []}]],
    ok.

%% The pid and long lists in short.
told(List) ->
    Named = [case Item of Pid when is_pid(Pid) -> pid; _ -> Item end || Item <- List],
    {length(Named), lists:sublist(Named, 30), erlang:phash2(Named)}.
