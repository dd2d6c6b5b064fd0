%% The ring with 100,000 processes: every hop goes to memory no cache holds.
-module(ring_100k).
-export([main/1]).

main(Args) -> ring:run(ring_100k, 100000, bench:size(Args, 1000000)).
