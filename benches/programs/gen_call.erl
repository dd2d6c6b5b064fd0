%% Calls to a gen_server.
-module(gen_call).
-behaviour(gen_server).
-export([main/1]).
-export([init/1, handle_call/3, handle_cast/2]).

main(Args) ->
    N = bench:size(Args, 400000),
    bench:run(gen_call, N,
              fun() -> {ok, Pid} = gen_server:start_link(?MODULE, 0, []), Pid end,
              fun(Pid) -> loop(Pid, N, 0) end).

loop(_Pid, 0, Last) -> Last;
loop(Pid, N, _Last) -> loop(Pid, N - 1, gen_server:call(Pid, {add, N})).

init(Count) -> {ok, Count}.

handle_call({add, N}, _From, Count) -> {reply, Count + N, Count + N}.

handle_cast(_Message, Count) -> {noreply, Count}.
