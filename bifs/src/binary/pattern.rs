//! Patterns of `binary:match/2` and its kin: one string, or several of which the one that starts
//! first, and of those the longest, is found.

use super::bytes::bytes_of;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, Input, MatchKind};
use memchr::memmem::{Finder, FinderBuilder};
use memchr::{memchr, memchr_iter, memchr2, memchr3};
use std::sync::{Arc, OnceLock};
use vm::native::{Native, Outcome, Raise, arg};
use vm::term::{Term, atoms};

vm::natives! {
    /// Compiling patterns.
    pub static NATIVES: "binary" {
        "compile_pattern"/1 = compile_pattern,
    }
}

/// One string; what a `{bm, Ref}` refers to.
pub struct One {
    finder: Finder<'static>,
}

/// Several strings; what an `{ac, Ref}` refers to.
pub struct Many {
    strings: Vec<Vec<u8>>,
    first: First,
    /// Made when first needed: it takes longer to build than short binaries to search.
    automaton: OnceLock<AhoCorasick>,
}

/// What bytes strings begin with.
enum First {
    One(u8),
    Two(u8, u8),
    Three(u8, u8, u8),
    /// Whether one of them begins with a byte.
    Many(Box<[bool; 256]>),
}

impl First {
    fn of(strings: &[Vec<u8>]) -> First {
        let mut bytes: Vec<u8> = strings.iter().map(|s| s[0]).collect();
        bytes.sort_unstable();
        bytes.dedup();
        match bytes[..] {
            [a] => First::One(a),
            [a, b] => First::Two(a, b),
            [a, b, c] => First::Three(a, b, c),
            _ => {
                let mut all = Box::new([false; 256]);
                for byte in bytes {
                    all[usize::from(byte)] = true;
                }
                First::Many(all)
            }
        }
    }

    /// Where the next of them is.
    fn find(&self, bytes: &[u8]) -> Option<usize> {
        match self {
            First::One(a) => memchr(*a, bytes),
            First::Two(a, b) => memchr2(*a, *b, bytes),
            First::Three(a, b, c) => memchr3(*a, *b, *c, bytes),
            First::Many(all) => bytes.iter().position(|byte| all[usize::from(*byte)]),
        }
    }
}

/// What compiling gives.
enum Compiled {
    /// One string.
    One(Arc<One>),
    /// Several strings.
    Many(Arc<Many>),
}

/// A compiled pattern.
#[derive(Clone, Copy)]
pub enum Pattern<'a> {
    /// One byte.
    Byte(u8),
    /// One string.
    One(&'a Finder<'a>),
    /// Several strings.
    Many(&'a Many),
}

/// So many strings are looked for without an automaton, by their first bytes ...
const FEW: usize = 8;
/// ... until so many places have been none and so many bytes are left: the search up to there takes
/// about half of the time that an automaton takes to build ...
const MISSES: usize = 512;
const LITTLE: usize = 2048;
/// ... or from the beginning, if there are many first bytes, in more bytes than this.
const SHORT: usize = 8192;

/// Where a pattern was found: position and length in bytes.
pub type Found = (usize, usize);

fn compile(t: Term<'_>) -> Result<Compiled, Raise<'_>> {
    let strings = if t.as_bits().is_some() { vec![t] } else { arg::<Vec<Term<'_>>>(t)? };
    let strings = strings.into_iter().map(bytes_of).collect::<Result<Vec<_>, _>>()?;
    if strings.is_empty() || strings.iter().any(|s| s.is_empty()) {
        return Err(Raise::badarg());
    }
    if let [only] = &strings[..] {
        let finder = FinderBuilder::new().build_forward(&only[..]).into_owned();
        return Ok(Compiled::One(Arc::new(One { finder })));
    }
    let strings: Vec<Vec<u8>> = strings.iter().map(|s| s.to_vec()).collect();
    let first = First::of(&strings);
    Ok(Compiled::Many(Arc::new(Many { strings, first, automaton: OnceLock::new() })))
}

impl Many {
    fn automaton(&self) -> &AhoCorasick {
        self.automaton.get_or_init(|| {
            AhoCorasickBuilder::new()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&self.strings)
                .expect("strings that fit memory make an automaton")
        })
    }

    /// The places in `from..to` that do not overlap.
    fn places<'a>(&'a self, bytes: &'a [u8], from: usize, to: usize) -> Places<'a> {
        let at_once = self.automaton.get().is_some()
            || self.strings.len() > FEW
            || matches!(self.first, First::Many(_)) && to - from > SHORT;
        Places { many: self, bytes, at: from, to, misses: if at_once { MISSES } else { 0 } }
    }
}

/// Where several strings are: the first place, and of the strings there the longest; then behind it.
struct Places<'a> {
    many: &'a Many,
    bytes: &'a [u8],
    at: usize,
    to: usize,
    /// How many places had a first byte alone.
    misses: usize,
}

