-module(shorter_collections).
-export([main/0]).

%% Heaps that are large for a machine which puts off collections early (`gc_zeal`).
main() -> long_collections:run(30).
