%% A receive whose timeout is bad fails after it has looked at all messages; the next receive looks at
%% them from the first on.
-module(bad_timeouts).
-include("t.hrl").

main() ->
    self() ! first,
    ?T(receive never -> ok after id(soon) -> ok end),
    ?T(receive first -> got after 0 -> missed end),
    self() ! second,
    self() ! third,
    ?T(receive never -> ok after id(-1) -> ok end),
    ?T(receive Any -> Any after 0 -> missed end),
    ?T(receive never -> ok after id(1 bsl 32) -> ok end),
    Ref = make_ref(),
    self() ! Ref,
    ?T(receive third -> got after 0 -> missed end),
    ?T(receive Ref -> got after 0 -> missed end),
    ?T(receive _ -> more after 0 -> nothing end).
