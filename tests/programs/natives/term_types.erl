%% How terms are stored, and which natives there are.
-module(term_types).
-export([main/0]).

main() ->
    Large = maps:from_list([{I, I} || I <- lists:seq(1, 100)]),
    Terms = [[], [1], {}, {1}, a, 1, -1, (1 bsl 59) - 1, 1 bsl 59, self(), make_ref(), fun() -> ok end,
             fun lists:map/2, #{}, #{a => 1}, Large, list_to_binary("abc")],
    [io:format("~p~n", [erts_internal:term_type(T)]) || T <- Terms],
    [io:format("~p~n", [lists:sort(M:module_info(nifs))]) || M <- [erl_tracer, prim_buffer, lists, ?MODULE]],
    Builtin = [{erl_tracer, enabled, 3}, {zlib, open_nif, 0}, {erlang, apply, 3}, {lists, keyfind, 3}, {lists, map, 2}],
    io:format("~p~n", [[erlang:is_builtin(M, F, A) || {M, F, A} <- Builtin]]),
    Natives = erlang:system_info(snifs),
    io:format("~p~n", [lists:usort([M || {M, _, _} <- Natives])
                       -- [erts_literal_area_collector, prim_file]]),
    io:format("~p~n", [[lists:member(N, Natives) || N <- [{erlang, self, 0}, {erlang, apply, 3}, {lists, keyfind, 3}, {zlib, open_nif, 0}]]]).
