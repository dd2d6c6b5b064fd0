%% Shortest paths, topological order, components, spanning trees and digraph on small graphs.
-module(graphs).
-include("t.hrl").

main() ->
    G = #{a => [{b, 4}, {c, 1}], b => [{d, 1}], c => [{b, 2}, {d, 5}], d => [{e, 3}], e => [], f => [{a, 1}]},
    ?T(ordered(dijkstra(G, a))),
    ?T(ordered(dijkstra(G, f))),
    ?T(topological(G)),
    ?T(topological(G#{e := [{a, 1}]})),
    ?T(components([{1, 2}, {2, 3}, {4, 5}, {6, 6}, {7, 3}])),
    ?T(kruskal([{7, a, b}, {5, b, c}, {8, a, d}, {9, b, d}, {7, b, e}, {5, c, e}, {15, d, e}, {6, d, f}, {8, e, f}])),
    ?T(bfs_grid(8)),
    ?T(digraphs()),
    ?T(knights(5)),
    ok.

dijkstra(G, From) -> dijkstra(G, gb_sets:singleton({0, From, [From]}), #{}).
dijkstra(G, Q, Done) ->
    case gb_sets:is_empty(Q) of
        true -> Done;
        false ->
            {{D, N, Path}, Q2} = gb_sets:take_smallest(Q),
            case Done of
                #{N := _} -> dijkstra(G, Q2, Done);
                #{} -> dijkstra(G, lists:foldl(fun({M, W}, A) -> gb_sets:add({D + W, M, [M | Path]}, A) end, Q2, maps:get(N, G)), Done#{N => {D, lists:reverse(Path)}})
            end
    end.

topological(G) ->
    try lists:foldl(fun(N, A) -> visit(N, G, [], A) end, [], lists:sort(maps:keys(G)))
    catch throw:{cycle, C} -> {cycle, C}
    end.
visit(N, G, Stack, Acc) ->
    case {lists:member(N, Acc), lists:member(N, Stack)} of
        {true, _} -> Acc;
        {_, true} -> throw({cycle, lists:reverse([N | Stack])});
        _ -> [N | lists:foldl(fun({M, _}, A) -> visit(M, G, [N | Stack], A) end, Acc, maps:get(N, G))]
    end.

components(Edges) ->
    U = lists:foldl(fun({A, B}, U) -> union(A, B, U) end, #{}, Edges),
    lists:sort(maps:values(maps:groups_from_list(fun(N) -> find(N, U) end, lists:usort(lists:append([[A, B] || {A, B} <- Edges]))))).
find(N, U) -> case U of #{N := P} when P =/= N -> find(P, U); #{} -> N end.
union(A, B, U) -> {RA, RB} = {find(A, U), find(B, U)}, U#{max(RA, RB) => min(RA, RB)}.

kruskal(Edges) ->
    {Tree, _} = lists:foldl(fun({W, A, B}, {T, U}) ->
                                    case find(A, U) =:= find(B, U) of
                                        true -> {T, U};
                                        false -> {[{W, A, B} | T], union(A, B, U)}
                                    end
                            end, {[], #{}}, lists:sort(Edges)),
    {lists:sum([W || {W, _, _} <- Tree]), lists:sort(Tree)}.

bfs_grid(N) ->
    Wall = fun(X, Y) -> (X * 3 + Y * 5) rem 7 =:= 0 andalso {X, Y} =/= {0, 0} end,
    bfs(queue:from_list([{{0, 0}, 0}]), #{{0, 0} => 0}, N, Wall).
bfs(Q, Seen, N, Wall) ->
    case queue:out(Q) of
        {empty, _} -> {map_size(Seen), lists:max(maps:values(Seen))};
        {{value, {{X, Y}, D}}, Q2} ->
            New = [{A, B} || {A, B} <- [{X + 1, Y}, {X - 1, Y}, {X, Y + 1}, {X, Y - 1}], A >= 0, B >= 0, A < N, B < N, not is_map_key({A, B}, Seen), not Wall(A, B)],
            bfs(lists:foldl(fun(P, A) -> queue:in({P, D + 1}, A) end, Q2, New), maps:merge(Seen, maps:from_keys(New, D + 1)), N, Wall)
    end.

digraphs() ->
    G = digraph:new(),
    [digraph:add_vertex(G, V) || V <- [a, b, c, d, e]],
    [digraph:add_edge(G, A, B) || {A, B} <- [{a, b}, {b, c}, {c, a}, {d, e}]],
    R = {digraph:no_vertices(G), digraph:no_edges(G), digraph:get_path(G, a, c), digraph:get_path(G, a, e), lists:sort([lists:sort(C) || C <- digraph_utils:components(G)]),
         lists:sort([lists:sort(C) || C <- digraph_utils:strong_components(G)]), digraph_utils:is_acyclic(G), digraph_utils:topsort(G)},
    digraph:delete(G),
    R.

knights(N) -> knights(N, [{0, 0}], N * N - 1).
knights(_, Path, 0) -> lists:reverse(Path);
knights(N, [{X, Y} | _] = Path, Left) ->
    Moves = [{length(moves(N, M, Path)), M} || M <- moves(N, {X, Y}, Path)],
    lists:foldl(fun(_, Found) when is_list(Found) -> Found; ({_, M}, none) -> knights(N, [M | Path], Left - 1) end, none, lists:sort(Moves)).
moves(N, {X, Y}, Path) ->
    [{A, B} || {DX, DY} <- [{1, 2}, {2, 1}, {-1, 2}, {-2, 1}, {1, -2}, {2, -1}, {-1, -2}, {-2, -1}], {A, B} <- [{X + DX, Y + DY}], A >= 0, B >= 0, A < N, B < N, not lists:member({A, B}, Path)].
