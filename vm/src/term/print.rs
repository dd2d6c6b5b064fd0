//! The text of terms, as `erlang:display/1` and the emulator's own messages show them (not as
//! `io:format` does, which is Erlang code).
//!
//! Lists of Latin-1 characters show as strings, and their characters above 127 as single bytes
//! where bytes are written; atoms are always UTF-8. Large maps show like small ones, in their own
//! order (stock shows the nodes of the trie). Nothing recurses.

use super::external::{pid_ids, ref_words};
use super::layout::Kind;
use super::map::MapIter;
use super::view::{ExternalView, View};
use super::{Atom, BitsView, Term, atoms};
use crate::num;
use crate::sched::standstill::participant;
use std::fmt::{self, Write};

/// Writes `t`; once about `limit` terms and characters are written, it stops with `... `.
pub fn print(out: &mut impl Write, t: Term<'_>, limit: i64) -> fmt::Result {
    Printer { out: Text(out), left: limit }.print(t)
}

/// The bytes that `erlang:display/1` writes for `t`, without its new line.
pub fn display(t: Term<'_>) -> Vec<u8> {
    let mut out = Bytes(Vec::new());
    Printer { out: &mut out, left: i64::MAX }.print(t).expect("a vector takes all bytes");
    out.0
}

/// A term in messages: shows by [`print`], up to a limit.
pub struct Shown<'p>(pub Term<'p>, pub i64);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, self.0, self.1)
    }
}

impl fmt::Debug for Term<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, *self, 1000)
    }
}

/// The first number of the identifiers of another node, as in `<1234.5.6>`; 0 only of those that
/// this node made before it was started last. It depends on the node's name alone, and two names may
/// have the same.
pub fn node_number(node: Atom) -> u32 {
    let this = participant().map_or(atoms::NIL_NODE, |(vm, _)| vm.nodes.name());
    if node == this { 0 } else { node.portable_hash() | 1 }
}

/// Where text goes.
trait Sink: Write {
    /// A character of a string: Latin-1.
    fn latin1(&mut self, c: u8) -> fmt::Result;
}

struct Text<'a, W>(&'a mut W);

impl<W: Write> Write for Text<'_, W> {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.write_str(s)
    }
}

impl<W: Write> Sink for Text<'_, W> {
    fn latin1(&mut self, c: u8) -> fmt::Result {
        self.0.write_char(char::from(c))
    }
}

struct Bytes(Vec<u8>);

impl Write for &mut Bytes {
    fn write_str(&mut self, s: &str) -> fmt::Result {
        self.0.extend_from_slice(s.as_bytes());
        Ok(())
    }
}

impl Sink for &mut Bytes {
    fn latin1(&mut self, c: u8) -> fmt::Result {
        self.0.push(c);
        Ok(())
    }
}

