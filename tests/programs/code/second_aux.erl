%% Loaded on demand by code_loading.
-module(second_aux).
-export([hello/1, version/0, call_back/1, local_fun/1, crash/1]).

hello(X) -> {hello, X, ?MODULE}.
version() -> 1.
call_back(F) -> F(from_second).
local_fun(N) -> fun(X) -> X + N + version() end.
crash(X) -> {error, X + 1}.
