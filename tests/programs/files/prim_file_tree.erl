%% Folders, links, names, and what is known of files.
-module(prim_file_tree).
-include("t.hrl").

main() -> files_aux:in_folder(fun(Dir) -> run(Dir) end).

run(Dir) ->
    folders(Dir),
    links(),
    removing(),
    info(),
    times(),
    names(),
    ok.

folders(Dir) ->
    ?T(prim_file:make_dir("d")),
    ?T(prim_file:make_dir("d")),
    ?T(prim_file:make_dir("no/d")),
    ?T(prim_file:make_dir("")),
    ?T(prim_file:make_dir(x)),
    ?T(prim_file:write_file("d/f", "f")),
    ?T(prim_file:make_dir("d/f/g")),
    ?T(prim_file:list_dir("d")),
    ?T(prim_file:list_dir("d/f")),
    ?T(prim_file:list_dir("no")),
    ?T(prim_file:list_dir(x)),
    ?T([prim_file:write_file("d/" ++ N, N) || N <- ["a", "b", "c"]]),
    ?T(begin {ok, L} = prim_file:list_dir("d"), lists:sort(L) end),
    ?T(prim_file:get_cwd() =:= {ok, Dir}),
    ?T(prim_file:set_cwd("d")),
    ?T(begin {ok, D} = prim_file:get_cwd(), filename:basename(D) end),
    ?T(prim_file:read_file("f")),
    ?T(prim_file:set_cwd("f")),
    ?T(prim_file:set_cwd("no")),
    ?T(prim_file:set_cwd(x)),
    ?T(prim_file:set_cwd(<<"..">>)),
    ?T(prim_file:set_cwd(<<255>>)),
    ?T(prim_file:get_cwd("C:")),
    ?T(prim_file:get_cwd("x")),
    ?T(prim_file:get_cwd(x)).

links() ->
    ?T(prim_file:make_symlink("d/f", "s")),
    ?T(prim_file:make_symlink("d/f", "s")),
    ?T(prim_file:read_link("s")),
    ?T(prim_file:read_link_all("s")),
    ?T(prim_file:read_link("d/f")),
    ?T(prim_file:read_link("no")),
    ?T(prim_file:read_file("s")),
    ?T(prim_file:make_symlink("nowhere", "broken")),
    ?T(prim_file:read_file("broken")),
    ?T(prim_file:make_link("d/f", "h")),
    ?T(prim_file:make_link("d", "h2")),
    ?T(prim_file:make_link("no", "h2")),
    ?T(prim_file:make_link("d/f", "h")),
    ?T(prim_file:read_file("h")),
    ?T(summary(prim_file:read_link_info("s"))),
    ?T(summary(prim_file:read_file_info("s"))),
    ?T(summary(prim_file:read_file_info("broken"))),
    ?T(summary(prim_file:read_link_info("broken"))),
    ?T(prim_file:make_symlink("loop", "loop")),
    ?T(prim_file:read_file_info("loop")),
    ?T(prim_file:make_symlink(<<"raw", 255>>, "rawlink")),
    ?T(prim_file:read_link("rawlink")),
    ?T(prim_file:read_link_all("rawlink")),
    ?T(prim_file:altname("d")).

removing() ->
    ?T(prim_file:delete("d")),
    ?T(prim_file:delete("no")),
    ?T(prim_file:del_dir("d")),
    ?T(prim_file:del_dir("d/f")),
    ?T(prim_file:del_dir("no")),
    ?T(prim_file:del_dir(".")),
    ?T(begin {ok, D} = prim_file:get_cwd(), prim_file:del_dir(D) end),
    ?T(prim_file:rename("d/f", "d/g")),
    ?T(prim_file:rename("d/f", "d/g")),
    ?T(prim_file:rename("d", "d/sub")),
    ?T(prim_file:rename("d/g", "d")),
    ?T(prim_file:rename("d", "h")),
    ?T(prim_file:rename("/", "x")),
    ?T(prim_file:rename("d/g", x)),
    ?T(prim_file:make_dir("e")),
    ?T(prim_file:rename("d", "e")),
    ?T(prim_file:make_dir("d")),
    ?T(prim_file:rename("d", "e")),
    ?T(prim_file:read_file("e/g")),
    ?T(prim_file:del_dir("d")),
    ?T(prim_file:delete("e/g")),
    ?T(prim_file:delete(<<"e/a">>)),
    ?T(prim_file:list_dir("no/such")),
    ?T(prim_file:delete(lists:duplicate(300, $x))),
    ?T(prim_file:delete(lists:duplicate(5000, $x))),
    ?T(prim_file:delete("h/x")).

