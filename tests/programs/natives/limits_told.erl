%% Which error it is when a number or a name is too large, and what the machine says of itself.
-module(limits_told).
-include("t.hrl").

main() ->
    [?T({N, catch_reason(fun() -> New(N) end)})
     || New <- [fun(N) -> atomics:new(N, []) end, fun(N) -> counters:new(N, []) end,
                fun(N) -> counters:new(N, [write_concurrency]) end],
        N <- [0, -1, 1 bsl 64, -(1 bsl 64), a, 1.0]],
    A = fun(N) -> binary:copy(<<"a">>, N) end,
    [?T(catch_reason(fun() -> binary_to_atom(Name) end))
     || Name <- [<<128>>, A(256), <<(A(254))/binary, 128>>, <<(A(255))/binary, 128>>,
                 <<(A(300))/binary, 128>>]],
    [?T(options(Options))
     || Options <- [[], [{error_info, #{}}], [{error_info, #{cause => x}}], [{error_info, none}],
                    [{bad, tuple}], [bad], [{error_info, #{}} | bad], bad,
                    [{error_info, #{}}, bad]]],
    Sizes = erlang:system_info(heap_sizes),
    ?T({lists:usort(Sizes) =:= Sizes, lists:last(Sizes) * 8 > 1 bsl 52}),
    ?T(erlang:system_info(lock_checking)),
    ?T(element(1, lists:keyfind("64-bit native atomics", 1, erlang:system_info(ethread_info)))).

catch_reason(Fun) ->
    try Fun() of _ -> made catch error:Reason -> Reason end.

options(Options) ->
    try error(why, [a], Options)
    catch error:why:Stack ->
        [{?MODULE, options, Args, Info} | _] = Stack,
        {Args, lists:keyfind(error_info, 1, Info)}
    end.
