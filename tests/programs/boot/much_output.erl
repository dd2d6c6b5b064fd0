%% boot
%% More output at a time than its port takes without being busy, again and again.
-module(much_output).
-include("t.hrl").

main() ->
    [io:put_chars(chunk(N)) || N <- lists:seq(1, 100)],
    ?T(done).

%% A line of 10,000 characters and more.
chunk(N) -> [integer_to_list(N), lists:duplicate(10_000 + N, $a + N rem 26), $\n].
