%% Loaded by code_loading only when it is asked for by name.
-module(third_aux).
-export([answer/0, chain/1]).

answer() -> 42.
chain(0) -> done;
chain(N) -> second_aux:call_back(fun(_) -> chain(N - 1) end).
