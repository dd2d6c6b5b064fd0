%% A key-value gen_server with a client module's interface, used from several processes.
-module(gen_server_kv).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2]).
-include("t.hrl").

main() ->
    {ok, _} = gen_server:start_link({local, kv}, ?MODULE, [], []),
    ?T(put_key(a, 1)),
    ?T(put_key("b", [2])),
    ?T(fetch(a)),
    ?T(fetch("b")),
    ?T(fetch(missing)),
    ?T(put_key(a, 3)),
    ?T(delete(a)),
    ?T(delete(a)),
    ?T(fetch(a)),
    Self = self(),
    Pids = [spawn_link(fun() -> [put_key({N, K}, N * K) || K <- lists:seq(1, 20)], Self ! {self(), done} end) || N <- lists:seq(1, 10)],
    [receive {P, done} -> ok end || P <- Pids],
    ?T(size_of()),
    ?T(lists:sum([element(2, fetch({N, K})) || N <- lists:seq(1, 10), K <- lists:seq(1, 20)])),
    ?T(update({1, 1}, fun(V) -> V + 1 end)),
    ?T(update(nope, fun(V) -> V + 1 end)),
    ?T(lists:sublist(keys(), 5)),
    ?T(clear()),
    ?T(size_of()),
    ?T(gen_server:stop(kv)),
    ?T(whereis(kv)),
    ok.

put_key(K, V) -> gen_server:call(kv, {put, K, V}).
fetch(K) -> gen_server:call(kv, {get, K}).
delete(K) -> gen_server:call(kv, {delete, K}).
update(K, F) -> gen_server:call(kv, {update, K, F}).
size_of() -> gen_server:call(kv, size).
keys() -> gen_server:call(kv, keys).
clear() -> gen_server:cast(kv, clear).

init([]) -> {ok, #{}}.

handle_call({put, K, V}, _, M) -> {reply, maps:get(K, M, new), M#{K => V}};
handle_call({get, K}, _, M) -> {reply, maps:find(K, M), M};
handle_call({delete, K}, _, M) ->
    case maps:take(K, M) of
        {V, Rest} -> {reply, {deleted, V}, Rest};
        error -> {reply, not_found, M}
    end;
handle_call({update, K, F}, _, M) ->
    try maps:update_with(K, F, M) of
        New -> {reply, maps:get(K, New), New}
    catch
        error:Why -> {reply, {error, Why}, M}
    end;
handle_call(keys, _, M) -> {reply, lists:sort(maps:keys(M)), M};
handle_call(size, _, M) -> {reply, map_size(M), M}.

handle_cast(clear, _) -> {noreply, #{}}.
