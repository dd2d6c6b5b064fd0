%% erlang:match_spec_test/3: what specifications give, and what is wrong with them.
-module(match_specs).
-include("t.hrl").

test(Args, Spec) -> erlang:match_spec_test(Args, Spec, trace).

main() ->
    ?T(test([1, 2], [{['$1', '$2'], [{'<', '$1', '$2'}], [{message, {{'$1', '$2'}}}]}])),
    ?T(test([2, 1], [{['$1', '$2'], [{'>', '$1', '$2'}], [{message, '$$'}]}])),
    ?T(test([a], [{'_', [], []}])),
    ?T(test([a, b], [{'$1', [], [{message, '$1'}]}])),
    ?T(test([a], [{['$1'], [], [{return_trace}, {exception_trace}]}])),
    ?T(test([a], [{['$1'], [], [{message, false}]}])),
    ?T(test([a], [{['$1'], [], [{message, {caller}}]}])),
    ?T(test([1], [{['$1'], [], [{message, {'+', '$1', x}}]}])),
    ?T(test([1], [{['$1'], [], [{message, {get_tcw}}, {set_tcw, 7}]}])),
    ?T(test([1], [{['$1'], [], [{message, {set_tcw, 7}}]}, {'_', [], []}])),
    ?T(test([1], [{['$1'], [], [{message, {get_tcw}}]}])),
    ?T(test([1], [{{'$1'}, [], [{message, '$1'}]}])),
    ?T(test([1], [{['$1'], [], [{message, {self}}, {message, two}]}]) =:= {ok, two, [], []}),
    ?T(test(x, [{['$1'], [], []}])),
    ?T(test([1], [])),
    ?T(test([1], x)),
    ?T(test([1], [x])),
    ?T(test([1], [{['$1'], [], ['$2']}])),
    ?T(test([1], [{['$1'], [], [{no_such, '$1'}]}])),
    ?T(test([1], [{['$1'], [{return_trace}], []}])),
    ?T(test([1], [{['$1'], [], [{return_trace, 1}]}])),
    ?T(test([1], [{['$1'], [], [{message}]}])),
    ?T(test([1], [{['$1'], [{message, 1}], []}])),
    ?T(test([1], [{['$1'], [], [{{a, b}}, {1, 2}]}])),
    ?T(test([1], [{['$1'], [{set_tcw, 1}], [{silent}, {trace, 1}, {enable_trace}, {'$9'}]}])),
    ?T(test([1], [{['$1'], x, [{self, 1}, {const}]}])),
    ?T(erlang:match_spec_test({1, 2}, [{{'$1', '$2'}, [], [{{'$2', '$1'}}]}], table)),
    ?T(erlang:match_spec_test({1, 2}, [{{'$1', '$1'}, [], ['$_']}], table)),
    ?T(erlang:match_spec_test({1, 2}, [{{'$1', '$2'}, [], [{return_trace}]}], table)),
    ?T(erlang:match_spec_test({1, 2}, [{{'$1', '$2'}, [], [{message, 1}]}], table)),
    ?T(test([], [{'_', [], [{message, {set_seq_token, yxa, true}}]}])),
    ?T(test([], [{'_', [], [{set_seq_token, yxa, true}]}])),
    ?T(erlang:match_spec_test({1, 2}, [], nothing)).
