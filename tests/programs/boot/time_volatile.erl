%% boot +C multi_time_warp
%% The time offset may change at any time, and nobody can make it final.
-module(time_volatile).
-include("t.hrl").

main() ->
    R = monitor(time_offset, clock_service),
    ?T([erlang:system_info(I) || I <- [time_offset, time_warp_mode]]),
    ?T([erlang:system_flag(time_offset, finalize), erlang:system_info(time_offset)]),
    %% As long as nobody sets the clock it stays.
    ?T([begin timer:sleep(20), abs(erlang:system_time() - os:system_time()) < 1000000000 end || _ <- lists:seq(1, 60)]),
    ?T(demonitor(R, [info, flush])).
