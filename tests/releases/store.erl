%% The application of the release that `release_maker` makes, and what is done with it.
-module(store).
-behaviour(application).
-behaviour(supervisor).
-export([start/2, stop/1, config_change/3, init/1, upgrade/0, restarted/0]).

start(_, _) ->
    io:format("starts: ~p, ~p, ~p~n", [application:get_env(store, greeting), application:get_env(store, colour), erlang:system_info(process_limit)]),
    supervisor:start_link({local, ?MODULE}, ?MODULE, []).

stop(_) -> io:format("stopped~n").

config_change(Changed, New, Removed) -> io:format("config_change: ~p ~p ~p~n", [Changed, New, Removed]).

init([]) -> {ok, {#{}, [#{id => server, start => {store_server, start_link, []}, modules => [store_server]}]}}.

%% Goes to version 2, back, and to version 2 for good; then the node starts once more with it.
upgrade() ->
    state(),
    say(release_handler:unpack_release("store2")),
    say(release_handler:check_install_release("2")),
    say(release_handler:install_release("2")),
    state(),
    say(release_handler:install_release("1")),
    state(),
    say(release_handler:install_release("2")),
    say(release_handler:make_permanent("2")),
    state(),
    say(release_handler:remove_release("1")),
    state(),
    io:format("~s", [element(2, file:read_file(filename:join(code:root_dir(), "releases/start_erl.data")))]),
    init:stop().

%% The node starts its applications twice.
restarted() ->
    state(),
    case os:getenv("RESTARTED") of
        false ->
            os:putenv("RESTARTED", "1"),
            init:restart();
        _ -> init:stop(5)
    end.

say(Answer) -> io:format("~p~n", [Answer]).

state() ->
    Server = whereis(store_server),
    io:format("~p ~p ~p~n", [store_server:add(1), sys:get_state(Server), application:get_env(store, version)]),
    io:format("~p~n", [[{Name, V, [filename:basename(A) || A <- Apps], Status} || {Name, V, Apps, Status} <- lists:sort(release_handler:which_releases())]]),
    io:format("~p ~p~n", [application:get_key(store, vsn), filename:basename(code:lib_dir(store))]).
