//! Patterns of `binary:match/2` and its kin: one string, or several of which the one that starts
//! first, and of those the longest, is found.

use super::bytes::bytes_of;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder, Input, MatchKind};
use memchr::memmem::{Finder, FinderBuilder};
use std::sync::Arc;
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
    automaton: AhoCorasick,
}

/// A pattern, compiled by this call or before.
pub enum Pattern {
    /// One string.
    One(Arc<One>),
    /// Several strings.
    Many(Arc<Many>),
    /// A few strings for one call: an automaton takes longer to build than short binaries to
    /// search. With the bytes that they begin with.
    Few(Vec<Vec<u8>>, Box<[bool; 256]>),
}

/// How many strings are a few.
const FEW: usize = 8;

/// Where a pattern was found: position and length in bytes.
pub type Found = (usize, usize);

/// Compiles a pattern, for `once` or for keeping.
fn compile<'p>(t: Term<'p>, once: bool) -> Result<Pattern, Raise<'p>> {
    let one = |bytes: &[u8]| {
        let finder = FinderBuilder::new().build_forward(bytes).into_owned();
        Ok(Pattern::One(Arc::new(One { finder })))
    };
    let strings = if t.as_bits().is_some() { vec![t] } else { arg::<Vec<Term<'p>>>(t)? };
    let strings = strings.into_iter().map(bytes_of).collect::<Result<Vec<_>, _>>()?;
    if strings.is_empty() || strings.iter().any(|s| s.is_empty()) {
        return Err(Raise::badarg());
    }
    if let [only] = &strings[..] {
        return one(only);
    }
    if once && strings.len() <= FEW {
        let strings: Vec<Vec<u8>> = strings.iter().map(|s| s.to_vec()).collect();
        let mut first = Box::new([false; 256]);
        for s in &strings {
            first[usize::from(s[0])] = true;
        }
        return Ok(Pattern::Few(strings, first));
    }
    let automaton = AhoCorasickBuilder::new()
        .match_kind(MatchKind::LeftmostLongest)
        .build(&strings)
        .map_err(|_| Raise::system_limit())?;
    Ok(Pattern::Many(Arc::new(Many { automaton })))
}

impl Pattern {
    /// A pattern given as strings or compiled.
    pub fn of<'p>(t: Term<'p>) -> Result<Pattern, Raise<'p>> {
        let Some(parts) = t.as_tuple() else { return compile(t, true) };
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
            Pattern::Many(many) => {
                let m = many.automaton.find(Input::new(bytes).range(from..to))?;
                Some((m.start(), m.len()))
            }
            Pattern::Few(strings, first) => (from..to).find_map(|at| {
                let rest = &bytes[at..to];
                if !first[usize::from(rest[0])] {
                    return None;
                }
                let fits = strings.iter().filter(|s| rest.starts_with(s));
                fits.map(Vec::len).max().map(|length| (at, length))
            }),
        }
    }

    /// All places in `from..to` that do not overlap.
    pub fn find_all(&self, bytes: &[u8], from: usize, to: usize) -> Vec<Found> {
        match self {
            Pattern::One(one) => {
                let length = one.finder.needle().len();
                one.finder.find_iter(&bytes[from..to]).map(|at| (from + at, length)).collect()
            }
            Pattern::Many(many) => many
                .automaton
                .find_iter(Input::new(bytes).range(from..to))
                .map(|m| (m.start(), m.len()))
                .collect(),
            Pattern::Few(..) => {
                let mut next = from;
                std::iter::from_fn(|| {
                    let found = self.find(bytes, next, to)?;
                    next = found.0 + found.1;
                    Some(found)
                })
                .collect()
            }
        }
    }
}

fn compile_pattern<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let (tag, object) = match compile(t, false)? {
        Pattern::One(one) => (atoms::BM, cx.make_magic_ref(one)),
        Pattern::Many(many) => (atoms::AC, cx.make_magic_ref(many)),
        Pattern::Few(..) => unreachable!("patterns for one call only"),
    };
    Ok(cx.tuple(&[Term::atom(tag), object]))
}
