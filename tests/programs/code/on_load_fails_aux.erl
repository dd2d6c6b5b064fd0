%% Its on_load function refuses.
-module(on_load_fails_aux).
-on_load(init/0).
-export([f/0]).

init() -> refused.
f() -> never.
