%% See on_load_asks.
-module(on_load_asks_aux).
-export([value/0]).
-on_load(init/0).

init() ->
    true = is_list(code:which(lists)),
    [x] = queue:to_list(queue:in(x, queue:new())),
    persistent_term:put(?MODULE, loaded).

value() ->
    persistent_term:get(?MODULE).
