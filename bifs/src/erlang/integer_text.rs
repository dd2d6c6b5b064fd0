//! Integers to and from text.

use crate::text;
use vm::native::{Native, Outcome, Raise};
use vm::num::{self, ParseError};
use vm::term::Term;
use vm::term::arith::Int;

vm::natives! {
    /// Integers and text.
    pub static NATIVES: "erlang" {
        "integer_to_list"/1 = integer_to_list,
        "integer_to_list"/2 = integer_to_list_2,
        "integer_to_binary"/1 = integer_to_binary,
        "integer_to_binary"/2 = integer_to_binary_2,
        "list_to_integer"/1 = list_to_integer,
        "list_to_integer"/2 = list_to_integer_2,
        "binary_to_integer"/1 = binary_to_integer,
        "binary_to_integer"/2 = binary_to_integer_2,
    }
}

vm::natives! {
    /// What module `string` builds on.
    pub static STRING_NATIVES: "string" {
        "list_to_integer"/1 = scan_list,
    }
}

fn base<'p>(t: Term<'p>) -> Result<u32, Raise<'p>> {
    let n = t.as_small().filter(|n| (2..=36).contains(n)).ok_or_else(Raise::badarg)?;
    Ok(n as u32)
}

/// Long numbers cost more than their length: 15,000 digits take about a millisecond.
fn work_on_digits<'p>(cx: &mut Native<'p>, n: usize) -> Result<(), Raise<'p>> {
    cx.work(n / 16 + n / 256 * (n / 256))
}

/// Makes a term of the text of an integer.
fn print<'p>(
    cx: &mut Native<'p>,
    n: Term<'p>,
    base: u32,
    make: impl FnOnce(&mut Native<'p>, &[u8]) -> Term<'p>,
) -> Outcome<'p> {
    if let Some(n) = n.as_small() {
        return Ok(num::with_text_of_limb(n < 0, n.unsigned_abs(), base, |text| make(cx, text)));
    }
    let n = Int::of(n).ok_or_else(Raise::badarg)?;
    work_on_digits(cx, n.as_ref().bit_len() as usize / 3)?;
    Ok(make(cx, num::to_text(n.as_ref(), base).as_bytes()))
}

/// The integer that a text of at most 17 decimal digits is: most texts are short.
fn short_decimal(text: impl Iterator<Item = u8>) -> Option<i64> {
    let (mut n, mut digits, mut negative) = (0i64, 0, false);
    for (i, byte) in text.enumerate() {
        match byte {
            b'0'..=b'9' if digits < 17 => {
                n = n * 10 + i64::from(byte - b'0');
                digits += 1;
            }
            b'+' | b'-' if i == 0 => negative = byte == b'-',
            _ => return None,
        }
    }
    (digits > 0).then_some(if negative { -n } else { n })
}

/// As [`short_decimal`], of a list.
fn short_decimal_list(list: Term<'_>) -> Option<i64> {
    let mut items = list.list();
    // No digit stands for whatever is no byte.
    let n = short_decimal(items.by_ref().map(|t| t.as_byte().unwrap_or(0)))?;
    items.rest().is_nil().then_some(n)
}

fn list<'p>(cx: &mut Native<'p>, text: &[u8]) -> Term<'p> {
    cx.byte_list(text, Term::nil())
}

fn binary<'p>(cx: &mut Native<'p>, text: &[u8]) -> Term<'p> {
    cx.binary(text)
}

fn parse<'p>(cx: &mut Native<'p>, text: &[u8], base: u32) -> Outcome<'p> {
    work_on_digits(cx, text.len())?;
    match num::parse(text, base) {
        Ok(n) => Ok(cx.integer(n.as_ref())),
        Err(ParseError::Syntax) => Err(Raise::badarg()),
        Err(ParseError::SystemLimit) => Err(Raise::system_limit()),
    }
}

fn integer_to_list<'p>(cx: &mut Native<'p>, [n]: [Term<'p>; 1]) -> Outcome<'p> {
    let Some(small) = n.as_small() else { return print(cx, n, 10, list) };
    // The last digit comes first, in a list as it does in a division.
    let mut rest = small.unsigned_abs();
    let mut text = Term::nil();
    loop {
        text = cx.cons(Term::small(i64::from(b'0') + (rest % 10) as i64), text);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if small < 0 {
        text = cx.cons(Term::small(i64::from(b'-')), text);
    }
    Ok(text)
}

fn integer_to_list_2<'p>(cx: &mut Native<'p>, [n, b]: [Term<'p>; 2]) -> Outcome<'p> {
    print(cx, n, base(b)?, list)
}

fn integer_to_binary<'p>(cx: &mut Native<'p>, [n]: [Term<'p>; 1]) -> Outcome<'p> {
    print(cx, n, 10, binary)
}

fn integer_to_binary_2<'p>(cx: &mut Native<'p>, [n, b]: [Term<'p>; 2]) -> Outcome<'p> {
    print(cx, n, base(b)?, binary)
}

fn list_to_integer<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    if let Some(n) = short_decimal_list(list) {
        return Ok(Term::small(n));
    }
    cx.work_on(list)?;
    parse(cx, &text::byte_list(list).ok_or_else(Raise::badarg)?, 10)
}

fn list_to_integer_2<'p>(cx: &mut Native<'p>, [list, b]: [Term<'p>; 2]) -> Outcome<'p> {
    cx.work_on(list)?;
    parse(cx, &text::byte_list(list).ok_or_else(Raise::badarg)?, base(b)?)
}

fn binary_to_integer<'p>(cx: &mut Native<'p>, [binary]: [Term<'p>; 1]) -> Outcome<'p> {
    let text = text::binary(binary).ok_or_else(Raise::badarg)?;
    match short_decimal(text.iter().copied()) {
        Some(n) => Ok(Term::small(n)),
        None => parse(cx, &text, 10),
    }
}

fn binary_to_integer_2<'p>(cx: &mut Native<'p>, [binary, b]: [Term<'p>; 2]) -> Outcome<'p> {
    parse(cx, &text::binary(binary).ok_or_else(Raise::badarg)?, base(b)?)
}

/// `{Integer, Rest}` or `{error, Why}`.
fn scan_list<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut why = "no_integer";
    let mut digits = Vec::new();
    let mut rest = list;
    if !list.is_nil() && list.as_cons().is_none() {
        why = "not_a_list";
    }
    while let Some((head, tail)) = rest.as_cons() {
        let sign = |b| digits.is_empty() && (b == b'+' || b == b'-');
        match head.as_small().map(u8::try_from) {
            Some(Ok(b)) if b.is_ascii_digit() || sign(b) => digits.push(b),
            _ => break,
        }
        rest = tail;
    }
    work_on_digits(cx, digits.len())?;
    match num::parse(&digits, 10) {
        Ok(n) => {
            let n = cx.integer(n.as_ref());
            Ok(cx.tuple(&[n, rest]))
        }
        Err(e) => {
            if e == ParseError::SystemLimit {
                why = "system_limit";
            }
            let why = cx.atom(why)?;
            Ok(cx.tuple(&[Term::atom(vm::term::atoms::ERROR), why]))
        }
    }
}
