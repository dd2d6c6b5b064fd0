//! Natives against stock Erlang: the same calls, the same answers.
//!
//! Each file of `tests/oracle/` is an Erlang expression whose value is a list of
//! `{Module, Function, Args}`. Stock makes the calls and writes each with its outcome in the
//! external format; the native of that name must come to the same.
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::process::Command;
use std::sync::Arc;
use vm::native::{Native, Raise, with_detached};
use vm::term::external::{DecodeOptions, EncodeOptions, decode, encode};
use vm::term::{Term, View, atoms};
use vm::vm::{Config, Vm};

/// Evaluates the file and makes the calls. A call is written as `{M, F, Args}` and its outcome as
/// `{ok, Value}` or `{Class, Reason}`, both in hexadecimal.
const MAKE_CALLS: &str = r#"
{ok, Calls} = file:script(os:getenv("CALLS")),
Hex = fun(T) -> [io_lib:format("~2.16.0b", [X]) || <<X>> <= term_to_binary(T)] end,
[io:format("~s ~s~n", [Hex({M, F, A}),
    Hex(try {ok, apply(M, F, A)} catch C:R -> {C, R} end)]) || {M, F, A} <- lists:flatten(Calls)],
io:format("end~n"),
halt().
"#;

fn unhex(s: &str) -> Vec<u8> {
    (0..s.len() / 2).map(|i| u8::from_str_radix(&s[2 * i..2 * i + 2], 16).unwrap()).collect()
}

fn machine() -> Arc<Vm> {
    Vm::new(Config::bare(bifs::tables())).unwrap()
}

/// The outcome of a call as a term, or what is wrong.
fn outcome<'p>(cx: &mut Native<'p>, call: Term<'p>) -> Result<Term<'p>, String> {
    let Some([m, f, args]) = call.as_tuple_of::<3>() else { return Err("no call".into()) };
    let (m, f) = (m.as_atom().unwrap(), f.as_atom().unwrap());
    let args = args.list_to_vec().unwrap();
    let def = cx.vm().code.native(m, f, args.len() as u8);
    let def = def.ok_or_else(|| format!("no native {m:?}:{f:?}/{}", args.len()))?;
    let (tag, value) = match (def.call)(cx, &args).outcome() {
        Ok(t) => (Term::atom(atoms::OK), t),
        Err(Raise::Exception(e)) => (Term::atom(e.class.atom()), e.reason),
        Err(_) => return Err("neither a term nor an exception".into()),
    };
    Ok(cx.tuple(&[tag, value]))
}

fn check(file: &str) {
    let path = format!("{}/tests/oracle/{file}", env!("CARGO_MANIFEST_DIR"));
    let out = Command::new("erl")
        .args(["-noshell", "-eval", MAKE_CALLS])
        .env("CALLS", &path)
        .output()
        .expect("this test needs stock Erlang on the path; make test provides it");
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.ends_with("end\n"), "{file}: {}", &text[..text.len().min(2000)]);
    let machine = machine();
    let mut wrong = String::new();
    let mut count = 0;
    for line in text.lines().filter(|l| *l != "end") {
        let (call, stock) = line.split_once(' ').unwrap();
        let (call, stock) = (unhex(call), unhex(stock));
        with_detached(&machine, |cx| {
            let (term, _) = decode(cx, &*machine, &call, DecodeOptions::default()).unwrap();
            let ours =
                outcome(cx, term).map(|t| encode(t, &*machine, EncodeOptions::default()).unwrap());
            if ours.as_ref() != Ok(&stock) {
                let call = show(cx, &machine, &call);
                let stock = show(cx, &machine, &stock);
                let ours = ours.map_or_else(|e| e, |b| show(cx, &machine, &b));
                writeln!(wrong, "{call}\n  stock {stock}\n  ours  {ours}").unwrap();
            }
        });
        count += 1;
    }
    assert!(count > 20, "{file}: {count} calls");
    assert!(wrong.is_empty(), "{file}\n{wrong}");
}

/// A term for people; long ones cut.
fn show(cx: &mut Native<'_>, machine: &Vm, bytes: &[u8]) -> String {
    let mut text = String::new();
    match decode(cx, machine, bytes, DecodeOptions::default()) {
        Ok((t, _)) => show_term(t, &mut text, 0),
        Err(_) => text = format!("{bytes:?}"),
    }
    text.chars().take(300).collect()
}

fn show_items<'p>(items: impl Iterator<Item = Term<'p>>, to: &mut String, depth: usize) {
    for item in items.take(40) {
        show_term(item, to, depth + 1);
        to.push(' ');
    }
}

fn show_term(t: Term<'_>, to: &mut String, depth: usize) {
    if to.len() > 300 || depth > 10 {
        return to.push_str("..");
    }
    match t.view() {
        View::Small(n) => write!(to, "{n}").unwrap(),
        View::Big(n) => to.push_str(&vm::num::to_text(n, 10)),
        View::Float(x) => write!(to, "{x:?}").unwrap(),
        View::Atom(a) => write!(to, "{a:?}").unwrap(),
        View::Bits(b) => write!(to, "<<{:?}:{}>>", b.to_bytes(), b.bits).unwrap(),
        View::Tuple(items) => {
            to.push('{');
            show_items(items.iter().copied(), to, depth);
            to.push('}');
        }
        View::Nil | View::Cons(..) => {
            to.push('[');
            show_items(t.list(), to, depth);
            to.push(']');
        }
        _ => to.push('?'),
    }
}

macro_rules! files {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(concat!(stringify!($name), ".script"));
        })*
    };
}

files! {
    binary
    binary_bytes
    binary_search
    checksum
    compare
    convert
    external
    float_text
    hash
    identifiers
    integer_text
    list
    lists
    maps
    math
    os
    packet
    re
    tuple
    types
    unicode
}
