%% Stack traces: frames, arities or arguments, line numbers, file names, depth limit, tail calls that leave no frame.
-module(stack_traces).
-export([exported/2]).
-include("t.hrl").

main() ->
    ?T(a(1)),
    ?T(tail(1)),
    ?T(fc(1, [2])),
    ?T(exported(x, y)),
    ?T(?MODULE:exported(x, y)),
    ?T(apply(?MODULE, exported, [1, 2, 3])),
    ?T(lists:map(fun(X) -> 1 / X end, [1, 0])),
    ?T(lists:foldl(fun(X, A) -> A + X end, 0, [a])),
    ?T([hd(X) || X <- [[1], []]]),
    ?T(in_case(id(3))),
    ?T(in_lc([1, 2, x])),
    ?T(nested_fun()),
    ?T(element(5, id({}))),
    ?T(1 + body_arith(id(a))),
    ?T(list_to_integer(id("x")) + 1),
    ?T(binary_to_term(id(<<1, 2, 3>>))),
    ?T(maps:get(k, id(#{}))),
    ?T(ets:lookup(id(no_table), 1)),
    ?T(undefined_module:f(a, b)),
    ?T(lists:undefined_function()),
    ?T((fun(X) when X > 1 -> X end)(id(0))),
    ?T((fun named/1)(0)),
    ?T(spawn(id(not_fun))),
    ?T(send_to(id(not_registered))),
    ?T(register(id(undefined), not_a_pid)),
    ?T(error(a_reason, [x, y])),
    ?T(mutual(3)),
    ?T(wait_for(id(-1))),
    ?T(depth(3)),
    ?T(depth(30)),
    ?T(file()),
    ?T(flag(3)),
    ?T(flag(0)),
    ?T(record_error()),
    ?T(info(fun() -> atom_to_list(id(1)) end)),
    ?T(info(fun() -> maps:get(x, id(y)) end)),
    ?T(info(fun() -> element(id(0), {a}) end)),
    ?T(info(fun() -> lists:nth(0, id([a])) end)),
    ?T(info(fun() -> list_to_binary(id([a])) end)),
    ?T(info(fun() -> binary:part(id(<<"a">>), 5, 6) end)),
    ?T(info(fun() -> erlang:system_flag(id(x), y) end)),
    ok.

a(X) -> R = b(X), [R].
b(X) -> R = c(X), {R}.
c(X) -> error({in_c, X}).

tail(X) -> tail2(X).
tail2(X) -> c(X).

fc(A, B) when A > 1 -> B;
fc(A, [B]) when A > B -> B.

exported(A, B) -> A + B.

in_case(X) ->
    case X of
        1 -> one;
        2 -> two
    end.

in_lc(L) -> [X * 2 || X <- L].

nested_fun() ->
    F = fun() ->
                G = fun() -> throw(inner) end,
                {G()}
        end,
    {F()}.

body_arith(X) ->
    X * 2 - 1.

named(X) when X =:= 1 -> X.

send_to(Name) -> Name ! hello.

mutual(0) -> error(zero);
mutual(N) -> mutual2(N - 1) + 1.
mutual2(0) -> error(zero2);
mutual2(N) -> mutual(N - 1) + 1.

wait_for(T) -> receive never -> ok after T -> ok end.

depth(N) ->
    try recurse(N) catch error:bottom:S -> {length(S), [F || {_, F, _, _} <- lists:sublist(S, 3)]} end.
recurse(0) -> error(bottom);
recurse(N) -> 1 + recurse(N - 1).

file() ->
    try error(x)
    catch
        _:_:S ->
            [{_, _, _, Loc} | _] = S,
            {filename:basename(proplists:get_value(file, Loc)), proplists:get_value(line, Loc)}
    end.

flag(N) ->
    Old = erlang:system_flag(backtrace_depth, N),
    R = depth(20),
    erlang:system_flag(backtrace_depth, Old),
    {Old, R}.

-record(r, {f}).
record_error() -> (id({not_r, 1}))#r.f.

%% What format_error says of the argument positions.
info(F) ->
    try F()
    catch
        _:R:S ->
            [{M, _, _, Loc} = Top | _] = S,
            case proplists:get_value(error_info, Loc) of
                undefined -> {M, none};
                Info ->
                    Module = maps:get(module, Info, M),
                    {element(1, Top), element(2, Top), ordered(Module:format_error(R, S))}
            end
    end.
