%% not random_slices: slices are of one length here.
%% erts_debug's `reds_left': what is left of a slice, told and made shorter; two lists of processes in one slice.
-module(slice_left).
-include("t.hrl").

main() ->
    erts_debug:set_internal_state(available_internal_state, true),
    erlang:yield(),
    Left = left(),
    ?T(Left > 3000 andalso Left =< 4000),
    erlang:yield(),
    work(1000),
    ?T(begin L = left(), L > 1000 andalso L < 3200 end),
    %% Exactly as much is left, whatever was used before.
    ?T([begin
            erlang:yield(),
            work(Used),
            erts_debug:set_internal_state(reds_left, Set),
            L = left(),
            L =< Set andalso L > Set - 20
        end || Used <- [0, 10, 500, 2000], Set <- [20, 100, 1000]]),
    %% What is woken meanwhile does not run before the slice is over.
    Parent = self(),
    Many = [spawn_link(fun() -> receive stop -> ok end end) || _ <- lists:seq(1, 500)],
    erlang:system_flag(multi_scheduling, block_normal),
    High = spawn_opt(fun() -> receive go -> spawn(fun() -> receive after infinity -> ok end end) end, Parent ! done end, [{priority, high}]),
    ?T([begin
            erlang:yield(),
            P = spawn_opt(fun() -> receive go -> Parent ! {self(), done} end end, [{priority, high}]),
            erlang:yield(),
            Before = erts_debug:get_internal_state(processes),
            P ! go,
            erts_debug:set_internal_state(reds_left, 1000),
            After = processes(),
            receive {P, done} -> ok end,
            lists:sort(Before) =:= lists:sort(After)
        end || _ <- lists:seq(1, 20)]),
    erlang:system_flag(multi_scheduling, unblock_normal),
    High ! go,
    receive done -> ok end,
    [P ! stop || P <- Many],
    erts_debug:set_internal_state(available_internal_state, false),
    ok.

left() -> erts_debug:get_internal_state(reds_left).

work(0) -> ok;
work(N) -> work(N - 1).
