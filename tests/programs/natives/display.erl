%% erlang:display of every printable kind of term, whose form is the machine's own and not io_lib's.
-module(display).
-include("t.hrl").

main() ->
    [erlang:display(T) || T <- [0, -5, 1 bsl 70, 1.5, -0.0, 1.0e100, 0.1, a, 'hello world', '', 'A', [], [1, 2, 3], "string", "with \"quote\" \n", [a | b], [1 | 2], {}, {a, {b}}, <<>>, <<1, 2, 3>>, <<"text">>, <<1:3>>,
                                #{}, #{a => 1}, [[]], [{}, []], {[1], "s"}, [300], [$a, 300], fun lists:map/2, lists:seq(1, 50), list_to_tuple(lists:seq(1, 20))]],
    true = erlang:display(last),
    "{a,\"list\",<<\"and\">>,1.500000e+00}\n" = erts_debug:display({a, "list", <<"and">>, 1.5}),
    ok.
