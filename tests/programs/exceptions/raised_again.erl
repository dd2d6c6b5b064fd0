%% erlang:raise/3 with stack traces of all kinds: called, called last, applied, and with what is none.
-module(raised_again).
-include("t.hrl").

main() ->
    Item = {m, f, 1, [{file, "a"}, {line, 3}]},
    Traces = [[], [Item], [Item, {m, g, [a, b], []}], [{m, f, 1}], [Item | end_], [{m, f, -1, []}],
              [{m, f, 1 bsl 70, []}], [{m, f, 1.0, []}], [{"m", f, 1, []}], [{m, "f", 1, []}],
              [{m, f, 1, none}], [{m, f, 1, [a | b]}], [{m, f, [a | b], []}], [{fun id/1, 1, []}],
              [{fun id/1, [x]}], [{m, f}], [item], item, lists:duplicate(63, Item),
              lists:duplicate(64, Item), lists:duplicate(65, Item), lists:duplicate(65, Item) ++ x,
              lists:duplicate(3, Item) ++ [{m, f, 1}]],
    Classes = [error, exit, throw, other, "error"],
    [begin
         ?T(shown(fun() -> {returned, erlang:raise(id(C), id({reason, C}), id(T))} end)),
         ?T(shown(fun() -> erlang:raise(id(C), id({reason, C}), id(T)) end)),
         ?T(shown(fun() -> {returned, apply(erlang, id(raise), id([C, reason, T]))} end))
     end || C <- Classes, T <- Traces],
    %% No more than machines make, and one at least.
    ?T([begin
            Depth = erlang:system_flag(backtrace_depth, D),
            Shown = [shown(fun() -> erlang:raise(error, id(x), id(T)) end) || T <- Traces],
            erlang:system_flag(backtrace_depth, Depth),
            Shown
        end || D <- [0, 1, 2]]),
    %% Of another class than it was, and once more.
    ?T(shown(fun() -> try hd(id([])) catch error:R:S -> erlang:raise(exit, R, S) end end)),
    ?T(shown(fun() ->
        try try hd(id([])) catch error:R:S -> erlang:raise(throw, R, S) end
        catch throw:R2:S2 -> erlang:raise(error, R2, S2) end
    end)),
    ?T(catch (try exit(id(gone)) catch C:R:S -> erlang:raise(C, R, S) end)),
    %% In processes that end by it, and with after.
    ?T([ended(fun() -> erlang:raise(id(C), reason, id([Item])) end) || C <- [exit]]),
    ?T(shown(fun() -> try erlang:raise(error, id(x), id([Item])) after put(done, yes) end end)),
    ?T(get(done)),
    %% What is caught while a message is looked at.
    self() ! {to_look_at, [1, 2, 3]},
    ?T(receive {to_look_at, L} -> shown(fun() -> erlang:raise(throw, L, id([Item])) end) end).

ended(F) ->
    {Pid, Monitor} = spawn_monitor(F),
    receive {'DOWN', Monitor, process, Pid, Reason} -> Reason end.

shown(F) ->
    try F()
    catch
        Class:Reason:Stack -> {Class, Reason, length(Stack), lists:sublist([I || {m, _, _, _} = I <- Stack], 2)}
    end.
