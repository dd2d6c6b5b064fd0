%% Many lists of immediates in one process, moved by collections of every kind while some are old and some
%% are not: with shared tails, improper ends, and what is no immediate between.
-module(side_by_side).
-export([hibernated/3]).
-include("t.hrl").

main() ->
    [?T(in_fresh_process(fun() -> together(Count, Length) end))
     || Count <- [1, 2, 3, 7, 8, 9, 10, 17, 40], Length <- [1, 2, 3, 50, 700]],
    ?T(in_fresh_process(fun shared/0)),
    ?T(in_fresh_process(fun ageing/0)).

together(Count, Length) ->
    Lists = [list(I, Length) || I <- lists:seq(1, Count)],
    All = list_to_tuple(Lists),
    Before = erlang:phash2(All),
    garbage_collect([{type, minor}]),
    Once = erlang:phash2(All),
    garbage_collect([{type, minor}]),
    Twice = erlang:phash2(All),
    garbage_collect(),
    Major = erlang:phash2(All),
    Self = self(),
    Pid = spawn_link(fun() -> receive Got -> garbage_collect(), Self ! {hash, erlang:phash2(Got)} end end),
    Pid ! All,
    Sent = receive {hash, Hash} -> Hash end,
    erlang:send_after(5, self(), wake),
    Hashes = lists:usort([Before, Once, Twice, Major, Sent]),
    erlang:hibernate(?MODULE, hibernated, [All, Length, {Before, Hashes}]).

hibernated(All, Length, {Before, Hashes}) ->
    Same = [element(I, All) =:= list(I, Length) || I <- lists:seq(1, tuple_size(All))],
    exit({Hashes =:= [Before], erlang:phash2(All) =:= Before, lists:usort(Same), Before}).

length_of([_ | Tail], N) -> length_of(Tail, N + 1);
length_of(_, N) -> N.

%% Each of another kind.
list(I, Length) ->
    Items = [case I rem 5 of
                 3 when N rem 10 =:= 0 -> {I, N};
                 4 -> [N | I];
                 _ -> I * 1000 + N
             end || N <- lists:seq(1, Length)],
    if I rem 3 =:= 0 -> Items ++ improper; I rem 7 =:= 0 -> Items ++ {end_of, I}; true -> Items end.

shared() ->
    Tail = lists:seq(1, 100),
    Lists = [lists:seq(1, I) ++ lists:nthtail(I, Tail) || I <- lists:seq(0, 60)],
    Nested = [Lists, Tail, [Tail | Tail], [[L | L] || L <- Lists]],
    Before = erlang:phash2(Nested),
    [garbage_collect([{type, T}]) || T <- [minor, minor, minor, major, minor, major]],
    exit({erlang:phash2(Nested) =:= Before, erts_debug:size(Nested), Before}).

ageing() -> ageing(200, []).

ageing(0, Kept) -> exit({length(Kept), erlang:phash2(Kept), [length_of(L, 0) || L <- lists:sublist(Kept, 5)]});
ageing(N, Kept) ->
    New = list(N, N * 37 rem 90),
    Young = [[x | L] || L <- lists:sublist(Kept, 12)],
    case N rem 3 of 0 -> garbage_collect([{type, minor}]); _ -> ok end,
    true = length(Young) =< 12,
    ageing(N - 1, [New | lists:sublist(Kept, 60)]).

in_fresh_process(Fun) ->
    {_, Monitor} = spawn_monitor(Fun),
    receive {'DOWN', Monitor, _, _, Answer} -> Answer end.