summary({ok, I}) ->
    {element(2, I), element(3, I), element(4, I), element(8, I), element(9, I)};
summary(Other) ->
    Other.

info() ->
    ?T(prim_file:write_file("i", "12345")),
    ?T(summary(prim_file:read_file_info("i"))),
    ?T([begin ok = prim_file:write_file_info("i", file_info([{8, Mode}])),
              {ok, I} = prim_file:read_file_info("i"), element(8, I) end
        || Mode <- [8#600, 8#644, 8#0, 8#4755, 8#7777, 8#100666]]),
    ?T(summary(prim_file:read_file_info("."))),
    ?T(element(3, element(2, prim_file:read_file_info("/dev/null")))),
    ?T(element(3, element(2, prim_file:read_file_info("/")))),
    ?T(prim_file:read_file_info("no")),
    ?T(prim_file:read_file_info(x)),
    ?T(try_to(fun() -> prim_file:read_file_info("i", x) end)),
    ?T(prim_file:read_file_info("i", [{time, x}])),
    ?T(prim_file:read_link_info("no", [{time, posix}])),
    ?T(prim_file:write_file_info("no", file_info([{8, 8#600}]))),
    ?T(prim_file:write_file_info("i", file_info([{8, x}]))),
    ?T(prim_file:write_file_info("i", file_info([{8, -1}]))),
    ?T(begin {ok, I} = prim_file:read_file_info("i"),
             prim_file:write_file_info("i", file_info([{13, element(13, I)}, {14, element(14, I)}])) end),
    ?T(prim_file:write_file_info("i", file_info([{13, x}]))).

file_info(Fields) ->
    Undefined = list_to_tuple([file_info | lists:duplicate(13, undefined)]),
    lists:foldl(fun({N, V}, I) -> setelement(N, I, V) end, Undefined, Fields).

times() ->
    ?T([begin R = prim_file:write_file_info("i", file_info([{5, T}, {6, T + 1}]), [{time, posix}]),
              {ok, I} = prim_file:read_file_info("i", [{time, posix}]),
              {R, element(5, I), element(6, I)} end
        || T <- [0, 1, 1000000000, -1, -100000, -2145916800, 4000000000]]),
    ?T([begin ok = prim_file:write_file_info("i", file_info([{5, T}, {6, T}]), [{time, universal}]),
              {ok, I} = prim_file:read_file_info("i", [{time, universal}]),
              {element(5, I), element(6, I)} end
        || T <- [{{1970, 1, 1}, {0, 0, 0}}, {{2001, 2, 3}, {4, 5, 6}}, {{1960, 1, 1}, {1, 2, 3}}]]),
    ?T(begin ok = prim_file:write_file_info("i", file_info([{6, {{2001, 2, 3}, {4, 5, 6}}}])),
             {ok, I} = prim_file:read_file_info("i"), element(6, I) end),
    ?T(prim_file:write_file_info("i", file_info([{6, x}]))).

names() ->
    ?T(file:native_name_encoding()),
    ?T([try_to(fun() -> prim_file:internal_name2native(N) end)
        || N <- ["abc", [$a, [$b], [], "c"], [229, 228, 246], [1024, 65536], [16#D800], [16#110000], [0], [$a | $b], [a], [<<"a">>],
                 <<"raw", 255>>, <<"a", 0>>, <<1:3>>, a, 1, {}, []]]),
    ?T([try_to(fun() -> prim_file:internal_native2name(N) end)
        || N <- [<<"abc">>, <<229/utf8, 1024/utf8>>, <<255>>, <<>>, <<1:3>>, "abc"]]),
    ?T([try_to(fun() -> prim_file:is_translatable(N) end) || N <- [<<"abc">>, <<255>>, <<>>, <<1:3>>, "abc"]]),
    ?T(prim_file:make_dir("names")),
    ?T(prim_file:write_file("names/" ++ [229, 1024, 65536], "u")),
    ?T(prim_file:read_file(<<"names/", 229/utf8, 1024/utf8, 65536/utf8>>)),
    ?T(prim_file:list_dir("names")),
    ?T(prim_file:write_file(<<"names/", 255, 254>>, "raw")),
    ?T(begin {ok, L} = prim_file:list_dir("names"), lists:sort(L) end),
    ?T(begin {ok, L} = prim_file:list_dir_all("names"), lists:sort(L) end),
    ?T(prim_file:read_file(<<"names/", 255, 254>>)).
