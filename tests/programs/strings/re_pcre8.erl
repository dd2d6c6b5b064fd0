%% Patterns that PCRE 8 and PCRE 10 understand otherwise: references that are none, letters in classes, hex and control characters, words of Latin-1 in Unicode.
-module(re_pcre8).
-include("t.hrl").

main() ->
    ?T(re:version()),
    ?T([{P, re:run("A8B9C", P)} || P <- ["^A\\8B\\9C$", "A\\8", "\\9C", "(A)\\8", "A[\\8]B", "\\8+", "\\80", "A\\8B\\8", "\\81|C", "\\9*C"]]),
    ?T([{P, re:run("aaaaaaaaa", P)} || P <- ["(a)(a)(a)(a)(a)(a)(a)(a)\\8", "(a)(a)(a)(a)(a)(a)(a)\\8"]]),
    ?T([{P, error_of(P)} || P <- ["a\\8(", "a\\8b\\9(?<n", "\\8[z-a]", "\\7", "(a)\\2", "\\xZ(", "{,3}(", "\\8\\7"]]),
    Letters = [[$[, $\\, L, $]] || L <- "ABCDEGHKNRSVWXZbdefghknrstvwz"],
    ?T([{P, run_all("aABCzZ09 \n", P)} || P <- Letters]),
    ?T([{P, run_all("aCDXbz", P)} || P <- ["[\\z\\C]", "a[\\CD]b", "a[\\C-X]b", "[A-\\C]", "[\\C-A]", "[\\d-\\C]", "[\\C-\\d]", "[-\\C]", "[A-D-\\C]", "[\\-\\C]", "[\\--\\C]", "[^\\z]", "x[\\K-\\z]", "[\\N]"]]),
    ?T([{P, run_all([$A, 0, $Z, $\n, 11], P)} || P <- ["^A\\xZ", "\\x", "[\\x]", "\\x0Z", "\\x{0}Z", "[\\xZ]+", "A\\x+", "\\xaa|A"]]),
    ?T([{P, run_all("?JK@", P)} || P <- [[$\\, $c, 127], [$\\, $c, 10], [$\\, $c, 11, $+], [$[, $\\, $c, 10, $]], "\\c?", "\\cj", "\\c", [$\\, $c, 200]]]),
    Subjects = [[229], [32, 229, 32], [1024], [955, 229, 95], "ab", [160], [181], "", [229, 228, 32, 246]],
    Words = ["\\w", "\\w+", "x*\\w", "[\\w]", "\\W", "\\b\\w", "[^\\W]", "(?:\\w|x)\\b", "(?#\\w[)\\w", "\\Q\\w\\E|\\w", "(?<=\\w)\\w", "(?x) \\w # [\n \\w?", "(?i)\\w", "^\\w", "[]\\w]", "[[:alpha:]]\\w*", "\\w*?$", "(\\w)\\1", "\\w?x*", "\\w*", "\\w{1}", "\\w{2}", "\\w{0,2}_", "\\w{1,2}", "\\w{1,}", "\\w{2,}", "\\w{0,}", "\\w{2,3}", "\\w++", "(?x)\\w +", "\\w +", "\\w*+\\W*"],
    ?T([[{P, re:run(S, P, [unicode | O])} || S <- Subjects, O <- [[], [ucp], [caseless]]] || P <- Words]),
    ?T([re:run(<<"caf", 195, 169, " na", 195, 175, "ve">>, P, [unicode, global, {capture, all, binary}]) || P <- ["\\w+", "(*UCP)\\w+", "\\w{2}"]]),
    ?T([re:run(<<195, 169>>, P) || P <- ["(*UTF8)\\w", "(*UTF8)(*UCP)\\w", "\\w"]]),
    ?T([error_of([lists:duplicate(N, $(), lists:duplicate(N, $))]) || N <- [10, 250, 799, 800, 819, 2000]]),
    ok.

error_of(P) ->
    case re:compile(P) of
        {ok, _} -> ok;
        {error, E} -> E
    end.

run_all(Subject, P) ->
    try re:run(Subject, P, [global])
    catch
        error:badarg -> error_of(P)
    end.
