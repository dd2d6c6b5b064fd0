%% call_count, call_time and meta tracing.
-module(counts).
-export([a/1, b/1, c/1]).
-include("t.hrl").

a(0) -> done;
a(N) -> b(N), a(N - 1).

b(N) -> c(N) + 1.

c(N) -> N * 2.

info(F, A, Item) -> erlang:trace_info({?MODULE, F, A}, Item).

times(F, A) ->
    case erlang:trace_info({?MODULE, F, A}, call_time) of
        {call_time, L} when is_list(L) -> [{P =:= self(), N, is_integer(S), is_integer(U)} || {P, N, S, U} <- L];
        Other -> Other
    end.

meta() -> receive {trace_ts, P, W, X, {_, _, _}} when P =:= self() -> {W, X}; {trace_ts, P, W, X, Y, {_, _, _}} when P =:= self() -> {W, X, Y}; M -> {other, M} after 0 -> none end.

main() ->
    ?T(erlang:trace_pattern({?MODULE, '_', '_'}, true, [call_count]) > 5),
    ?T(info(b, 1, call_count)),
    a(10),
    ?T([info(F, 1, call_count) || F <- [a, b, c]]),
    ?T(erlang:trace_pattern({?MODULE, b, 1}, pause, [call_count])),
    a(5),
    ?T([info(F, 1, call_count) || F <- [a, b, c]]),
    ?T(erlang:trace_pattern({?MODULE, b, 1}, restart, [call_count])),
    a(2),
    ?T([info(F, 1, call_count) || F <- [a, b, c]]),
    ?T(info(b, 1, traced)),
    ?T(info(b, 1, all)),
    ?T(erlang:trace_pattern({?MODULE, '_', '_'}, false, [call_count]) > 5),
    ?T(info(b, 1, call_count)),
    ?T(erlang:trace_pattern({lists, reverse, 2}, true, [call_count])),
    [lists:reverse([I], []) || I <- [1, 2, 3]],
    ?T(erlang:trace_info({lists, reverse, 2}, call_count)),
    ?T(erlang:trace_pattern({lists, reverse, 2}, false, [call_count])),
    %% Time is measured in processes with the flag.
    ?T(erlang:trace_pattern({?MODULE, '_', '_'}, true, [call_time]) > 5),
    a(3),
    ?T(times(b, 1)),
    ?T(erlang:trace(self(), true, [call, {tracer, spawn(fun() -> receive stop -> ok end end)}])),
    a(3),
    ?T([times(F, 1) || F <- [a, b, c]]),
    catch a(foo),
    a(1),
    ?T(times(a, 1)),
    ?T(erlang:trace_pattern({?MODULE, a, 1}, restart, [call_time])),
    ?T(times(a, 1)),
    ?T(erlang:trace(self(), false, [all])),
    ?T(erlang:trace_pattern({?MODULE, '_', '_'}, false, [call_time]) > 5),
    ?T(times(a, 1)),
    %% Meta tracing
    Me = self(),
    ?T(erlang:trace_pattern({?MODULE, c, 1}, [{[3], [], [{return_trace}]}, {[1], [], []}], [{meta, Me}])),
    ?T(element(2, info(c, 1, meta)) =:= Me),
    ?T(info(c, 1, meta_match_spec)),
    ?T(info(c, 1, traced)),
    {P, R} = spawn_monitor(fun() -> a(3) end),
    receive {'DOWN', R, _, _, _} -> ok end,
    Shown = fun(F) -> receive {trace_ts, P, W, X, {_, _, _}} -> [{W, X} | F(F)]; {trace_ts, P, W, X, Y, {_, _, _}} -> [{W, X, Y} | F(F)] after 0 -> [] end end,
    ?T(Shown(Shown)),
    %% Not of the tracer itself.
    a(3),
    ?T(meta()),
    ?T(erlang:trace_pattern({?MODULE, c, 1}, false, [meta])),
    ?T(info(c, 1, meta)),
    %% on_load
    ?T(erlang:trace_info(on_load, all)),
    ?T(erlang:trace_pattern(on_load, [{'_', [], [{return_trace}]}], [local])),
    ?T(erlang:trace_info(on_load, traced)),
    ?T(erlang:trace_info(on_load, all)),
    {_, Bin, File} = code:get_object_code(?MODULE),
    ?T(code:load_binary(?MODULE, File, Bin)),
    ?T(info(c, 1, traced)),
    ?T(info(c, 1, match_spec)),
    ?T(erlang:trace_pattern(on_load, false, [local])),
    ?T(erlang:trace_info(on_load, traced)),
    ?T(erlang:trace_pattern({?MODULE, c, 1}, false, [local])).
