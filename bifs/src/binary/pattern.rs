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

/// A pattern, compiled by this call or before.
pub enum Pattern {
    /// One string.
    One(Arc<One>),
    /// Several strings.
    Many(Arc<Many>),
}

/// So many strings in so many bytes are found without an automaton.
const FEW: usize = 8;
const SHORT: usize = 1 << 14;

/// Where a pattern was found: position and length in bytes.
pub type Found = (usize, usize);

fn compile(t: Term<'_>) -> Result<Pattern, Raise<'_>> {
    let strings = if t.as_bits().is_some() { vec![t] } else { arg::<Vec<Term<'_>>>(t)? };
    let strings = strings.into_iter().map(bytes_of).collect::<Result<Vec<_>, _>>()?;
    if strings.is_empty() || strings.iter().any(|s| s.is_empty()) {
        return Err(Raise::badarg());
    }
    if let [only] = &strings[..] {
        let finder = FinderBuilder::new().build_forward(&only[..]).into_owned();
        return Ok(Pattern::One(Arc::new(One { finder })));
    }
    let strings: Vec<Vec<u8>> = strings.iter().map(|s| s.to_vec()).collect();
    let first = First::of(&strings);
    Ok(Pattern::Many(Arc::new(Many { strings, first, automaton: OnceLock::new() })))
}

impl Many {
    /// The automaton, if it is worth its building for so many bytes.
    fn automaton(&self, bytes: usize) -> Option<&AhoCorasick> {
        if self.strings.len() <= FEW && bytes <= SHORT {
            return None;
        }
        Some(self.automaton.get_or_init(|| {
            AhoCorasickBuilder::new()
                .match_kind(MatchKind::LeftmostLongest)
                .build(&self.strings)
                .expect("strings that fit memory make an automaton")
        }))
    }

    /// The first place in `from..to`, and of the strings there the longest.
    fn find(&self, bytes: &[u8], from: usize, to: usize) -> Option<Found> {
        if let Some(automaton) = self.automaton(to - from) {
            let m = automaton.find(Input::new(bytes).range(from..to))?;
            return Some((m.start(), m.len()));
        }
        let mut at = from;
        loop {
            at += self.first.find(&bytes[at..to])?;
            let rest = &bytes[at..to];
            let fits = self.strings.iter().filter(|s| rest.starts_with(s));
            if let Some(length) = fits.map(Vec::len).max() {
                return Some((at, length));
            }
            at += 1;
        }
    }
}

impl Pattern {
    /// A pattern given as strings or compiled.
    pub fn of<'p>(t: Term<'p>) -> Result<Pattern, Raise<'p>> {
        let Some(parts) = t.as_tuple() else { return compile(t) };
        let &[tag, object] = parts else { return Err(Raise::badarg()) };
        let object = object.as_ref().ok_or_else(Raise::badarg)?;
        let known = if tag.is_atom(atoms::BM) {
            object.object().map(Pattern::One)
        } else if tag.is_atom(atoms::AC) {
            object.object().map(Pattern::Many)
        } else {
            None
        };
        known.ok_or_else(Raise::badarg)
    }

    /// The first place in `from..to`.
    pub fn find(&self, bytes: &[u8], from: usize, to: usize) -> Option<Found> {
        match self {
            Pattern::One(one) => {
                let length = one.finder.needle().len();
                one.finder.find(&bytes[from..to]).map(|at| (from + at, length))
            }
            Pattern::Many(many) => many.find(bytes, from, to),
        }
    }

    /// All places in `from..to` that do not overlap.
    pub fn find_all(&self, bytes: &[u8], from: usize, to: usize) -> Vec<Found> {
        match self {
            Pattern::One(one) => {
                let needle = one.finder.needle();
                if let [byte] = *needle {
                    return memchr_iter(byte, &bytes[from..to]).map(|at| (from + at, 1)).collect();
                }
                let length = needle.len();
                one.finder.find_iter(&bytes[from..to]).map(|at| (from + at, length)).collect()
            }
            Pattern::Many(many) => {
                if let Some(automaton) = many.automaton(to - from) {
                    let all = automaton.find_iter(Input::new(bytes).range(from..to));
                    return all.map(|m| (m.start(), m.len())).collect();
                }
                let mut next = from;
                std::iter::from_fn(|| {
                    let found = many.find(bytes, next, to)?;
                    next = found.0 + found.1;
                    Some(found)
                })
                .collect()
            }
        }
    }
}

fn compile_pattern<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let (tag, object) = match compile(t)? {
        Pattern::One(one) => (atoms::BM, cx.make_magic_ref(one)),
        Pattern::Many(many) => (atoms::AC, cx.make_magic_ref(many)),
    };
    Ok(cx.tuple(&[Term::atom(tag), object]))
}
