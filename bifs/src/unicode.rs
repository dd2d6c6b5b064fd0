//! `unicode`: character data to UTF-8 binaries and to lists of code points.
//!
//! Character data is a list, nested in any way, of code points and binaries; a character may lie
//! across two binaries that follow each other. Encodings other than Latin-1 and UTF-8 are the
//! release's own Erlang code (`characters_to_binary_int/2`). Nothing here recurses.

use vm::native::{Native, Outcome, Raise};
use vm::term::{Term, View, atoms};

vm::natives! {
    /// Character data.
    pub static NATIVES: "unicode" {
        "characters_to_binary"/2 = characters_to_binary,
        "characters_to_list"/2 = characters_to_list,
        "bin_is_7bit"/1 = bin_is_7bit,
    }
}

/// Bytes and list elements that count as one reduction.
const A_REDUCTION: usize = 64;
/// Bytes and list elements between two counts of the work done.
const STRIDE: usize = 4096;

/// Whether the encoding is Latin-1; or the release's own code for other encodings.
fn is_latin1<'p>(
    cx: &Native<'p>,
    [data, encoding]: [Term<'p>; 2],
    other: &str,
) -> Result<bool, Raise<'p>> {
    if encoding.is_atom(atoms::LATIN1) {
        return Ok(true);
    }
    if encoding.is_atom(atoms::UTF8) || encoding.is_atom(atoms::UNICODE) {
        return Ok(false);
    }
    let name = |s| cx.vm().atoms.intern(s).map_err(|_| Raise::system_limit());
    Err(Raise::trap(name("unicode")?, name(other)?, vec![data, encoding]))
}

fn characters_to_binary<'p>(cx: &mut Native<'p>, args: [Term<'p>; 2]) -> Outcome<'p> {
    let latin1 = is_latin1(cx, args, "characters_to_binary_int")?;
    let subject = match args[0].as_cons() {
        Some((only, tail)) if tail.is_nil() && only.as_bits().is_some() => only,
        _ => args[0],
    };
    if let Some(bits) = subject.as_bits() {
        if !bits.is_binary() {
            return Err(Raise::badarg());
        }
        let bytes = bits.to_bytes();
        cx.work(bytes.len() / A_REDUCTION / 4)?;
        if bytes.is_ascii() || !latin1 && std::str::from_utf8(&bytes).is_ok() {
            return Ok(subject);
        }
    }
    let (out, end) = decode(cx, subject, latin1)?;
    let done = cx.binary(out.as_bytes());
    Ok(ended(cx, done, end))
}

fn characters_to_list<'p>(cx: &mut Native<'p>, args: [Term<'p>; 2]) -> Outcome<'p> {
    let latin1 = is_latin1(cx, args, "characters_to_list_int")?;
    if let Some(bits) = args[0].as_bits().filter(|b| b.is_binary() && !latin1) {
        let bytes = bits.to_bytes();
        cx.work(bytes.len() / A_REDUCTION)?;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            return Ok(cx.string(text));
        }
    }
    let (out, end) = decode(cx, args[0], latin1)?;
    let done = cx.string(&out);
    Ok(ended(cx, done, end))
}

/// How decoding ended.
enum End<'p> {
    Done,
    Error(Term<'p>),
    Incomplete(Term<'p>),
}

fn ended<'p>(cx: &mut Native<'p>, done: Term<'p>, end: End<'p>) -> Term<'p> {
    let (tag, rest) = match end {
        End::Done => return done,
        End::Error(rest) => (atoms::ERROR, rest),
        End::Incomplete(rest) => (atoms::INCOMPLETE, rest),
    };
    cx.tuple(&[Term::atom(tag), done, rest])
}

/// What has been decoded, and the bytes of a character that its binary did not end.
#[derive(Default)]
struct Decoder {
    out: String,
    begun: Vec<u8>,
    work: usize,
}

/// The bytes that a character takes by its first one.
fn utf8_len(first: u8) -> Option<usize> {
    match first {
        0..0x80 => Some(1),
        0xC0..0xE0 => Some(2),
        0xE0..0xF0 => Some(3),
        0xF0..0xF8 => Some(4),
        _ => None,
    }
}

impl Decoder {
    /// Takes the bytes of a binary; at an error, where in them it is.
    fn utf8(&mut self, mut bytes: &[u8]) -> Result<(), usize> {
        let whole = bytes.len();
        if let Some(need) = self.begun.first().and_then(|b| utf8_len(*b)) {
            let missing = need - self.begun.len();
            if bytes.len() < missing {
                self.begun.extend_from_slice(bytes);
                return Ok(());
            }
            let mut character = self.begun.clone();
            character.extend_from_slice(&bytes[..missing]);
            self.out.push_str(std::str::from_utf8(&character).map_err(|_| 0usize)?);
            self.begun.clear();
            bytes = &bytes[missing..];
        }
        let wrong = match std::str::from_utf8(bytes) {
            Ok(text) => {
                self.out.push_str(text);
                return Ok(());
            }
            Err(e) => e.valid_up_to(),
        };
        let (good, rest) = bytes.split_at(wrong);
        self.out.push_str(std::str::from_utf8(good).map_err(|_| 0usize)?);
        // Too few bytes are a character that may go on in the next binary, whatever they are.
        match utf8_len(rest[0]) {
            Some(need) if rest.len() < need => {
                self.begun = rest.to_vec();
                Ok(())
            }
            _ => Err(whole - rest.len()),
        }
    }

