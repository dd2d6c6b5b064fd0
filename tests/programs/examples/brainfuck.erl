%% An interpreter of a tiny language: nested loops over binaries and a zipper of cells.
-module(brainfuck).
-include("t.hrl").

main() ->
    out("hello", run("++++++++[>++++[>++>+++>+++>+<<<<-]>+>+>->>+[<]<-]>>.>---.+++++++..+++.>>.<-.<.+++.------.--------.>>+.>++.", "")),
    out("reverse", run(">,[>,]<[.<]", "abcdef")),
    out("stars", run(">++++++++[<++++++>-]<-----.>+++++[<+>-]<[>+++++[<.>-]<---]", "")),
    out("unbalanced", try_to(fun() -> run("+[", "") end)),
    ok.

run(Program, Input) -> lists:reverse(exec(parse(Program), {[], 0, []}, Input, [], fun(_, _, Out) -> Out end)).

parse(P) ->
    case parse(P, []) of
        {Code, []} -> Code;
        {_, Rest} -> throw({left, Rest})
    end.
parse([$[ | T], Acc) ->
    case parse(T, []) of
        {Body, [$] | R]} -> parse(R, [{loop, Body} | Acc]);
        _ -> throw(unbalanced)
    end;
parse([$] | _] = R, Acc) -> {lists:reverse(Acc), R};
parse([C | T], Acc) -> parse(T, [C | Acc]);
parse([], Acc) -> {lists:reverse(Acc), []}.

%% In continuation style, so that closures and tail calls do the work.
exec([], Tape, In, Out, K) -> K(Tape, In, Out);
exec([{loop, _} | T], {_, 0, _} = Tape, In, Out, K) -> exec(T, Tape, In, Out, K);
exec([{loop, Body} | _] = Code, Tape, In, Out, K) -> exec(Body, Tape, In, Out, fun(Tape2, In2, Out2) -> exec(Code, Tape2, In2, Out2, K) end);
exec([$+ | T], {L, C, R}, In, Out, K) -> exec(T, {L, (C + 1) band 255, R}, In, Out, K);
exec([$- | T], {L, C, R}, In, Out, K) -> exec(T, {L, (C - 1) band 255, R}, In, Out, K);
exec([$> | T], {L, C, []}, In, Out, K) -> exec(T, {[C | L], 0, []}, In, Out, K);
exec([$> | T], {L, C, [N | R]}, In, Out, K) -> exec(T, {[C | L], N, R}, In, Out, K);
exec([$< | T], {[], C, R}, In, Out, K) -> exec(T, {[], 0, [C | R]}, In, Out, K);
exec([$< | T], {[N | L], C, R}, In, Out, K) -> exec(T, {L, N, [C | R]}, In, Out, K);
exec([$. | T], {_, C, _} = Tape, In, Out, K) -> exec(T, Tape, In, [C | Out], K);
exec([$, | T], {L, _, R}, [], Out, K) -> exec(T, {L, 0, R}, [], Out, K);
exec([$, | T], {L, _, R}, [C | In], Out, K) -> exec(T, {L, C, R}, In, Out, K).
