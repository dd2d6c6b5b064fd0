%% on_load: run once before the module can be called; a refusal leaves the module unloaded.
-module(on_load).
-include("t.hrl").

main() ->
    ?T(persistent_term:get(on_load_aux, not_loaded)),
    ?T(on_load_aux:state()),
    ?T(erlang:module_loaded(on_load_aux)),
    ?T(code:ensure_loaded(on_load_fails_aux)),
    ?T(erlang:module_loaded(on_load_fails_aux)),
    ?T(on_load_fails_aux:f()),
    ok.
