%% What programs may say about signals of the operating system.
-module(signal_settings).
-include("t.hrl").

main() ->
    ?T([try_to(fun() -> os:set_signal(S, default) end)
        || S <- [sighup, sigabrt, sigalrm, sigusr1, sigusr2, sigchld, sigstop, sigtstp, sigint, sigkill, other, 1, "sigterm"]]),
    ?T(os:set_signal(sigusr2, handle)),
    ?T(os:set_signal(sigusr2, ignore)),
    ?T(os:set_signal(sigusr2, default)),
    ?T(try_to(fun() -> os:set_signal(sigusr2, other) end)),
    ?T(try_to(fun() -> os:set_signal(sigusr2, [handle]) end)),
    ok.
