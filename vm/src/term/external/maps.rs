//! Maps between their terms and runs of keys and values.
//!
//! Until `term::map` and the order of all terms are there, this knows small maps whose keys are
//! small integers, atoms and binaries (what literals of modules have); other maps are refused.

use super::DecodeError;
use crate::term::layout::{FLAT_MAP_MAX, Kind};
use crate::term::view::{MapView, View};
use crate::term::{Area, Term};
use std::cmp::Ordering;

/// A map of `parts`, which are key, value, key, value ...; the same key twice is an error.
pub fn build<'p>(area: &mut Area<'p>, parts: &[Term<'p>]) -> Result<Term<'p>, DecodeError> {
    let mut pairs: Vec<(Term<'p>, Term<'p>)> =
        parts.as_chunks::<2>().0.iter().map(|[k, v]| (*k, *v)).collect();
    if pairs.len() > FLAT_MAP_MAX {
        return Err(DecodeError);
    }
    let mut unknown = pairs.len() == 1 && order(pairs[0].0, pairs[0].0).is_none();
    let mut twice = false;
    pairs.sort_by(|a, b| match order(a.0, b.0) {
        Some(o) => {
            twice |= o == Ordering::Equal;
            o
        }
        None => {
            unknown = true;
            Ordering::Less
        }
    });
    if unknown || twice {
        return Err(DecodeError);
    }
    let (keys, values): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    Ok(area.flat_map(&keys, &values))
}

fn order<'p>(a: Term<'p>, b: Term<'p>) -> Option<Ordering> {
    let rank = |v: &View<'_>| match v {
        View::Small(_) => Some(0),
        View::Atom(_) => Some(1),
        View::Bits(b) if b.is_binary() => Some(2),
        _ => None,
    };
    let (a, b) = (a.view(), b.view());
    let (ra, rb) = (rank(&a)?, rank(&b)?);
    Some(match (a, b) {
        (View::Small(a), View::Small(b)) => a.cmp(&b),
        (View::Atom(a), View::Atom(b)) => a.order(b),
        (View::Bits(a), View::Bits(b)) => a.to_bytes().cmp(&b.to_bytes()),
        _ => ra.cmp(&rb),
    })
}

/// The pairs of a map in its own order.
pub fn pairs<'p>(map: MapView<'p>) -> Vec<(Term<'p>, Term<'p>)> {
    let mut out = Vec::new();
    match map.kind {
        Kind::FlatMap => {
            let words = map.term.object_terms(0);
            let keys = words[0].as_tuple().unwrap_or(&[]);
            out.extend(keys.iter().copied().zip(words[1..].iter().copied()));
        }
        _ => {
            let mut nodes = vec![map.term.object_terms(0)[1]];
            while let Some(node) = nodes.pop() {
                match node.kind() {
                    Some(Kind::HamtNode) => nodes.extend(&node.object_terms(0)[1..]),
                    Some(Kind::HamtCollision) => nodes.extend(node.object_terms(0)),
                    _ => out.extend(node.as_cons()),
                }
            }
        }
    }
    out
}
