//! For the tests of terms: areas to build in, and terms as stock Erlang made them.

use super::external::{DecodeOptions, decode};
use super::{Area, Term};
use crate::native::with_detached;
use crate::vm::{Config, Vm};
use std::process::Command;

/// Runs `f` with an area of a machine without processes.
pub fn with_area<R>(f: impl for<'p> FnOnce(&mut Area<'p>, &Vm) -> R) -> R {
    let vm = Vm::new(Config::bare(&[])).unwrap();
    with_detached(&vm, |cx| f(cx, &vm))
}

/// Erlang: `Terms` is many terms of all kinds, made by chance but the same in every run, without
/// large maps; `Large` has those. `Put` writes a line to where [`stock`] reads.
const TERMS: &str = r##"
rand:seed(exsss, {1, 2, 3}),
R = fun(N) -> rand:uniform(N) - 1 end,
Pick = fun(L) -> lists:nth(1 + R(length(L)), L) end,
Exts = [binary_to_term(B) || B <- [
    <<131, 88, 100, 0, 3, "a@b", 7:32, 1:32, 9:32>>, <<131, 88, 100, 0, 3, "a@c", 7:32, 1:32, 9:32>>,
    <<131, 88, 100, 0, 3, "a@b", 7:32, 1:32, 8:32>>, <<131, 88, 100, 0, 3, "zzz", 8:32, 0:32, 8:32>>,
    <<131, 89, 100, 0, 3, "a@b", 9:32, 9:32>>, <<131, 89, 100, 0, 3, "zzz", 9:32, 9:32>>,
    <<131, 120, 100, 0, 3, "a@b", 16#123456789:64, 9:32>>,
    <<131, 90, 0, 3, 100, 0, 3, "a@b", 9:32, 1:32, 2:32, 3:32>>,
    <<131, 90, 0, 3, 100, 0, 3, "a@b", 9:32, 5:32, 2:32, 0:32>>,
    <<131, 90, 0, 2, 100, 0, 3, "a@b", 9:32, 5:32, 2:32>>,
    <<131, 90, 0, 3, 100, 0, 3, "zzz", 9:32, 1:32, 2:32, 3:32>>]],
Own = [self(), whereis(init), whereis(kernel_sup), list_to_ref("#Ref<0.1.2.3>"), list_to_ref("#Ref<0.9.1.262143>"),
    fun lists:map/2, fun lists:map/3, fun erlang:'+'/2, fun 'A b':'C'/0],
Atoms = [a, b, ab, '', 'A', 'hello world', 'don\'t', '\n\t\\x', '_x', a_b, a@b, 'é', 'aé', 'éa', 'ÿ',
    '日本', 'a日', 'Éx', '\x{80}', '\x{9f}b', '\x{1}', 'ab1', '1ab', true, nil, '[]', '{}', '\d'],
Ints = [0, 1, -1, 2, 9, 10, 255, 256, 127, 134217727, 134217728, -134217728, -134217729, 1 bsl 31,
    -(1 bsl 31), 1 bsl 32, (1 bsl 32) - 1, (1 bsl 59) - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1,
    1 bsl 63, (1 bsl 64) - 1, 1 bsl 64, -(1 bsl 64), -(1 bsl 63), 1 bsl 70, -(1 bsl 200), 1 bsl 1030,
    9007199254740992, 9007199254740993, -9007199254740993, 10000000000000000000000],
Floats = [0.0, -0.0, 1.0, -1.0, 2.0, 1.5, 0.1, 1.0e10, 1.0e22, 9007199254740992.0, -9007199254740992.0,
    1.0e300, -1.0e300, 5.0e-324, 1.7976931348623157e308, 576460752303423488.0, 18446744073709551616.0,
    123.456, -0.000123456789],
Bits = [<<>>, <<0>>, <<1>>, <<1:1>>, <<0:1>>, <<5:3>>, <<1:9>>, <<"abc">>, <<"a\"b\\">>, <<"ab\n">>,
    <<"é"/utf8>>, <<127>>, <<"abc", 1:1>>, <<"abcdefghijkl">>, <<"abcdefghijklmnopqrstuvwx">>,
    binary:copy(<<"xyz", 0, 200>>, 30), <<(binary:copy(<<"xyz", 0, 200>>, 30))/binary, 3:3>>],
