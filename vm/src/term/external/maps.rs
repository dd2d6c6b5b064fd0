//! Maps between their terms and runs of keys and values.

use super::DecodeError;
use crate::term::view::MapView;
use crate::term::{Area, Term, map};

/// A map of `parts`, which are key, value, key, value ...; the same key twice is an error.
pub fn build<'p>(area: &mut Area<'p>, parts: &[Term<'p>]) -> Result<Term<'p>, DecodeError> {
    let mut pairs: Vec<(Term<'p>, Term<'p>)> =
        parts.as_chunks::<2>().0.iter().map(|[k, v]| (*k, *v)).collect();
    let count = pairs.len();
    let t = map::from_pairs(area, &mut pairs);
    match t.as_map() {
        Some(m) if m.len() == count => Ok(t),
        _ => Err(DecodeError),
    }
}

/// The pairs of a map in its own order.
pub fn pairs<'p>(map: MapView<'p>) -> Vec<(Term<'p>, Term<'p>)> {
    map.iter().collect()
}