impl Iterator for Places<'_> {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        let few = self.many.strings.len() <= FEW;
        while self.misses < MISSES || few && self.to - self.at < LITTLE {
            self.at += self.many.first.find(&self.bytes[self.at..self.to])?;
            let rest = &self.bytes[self.at..self.to];
            let fits = self.many.strings.iter().filter(|s| rest.starts_with(s));
            if let Some(length) = fits.map(Vec::len).max() {
                let found = (self.at, length);
                self.at += length;
                return Some(found);
            }
            self.at += 1;
            self.misses += 1;
        }
        let m = self.many.automaton().find(Input::new(self.bytes).range(self.at..self.to))?;
        self.at = m.end();
        Some((m.start(), m.len()))
    }
}

/// What `f` gives for a pattern that is strings, or was compiled before. It is not handed on but used
/// where it is made, as to move it takes as long as to make it.
#[inline(always)]
pub fn with_pattern<'p, R>(t: Term<'p>, f: impl FnOnce(Pattern<'_>) -> R) -> Result<R, Raise<'p>> {
    match t.as_tuple() {
        Some(&[tag, object]) => Ok(f(known(tag, object).ok_or_else(Raise::badarg)?)),
        Some(_) => Err(Raise::badarg()),
        None => with_strings(t, f),
    }
}

/// The same for one that this call makes.
#[inline(never)]
fn with_strings<'p, R>(t: Term<'p>, f: impl FnOnce(Pattern<'_>) -> R) -> Result<R, Raise<'p>> {
    match t.as_bits().and_then(|bits| bits.as_bytes()) {
        None | Some([]) => {}
        Some([byte]) => return Ok(f(Pattern::Byte(*byte))),
        Some(string) => return Ok(f(Pattern::One(&FinderBuilder::new().build_forward(string)))),
    }
    Ok(f(match &compile(t)? {
        Compiled::One(one) => Pattern::one(&one.finder),
        Compiled::Many(many) => Pattern::Many(many),
    }))
}

/// A pattern that was compiled before.
#[inline(always)]
fn known<'p>(tag: Term<'p>, object: Term<'p>) -> Option<Pattern<'p>> {
    if tag.is_atom(atoms::BM) {
        object.magic_object().map(|one: &One| Pattern::one(&one.finder))
    } else if tag.is_atom(atoms::AC) {
        object.magic_object().map(Pattern::Many)
    } else {
        None
    }
}

impl<'a> Pattern<'a> {
    #[inline(always)]
    fn one(finder: &'a Finder<'a>) -> Pattern<'a> {
        match *finder.needle() {
            [byte] => Pattern::Byte(byte),
            _ => Pattern::One(finder),
        }
    }

    /// The first place in `from..to`.
    #[inline(always)]
    pub fn find(self, bytes: &[u8], from: usize, to: usize) -> Option<Found> {
        match self {
            Pattern::Byte(byte) => memchr(byte, &bytes[from..to]).map(|at| (from + at, 1)),
            Pattern::One(finder) => {
                let length = finder.needle().len();
                finder.find(&bytes[from..to]).map(|at| (from + at, length))
            }
            Pattern::Many(many) => many.places(bytes, from, to).next(),
        }
    }

    /// All places in `from..to` that do not overlap.
    pub fn find_all(self, bytes: &[u8], from: usize, to: usize) -> Vec<Found> {
        match self {
            Pattern::Byte(byte) => {
                memchr_iter(byte, &bytes[from..to]).map(|at| (from + at, 1)).collect()
            }
            Pattern::One(finder) => {
                let length = finder.needle().len();
                finder.find_iter(&bytes[from..to]).map(|at| (from + at, length)).collect()
            }
            Pattern::Many(many) => many.places(bytes, from, to).collect(),
        }
    }
}

fn compile_pattern<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let (tag, object) = match compile(t)? {
        Compiled::One(one) => (atoms::BM, cx.make_magic_ref(one)),
        Compiled::Many(many) => (atoms::AC, cx.make_magic_ref(many)),
    };
    Ok(cx.tuple(&[Term::atom(tag), object]))
}
