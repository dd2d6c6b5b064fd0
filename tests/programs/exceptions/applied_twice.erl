%% A function that only raises stays in the stack trace however often it is applied.
-module(applied_twice).
-export([main/0]).

main() ->
    logger:set_primary_config(level, none),
    [io:format("~p ~p~n", [N, trace(N)]) || N <- lists:seq(1, 7)].

trace(N) ->
    {Pid, Ref} = spawn_monitor(fun() -> walk([a, b], N) end),
    receive {'DOWN', Ref, process, Pid, Reason} -> Reason end.

walk([_ | T], N) -> walk(T, N), id(ok);
walk([], N) -> raise(N), id(ok).

raise(1) -> apply(id(erlang), id(apply), [id(erlang), id(error), id([oops, [args]])]);
raise(2) -> apply(id(erlang), id(apply), [id(erlang), id(error), id([oops])]);
raise(3) -> apply(id(erlang), id(apply), [id(erlang), id(apply), [erlang, error, id([oops])]]);
raise(4) -> apply(erlang, apply, [id(erlang), id(apply), [erlang, error, id([oops])]]);
raise(5) -> apply(id(erlang), id(apply), [id(erlang), id(exit), id([oops])]);
raise(6) -> apply(id(erlang), id(apply), [id(erlang), id(hd), id([oops])]);
raise(7) -> apply(id(erlang), id(apply), [id(lists), id(reverse), id([oops])]).

id(X) -> X.
