%% Match specifications: patterns, guards, bodies, what is refused, what fails in a guard and in a body.
-module(ets_match_specs).
-include("t.hrl").

main() ->
    T = ets:new(t, [ordered_set, public]),
    ets:insert(T, [{1, a, #{x => 1, y => 2}}, {2, b, 3}, {3, c, 4.0}]),
    [out(io_lib:format("~w", [MS]), try_to(fun() -> ets:select(T, MS) end)) || MS <- specs()],
    [out(io_lib:format("~w", [P]), {try_to(fun() -> ets:match(T, P) end), try_to(fun() -> ets:match_object(T, P) end)})
     || P <- [bar, '$1', '_', "s", #{}, 2.5, {'_', '_', 3}, {'$1', '$2', '_'}, {'$2', '$1', '_'}, {'$1', '_', '$1'},
              {'_', '_', #{x => '$1'}}, {'_', '_', #{z => '_'}}, {2, '_', '_'}, {2.0, '_', '_'}, {'$1'}, {}]],
    counting(T),
    replacing(T),
    runs(),
    binary_and_list_patterns(),
    kept_constants(),
    ok.

specs() ->
    H = {'$1', '$2', '_'},
    [[{'_', [], []}], [{'_', [], [a, b]}], [], foo, [{'_', [], ['$_']} | x], [{'_', [], ['$_' | x]}], [{'_', foo, ['$_']}],
     [{'_', [], ['$_'], x}], [x],
     [{H, [], ['$$']}], [{H, [], ['$_']}], [{H, [], ['$3']}], [{H, ['$3'], ['$1']}],
     [{{'$10', '$9', '_'}, [], ['$$']}], [{{'$01', '_', '_'}, [], ['$$']}], [{{'$0', '_', '_'}, [], ['$$']}],
     [{H, [{'>', '$1', 1}], ['$1']}], [{H, [{'>=', '$1', 2.0}, {'<', '$1', 3}], ['$1']}],
     [{H, [{'==', '$1', 2.0}], ['$1']}], [{H, [{'=:=', '$1', 2.0}], ['$1']}], [{H, [{'/=', '$1', 2}], ['$1']}],
     [{H, [{'=/=', '$1', 2.0}], ['$1']}], [{H, [{'=<', '$2', b}], ['$1']}],
     [{H, [], [{'+', '$1', a}]}], [{H, [{'+', '$1', a}], ['$1']}], [{H, [], [{{{'+', '$1', 1}, {'*', '$1', 1.5}, {'-', '$1'}}}]}],
     [{H, [], [{{{'div', '$1', 2}, {'rem', '$1', 2}, {'/', '$1', 2}, {'bsl', '$1', 70}, {'bxor', '$1', 3}, {'bnot', '$1'}}}]}],
     [{H, [{'and', true, {'>', '$1', 1}}], ['$1']}], [{H, [{'or', {'>', '$1', 2}, {'==', '$2', a}}], ['$1']}],
     [{H, [{'and', true, foo}], ['$1']}], [{H, [], [{'and', true, foo}]}], [{H, [], [{'and', true, {'>', '$1', 1}, true}]}],
     [{H, [], [{'andalso', true, foo}]}], [{H, [], [{'andalso', foo, true}]}], [{H, [], [{'orelse', false, foo}]}],
     [{H, [{'orelse', true, '$1'}], ['$1']}], [{H, [{'or', '$1', true}], ['$1']}], [{H, [{'or', true}], ['$1']}], [{H, [{'or'}], ['$1']}],
     [{H, [{'not', {'==', '$1', 2}}], ['$1']}], [{H, [{'xor', true, {'==', '$1', 2}}], ['$1']}],
     [{H, [], [{}]}], [{H, [], [{{}}]}], [{H, [], [[a | '$1']]}], [{H, [], [["abc", '$1', [['$2']]]]}],
     [{H, [], [#{a => '$1', {{'$1'}} => 1}]}], [{H, [], [#{a => b}]}], [{H, [], [{const, '$1'}]}], [{H, [], [{const, {'$1', {x}}}]}],
     [{H, [], [{const, '$1', 2}]}], [{H, [], [{'$1'}]}], [{H, [], ['_']}], [{H, [], [{'_', 1}]}], [{H, [], [{{'_', '$2', "x"}}]}],
     [{H, [{is_integer, '$1'}, {is_atom, '$2'}], [{{is, '$1'}}]}], [{H, [{is_record, '$_', a, 3}], [1]}], [{H, [{is_record, '$_', a}], [1]}],
     [{H, [], [{size, '$_'}]}], [{H, [], [{element, 2, '$_'}]}], [{H, [], [{element, 9, '$_'}]}], [{H, [{element, 9, '$_'}], [1]}],
     [{H, [], [{hd, '$_'}]}], [{H, [], [{hd, "abc"}]}], [{H, [], [{tl, "abc"}]}], [{H, [], [{length, [1, '$1']}]}], [{H, [], [{abs, {'-', '$1'}}]}],
     [{H, [], [{round, 2.5}]}], [{H, [], [{trunc, 2.5}]}], [{H, [], [{float, '$1'}]}], [{H, [], [{ceil, '$1'}]}], [{H, [], [{node}]}],
     [{H, [], [{map_size, #{a => 1}}]}], [{H, [], [{map_get, a, #{a => '$1'}}]}], [{H, [], [{is_map_key, a, #{a => '$1'}}]}],
     [{H, [], [{bit_size, <<1, 2>>}]}], [{H, [], [{byte_size, <<1, 2>>}]}], [{H, [], [{binary_part, <<"abc">>, 1, 1}]}],
     [{H, [{is_boolean, true}], [1]}], [{H, [{is_function, '$1', 1}], [1]}], [{H, [{is_function, '$1'}], [1]}],
     [{H, [], [{get_tcw}]}], [{H, [], [{message, 1}]}], [{H, [], [{display, 1}]}], [{H, [], [{return_trace}]}], [{H, [], [{foo, 1}]}],
     [{H, [], [{self, 1}]}], [{H, [{'==', {self}, {self}}], ['$1']}], [{H, [], [a, {'+', a, b}, '$1']}],
     [{{'_', '_', #{x => '$1'}}, [], ['$$']}], [{{'_', '_', #{'$1' => '_'}}, [], ['$$']}], [{{'_', '_', #{'_' => '_'}}, [], ['$$']}],
     [{{'_', '_', #{}}, [], ['$_']}], [{{1, '_', '_'}, [], ['$_']}, {{'_', b, '_'}, [], [second]}, {'_', [], [other]}],
     [{{1, '_', '_'}, [], [one]}, {{3, '_', '_'}, [], [three]}, {{1.0, '_', '_'}, [], [never]}],
     [{{3.0, '_', '_'}, [], ['$_']}], [{{'_', '_', 4}, [], ['$_']}], [{{'_', '_', 4.0}, [], ['$_']}]].

counting(T) ->
    ?T(ets:select_count(T, [{'_', [], [true]}])),
    ?T(ets:select_count(T, [{'_', [], [a]}])),
    ?T(ets:select_count(T, [{{'$1', '_', '_'}, [{'>', '$1', 1}], [true]}])),
    ?T(try_to(fun() -> ets:select_count(T, foo) end)).

replacing(T) ->
    R = fun(MS) ->
            out(io_lib:format("replace ~w", [MS]), {try_to(fun() -> ets:select_replace(T, MS) end), ets:tab2list(T)})
        end,
    H = {'$1', '$2', '_'},
    R([{H, [], [{{'$1', '$2', x}}]}]),
    R([{H, [], [{{'$2', '$2', x}}]}]),
    R([{H, [], ['$_']}]),
    R([{{1, '$2', '_'}, [], [{{1, 1, 1}}]}]),
    R([{{2, '_', '_'}, [], [{const, {2, const, c}}]}]),
    R([{{2, '_', '_'}, [], [{const, {3, const, c}}]}]),
    R([{H, [], [{setelement, 2, '$_', a}]}]),
    R([{{{'$1', 2}, '$2', '_'}, [], [{{{{'$1', 2}}, 1}}]}]),
    R([{'$1', [], ['$1']}]),
    R([{{'_', '$2', '_'}, [{'==', '$2', b}], [{{{element, 1, '$_'}, '$2', by_element}}]}]),
    R([{{'_', '$2', '_'}, [], [{{{element, 2, '$_'}, '$2', by_element}}]}]),
    R([{H, [{'==', '$1', 3}], [{{'$1'}}]}]),
    R([{H, [], [a, {{'$1'}}]}]),
    B = ets:new(b, [bag]),
    ?T(try_to(fun() -> ets:select_replace(B, [{'_', [], ['$_']}]) end)),
    D = ets:new(d, [duplicate_bag]),
    ets:insert(D, [{1, a}, {1, a}, {2, b}]),
    ?T(ets:select_replace(D, [{{'$1', a}, [], [{{'$1', c}}]}])),
    ?T(lists:sort(ets:tab2list(D))).

runs() ->
    C = ets:match_spec_compile([{{'$1'}, [], ['$1']}, {'$1', [], [{{'$1'}}]}]),
    ?T(ets:match_spec_run([{1}, a, {2, 3}], C)),
    ?T(ets:match_spec_run([], C)),
    ?T(ets:is_compiled_ms(C)),
    ?T(ets:is_compiled_ms(make_ref())),
    ?T(ets:is_compiled_ms(x)),
    ?T(try_to(fun() -> ets:match_spec_run(a, C) end)),
    ?T(try_to(fun() -> ets:match_spec_run([1 | 2], C) end)),
    ?T(try_to(fun() -> ets:match_spec_run([], x) end)),
    ?T(try_to(fun() -> ets:match_spec_compile([]) end)),
    ?T(try_to(fun() -> ets:match_spec_compile([{a, b}]) end)),
    Big = binary:copy(<<"0123456789">>, 20),
    K = ets:match_spec_compile([{{'$1', '$2'}, [{'>', '$1', 1}], [{{'$2', "list", Big, {{'$1'}}}}]}]),
    garbage_collect(),
    ?T(ets:match_spec_run([{1, a}, {2, Big}, {3, [c]}], K) =:= [{Big, "list", Big, {2}}, {[c], "list", Big, {3}}]).

binary_and_list_patterns() ->
    T = ets:new(t, [set]),
    Big = binary:copy(<<"x">>, 200),
    ets:insert(T, [{1, [a, b, c], <<"bin">>, 1 bsl 80}, {2, "", Big, -1.5e300}, {3, [a | b], <<3:5>>, fun lists:map/2}]),
    M = fun(P) -> out(io_lib:format("~w", [P]), lists:sort(ets:match(T, P))) end,
    M({'$1', [a | '_'], '_', '_'}),
    M({'$1', [a, '$2', c], '_', '_'}),
    M({'$1', [], '_', '_'}),
    M({'$1', [a | '$2'], '_', '_'}),
    M({'$1', '_', <<"bin">>, '_'}),
    M({'$1', '_', <<3:5>>, '_'}),
    M({'$1', '_', '_', 1 bsl 80}),
    M({'$1', '_', '_', -1.5e300}),
    M({'$1', '_', '_', fun lists:map/2}),
    ?T(ets:match(T, {'$1', '_', Big, '_'})),
    ?T([{X, byte_size(B)} || [X, B] <- lists:sort(ets:match(T, {'$1', '_', '$2', '_'})), is_binary(B)]),
    ?T(ets:select(T, [{{'$1', '_', '$2', '_'}, [{'==', '$2', Big}], [{byte_size, '$2'}]}])).

%% What a specification refers to that is kept stays when it has gone, wherever in it that was.
kept_constants() ->
    Bin = binary:copy(<<"constant">>, 20),
    Make = fun(N) -> {list_to_binary(["k", integer_to_list(N)]), [N, {N, 1 bsl (60 + N)}], N * 1.0e200, Bin} end,
    K = fun(N) -> {const, Make(N)} end,
    Objects = [{Make(N), #{N => [N | Bin], x => {N}}, N} || N <- lists:seq(1, 60)],
    Spec = fun(N) ->
                   [{{'_', #{N => '$1', x => '_'}, '$2'}, [{'=:=', '$2', N}, {'=/=', {{'$1', K(N)}}, {const, {Bin, '$1'}}}],
                     [{{K(N), [['$1' | Bin], '$2'], #{Bin => '$2', {{Bin}} => [Bin]}, [N, 2.0e300, Bin]}}]},
                    {{Make(N + 1), '_', '$3'}, [{'orelse', {'==', '$3', 0.5}, {'is_map_key', x, {const, #{x => Bin}}}}],
                     [{element, 2, K(N)}, {{second, '$3', {'+', '$3', 1 bsl (90 + N)}, Bin, [K(N), '$_']}}]},
                    {[Bin, '_', {Bin}], [], [Bin]}]
           end,
    Specs = [ets:match_spec_compile(Spec(N)) || N <- lists:seq(1, 10)],
    [T, O] = [begin T = ets:new(t, [Kind]), ets:insert(T, Objects), T end || Kind <- [set, ordered_set]],
    Walks = [{select, ets:select(Table, Spec(N), 1)} || Table <- [T, O], N <- lists:seq(1, 5)] ++
        [{match, ets:match(Table, {'_', #{N => [N | Bin], x => {N}}, '$1'}, 1)} || Table <- [T, O], N <- lists:seq(1, 5)],
    garbage_collect(),
    _ = [binary:copy(<<N>>, 160) || N <- lists:seq(1, 1000)],
    garbage_collect(),
    ?T([erlang:phash2(ets:match_spec_run(Objects ++ [[Bin, x, {Bin}]], S)) || S <- Specs]),
    ?T([length(ets:match_spec_run(Objects, S)) || S <- Specs]),
    More = fun More(_, '$end_of_table') -> [];
               More(F, {Found, Next}) -> garbage_collect(), Found ++ More(F, ets:F(Next))
           end,
    ?T([erlang:phash2(lists:sort(More(F, Walk))) || {F, Walk} <- Walks]),
    ?T(length([x || {F, Walk} <- Walks, _ <- More(F, Walk)])).
