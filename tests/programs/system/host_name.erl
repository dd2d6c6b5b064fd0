%% The name of the computer: not printed, but the same as the system's own.
-module(host_name).
-include("t.hrl").

main() ->
    {ok, Name} = net:gethostname(),
    ?T(Name ++ "\n" =:= os:cmd("uname -n")).
