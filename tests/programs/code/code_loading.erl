%% Modules loaded when first called, through the error handler; the code module's view of them; missing ones.
-module(code_loading).
-include("t.hrl").

main() ->
    ?T(erlang:module_loaded(second_aux)),
    ?T(second_aux:hello(world)),
    ?T(erlang:module_loaded(second_aux)),
    ?T(second_aux:call_back(fun(X) -> {got, X} end)),
    ?T((second_aux:local_fun(10))(5)),
    ?T(second_aux:crash(id(x))),
    ?T(second_aux:no_such(1)),
    ?T(second_aux:hello()),
    ?T(code:ensure_loaded(third_aux)),
    ?T(third_aux:chain(20)),
    ?T(apply(id(third_aux), answer, [])),
    ?T(code:ensure_loaded(no_such_module_anywhere)),
    ?T(code:load_file(no_such_module_anywhere)),
    ?T(filename:basename(code:which(second_aux))),
    ?T(code:which(no_such_module_anywhere)),
    ?T(element(1, code:is_loaded(second_aux))),
    ?T(code:is_loaded(no_such_module_anywhere)),
    ?T(code:is_sticky(lists)),
    ?T(proplists:get_value(vsn, second_aux:module_info(attributes)) =/= undefined),
    ?T(lists:sort(third_aux:module_info(exports))),
    ?T(concurrent_first_call()),
    ?T(code:purge(second_aux)),
    ?T(code:load_file(second_aux)),
    ?T(second_aux:version()),
    ?T(code:delete(third_aux)),
    ?T(code:purge(third_aux)),
    ?T(erlang:module_loaded(third_aux)),
    ?T(third_aux:answer()),
    ?T(old_fun()),
    ?T(code:load_binary(bad_module, "x", <<"not a beam">>)),
    ?T(in_process_with_handler()),
    ?T(error_handler:undefined_function(second_aux, hello, [direct])),
    ok.

concurrent_first_call() ->
    code:delete(third_aux),
    code:purge(third_aux),
    Self = self(),
    Ps = [spawn_link(fun() -> Self ! {self(), third_aux:answer()} end) || _ <- lists:seq(1, 20)],
    lists:usort([receive {P, X} -> X end || P <- Ps]).

%% A fun of the old code still runs after a reload of its module.
old_fun() ->
    F = second_aux:local_fun(1),
    code:purge(second_aux),
    {module, second_aux} = code:load_file(second_aux),
    A = F(1),
    {A, erlang:check_process_code(self(), second_aux)}.

in_process_with_handler() ->
    Self = self(),
    spawn(fun() ->
                  process_flag(error_handler, error_handler),
                  Self ! {r, try no_module_at_all:f(1, 2) catch error:undef -> undef end}
          end),
    receive {r, X} -> X end.

