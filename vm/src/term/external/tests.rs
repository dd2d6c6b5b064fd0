//! Both ways against stock Erlang, and against bytes that are no terms.

use super::*;
use crate::code::Lambda;
use crate::native::with_detached;
use crate::sync::AtomicPtr;
use crate::term::{Area, Pid, Term, View, atoms};
use crate::vm::{Config, Vm};
use std::process::Command;

const V1: EncodeOptions =
    EncodeOptions { minor_version: 1, compressed: 0, deterministic: false, parts: usize::MAX };

/// Terms as stock Erlang writes them: one line `minor version, space, hex` a term.
const STOCK: &str = r#"
Ints = [0, 1, 255, 256, -1, -256, 16#7FFFFFFF, 16#80000000, -16#80000000, -16#80000001,
        (1 bsl 59) - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1, 1 bsl 63, 1 bsl 64, -(1 bsl 64),
        (1 bsl 64) - 1, 1 bsl 2039, 1 bsl 2040, -(1 bsl 5000), 1 bsl 100000],
Floats = [0.0, -0.0, 1.0, -1.5, 3.141592653589793, 1.0e300, 5.0e-324, 1.7976931348623157e308,
          1.0e-40, 123456789.125],
Atoms = [a, '', list_to_atom(lists:duplicate(255, $x)), list_to_atom([233]),
         list_to_atom([16#65E5, 16#672C]), list_to_atom(lists:duplicate(255, 233)),
         list_to_atom(lists:duplicate(255, 16#65E5)), list_to_atom(lists:duplicate(255, 16#1F600))],
Lists = [[], "a", "abc", lists:duplicate(65535, $a), lists:duplicate(65536, $a), [256], [1, a], [1 | 2],
         "abc" ++ x, [[[[]]]], lists:seq(1, 300), [[1], "x", [y]]],
Tuples = [{}, {a}, list_to_tuple(lists:seq(1, 255)), list_to_tuple(lists:seq(1, 256)), {{{}}}],
Bits = [<<>>, <<1>>, <<0:512>>, <<0:520>>, <<1:1>>, <<5:3>>, <<1:9>>, <<-1:1001>>,
        binary:part(binary:copy(<<"abcdefgh">>, 100), 3, 700)],
<<_:3, Odd/bitstring>> = binary:copy(<<"abcdefgh">>, 100),
<<_:1, Odd2:40/bitstring, _/bitstring>> = <<"abcdefgh">>,
Maps = [#{}, #{a => 1}, #{1 => a, b => 2, <<"c">> => #{d => []}},
        maps:from_list([{X, -X} || X <- lists:seq(1, 32)])],
Ext = [binary_to_term(<<131, 88, 100, 0, 3, "a@b", 0:16, 77:16, 0:24, 5, 0, 0, 0, 9>>),
       binary_to_term(<<131, 89, 100, 0, 3, "a@b", 0:16, 77:16, 0, 0, 0, 9>>),
       binary_to_term(<<131, 120, 100, 0, 3, "a@b", 1:16, 77:48, 0, 0, 0, 9>>),
       binary_to_term(<<131, 90, 0, 3, 100, 0, 3, "a@b", 0, 0, 0, 9, 1:32, 2:32, 3:32>>)],
Alias = spawn(fun() -> receive after infinity -> ok end end),
Own = [self(), Alias, make_ref(), hd(erlang:ports()), [make_ref() || _ <- lists:seq(1, 5)]],
Form = fun(S) -> {ok, Ts, _} = erl_scan:string(S), {ok, F} = erl_parse:parse_form(Ts), F end,
{ok, m, Beam} = compile:forms([Form(S) || S <- ["-module(m).", "-export([f/2]).",
    "f(X, Y) -> [fun() -> X end, fun(A) -> {A, X, Y} end, fun f/2, fun(A, _) -> A end]."]]),
{module, m} = code:load_binary(m, "m", Beam),
Funs = [fun lists:map/2, fun erlang:'+'/2 | m:f({Own, "free"}, binary:copy(<<"abcdefgh">>, 100))],
All = Ints ++ Floats ++ Atoms ++ Lists ++ Tuples ++ Bits ++ [Odd, Odd2] ++ Maps ++ Ext ++ Own ++ Funs,
Hex = fun(B) -> [io_lib:format("~2.16.0b", [X]) || <<X>> <= B] end,
Show = fun(V, T) ->
    io:format("~b ~b ~s~n", [V, erlang:external_size(T, [{minor_version, min(V, 1)}]),
                             Hex(term_to_binary(T, [{minor_version, V}]))]) end,
[Show(V, T) || V <- [0, 1, 2], T <- All ++ [All]],
halt().
"#;

fn unhex(s: &str) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).unwrap() as u8;
    s.as_bytes().as_chunks::<2>().0.iter().map(|[h, l]| digit(*h) << 4 | digit(*l)).collect()
}

fn stock_terms() -> Vec<(u8, usize, Vec<u8>)> {
    let out = Command::new("erl")
        .args(["-noshell", "-eval", STOCK])
        .output()
        .expect("this test needs stock Erlang on the path; make test provides it");
    let text = String::from_utf8(out.stdout).unwrap();
    let line = |l: &str| {
        let mut it = l.split(' ');
        let version = it.next().unwrap().parse().unwrap_or_else(|_| panic!("{l}"));
        let size = it.next().unwrap().parse().unwrap();
        (version, size, unhex(it.next().unwrap()))
    };
    text.lines().map(line).collect()
}

fn with_area<R>(f: impl for<'p> FnOnce(&mut Area<'p>, &Vm) -> R) -> R {
    let vm = Vm::new(Config::bare(&[])).unwrap();
    with_detached(&vm, |cx| f(cx, &vm))
}

fn decodes(bytes: &[u8]) -> bool {
    with_area(|a, n| decode(a, n, bytes, DecodeOptions::default()).is_ok())
}

#[test]
fn writes_what_stock_writes() {
    let terms = stock_terms();
    assert!(terms.len() > 200, "{}", terms.len());
    for (minor_version, size, bytes) in terms {
        with_area(|a, n| {
            let shown = &bytes[..bytes.len().min(100)];
            let (t, taken) = decode(a, n, &bytes, DecodeOptions::default())
                .unwrap_or_else(|_| panic!("{shown:?}"));
            assert_eq!(taken, bytes.len(), "{shown:?}");
            let options = EncodeOptions { minor_version, ..V1 };
            let ours = encode(t, n, options).unwrap();
            assert!(ours == bytes, "{shown:?} is {:?}", &ours[..ours.len().min(100)]);
            if minor_version < 2 {
                assert_eq!(encoded_size(t, n, &options).unwrap(), size, "{shown:?}");
            }
            let parts = encode_iovec(a, t, n, &options).unwrap();
            let joined: Vec<u8> =
                parts.iter().flat_map(|p| p.as_bits().unwrap().to_bytes().into_owned()).collect();
            assert!(joined == bytes, "as parts: {shown:?}");
            // Safe decoding of what is known by now gives the same.
            let (t, _) = decode(a, n, &bytes, DecodeOptions { safe: true }).unwrap();
            assert!(encode(t, n, options).unwrap() == bytes);
        });
    }
}

#[test]
fn bytes_that_are_no_terms_are_refused() {
    let mut seed = 1u64;
    let mut random = move |n: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % n
    };
    with_area(|a, n| {
        for (_, _, bytes) in stock_terms() {
            if bytes.len() > 4000 {
                continue;
            }
            for len in 0..bytes.len() {
                let r = decode(a, n, &bytes[..len], DecodeOptions::default());
                assert!(r.is_err(), "{:?}", &bytes[..len]);
            }
            for _ in 0..200 {
                let mut b = bytes.clone();
                for _ in 0..1 + random(3) {
                    let i = random(b.len());
                    b[i] ^= 1 << random(8);
                }
                if let Ok((t, taken)) = decode(a, n, &b, DecodeOptions::default()) {
                    assert!(taken <= b.len());
                    let again = encode(t, n, V1).unwrap();
                    assert!(decode(a, n, &again, DecodeOptions::default()).is_ok(), "{b:?}");
                }
            }
        }
    });
}

#[test]
fn depth_is_no_danger() {
    let depth = 1_000_000;
    let lists = [&[131][..], &[108, 0, 0, 0, 1].repeat(depth), &[106].repeat(depth + 1)].concat();
    let tuples = [&[131][..], &[104, 1].repeat(depth), &[106]].concat();
    for bytes in [lists, tuples] {
        with_area(|a, n| {
            let (t, taken) = decode(a, n, &bytes, DecodeOptions::default()).unwrap();
            assert_eq!(taken, bytes.len());
            assert!(encode(t, n, V1).unwrap() == bytes);
        });
    }
}

#[test]
fn parts_are_counted() {
    with_area(|a, n| {
        let list: Vec<_> = (0..10).map(|i| a.tuple(&[Term::small(i)])).collect();
        let list = a.list(&list);
        // The elements with what they hold, and the end.
        assert!(encode(list, n, EncodeOptions { parts: 21, ..V1 }).is_ok());
        let refused = encode(list, n, EncodeOptions { parts: 20, ..V1 });
        assert_eq!(refused, Err(EncodeError::TooManyParts));
    });
}

#[test]
fn announced_sizes_are_not_believed() {
    // Each list says that it has as many elements as there are bytes left.
    let mut nested = vec![131];
    for left in (1..=40_000_u32).rev() {
        nested.push(108);
        nested.extend((5 * left).to_be_bytes());
    }
    assert!(!decodes(&nested));
    for tag in [105, 108, 109, 111, 116, 77] {
        assert!(!decodes(&[131, tag, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0]));
        assert!(!decodes(&[131, tag, 0x7F, 0xFF, 0xFF, 0xFF, 8, 97, 1]));
    }
    assert!(!decodes(&[131, 80, 0xFF, 0xFF, 0xFF, 0xFF, 120, 156]));
}

#[test]
fn compressed_terms() {
    // As stock writes `lists:duplicate(100, $a)`.
    let stock =
        [131, 80, 0, 0, 0, 103, 120, 156, 203, 102, 72, 73, 164, 3, 0, 0, 204, 203, 38, 180];
    with_area(|a, n| {
        let text = a.byte_list(&[b'a'; 100], Term::nil());
        let (t, taken) = decode(a, n, &stock, DecodeOptions::default()).unwrap();
        assert_eq!(taken, stock.len());
        assert_eq!(encode(t, n, V1), encode(text, n, V1));
        // What follows is not taken.
        let longer = [&stock[..], &[1, 2, 3]].concat();
        assert_eq!(decode(a, n, &longer, DecodeOptions::default()).unwrap().1, stock.len());
        let compressed = EncodeOptions { compressed: DEFAULT_LEVEL, ..V1 };
        let ours = encode(text, n, compressed).unwrap();
        assert_eq!(ours[..6], stock[..6]);
        let (t, _) = decode(a, n, &ours, DecodeOptions::default()).unwrap();
        assert_eq!(encode(t, n, V1), encode(text, n, V1));
        // Not worth it.
        let short = Term::atom(atoms::OK);
        assert_eq!(encode(short, n, compressed), encode(short, n, V1));
        // The size is neither too small nor too large.
        for size in [102, 104] {
            let mut b = stock;
            b[5] = size;
            assert!(decode(a, n, &b, DecodeOptions::default()).is_err());
        }
    });
}

#[test]
fn safe_makes_no_names() {
    with_area(|a, n| {
        let safe = DecodeOptions { safe: true };
        assert!(decode(a, n, b"\x83\x77\x04nova", safe).is_err());
        assert!(decode(a, n, b"\x83\x71\x77\x02ok\x77\x02ok\x61\x00", safe).is_err());
        assert!(decode(a, n, b"\x83\x77\x04nova", DecodeOptions::default()).is_ok());
        assert!(decode(a, n, b"\x83\x77\x04nova", safe).is_ok());
    });
}

#[test]
fn own_identifiers_come_back() {
    with_area(|a, n| {
        let mut back = |t| {
            let bytes = encode(t, n, V1).unwrap();
            decode(a, n, &bytes, DecodeOptions::default()).unwrap().0
        };
        for pid in [Pid(0), Pid::new(77, 5), Pid::new((1 << 28) - 1, 0x1FFF_FFFF)] {
            assert_eq!(back(Term::pid(pid)).as_pid(), Some(pid));
        }
    });
    with_area(|a, n| {
        for number in [0, 1, u64::MAX, 0x1234_5678_9ABC_DEF0] {
            for alias_of in [None, Some(Pid::new(3, 4))] {
                let t = a.reference(number, alias_of);
                let bytes = encode(t, n, V1).unwrap();
                let (t, _) = decode(a, n, &bytes, DecodeOptions::default()).unwrap();
                let r = t.as_ref().unwrap();
                assert_eq!((r.number, r.alias_of), (number, alias_of));
            }
        }
    });
}

#[test]
fn what_is_said_outside_does_not_change_a_module() {
    let fun = |num_free: u8| {
        let free = [97, 1].repeat(num_free.into());
        let creator = [&[88, 119, 13][..], b"nonode@nohost", &[0; 12]].concat();
        let head = [&[1][..], &[7; 16], &[0, 0, 0, 3, 0, 0, 0, num_free, 119, 1, b'm']].concat();
        let rest = [&head[..], &[97, 3, 97, 5], &creator, &free].concat();
        let size = (rest.len() as u32 + 4).to_be_bytes();
        [&[131, 112][..], &size, &rest].concat()
    };
    with_area(|a, n| {
        let mut lambda = |bytes: &[u8]| {
            let (t, _) = decode(a, n, bytes, DecodeOptions::default()).unwrap();
            let View::Fun(f) = t.view() else { panic!() };
            f.lambda as *const Lambda
        };
        let (one, two) = (lambda(&fun(1)), lambda(&fun(2)));
        assert!(one != two && one == lambda(&fun(1)));
        let real = n.code.lambda(Lambda {
            code: AtomicPtr::new(std::ptr::null_mut()),
            module: n.atoms.intern("m").unwrap(),
            function: atoms::OK,
            arity: 1,
            num_free: 1,
            index: 3,
            old_uniq: 5,
            uniq: [7; 16],
        });
        assert_eq!((real.function, real.num_free), (atoms::OK, 1));
        assert!(lambda(&fun(1)) == &raw const *real);
        assert!(lambda(&fun(2)) == two);
    });
}
