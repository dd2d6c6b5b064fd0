%% io_lib:format and printing of terms.
-module(formatting).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 40000),
    bench:run(formatting, N, fun() -> [once(I) || I <- lists:seq(1, N)] end).

once(I) ->
    Term = {ok, [I, I / 7, "text", <<"binary">>, #{key => [a, b, I]}], make},
    Text = [io_lib:format("~p ~w~n", [Term, Term]),
            io_lib:format("~5w|~-8s|~8.3f|~b|~.16B|~e", [I band 1023, "ab", I / 3, I, I, I * 1.5]),
            io_lib:format("~ts ~c ~i~s", [[8364, $x], $c, ignored, <<"bytes">>])],
    erlang:phash2(lists:flatten(Text)).
