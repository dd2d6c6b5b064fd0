%% Text as programs handle it: the string module, binaries split and joined, numbers.
-module(strings).
-export([main/1]).

main(Args) ->
    N = bench:size(Args, 50000),
    bench:run(strings, N, fun() -> [once(I) || I <- lists:seq(1, N)] end).

once(I) ->
    Text = "the quick brown fox, number " ++ integer_to_list(I) ++ ", jumps over the lazy dog",
    Words = string:lexemes(Text, " ,"),
    Upper = string:uppercase(Text),
    Joined = lists:flatten(lists:join("-", [string:titlecase(W) || W <- Words])),
    Binary = unicode:characters_to_binary(Text),
    Parts = binary:split(Binary, <<" ">>, [global]),
    Padded = string:pad(integer_to_list(I), 10, leading, $0),
    Replaced = string:replace(Text, "o", "0", all),
    erlang:phash2({Words, Upper, Joined, Parts, lists:flatten(Padded), lists:flatten(Replaced),
                   string:trim("  " ++ Text ++ "  "), string:length(Text), string:find(Text, "lazy"),
                   string:reverse(Text), string:to_integer(integer_to_list(I) ++ "x")}).
