%% The reason a process ends with, for every way to end, as its monitor sees it.
-module(exit_reasons).
-export([boom/1]).
-include("t.hrl").

main() ->
    Cases = [{return, fun() -> 1 end},
             {exit_normal, fun() -> exit(normal) end},
             {exit_term, fun() -> exit({some, [term]}) end},
             {error, fun() -> error(e) end},
             {error_args, fun() -> error(e, [1, 2]) end},
             {throw, fun() -> throw(t) end},
             {badarith, fun() -> 1 / id(0) end},
             {badarg, fun() -> list_to_atom(id(7)) end},
             {badmatch, fun() -> 1 = id(2) end},
             {case_clause, fun() -> case id(1) of 2 -> ok end end},
             {if_clause, fun() -> X = id(1), if X =:= 2 -> ok end end},
             {function_clause, fun() -> boom(id(5)) end},
             {undef, fun() -> no_module:no_function(1, [2]) end},
             {badfun, fun() -> (id(x))() end},
             {badarity, fun() -> (id(fun boom/1))() end},
             {badkey, fun() -> map_get(k, id(#{})) end},
             {badmap, fun() -> map_get(k, id(m)) end},
             {badrecord, fun() -> record(id(r)) end},
             {system_limit, fun() -> list_to_atom(lists:duplicate(300, $a)) end},
             {timeout_value, fun() -> receive after id(bad) -> ok end end},
             {raise, fun() -> erlang:raise(error, r, [{a, b, 0, []}]) end},
             {raise_exit, fun() -> erlang:raise(exit, r, []) end},
             {exit_stack, fun() -> exit({r, [{not_really, a_stack}]}) end},
             {linked, fun() -> spawn_link(fun() -> exit(from_linked) end), receive never -> ok end end},
             {killed_self, fun() -> exit(self(), kill), receive never -> ok end end},
             {exit_kill, fun() -> exit(kill) end},
             {exit_self_normal, fun() -> exit(self(), normal), survived end},
             {rethrown, fun() -> try error(inner) catch error:inner -> exit(outer) end end},
             {after_clause, fun() -> try exit(first) after id(ok) end end},
             {after_override, fun() -> try exit(first) after exit(second) end end},
             {deep, fun() -> lists:foreach(fun(X) -> exit({found, X}) end, [1, 2]) end},
             {heap_limit, fun() -> process_flag(max_heap_size, #{size => 20000, kill => true, error_logger => false}), grow([]) end}],
    [out("reason", {Name, reason(F)}) || {Name, F} <- Cases],
    ?T(element(1, reason_of(?MODULE, boom, [2]))),
    ?T(element(1, reason_of(?MODULE, nope, [2]))),
    ok.

boom(1) -> ok.

-record(r, {a}).
record(X) -> X#r.a.

grow(L) -> grow([L | lists:seq(1, 100)]) ++ L.

reason(F) ->
    {P, R} = spawn_monitor(F),
    receive {'DOWN', R, process, P, Why} -> trim(Why) end.

reason_of(M, F, A) ->
    {P, R} = spawn_monitor(M, F, A),
    receive {'DOWN', R, process, P, Why} -> Why end.

trim({Why, [{_, _, _, L} | _] = Stack}) when is_list(L) -> {short(Why), frames(Stack)};
trim(Why) -> Why.

short({badfun, F}) when is_function(F) -> badfun;
short({badarity, {F, A}}) when is_function(F) -> {badarity, A};
short(R) -> R.
