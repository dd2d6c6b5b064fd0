%% Who computes for long inside a native function tells what it is doing, and is gone as soon as
%% it is killed, not when the function has ended.
-module(killed_while_computing).
-export([main/0]).

main() ->
    Bytes = fun() -> double([<<1>>], 26) end,
    Tuple = fun() -> double({1}, 24) end,
    Text = fun() -> lists:duplicate(60, $a) ++ "b" end,
    try_one("iolist_size", Bytes, fun(L) -> iolist_size(L) end),
    try_one("phash2", Tuple, fun(T) -> erlang:phash2(T) end),
    try_one("term_to_binary", Tuple, fun(T) -> byte_size(term_to_binary(T)) end),
    try_one("re:run", Text, fun(T) -> re:run(T, "^(a+)+$") end).

double(L, 0) -> L;
double(L, N) when is_list(L) -> double([L, L], N - 1);
double(T, N) -> double({T, T}, N - 1).

try_one(Name, Make, Compute) ->
    Parent = self(),
    {P, M} = spawn_monitor(fun() ->
        Term = Make(),
        Before = erlang:monotonic_time(),
        Result = Compute(Term),
        Parent ! {whole, erlang:monotonic_time() - Before},
        %% What is known of the result is known again.
        Result = Compute(Term),
        Parent ! too_late
    end),
    Whole = receive {whole, Time} -> Time end,
    computes(P),
    Killed = erlang:monotonic_time(),
    exit(P, kill),
    receive {'DOWN', M, process, P, Reason} -> ok end,
    Took = erlang:monotonic_time() - Killed,
    Late = receive too_late -> true after 0 -> false end,
    io:format("~s: ~p, at once: ~p, ended: ~p~n", [Name, Reason, Took < Whole div 3, Late]).

computes(P) ->
    case process_info(P, [current_function, status]) of
        [{current_function, {Module, _, _}}, {status, running}] when Module =/= ?MODULE -> ok;
        undefined -> ok;
        _ -> computes(P)
    end.
