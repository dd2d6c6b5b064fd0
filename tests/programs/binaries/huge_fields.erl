%% Integer fields with more bits than an integer can have; how much work building binaries is.
-module(huge_fields).
-export([main/0]).

main() ->
    Size = 1 bsl 27,
    Bin = <<0:(Size - 8), 5, 13:8>>,
    io:format("~p~n", [[big(Size, Bin), signed(Size, Bin), little(Size, <<5, 0:(Size - 8), 13>>)]]),
    io:format("~p~n", [[big(Size, <<255, Bin/binary>>), signed(Size, binary:copy(<<255>>, Size div 8 + 1))]]),
    io:format("~p~n", [overflow(<<1>>)]),
    TwoMeg = <<0:(2000 * 1024)/unit:8>>,
    io:format("~p~n", [[work(fun() -> <<0:8, TwoMeg/binary>> end) >= 2000,
                        work(fun() -> <<0:8, TwoMeg:(1000 * 1024)/binary>> end) >= 1000]]).

big(Size, Bin) ->
    case Bin of <<I:Size, _/binary>> -> I; _ -> nomatch end.

signed(Size, Bin) ->
    case Bin of <<I:Size/signed, _/binary>> -> I; _ -> nomatch end.

little(Size, Bin) ->
    case Bin of <<I:Size/little, _/binary>> -> I; _ -> nomatch end.

overflow(Bin) ->
    case Bin of <<I:16#7fffffff/unit:128, 0, _/binary>> -> I; _ -> nomatch end.

work(F) ->
    receive after 1 -> ok end,
    {reductions, Before} = process_info(self(), reductions),
    F(),
    {reductions, After} = process_info(self(), reductions),
    After - Before.
