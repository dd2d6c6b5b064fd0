%% Exceptions of all classes, raised and caught near and far.
-module(exceptions).
-export([main/1, raise/2]).

main(Args) ->
    N = bench:size(Args, 4000000),
    bench:run(exceptions, N, fun() -> loop(N, 0) end).

loop(0, Sum) -> Sum;
loop(N, Sum) -> loop(N - 1, Sum + one(N band 3, N)).

one(0, N) -> try ?MODULE:raise(0, N) catch throw:{thrown, X} -> X band 15 end;
one(1, N) -> try ?MODULE:raise(1, N) catch error:_:Stack -> length(Stack) band 1 end;
one(2, N) -> case catch ?MODULE:raise(2, N) of {'EXIT', {bad, X}} -> X band 7; _ -> 0 end;
one(3, N) -> try deep(20, N) of X -> X catch exit:X -> X band 3 after N + 1 end.

raise(0, N) -> throw({thrown, N});
raise(1, N) -> N + not_a_number(N);
raise(2, N) -> exit({bad, N}).

not_a_number(N) when is_integer(N) -> a;
not_a_number(N) -> N.

deep(0, N) -> exit(N);
deep(Depth, N) -> 1 + deep(Depth - 1, N).
