%% boot
%% The application controller: an application of its own, its environment, its end.
-module(applications).
-behaviour(application).
-behaviour(supervisor).
-export([start/2, stop/1, init/1]).
-include("t.hrl").

main() ->
    register(applications_main, self()),
    App = {application, sample, [{description, "a sample"}, {vsn, "1.2"}, {modules, [?MODULE]},
                                 {registered, [sample_sup]}, {applications, [kernel, stdlib]},
                                 {mod, {?MODULE, [applications_main]}}, {env, [{a, 1}, {b, two}]}]},
    ?T(application:load(App)),
    ?T(application:load(App)),
    ?T(lists:sort(application:get_all_env(sample))),
    ?T(application:start(sample)),
    ?T(receive {sample, M} -> M after 1000 -> nothing end),
    ?T(application:start(sample)),
    ?T(lists:keyfind(sample, 1, application:which_applications())),
    ?T(application:get_application(whereis(sample_sup))),
    ?T(application:set_env(sample, a, 3)),
    ?T(application:get_env(sample, a)),
    ?T(application:get_key(sample, vsn)),
    ?T(application:start(no_such_application)),
    ?T(application:ensure_all_started(sasl)),
    ?T(application:stop(sample)),
    ?T(receive {sample, M2} -> M2 after 1000 -> nothing end),
    ?T(whereis(sample_sup)),
    ?T(application:unload(sample)),
    ?T(application:get_all_env(sample)),
    ok.

start(normal, [Pid]) ->
    Pid ! {sample, started},
    {ok, Sup} = supervisor:start_link({local, sample_sup}, ?MODULE, []),
    {ok, Sup, Pid}.

stop(Pid) -> Pid ! {sample, stopped}.

init([]) -> {ok, {#{}, []}}.
