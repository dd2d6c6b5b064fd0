%% A process that is traced as running is taken up and left by turns, also where its heap is collected in between.
-module(trace_running_pairs).
-include("t.hrl").

main() ->
    ?T(pairs(fun() -> length(lists:sort([N * 7919 rem 100003 || N <- lists:seq(1, 100000)])) end)),
    ?T(pairs(fun() -> map_size(maps:from_list([{N, [N]} || N <- lists:seq(1, 50000)])) end)),
    ?T(pairs(fun() -> L = lists:seq(1, 100000), erlang:garbage_collect(), length(L) end)),
    ok.

pairs(Fun) ->
    Tracer = self(),
    {P, Mon} = spawn_monitor(fun() ->
                                 erlang:trace(self(), true, [running, {tracer, Tracer}]),
                                 exit({result, Fun()})
                             end),
    Result = receive {'DOWN', Mon, process, P, Reason} -> Reason end,
    Ref = erlang:trace_delivered(P),
    receive {trace_delivered, P, Ref} -> ok end,
    Events = events(P),
    %% It is taken up already when its tracing begins.
    {Result, alternate(out, Events), length(Events) > 10}.

events(P) ->
    receive {trace, P, What, _} -> [What | events(P)] after 0 -> [] end.

alternate(What, [What | Rest]) -> alternate(other(What), Rest);
alternate(_, []) -> true;
alternate(What, [Other | _]) -> {What, expected_not, Other}.

other(in) -> out;
other(out) -> in.
