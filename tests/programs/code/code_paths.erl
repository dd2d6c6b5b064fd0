%% Folders added to the code path by a program that has used no text in Unicode yet.
-module(code_paths).
-include("t.hrl").

main() ->
    ?T(code:add_patha(".")),
    ?T(code:add_pathz("no such folder")),
    ?T(code:add_pathsa([".", "no such folder"])),
    ?T(code:add_path("/")),
    ?T(code:add_patha([955, $/, 956])),
    ok.
