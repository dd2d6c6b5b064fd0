%% An on_load function that needs the code server: for a module that is not loaded yet, and by
%% asking it something. Whoever calls the module meanwhile waits.
-module(on_load_asks).
-include("t.hrl").

main() ->
    Self = self(),
    Pids = [spawn_link(fun() -> Self ! {self(), on_load_asks_aux:value()} end) || _ <- [1, 2, 3]],
    ?T([receive {Pid, Value} -> Value end || Pid <- Pids]),
    ?T(on_load_asks_aux:value()),
    ?T(code:ensure_loaded(on_load_asks_aux)),
    ?T(is_tuple(code:is_loaded(on_load_asks_aux))),
    ?T(filename:basename(code:which(on_load_asks_aux))).
