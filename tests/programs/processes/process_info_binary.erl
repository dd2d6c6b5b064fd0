%% process_info(Pid, binary): which binaries outside heaps a process refers to.
-module(process_info_binary).
-include("t.hrl").

main() ->
    ?T(mine([])),
    B = binary:copy(id(<<"x">>), 100003),
    C = binary:copy(id(<<"y">>), 200003),
    ?T(mine([B, C])),
    <<Part:50000/binary, _/binary>> = B,
    ?T(mine([Part])),
    garbage_collect(),
    ?T(mine([B, C])),
    ?T(shared(B)),
    ?T(id(byte_size(C))),
    ?T(others(id(<<"small">>))),
    ?T(others(B)),
    ?T(forgets()),
    ok.

%% Those of this program: the machine may have others.
sizes(Pid) ->
    {binary, All} = process_info(Pid, binary),
    true = lists:all(fun({Address, Size, Refs}) -> is_integer(Address) andalso Size >= 0 andalso Refs > 0 end, All),
    lists:usort([Size || {_, Size, _} <- All, Size rem 100000 =:= 3]).

mine(Keep) -> {sizes(self()), length(Keep)}.

references(B) ->
    {binary, All} = process_info(self(), binary),
    {lists:max([Refs || {_, Size, Refs} <- All, Size =:= byte_size(B)]), byte_size(B)}.

shared(B) ->
    {Before, _} = references(B),
    {P, R} = spawn_monitor(fun() -> receive {stop, X} -> byte_size(X) end end),
    P ! {keep, B},
    P ! {keep, B},
    {After, _} = references(B),
    P ! {stop, <<>>},
    receive {'DOWN', R, _, _, normal} -> ok end,
    After > Before.

others(B) ->
    Self = self(),
    {P, R} = spawn_monitor(fun() -> Self ! ready, receive {stop, _} -> byte_size(B) end end),
    receive ready -> ok end,
    Sizes = sizes(P),
    P ! {stop, x},
    receive {'DOWN', R, _, _, normal} -> Sizes end.

forgets() ->
    {P, R} = spawn_monitor(fun() ->
        exit({had, sizes(self()), begin garbage_collect(), sizes(self()) end}) end),
    receive {'DOWN', R, process, P, Reason} -> Reason end.
