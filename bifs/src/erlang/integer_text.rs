//! Integers to and from text.

use crate::text;
use vm::native::{Native, Outcome, Raise};
use vm::num::{self, BigRef, ParseError, Prefix};
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
    Ok(num::with_text(n.as_ref(), base, |text| make(cx, text)))
}

fn list<'p>(cx: &mut Native<'p>, text: &[u8]) -> Term<'p> {
    cx.byte_list(text, Term::nil())
}

fn binary<'p>(cx: &mut Native<'p>, text: &[u8]) -> Term<'p> {
    cx.binary(text)
}

/// The integer that a text is: mostly a short one.
#[inline(always)]
fn parse<'p>(cx: &mut Native<'p>, text: &[u8], base: u32) -> Outcome<'p> {
    match num::parse_short_bytes(text, base) {
        Some(n) => Ok(Term::small(n)),
        None => parse_longer(cx, text, base),
    }
}

#[inline(never)]
fn parse_longer<'p>(cx: &mut Native<'p>, text: &[u8], base: u32) -> Outcome<'p> {
    let Some((negative, n)) = num::parse_two_limbs(text, base) else {
        return parse_any(cx, text, base);
    };
    cx.bump_reductions(text.len() / 16);
    Ok(cx.integer(BigRef { negative, limbs: &[n as u64, (n >> 64) as u64] }))
}

/// The same, of a text of any length that may not be one.
fn parse_any<'p>(cx: &mut Native<'p>, text: &[u8], base: u32) -> Outcome<'p> {
    match num::parse_prefix(text.iter().copied(), base, |n| cx.integer(n)) {
        Some(Prefix { integer: Some(n), len, is_all: true }) => {
            cx.bump_reductions(len / 16);
            Ok(n)
        }
        Some(_) => Err(Raise::badarg()),
        None => parse_long(cx, text, base),
    }
}

fn parse_long<'p>(cx: &mut Native<'p>, text: &[u8], base: u32) -> Outcome<'p> {
    work_on_digits(cx, text.len())?;
    match num::parse(text, base) {
        Ok(n) => Ok(cx.integer(n.as_ref())),
        Err(ParseError::Syntax) => Err(Raise::badarg()),
        Err(ParseError::SystemLimit) => Err(Raise::system_limit()),
    }
}

/// The characters of a list. No digit stands for whatever is no byte, or for a tail.
fn characters(list: Term<'_>) -> impl Iterator<Item = u8> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let byte = match rest.as_cons() {
            Some((head, tail)) => {
                rest = tail;
                head.as_byte()
            }
            None if rest.is_nil() => return None,
            None => None,
        };
        Some(byte.unwrap_or(0))
    })
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

/// The integer that a list of characters is: mostly a short one.
#[inline(always)]
fn parse_list<'p>(cx: &mut Native<'p>, list: Term<'p>, base: u32) -> Outcome<'p> {
    match num::parse_short(characters(list), base) {
        Some(n) => Ok(Term::small(n)),
        None => parse_any_list(cx, list, base),
    }
}

#[inline(never)]
fn parse_any_list<'p>(cx: &mut Native<'p>, list: Term<'p>, base: u32) -> Outcome<'p> {
    match num::parse_prefix(characters(list), base, |n| cx.integer(n)) {
        Some(Prefix { integer: Some(n), len, is_all: true }) => {
            cx.bump_reductions(len / 8);
            Ok(n)
        }
        Some(_) => Err(Raise::badarg()),
        None => {
            cx.work_on(list)?;
            parse_long(cx, &text::byte_list(list).ok_or_else(Raise::badarg)?, base)
        }
    }
}

fn list_to_integer<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    parse_list(cx, list, 10)
}

fn list_to_integer_2<'p>(cx: &mut Native<'p>, [list, b]: [Term<'p>; 2]) -> Outcome<'p> {
    parse_list(cx, list, base(b)?)
}

fn binary_to_integer<'p>(cx: &mut Native<'p>, [binary]: [Term<'p>; 1]) -> Outcome<'p> {
    parse(cx, &text::binary(binary).ok_or_else(Raise::badarg)?, 10)
}

fn binary_to_integer_2<'p>(cx: &mut Native<'p>, [binary, b]: [Term<'p>; 2]) -> Outcome<'p> {
    parse(cx, &text::binary(binary).ok_or_else(Raise::badarg)?, base(b)?)
}

/// `{Integer, Rest}` or `{error, Why}`.
fn scan_list<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let parsed = match num::parse_prefix(characters(list), 10, |n| cx.integer(n)) {
        Some(Prefix { integer, len, .. }) => {
            cx.bump_reductions(len / 16);
            integer.map(|n| (n, len)).ok_or(ParseError::Syntax)
        }
        None => {
            // What follows a sign, or a digit, are digits.
            let is_part = |(i, byte): &(usize, u8)| byte.is_ascii_digit() || *i == 0;
            let all = characters(list).enumerate();
            let text: Vec<u8> = all.take_while(is_part).map(|(_, byte)| byte).collect();
            work_on_digits(cx, text.len())?;
            num::parse(&text, 10).map(|n| (cx.integer(n.as_ref()), text.len()))
        }
    };
    match parsed {
        Ok((n, len)) => {
            let mut items = list.list();
            items.by_ref().take(len).for_each(drop);
            Ok(cx.tuple(&[n, items.rest()]))
        }
        Err(e) => {
            let why = match e {
                ParseError::SystemLimit => "system_limit",
                ParseError::Syntax if list.is_nil() || list.as_cons().is_some() => "no_integer",
                ParseError::Syntax => "not_a_list",
            };
            let why = cx.atom(why)?;
            Ok(cx.tuple(&[Term::atom(vm::term::atoms::ERROR), why]))
        }
    }
}