    /// Takes a binary; at an error, what of it is left.
    fn bits<'p>(
        &mut self,
        cx: &mut Native<'p>,
        term: Term<'p>,
        latin1: bool,
    ) -> Result<(), Term<'p>> {
        let bits = term.as_bits().filter(|b| b.is_binary()).ok_or(term)?;
        let bytes = bits.to_bytes();
        self.work += bytes.len();
        if latin1 {
            self.out.extend(bytes.iter().map(|b| char::from(*b)));
            return Ok(());
        }
        self.utf8(&bytes).map_err(|at| cx.sub_bits(term, at * 8, bits.bits - at * 8))
    }

    /// Whether the character begun may still become one.
    fn may_go_on(&self) -> bool {
        let continues = |i: usize| self.begun.get(i).is_none_or(|b| b & 0xC0 == 0x80);
        continues(1) && continues(2)
    }
}

/// Decodes `data`.
fn decode<'p>(
    cx: &mut Native<'p>,
    data: Term<'p>,
    latin1: bool,
) -> Result<(String, End<'p>), Raise<'p>> {
    let mut d = Decoder::default();
    let mut outer: Vec<Term<'p>> = Vec::new();
    let mut at = data;
    let mut failed = false;
    loop {
        d.work += 1;
        if d.work >= STRIDE {
            cx.work(d.work / A_REDUCTION)?;
            d.work = 0;
        }
        // Mostly a run of ASCII.
        while let Some((head, tail)) = at.as_cons()
            && let Some(c @ 0..0x80) = head.as_small()
            && d.begun.is_empty()
            && d.work < STRIDE
        {
            d.out.push(char::from(c as u8));
            d.work += 1;
            at = tail;
        }
        match at.view() {
            View::Cons(head, tail) => match head.view() {
                View::Small(n) => {
                    let c = u32::try_from(n).ok().and_then(char::from_u32);
                    match c.filter(|c| d.begun.is_empty() && !(latin1 && *c > '\u{FF}')) {
                        Some(c) => d.out.push(c),
                        None => failed = true,
                    }
                    if !failed {
                        at = tail;
                    }
                }
                View::Nil => at = tail,
                View::Cons(..) => {
                    outer.push(tail);
                    at = head;
                }
                View::Bits(_) => match d.bits(cx, head, latin1) {
                    Ok(()) => at = tail,
                    Err(rest) => {
                        at = cx.cons(rest, tail);
                        failed = true;
                    }
                },
                _ => failed = true,
            },
            View::Nil => match outer.pop() {
                Some(t) => at = t,
                None => break,
            },
            View::Bits(_) => match d.bits(cx, at, latin1) {
                Ok(()) => at = Term::nil(),
                Err(rest) => {
                    at = rest;
                    failed = true;
                }
            },
            _ => failed = true,
        }
        if failed {
            break;
        }
    }
    cx.bump_reductions(d.work / A_REDUCTION);
    if failed {
        if !is_character_data(data) {
            return Err(Raise::badarg());
        }
        while let Some(t) = outer.pop() {
            at = cx.cons(at, t);
        }
        if !d.begun.is_empty() {
            let begun = cx.binary(&d.begun);
            at = cx.list(&[begun, at]);
        }
        return Ok((d.out, End::Error(at)));
    }
    if d.begun.is_empty() {
        return Ok((d.out, End::Done));
    }
    let rest = cx.binary(&d.begun);
    let end = if d.may_go_on() { End::Incomplete(rest) } else { End::Error(rest) };
    Ok((d.out, end))
}

/// Whether `data` is made of lists, integers and binaries only, as far as up to the first integer
/// that is not small: what is not is `badarg`, even behind a place with an error.
fn is_character_data(data: Term<'_>) -> bool {
    let is_binary = |t: Term<'_>| t.as_bits().is_some_and(|b| b.is_binary());
    let mut outer = Vec::new();
    let mut at = data;
    loop {
        match at.view() {
            View::Cons(head, tail) => {
                at = tail;
                match head.view() {
                    View::Small(_) | View::Nil => {}
                    View::Big(_) => return true,
                    View::Cons(..) => {
                        outer.push(tail);
                        at = head;
                    }
                    _ if is_binary(head) => {}
                    _ => return false,
                }
            }
            View::Nil => match outer.pop() {
                Some(t) => at = t,
                None => return true,
            },
            _ if is_binary(at) => at = Term::nil(),
            _ => return false,
        }
    }
}

fn bin_is_7bit<'p>(_: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let bits = t.as_bits().filter(|b| b.is_binary());
    Ok(Term::bool(bits.is_some_and(|b| b.to_bytes().is_ascii())))
}
