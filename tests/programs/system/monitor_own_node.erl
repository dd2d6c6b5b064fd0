%% Watching nodes from one that has no name: only itself, of which there is nothing to tell.
-module(monitor_own_node).
-include("t.hrl").

main() ->
    ?T([[try_to(fun() -> monitor_node(N, B) end) || B <- [true, true, false, false, false, x, 1]] || N <- [node(), 'a@b', x, 1, "nonode@nohost"]]),
    ?T([try_to(fun() -> erlang:monitor_node(node(), true, O) end) || O <- [[], [allow_passive_connect]]]),
    ?T(process_info(self(), monitors)),
    ?T(receive M -> M after 0 -> nothing end),
    ok.
