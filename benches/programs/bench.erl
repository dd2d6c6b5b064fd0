%% What all benchmark programs share: timing and the form of the result.
-module(bench).
-export([run/3, run/4, size/2, integers/2]).

%% Runs Fun in a fresh process and prints `name microseconds operations', processor time of the
%% whole machine in milliseconds, and a checksum of the result, by which runs on two machines are
%% compared.
run(Name, Ops, Fun) ->
    run(Name, Ops, fun() -> none end, fun(none) -> Fun() end).

%% The same, where Setup's time does not count; Fun gets what it made.
run(Name, Ops, Setup, Fun) ->
    {_Pid, Ref} = spawn_monitor(fun() -> exit({done, timed(Setup(), Fun)}) end),
    receive
        {'DOWN', Ref, process, _, {done, {Us, Runtime, Checksum}}} ->
            io:format("~w ~w ~w runtime ~w~nchecksum ~w~n", [Name, Us, Ops, Runtime, Checksum]);
        {'DOWN', Ref, process, _, Reason} ->
            exit(Reason)
    end.

timed(Made, Fun) ->
    {Before, _} = erlang:statistics(runtime),
    Start = erlang:monotonic_time(microsecond),
    Result = Fun(Made),
    End = erlang:monotonic_time(microsecond),
    {After, _} = erlang:statistics(runtime),
    {End - Start, After - Before, erlang:phash2(Result)}.

%% The size asked for on the command line, else the usual one.
size([], Usual) -> Usual;
size([Text | _], _Usual) -> list_to_integer(Text).

%% Count integers below 2^31 that look random and are always the same.
integers(Count, Seed) -> integers(Count, Seed, []).

integers(0, _X, Acc) -> Acc;
integers(Count, X0, Acc) ->
    X = (X0 * 1103515245 + 12345) band 16#7fffffff,
    integers(Count - 1, X, [X | Acc]).
