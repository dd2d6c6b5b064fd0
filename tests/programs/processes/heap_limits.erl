%% boot
%% max_heap_size: what is refused, where its settings come from, and how often it is reported.
-module(heap_limits).
-export([main/0, log/2]).

main() ->
    {_, Min} = process_info(self(), min_heap_size),
    Bad = [Min - 1, #{size => Min - 1}, #{}, #{kill => true}, #{size => Min, kill => x}, gurka, -1],
    io:format("~p~n", [[catch_(fun() -> process_flag(max_heap_size, B) end) || B <- Bad]]),
    ok = logger:set_primary_config(level, error),
    logger:remove_handler(default),
    ok = logger:add_handler(?MODULE, ?MODULE, #{to => self()}),
    [begin
        Old = erlang:system_flag(max_heap_size, Default),
        io:format("~p ~p~n", [Default, [end_of(Option) || Option <- [3000, #{size => 3000}]]]),
        erlang:system_flag(max_heap_size, Old)
     end || Default <- [#{size => 0, kill => K, error_logger => L} || K <- [true, false], L <- [true, false]]],
    io:format("~p~n", [[end_of(Option) || Option <- options()]]),
    Depth = erlang:system_flag(backtrace_depth, 0),
    io:format("~p~n", [[begin erlang:system_flag(backtrace_depth, N), trace_length(5) end || N <- [0, 1, 3, Depth]]]).

options() -> [#{size => 3000, kill => K, error_logger => L} || K <- [true, false], L <- [true, false]].

catch_(F) -> try F() catch error:R -> R end.

%% How it ended, and whether it was reported (once if it was killed).
end_of(Option) ->
    {Pid, Ref} = spawn_opt(fun() -> grow(20, []) end, [monitor, {max_heap_size, Option}]),
    receive {'DOWN', Ref, process, Pid, Reason} -> {Reason, reports(Pid, Reason)} end.

reports(Pid, Reason) ->
    report_of_another(),
    N = count(Pid, 0),
    case Reason of killed -> N; _ -> N > 0 end.

%% Reports come in order: when that of another process is here, so are all before it. The logger
%% drops some where there are very many.
report_of_another() ->
    Option = #{size => 3000, kill => true, error_logger => true},
    Last = spawn_opt(fun() -> grow(20, []) end, [{max_heap_size, Option}]),
    receive {reported, Last} -> ok after 2000 -> report_of_another() end.

count(Pid, N) ->
    receive {reported, Pid} -> count(Pid, N + 1) after 0 -> N end.

grow(0, _) -> ok;
grow(N, L) -> receive after 0 -> grow(N - 1, [lists:seq(1, 200) | L]) end.

log(#{msg := {_, [Pid | _]}}, #{to := To}) when is_pid(Pid) -> To ! {reported, Pid};
log(_, _) -> ok.

trace_length(0) -> {_, L} = process_info(self(), current_stacktrace), length(L);
trace_length(N) -> M = trace_length(N - 1), id(M).

id(X) -> X.
