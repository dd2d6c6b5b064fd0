%% A server whose state has another form in each version (the macro VERSION).
-module(store_server).
-behaviour(gen_server).
-vsn(?VERSION).
-export([start_link/0, add/1, init/1, handle_call/3, handle_cast/2, code_change/3]).

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

add(N) -> gen_server:call(?MODULE, {add, N}).

handle_cast(_, State) -> {noreply, State}.

-if(?VERSION =:= 1).
init([]) -> {ok, 0}.
handle_call({add, N}, _, State) -> {reply, State + N, State + N}.
code_change(_, State, _) -> {ok, State}.
-else.
init([]) -> {ok, #{count => 0, log => []}}.
handle_call({add, N}, _, #{count := M, log := Log} = State) ->
    {reply, {now, M + N}, State#{count := M + N, log := [N | Log]}}.
code_change({down, Vsn}, #{count := N, log := Log}, Extra) ->
    io:format("down from ~p: ~p ~p~n", [Vsn, Log, Extra]),
    {ok, N};
code_change(Vsn, State, Extra) ->
    io:format("up from ~p: ~p ~p~n", [Vsn, State, Extra]),
    {ok, #{count => State, log => []}}.
-endif.
