%% Tests that cannot fail, whose value is read on the way where they are false: the compiler leaves that way in.
-module(map_sure_tests).
-include("t.hrl").

main() ->
    Ms = [#{}, #{abc => 1}, #{abc => 1, def => 2}, #{jkl => 1}, #{jkl => 1, def => 2}, #{abc => 1, mno => 3}, id(x)],
    [?T(F(M)) || F <- [fun a/1, fun b/1, fun c/1, fun d/1], M <- Ms],
    ok.

a(M) when is_map(M) -> a1(M).
%% A test that cannot fail, and whose value is used where it was false.
a1(#{} = M) ->
    case case A = is_map_key(abc, M) of false -> false; _ -> is_map_key(def, M) end of
        true -> {def, ghi, abc};
        false ->
            case case J = is_map_key(jkl, M) of false -> false; _ -> is_map_key(def, M) end of
                true -> {def, ghi, jkl};
                false ->
                    case case A of false -> false; _ -> is_map_key(mno, M) end of
                        true -> {mno, nil, abc};
                        false -> case J of true -> {jkl, nil, nil}; false -> error end
                    end
            end
    end.
b(M) when is_map(M) -> b1(M).
b1(#{} = M) ->
    case case A = is_map_key(abc, M) of false -> false; _ -> is_map_key(def, M) end of
        true -> {def, ghi, abc};
        false ->
            put(x, M),
            case case J = is_map_key(jkl, M) of false -> false; _ -> is_map_key(def, M) end of
                true -> {def, ghi, jkl};
                false ->
                    put(y, M),
                    case case A of false -> false; _ -> is_map_key(mno, M) end of
                        true -> {mno, nil, abc};
                        false -> case J of true -> {jkl, nil, nil}; false -> error end
                    end
            end
    end.
c(M) when is_map(M) -> c1(M).
c1(#{} = M) ->
    case case A = map_size(M) of 0 -> false; _ -> is_map_key(def, M) end of
        true -> {def, ghi, abc};
        false ->
            case case J = map_size(M) of 0 -> false; 2 -> true; _ -> is_map_key(def, M) end of
                true -> {def, ghi, jkl};
                false ->
                    case case A of 1 -> false; _ -> is_map_key(mno, M) end of
                        true -> {mno, nil, abc};
                        false -> case J of 1 -> {jkl, nil, nil}; _ -> error end
                    end
            end
    end.
d(M) when is_map(M) -> d1({M, 1}).
d1({M, N} = T) ->
    case case A = (tuple_size(T) > N) of false -> false; _ -> is_map_key(def, M) end of
        true -> {def, ghi, abc};
        false ->
            put(x, M),
            case case J = map_size(M) > 1 of false -> false; _ -> is_map_key(def, M) end of
                true -> {def, ghi, jkl};
                false ->
                    put(y, M),
                    case case A of false -> false; _ -> is_map_key(mno, M) end of
                        true -> {mno, nil, abc};
                        false -> case J of true -> {jkl, nil, nil}; false -> error end
                    end
            end
    end.
