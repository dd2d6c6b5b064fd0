%% boot +C single_time_warp
%% The time offset is preliminary until it is made final, which those hear of who watch it.
-module(time_warp).
-include("t.hrl").

changes(Names) ->
    receive
        {What, R, Kind, Object, Offset} when is_reference(R) ->
            [{What, maps:get(R, Names), Kind, Object, Offset =:= erlang:time_offset()} | changes(Names)]
    after 200 -> []
    end.

main() ->
    Near = erlang:system_time(second),
    First = erlang:time_offset(),
    [R1, R2, R4] = [monitor(time_offset, clock_service) || _ <- [1, 2, 4]],
    R3 = erlang:monitor(time_offset, clock_service, [{tag, mine}]),
    Names = #{R1 => one, R2 => two, R3 => three, R4 => four},
    ?T(process_info(self(), monitors)),
    ?T([erlang:system_info(I) || I <- [time_offset, time_warp_mode]]),
    ?T([demonitor(R2, [info]), demonitor(R2, [info]), demonitor(R2)]),
    ?T(changes(Names)),
    %% One that exits, and one that is watched for it.
    {P, M} = spawn_monitor(fun() -> monitor(time_offset, clock_service) end),
    ?T(receive {'DOWN', M, process, P, W} -> W end),
    ?T(erlang:system_flag(time_offset, finalize)),
    ?T(demonitor(R4, [flush])),
    ?T(lists:sort(changes(Names))),
    ?T([erlang:system_info(time_offset), erlang:system_flag(time_offset, finalize), erlang:system_info(time_offset)]),
    ?T(changes(Names)),
    ?T([abs(erlang:time_offset() - First) < 1000000000, erlang:time_offset() =:= First]),
    ?T(abs(erlang:system_time(second) - Near) < 60),
    ?T([demonitor(R, [info, flush]) || R <- [R1, R3]]),
    ?T(process_info(self(), monitors)),
    ?T(try monitor(time_offset, nothing) catch error:E -> E end).
