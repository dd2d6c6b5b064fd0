%% gen_event: add, swap, delete and crash of handlers, notify order, calls, supervised handlers.
-module(gen_event_handlers).
-behaviour(gen_event).
-export([init/1, handle_event/2, handle_call/2, handle_info/2, terminate/2]).
-include("t.hrl").

main() ->
    Self = self(),
    {ok, M} = gen_event:start_link({local, bus}),
    ?T(gen_event:add_handler(M, {?MODULE, a}, {a, Self})),
    ?T(gen_event:add_handler(M, {?MODULE, b}, {b, Self})),
    ?T(gen_event:add_handler(M, {?MODULE, c}, refuse)),
    ?T(gen_event:add_handler(M, {?MODULE, a}, {a, Self}) =:= ok),
    ?T(gen_event:which_handlers(M)),
    ?T(gen_event:notify(bus, one)),
    ?T(gen_event:sync_notify(bus, two)),
    ?T(lists:sort(flush())),
    ?T(gen_event:call(M, {?MODULE, a}, count)),
    ?T(gen_event:call(M, {?MODULE, zz}, count)),
    M ! an_info,
    ?T(gen_event:call(M, {?MODULE, b}, count)),
    ?T(lists:sort(flush())),
    ?T(gen_event:delete_handler(M, {?MODULE, b}, bye)),
    ?T(gen_event:delete_handler(M, {?MODULE, b}, bye)),
    ?T(flush()),
    ?T(gen_event:swap_handler(M, {{?MODULE, a}, swapping}, {{?MODULE, s}, {s, Self}})),
    ?T(gen_event:which_handlers(M)),
    ?T(flush()),
    ?T(gen_event:notify(M, remove)),
    ?T(gen_event:which_handlers(M)),
    ?T(gen_event:add_sup_handler(M, {?MODULE, sup}, {sup, Self})),
    ?T(gen_event:sync_notify(M, remove)),
    ?T(receive {gen_event_EXIT, H, W} -> {H, W} end),
    ?T(gen_event:add_sup_handler(M, {?MODULE, crash}, {crash, Self})),
    ?T(gen_event:sync_notify(M, crash)),
    ?T(receive {gen_event_EXIT, H, {'EXIT', {W, _}}} -> {H, W} end),
    ?T(gen_event:add_handler(M, {?MODULE, crash}, {crash, Self})),
    ?T(case gen_event:call(M, {?MODULE, crash}, crash) of {error, {'EXIT', {W, _}}} -> W end),
    ?T(gen_event:which_handlers(M)),
    flush(),
    ?T(gen_event:add_handler(M, {?MODULE, last}, {last, Self})),
    ?T(gen_event:stop(M)),
    ?T(flush()),
    ?T(whereis(bus)),
    ok.

flush() -> receive X -> [X | flush()] after 0 -> [] end.

init(refuse) -> {error, refused};
init({{Tag, To}, {swapped, X}}) -> {ok, {Tag, To, {from, X}}};
init({{Tag, To}, Other}) -> {ok, {Tag, To, Other}};
init({Tag, To}) -> {ok, {Tag, To, 0}}.

handle_event(remove, _) -> remove_handler;
handle_event(crash, _) -> error(handler_crashed);
handle_event(E, {Tag, To, N}) when is_integer(N) -> To ! {Tag, N, E}, {ok, {Tag, To, N + 1}};
handle_event(E, {Tag, To, N}) -> To ! {Tag, N, E}, {ok, {Tag, To, 1}}.

handle_call(crash, _) -> error(call_crashed);
handle_call(count, {_, _, N} = S) -> {ok, N, S}.

handle_info(I, {Tag, To, _} = S) -> To ! {Tag, info, I}, {ok, S}.

terminate(swapping, {Tag, To, N}) -> To ! {Tag, swapped_out}, {swapped, N};
terminate(Why, {Tag, To, N}) -> To ! {Tag, terminated, strip(Why)}, {final, N}.

strip({error, {'EXIT', {R, _}}}) -> R;
strip(R) -> R.
