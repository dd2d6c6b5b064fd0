//! Floats to and from text.

use crate::text;
use vm::native::{Native, Outcome, Raise, arg};
use vm::num::float_text;
use vm::term::{Term, atoms};

vm::natives! {
    /// Floats and text.
    pub static NATIVES: "erlang" {
        "float_to_list"/1 = float_to_list,
        "float_to_list"/2 = float_to_list_2,
        "float_to_binary"/1 = float_to_binary,
        "float_to_binary"/2 = float_to_binary_2,
        "list_to_float"/1 = list_to_float,
        "binary_to_float"/1 = binary_to_float,
    }
}

vm::natives! {
    /// What module `string` builds on.
    pub static STRING_NATIVES: "string" {
        "list_to_float"/1 = scan_list,
    }
}

enum Format {
    Scientific,
    Decimals,
    Short,
}

/// What `then` makes of the text.
fn print<'p>(x: Term<'p>, options: Term<'p>, then: impl FnOnce(&[u8]) -> Term<'p>) -> Outcome<'p> {
    let x = arg::<f64>(x)?;
    let (mut format, mut decimals, mut compact) = (Format::Scientific, 20, false);
    let mut rest = options;
    while let Some((item, tail)) = rest.as_cons() {
        rest = tail;
        if let Some([key, n]) = item.as_tuple_of() {
            format = if key.is_atom(atoms::DECIMALS) {
                Format::Decimals
            } else if key.is_atom(atoms::SCIENTIFIC) {
                Format::Scientific
            } else {
                return Err(Raise::badarg());
            };
            decimals = n.as_small().ok_or_else(Raise::badarg)?;
        } else if item.is_atom(atoms::SHORT) {
            format = Format::Short;
        } else if item.is_atom(atoms::COMPACT) {
            compact = true;
        } else {
            return Err(Raise::badarg());
        }
    }
    if !rest.is_nil() {
        return Err(Raise::badarg());
    }
    match format {
        Format::Scientific => float_text::scientific(x, decimals, then),
        Format::Decimals => float_text::fixed(x, decimals, compact, then),
        Format::Short => Some(float_text::short(x, then)),
    }
    .ok_or_else(Raise::badarg)
}

fn float_to_list<'p>(cx: &mut Native<'p>, [x]: [Term<'p>; 1]) -> Outcome<'p> {
    let x = arg(x)?;
    Ok(float_text::default(x, |text| cx.byte_list(text, Term::nil())))
}

fn float_to_list_2<'p>(cx: &mut Native<'p>, [x, options]: [Term<'p>; 2]) -> Outcome<'p> {
    print(x, options, |text| cx.byte_list(text, Term::nil()))
}

fn float_to_binary<'p>(cx: &mut Native<'p>, [x]: [Term<'p>; 1]) -> Outcome<'p> {
    let x = arg(x)?;
    Ok(float_text::default(x, |text| cx.binary(text)))
}

fn float_to_binary_2<'p>(cx: &mut Native<'p>, [x, options]: [Term<'p>; 2]) -> Outcome<'p> {
    print(x, options, |text| cx.binary(text))
}

fn parse<'p>(cx: &mut Native<'p>, text: &[u8]) -> Outcome<'p> {
    let x = float_text::parse(text).ok_or_else(Raise::badarg)?;
    Ok(cx.float(x))
}

fn list_to_float<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    parse(cx, &text::byte_list(list).ok_or_else(Raise::badarg)?)
}

fn binary_to_float<'p>(cx: &mut Native<'p>, [binary]: [Term<'p>; 1]) -> Outcome<'p> {
    parse(cx, &text::binary(binary).ok_or_else(Raise::badarg)?)
}

/// `{Float, Rest}` or `{error, Why}`.
fn scan_list<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut bytes = Vec::new();
    let mut it = list.list();
    for c in it.by_ref() {
        // No float has other characters, so that what follows them need not be looked at.
        match c.as_small().map(u8::try_from) {
            Some(Ok(b)) if b.is_ascii_digit() || b"+-.,eE".contains(&b) => bytes.push(b),
            _ => break,
        }
    }
    let why = if list.is_nil() || list.as_cons().is_some() { "no_float" } else { "not_a_list" };
    match float_text::parse_prefix(&bytes) {
        Some((x, n)) => {
            let mut it = list.list();
            it.by_ref().take(n).for_each(drop);
            let x = cx.float(x);
            Ok(cx.tuple(&[x, it.rest()]))
        }
        None => {
            let why = cx.atom(why)?;
            Ok(cx.tuple(&[Term::atom(atoms::ERROR), why]))
        }
    }
}
