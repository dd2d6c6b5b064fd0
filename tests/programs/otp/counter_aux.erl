%% The counter of counter_supervised.
-module(counter_aux).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2]).

init(N) -> {ok, N}.
handle_call({add, K}, _, N) -> {reply, N + K, N + K}.
handle_cast({crash, Why}, _) -> error(Why).
