%% Exceptions as erl_error words them, with the argument positions that the native functions report.
-module(error_texts).
-include("t.hrl").

main() ->
    Cases = [fun() -> 1 + id(a) end, fun() -> 1 div id(0) end, fun() -> atom_to_list(id(1)) end, fun() -> element(id(3), {1, 2}) end, fun() -> hd(id([])) end, fun() -> length(id(a)) end,
             fun() -> list_to_integer(id("x")) end, fun() -> binary_to_integer(id(<<"1x">>), 10) end, fun() -> integer_to_list(id(5), 99) end, fun() -> maps:get(k, id(#{})) end, fun() -> maps:get(k, id([])) end,
             fun() -> map_size(id(1)) end, fun() -> tuple_to_list(id([])) end, fun() -> setelement(id(9), {1}, x) end, fun() -> list_to_tuple(id([1 | 2])) end, fun() -> lists:reverse(id([1 | 2])) end,
             fun() -> lists:keyfind(a, id(0), []) end, fun() -> lists:member(a, id(b)) end, fun() -> list_to_atom(lists:duplicate(id(300), $a)) end, fun() -> binary_to_atom(id(<<255>>), utf8) end,
             fun() -> binary:match(id(x), <<"a">>) end, fun() -> binary:at(<<1>>, id(5)) end, fun() -> binary:copy(<<1>>, id(-1)) end, fun() -> iolist_to_binary(id([a])) end, fun() -> term_to_binary(a, id([x])) end, fun() -> binary_to_term(id(<<1>>)) end,
             fun() -> register(id(1), self()) end, fun() -> id(no_such_name) ! x end, fun() -> erlang:send_after(id(-1), x, y) end, fun() -> process_flag(trap_exit, id(maybe_so)) end, fun() -> spawn_opt(fun() -> ok end, id([x])) end,
             fun() -> float_to_list(id(1)) end, fun() -> round(id(a)) end, fun() -> math:sqrt(id(-1)) end, fun() -> math:log(id(x)) end, fun() -> ets:lookup(id(no_table), k) end, fun() -> ets:new(id("x"), []) end, fun() -> unicode:characters_to_binary(id(x)) end,
             fun() -> re:run(id(x), "a") end, fun() -> persistent_term:get(id(no_key)) end, fun() -> atomics:get(id(x), 1) end, fun() -> io:format(id("~p"), []) end, fun() -> binary_part(id(<<1, 2>>), 1, 5) end, fun() -> split_binary(id(<<1>>), 2) end,
             fun() -> {ok, _} = id(error) end, fun() -> case id(1) of 2 -> x end end, fun() -> no_mod:f(1) end, fun() -> lists:nope(1) end, fun() -> (id(1))(2) end, fun() -> (id(fun id/1))(1, 2) end, fun() -> throw(ball) end, fun() -> exit(bye) end, fun() -> error({my, error}) end, fun() -> lists:nth(id(0), [a]) end],
    lists:foldl(fun(F, N) -> io:format("~p: ~ts~n", [N, text(F)]), N + 1 end, 1, Cases),
    ok.

text(F) ->
    try F(), "no exception"
    catch
        C:R:S ->
            Plain = [{M, Fun, A, lists:keydelete(file, 1, L)} || {M, Fun, A, L} <- S, is_list(A)],
            case unstable(Plain) of
                true -> io_lib:format("~p:~p", [C, R]);
                false -> erl_error:format_exception(C, short(R), lists:sublist(Plain, 1))
            end
    end.

%% Pids and funs print differently from run to run or build to build.
unstable(Stack) -> [A || {_, _, As, _} <- Stack, A <- As, is_pid(A) orelse is_function(A)] =/= [].

short({badarity, {F, A}}) when is_function(F) -> {badarity, A};
short(R) -> R.
