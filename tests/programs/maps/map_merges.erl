%% Updates of several keys at once, put and removed in many orders: small maps, large ones and those
%% that become one of the other kind.
-module(map_merges).
-export([main/0]).

main() ->
    several_at_once(),
    zeros(),
    variable_keys(#{b => 1, d => 2}, c, d, a),
    random_changes(20), random_changes(40), random_changes(3000).

several_at_once() ->
    M = id(#{encoding => latin1, strings => true}),
    show(M#{width => 1, adjust => 2, strings => false, args => [], zz => 3}),
    show(M#{strings => 1, encoding => 2}),
    show(M#{encoding := 2, strings := 1}),
    show((id(#{}))#{b => 1, a => 2, "c" => 3, {d} => 4, 1 => 5, 1.0 => 6}),
    %% What is the same at the beginning.
    show((id(#{abcdefgh => 0, abcdefghi => 1}))#{abcdefg => 2, abcdefghh => 3, abcdefgz => 4, '' => 5}),
    Many = maps:from_list([{N, x} || N <- lists:seq(1, 31)]),
    show(maps:size(Many#{0 => a, 1 => b})),
    show(erlang:phash2(Many#{0 => a, 1 => b, 32 => c, 33 => d, 100 => e})).

%% A map keeps its own key where another one equals it.
zeros() ->
    M = id(#{0.0 => a, x => 1}),
    show(M#{-0.0 => b, y => 2}),
    show(M#{-0.0 => b, x => 2}),
    show(M#{-0.0 := b, x := 2}).

variable_keys(M, A, B, C) ->
    show(M#{A => 1, B => 2, C => 3}),
    show(M#{B => 1, C => 2, A => 3}),
    show(M#{A => 1, A => 2, C => 3, C => 4}),
    show(try M#{b := 1, A := 2} catch error:E1 -> E1 end),
    show(M#{B := 7}),
    show(try M#{A := 7} catch error:E2 -> E2 end),
    #{B := V} = M,
    show(V),
    show(case M of #{A := W} -> W; #{} -> none end).

random_changes(N) ->
    Rand = fun(S) -> (S * 1103515245 + 12345) band 16#7fffffff end,
    Key = fun(S) -> case (S bsr 8) rem 3 of 0 -> (S bsr 10) rem N; 1 -> {(S bsr 10) rem N};
                    2 -> integer_to_list((S bsr 10) rem N) end end,
    Change = fun(_, {M, S}) ->
                     K = Key(S),
                     M1 = case (S bsr 5) rem 5 of
                              0 -> maps:remove(K, M);
                              1 -> case M of #{K := V} -> M#{K := [V | S band 7]}; _ -> M end;
                              2 -> try M#{K := S} catch error:{badkey, K} -> M end;
                              _ -> M#{K => S band 63}
                          end,
                     {M1, Rand(S)}
             end,
    {Map, _} = lists:foldl(Change, {#{}, 42}, lists:seq(1, 5 * N)),
    show({maps:size(Map), erlang:phash2(Map)}),
    Empty = lists:foldl(fun(K, M) -> true = is_map_key(K, M), maps:remove(K, M) end, Map, maps:keys(Map)),
    show(Empty).

show(T) -> io:format("~w~n", [T]).

id(X) -> X.