/// What is to be written yet.
enum Next<'p> {
    Term(Term<'p>),
    /// Items that are left, each behind a comma.
    Items(&'p [Term<'p>]),
    /// What is left of a list.
    Tail(Term<'p>),
    /// Pairs of a map that are left, and whether they are the first.
    Pairs(Box<MapIter<'p>>, bool),
    Text(&'static str),
}

struct Printer<W> {
    out: W,
    /// What the limit leaves.
    left: i64,
}

/// Whether to go on.
type Going = Result<bool, fmt::Error>;

impl<W: Sink> Printer<W> {
    fn print(mut self, t: Term<'_>) -> fmt::Result {
        self.run(t)?;
        if self.left <= 0 { self.out.write_str("... ") } else { Ok(()) }
    }

    /// Counts one; false if the limit was reached before.
    fn count(&mut self) -> bool {
        self.left -= 1;
        self.left >= 0
    }

    fn run<'p>(&mut self, t: Term<'p>) -> fmt::Result {
        let mut stack = vec![Next::Term(t)];
        while let Some(next) = stack.pop() {
            let t = match next {
                Next::Text(s) => {
                    self.out.write_str(s)?;
                    continue;
                }
                Next::Term(t) => t,
                Next::Items([]) => continue,
                Next::Items([t, rest @ ..]) => {
                    self.out.write_char(',')?;
                    stack.push(Next::Items(rest));
                    *t
                }
                Next::Tail(t) => match t.as_cons() {
                    _ if t.is_nil() => continue,
                    Some((head, tail)) => {
                        self.out.write_char(',')?;
                        stack.push(Next::Tail(tail));
                        head
                    }
                    None => {
                        self.out.write_char('|')?;
                        t
                    }
                },
                Next::Pairs(mut pairs, first) => {
                    let Some((k, v)) = pairs.next() else { continue };
                    if !first {
                        self.out.write_char(',')?;
                    }
                    stack.extend([Next::Pairs(pairs, false), Next::Term(v), Next::Text("=>")]);
                    k
                }
            };
            if !self.count() || !self.one(t, &mut stack)? {
                return Ok(());
            }
        }
        Ok(())
    }

    fn one<'p>(&mut self, t: Term<'p>, stack: &mut Vec<Next<'p>>) -> Going {
        match t.view() {
            View::Nil => self.out.write_str("[]")?,
            View::Atom(a) => return self.atom(a),
            View::Small(n) => write!(self.out, "{n}")?,
            View::Big(n) => self.out.write_str(&num::to_text(n, 10))?,
            View::Float(x) => {
                num::float_text::scientific(x, 6, |text| {
                    self.out.write_str(std::str::from_utf8(text).map_err(|_| fmt::Error)?)
                })
                .ok_or(fmt::Error)??;
            }
            View::Cons(head, tail) => {
                if is_printable(t) {
                    return self.string(t);
                }
                self.out.write_char('[')?;
                stack.extend([Next::Text("]"), Next::Tail(tail), Next::Term(head)]);
            }
            View::Tuple(items) => {
                self.out.write_char('{')?;
                stack.push(Next::Text("}"));
                if let [first, rest @ ..] = items {
                    stack.extend([Next::Items(rest), Next::Term(*first)]);
                }
            }
            View::Map(m) => {
                self.out.write_str("#{")?;
                stack.extend([Next::Text("}"), Next::Pairs(Box::new(m.iter()), true)]);
            }
            View::Bits(b) => return self.bits(b),
            View::Fun(f) => {
                let l = f.lambda;
                // OTP takes the last for a signed integer of C.
                let uniq = l.old_uniq as i32;
                write!(self.out, "#Fun<{}.{}.{uniq}>", l.module.name(), l.index)?;
            }
            View::ExportFun(e) => {
                self.out.write_str("fun ")?;
                self.atom(e.module)?;
                self.out.write_char(':')?;
                self.atom(e.function)?;
                write!(self.out, "/{}", e.arity)?;
            }
            View::Pid(p) => {
                let ids = pid_ids(p);
                write!(self.out, "<0.{}.{}>", ids.id, ids.serial)?;
            }
            View::Port(p) => write!(self.out, "#Port<0.{}>", p.0)?,
            View::Ref(r) => {
                let (words, n) = ref_words(&r);
                self.reference(0, words[..n].iter().map(|w| u64::from(*w)))?;
            }
            View::External(e) => self.external(&e)?,
        }
        Ok(true)
    }

    /// Its words, first first; they show the other way round.
    fn reference(&mut self, node: u32, words: impl DoubleEndedIterator<Item = u64>) -> fmt::Result {
        write!(self.out, "#Ref<{node}")?;
        for word in words.rev() {
            write!(self.out, ".{word}")?;
        }
        self.out.write_char('>')
    }

    fn external(&mut self, e: &ExternalView<'_>) -> fmt::Result {
        let node = node_number(e.node);
        let id = |i: usize| e.ids.get(i).copied().unwrap_or(0);
        match e.kind {
            Kind::ExtPid => write!(self.out, "<{node}.{}.{}>", id(0), id(1)),
            Kind::ExtPort => write!(self.out, "#Port<{node}.{}>", id(0)),
            _ => self.reference(node, e.ids.iter().copied()),
        }
    }

    fn atom(&mut self, a: Atom) -> Going {
        let name = a.name();
        self.left = self.left.saturating_sub(name.len() as i64);
        write_atom(&mut self.out, name)?;
        Ok(name.is_empty() || self.left > 0)
    }

    fn string(&mut self, list: Term<'_>) -> Going {
        self.out.write_char('"')?;
        for c in list.list().filter_map(character) {
            if !self.count() {
                return Ok(false);
            }
            match c {
                b'\n' => self.out.write_str("\\n")?,
                b'"' => self.out.write_str("\\\"")?,
                c => self.out.latin1(c)?,
            }
        }
        self.out.write_char('"')?;
        Ok(true)
    }

    fn bits(&mut self, b: BitsView<'_>) -> Going {
        let bytes = b.to_bytes();
        let (whole, part) = bytes.split_at(b.bits / 8);
        let text = b.is_binary() && b.bits > 0 && whole.iter().all(|c| (b' '..127).contains(c));
        self.out.write_str(if text { "<<\"" } else { "<<" })?;
        for (i, c) in whole.iter().enumerate() {
            match c {
                b'"' if text => self.out.write_str("\\\"")?,
                c if text => self.out.latin1(*c)?,
                c if i == 0 => write!(self.out, "{c}")?,
                c => write!(self.out, ",{c}")?,
            }
            if !self.count() {
                return Ok(false);
            }
        }
        if let [last] = part {
            let size = b.bits % 8;
            let comma = if whole.is_empty() { "" } else { "," };
            write!(self.out, "{comma}{}:{size}", last >> (8 - size))?;
        }
        self.out.write_str(if text { "\">>" } else { ">>" })?;
        Ok(true)
    }
}

/// The character of a string's element, if it is a printable one.
fn character(t: Term<'_>) -> Option<u8> {
    let c = u8::try_from(t.as_small()?).ok()?;
    let control = matches!(c, 0..32 | 127..160);
    (!control || matches!(c, b'\n' | b'\t' | b'\r')).then_some(c)
}

fn is_printable(list: Term<'_>) -> bool {
    let mut it = list.list();
    it.all(|t| character(t).is_some()) && it.rest().is_nil()
}

/// Lower case among the Latin-1 letters, of which 247 (a division sign) is none.
fn is_lower(c: char) -> bool {
    matches!(c, 'a'..='z' | '\u{DF}'..='\u{FF}') && c != '\u{F7}'
}

fn is_letter_or_digit(c: char) -> bool {
    let upper = matches!(c, 'A'..='Z' | '\u{C0}'..='\u{DE}') && c != '\u{D7}';
    c.is_ascii_digit() || is_lower(c) || upper
}

/// Writes an atom of that name, quoted if it must be.
pub fn write_atom(out: &mut impl Write, name: &str) -> fmt::Result {
    let plain =
        name.starts_with(is_lower) && name.chars().all(|c| is_letter_or_digit(c) || c == '_');
    if plain {
        return out.write_str(name);
    }
    out.write_char('\'')?;
    for c in name.chars() {
        match c {
            '\'' => out.write_str("\\'")?,
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\u{C}' => out.write_str("\\f")?,
            '\t' => out.write_str("\\t")?,
            '\r' => out.write_str("\\r")?,
            '\u{8}' => out.write_str("\\b")?,
            '\u{B}' => out.write_str("\\v")?,
            '\0'..' ' | '\u{80}'..'\u{A0}' => write!(out, "\\{:03o}", u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_char('\'')
}

#[cfg(test)]
mod tests;
