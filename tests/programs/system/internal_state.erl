%% What OTP's test suites have the machine do.
-module(internal_state).
-include("t.hrl").

main() ->
    ?T(erts_debug:set_internal_state(reds_left, 10)),
    ?T(erts_debug:get_internal_state(available_internal_state)),
    ?T(erts_debug:set_internal_state(available_internal_state, maybe)),
    ?T(erts_debug:set_internal_state(available_internal_state, true)),
    ?T(erts_debug:get_internal_state(available_internal_state)),
    ?T(erts_debug:set_internal_state(available_internal_state, true)),
    ?T(is_integer(erts_debug:get_internal_state(reds_left))),
    ?T([erts_debug:set_internal_state(reds_left, N) || N <- [10, 10000, -1]]),
    ?T(erts_debug:set_internal_state(reds_left, a)),
    ?T(erts_debug:set_internal_state(nonsense, 10)),
    ?T(erts_debug:get_internal_state(nonsense)),
    [?T([erts_debug:set_internal_state(Limit, N) || N <- [10, 20, default]])
     || Limit <- [binary_loop_limit, re_loop_limit, unicode_loop_limit]],
    [?T(erts_debug:set_internal_state(wait, For))
     || For <- [deallocations, timer_cancellations, aux_work, thread_progress, nothing]],
    ?T(erts_debug:set_internal_state(mbuf, {a, "b", <<0:800>>})),
    ?T([erts_debug:set_internal_state(force_gc, P) || P <- [self(), nobody]]),
    ?T(erts_debug:set_internal_state(sleep, 1)),
    ?T(erts_debug:set_internal_state(ets_force_trap, true)),
    ?T(erts_debug:set_internal_state(available_internal_state, false)),
    ?T(erts_debug:get_internal_state(reds_left)).