Strings = ["a", "abc", "hello\n", "a\"b\\", [0], [27], [127], [128], [159], [160], [255], [256], "\t\r ",
    "abc" ++ d, [1 | 2], lists:seq(1, 300), "abcd", "abcde" ++ [x], [a, "b"], [[]], [[[]]], [$a, 1000]],
Basic = Exts ++ Own ++ Atoms ++ Ints ++ Floats ++ Bits ++ Strings ++ [[], {}, #{}, {1}, {1.0}, [1], [1.0],
    #{1 => 1}, #{1 => 1.0}, #{1.0 => 1}, #{1 => 1, 1.0 => 2}, #{0.0 => x}, #{-0.0 => x}],
Gen = fun G(D) ->
    case R(if D =:= 0 -> 5; true -> 10 end) of
        0 -> Pick(Ints);
        1 -> Pick(Basic);
        2 -> R(10) - 5;
        3 -> Pick([1.0, 2.0, 0.5]);
        4 -> Pick([a, b, c]);
        5 -> [G(D - 1) || _ <- lists:seq(1, R(5))];
        6 -> list_to_tuple([G(D - 1) || _ <- lists:seq(1, R(4))]);
        7 -> maps:from_list([{G(D - 1), G(D - 1)} || _ <- lists:seq(1, R(4))]);
        8 -> [G(D - 1) | G(D - 1)];
        9 -> <<_:3, B/bits>> = rand:bytes(1 + R(20)), B
    end end,
Terms = Basic ++ [Gen(3) || _ <- lists:seq(1, 150)],
M = maps:from_list([{X, X} || X <- lists:seq(1, 40)]),
N = maps:from_list([{{X}, [X]} || X <- lists:seq(1, 100)]),
P = maps:from_list([{X * 1.0, X} || X <- lists:seq(1, 40)]),
Large = [M, M#{7 := 7.0}, M#{7 := 8, 9 := 0}, M#{9 := 0}, (maps:remove(7, M))#{41 => 0},
    (maps:remove(9, M))#{100 => 0}, (maps:remove(1, M))#{1.0 => 1}, N, N#{{5} := x}, P, P#{5.0 := 5.0},
    maps:map(fun(_, V) -> V * 1.0 end, M), M#{3 := M}, M#{3 := P}, #{M => 1}, #{P => 1},
    maps:from_list([{#{X => X}, M} || X <- lists:seq(1, 50)]), N#{M => N}, N#{P => N}, N#{M => P},
    maps:from_list([{rand:bytes(R(10)), X} || X <- lists:seq(1, 500)]), [N | M], {M, N}],
Hex = fun(B) -> [io_lib:format("~2.16.0b", [X]) || <<X>> <= iolist_to_binary(B)] end,
Put = fun(L) -> io:put_chars(standard_error, [L, $\n]) end,
"##;

/// The lines that stock Erlang's `Put` writes in `script`, which sees `Terms`, `Large` and `Hex`.
pub fn stock(script: &str) -> Vec<String> {
    let script = format!("{TERMS}{script}, halt().");
    let out = Command::new("erl")
        .args(["-noshell", "-eval", &script])
        .env("ERL_CRASH_DUMP", "/dev/null")
        .output()
        .expect("this test needs stock Erlang on the path; make test provides it");
    let text = String::from_utf8(out.stderr).unwrap();
    assert!(out.status.success(), "{text}");
    text.lines().map(str::to_owned).collect()
}

/// The bytes that `Hex` wrote.
pub fn unhex(s: &str) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
    s.as_bytes().as_chunks::<2>().0.iter().map(|[h, l]| digit(*h) << 4 | digit(*l)).collect()
}

/// The term that `Hex(term_to_binary(T))` wrote.
pub fn term<'p>(area: &mut Area<'p>, vm: &Vm, hex: &str) -> Term<'p> {
    let (t, _) = decode(area, vm, &unhex(hex), DecodeOptions::default())
        .unwrap_or_else(|_| panic!("not a term: {hex}"));
    t
}
