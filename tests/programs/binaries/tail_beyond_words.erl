%% A pattern whose length does not fit a word: it matches nothing, and the module loads.
-module(tail_beyond_words).
-include("t.hrl").

main() ->
    [?T(huge(B)) || B <- [<<>>, <<1>>, <<1, 2, 3>>]].

huge(<<_, _:18446744073709551616>>) -> matches;
huge(<<_:4, _/bitstring>>) -> begins;
huge(_) -> nothing.
