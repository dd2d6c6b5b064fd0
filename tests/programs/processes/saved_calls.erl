%% What process_flag(save_calls) keeps, as process_info(last_calls) tells it.
-module(saved_calls).
-export([main/0, called/1, again/1, none/0, sends/2, echo/0]).

main() ->
    show(off, last()),
    0 = process_flag(save_calls, 20),
    show(begun, last()),
    ?MODULE:called(1),
    show(call, last()),
    calls(),
    show(calls, last()),
    20 = process_flag(save_calls, 4),
    show(less, last()),
    lists:foreach(fun ?MODULE:called/1, [1, 2, 3]),
    show(export_fun, last()),
    4 = process_flag(save_calls, 30),
    messages(),
    show(messages, last()),
    30 = process_flag(save_calls, 30),
    natives(),
    show(natives, last()),
    30 = process_flag(save_calls, 3),
    N = none(),
    show(calls, N =:= none()),
    catch ?MODULE:missing(1),
    catch erlang:error(no),
    show(exceptions, [C || {_, F, _} = C <- element(2, last()), F =/= function_exported]),
    sensitive(),
    bad(),
    other(),
    3 = process_flag(save_calls, 0),
    0 = process_flag(save_calls, 0),
    show(off, last()).

show(What, X) ->
    io:format("~p: ~p~n", [What, X]).

last() ->
    process_info(self(), last_calls).

called(X) -> X.

none() -> none.

again(0) -> ok;
again(N) -> ?MODULE:again(N - 1).

calls() ->
    {M, F} = {list_to_atom("saved_calls"), list_to_atom("called")},
    M:F(1),
    apply(M, F, [2]),
    apply(M, F, args(3)),
    apply(erlang, apply, [M, F, [4]]),
    Fun = fun ?MODULE:called/1,
    Fun(5),
    apply(Fun, [6]),
    apply(Fun, args(6)),
    Own = fun(X) -> none(), X end,
    Own(7),
    apply(Own, args(8)),
    called(9),
    again(3),
    M:again(1).

args(X) -> [X].

messages() ->
    self() ! one,
    receive one -> ok end,
    receive two -> ok after 0 -> ok end,
    receive three -> ok after 2 -> ok end,
    erlang:send(self(), four),
    receive X when X =:= four -> ok after 1000 -> ok end,
    register(?MODULE, self()),
    ?MODULE ! five,
    {?MODULE, node()} ! six,
    receive six -> ok end,
    receive five -> ok end,
    catch nobody ! seven,
    catch {} ! eight,
    catch 1 ! nine,
    unregister(?MODULE),
    Alias = alias(),
    Alias ! ten,
    receive ten -> ok end.

natives() ->
    {ok, _} = {ok, length([1])},
    erlang:yield(),
    put(a, atom_to_list(a)),
    [2, 3] = lists:map(fun(X) -> X + 1 end, [1, 2]),
    apply(erlang, length, args([])),
    1 = maps:get(a, #{a => 1}),
    erlang:garbage_collect().

sensitive() ->
    3 = process_flag(save_calls, 10),
    false = process_flag(sensitive, true),
    show(sensitive, last()),
    ?MODULE:called(1),
    show(sensitive, last()),
    true = process_flag(sensitive, false),
    ?MODULE:called(1),
    show(no_longer, last()),
    10 = process_flag(save_calls, 3).

bad() ->
    show(bad, [catch error_of(fun() -> process_flag(save_calls, B) end)
               || B <- [-1, 10001, a, 1.0, 1 bsl 70]]),
    show(bad, [catch error_of(fun() -> process_flag(self(), save_calls, B) end)
               || B <- [-1, 10001, a]]),
    show(most, process_flag(save_calls, 10000)),
    show(most, process_flag(save_calls, 3)).

error_of(F) ->
    try F() catch C:R -> {C, R} end.

sends(To, M) -> To ! M.

%% Of another process, set and asked by this one; it waits, and it runs.
other() ->
    P = spawn(fun ?MODULE:echo/0),
    wait(P),
    show(other, process_info(P, last_calls)),
    show(other, process_flag(P, save_calls, 5)),
    show(other, process_info(P, last_calls)),
    P ! {self(), hello},
    receive {P, hello} -> ok end,
    P ! {self(), hello},
    receive {P, hello} -> ok end,
    wait(P),
    show(other, process_info(P, last_calls)),
    show(other, process_flag(P, save_calls, 0)),
    show(other, process_info(P, last_calls)),
    exit(P, kill).

wait(P) ->
    case process_info(P, status) of
        {status, waiting} -> ok;
        _ -> erlang:yield(), wait(P)
    end.

echo() ->
    receive
        {From, M} -> ?MODULE:sends(From, {self(), M})
    end,
    ?MODULE:echo().
