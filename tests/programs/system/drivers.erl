%% Drivers in files, of which there are none: what is linked in, and what is asked for in vain.
-module(drivers).
-include("t.hrl").

main() ->
    %% Stock has sctp_inet where the system has a library for it.
    {ok, Drivers} = erl_ddll:loaded_drivers(),
    ?T(Drivers -- ["sctp_inet"]),
    ?T(erl_ddll:try_load("/tmp", "nodrv", [])),
    ?T(erl_ddll:try_load("/tmp", nodrv, [{driver_options,[kill_ports]}])),
    ?T(erl_ddll:try_load("/tmp", nodrv, [{monitor,pending}])),
    ?T(erl_ddll:try_load("/tmp", nodrv, [{reload,pending}])),
    ?T(erl_ddll:try_load("/tmp", tcp_inet, [])),
    ?T(erl_ddll:try_load("/tmp", "tcp_inet", [])),
    ?T(erl_ddll:try_load("/tmp", "nodrv", [x])),
    ?T(erl_ddll:try_load("/tmp", 1, [])),
    ?T(erl_ddll:try_load(1, "x", [])),
    ?T(erl_ddll:load("/tmp", "nodrv")),
    ?T(erl_ddll:load_driver("/tmp", "nodrv")),
    ?T(erl_ddll:load_driver("/tmp", "tcp_inet")),
    ?T(erl_ddll:try_unload("nodrv", [])),
    ?T(erl_ddll:try_unload("tcp_inet", [])),
    ?T(erl_ddll:try_unload("nodrv", [x])),
    ?T(erl_ddll:try_unload("nodrv", [{monitor,pending_driver}])),
    ?T(erl_ddll:unload("nodrv")),
    ?T(erl_ddll:unload_driver("nodrv")),
    ?T(erl_ddll:reload("/tmp","nodrv")),
    ?T(erl_ddll:info()),
    ?T(erl_ddll:info("nodrv")),
    ?T(erl_ddll:info("tcp_inet")),
    ?T([try_to(fun() -> {I, erl_ddll:info("tcp_inet",I)} end) || I <- [processes,driver_options,port_count,linked_in_driver,permanent,awaiting_load,awaiting_unload,x]]),
    ?T(erl_ddll:info("nodrv",processes)),
    ?T(erl_ddll:info(1,processes)),
    ?T(monitored({nodrv, loaded})),
    ?T(monitored({"nodrv", unloaded})),
    ?T(monitored({"tcp_inet", loaded})),
    ?T(monitored({"tcp_inet", unloaded})),
    ?T(monitored({"tcp_inet", unloaded_only})),
    ?T(erl_ddll:monitor(driver, {"tcp_inet", x})),
    ?T(erl_ddll:monitor(port, {"tcp_inet", loaded})),
    ?T(erl_ddll:demonitor(make_ref())),
    ?T(erl_ddll:demonitor(x)),
    ?T([try_to(fun() -> {I,erl_ddll:format_error_int(I)} end) || I <- [inconsistent,linked_in_driver,permanent,not_loaded,not_loaded_by_this_process,not_pending,already_loaded,unloading,x,{open_error,1},1]]),
    ?T([try_to(fun() -> {I,erl_ddll:format_error(I)} end) || I <- [inconsistent,x, {a,b}]]),
    ok.

monitored(What) ->
    Ref = erl_ddll:monitor(driver, What),
    receive Message when element(2, Message) =:= Ref -> setelement(2, Message, ref) end.
