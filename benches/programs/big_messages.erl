%% Messages of a thousand list cells, tuples and a map, copied at every send.
-module(big_messages).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 20000),
    Message = [{I, [I, {I, <<I:32>>}], #{key => I}} || I <- lists:seq(1, 200)],
    bench:run(big_messages, N, fun() -> spawn(fun echo/0) end,
              fun(Echo) -> loop(Echo, N, Message) end).

loop(_Echo, 0, Message) -> Message;
loop(Echo, N, Message) ->
    Echo ! {self(), Message},
    receive {Echo, Answer} -> loop(Echo, N - 1, Answer) end.

echo() ->
    receive {From, Message} -> From ! {self(), Message}, echo() end.
