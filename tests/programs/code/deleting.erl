%% erlang:delete_module/1 of modules that never were, have been purged, or wait for their on_load function.
-module(deleting).
-include("t.hrl").

main() ->
    ?T(erlang:delete_module(never_was)),
    ?T(erlang:purge_module(never_was)),
    ?T(code:purge(never_was)),
    ?T(erlang:delete_module(never_was)),
    ?T(code:delete(never_was)),
    ?T(code:load_file(second_aux)),
    ?T(erlang:delete_module(second_aux)),
    ?T(erlang:purge_module(second_aux)),
    ?T(erlang:delete_module(second_aux)),
    ?T(erlang:check_old_code(second_aux)),
    ?T(code:delete(second_aux)),
    ?T(code:load_file(on_load_fails_aux)),
    ?T(erlang:delete_module(on_load_fails_aux)),
    ?T(code:delete(on_load_fails_aux)),
    ?T(erlang:module_loaded(on_load_fails_aux)),
    ok.
