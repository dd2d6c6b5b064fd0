%% Runs a function when it is loaded.
-module(on_load_aux).
-on_load(init/0).
-export([state/0]).

init() -> persistent_term:put(on_load_aux, loaded), ok.
state() -> persistent_term:get(on_load_aux, not_loaded).
