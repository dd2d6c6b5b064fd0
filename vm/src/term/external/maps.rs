//! Maps of runs of keys and values.

use super::DecodeError;
use crate::term::compare::compare_map_keys;
use crate::term::layout::FLAT_MAP_MAX;
use crate::term::{Area, Term, map};

/// A map of `parts`, which are key, value, key, value ...; the same key twice is an error.
pub fn build<'p>(area: &mut Area<'p>, parts: &[Term<'p>]) -> Result<Term<'p>, DecodeError> {
    let pairs = parts.as_chunks::<2>().0;
    let count = pairs.len();
    // Mostly they are in order.
    if count <= FLAT_MAP_MAX
        && pairs.is_sorted_by(|[a, _], [b, _]| compare_map_keys(*a, *b).is_lt())
    {
        return Ok(area.flat_map_of(pairs));
    }
    let t = map::from_pairs(area, &mut pairs.iter().map(|[k, v]| (*k, *v)).collect());
    match t.as_map() {
        Some(m) if m.len() == count => Ok(t),
        _ => Err(DecodeError),
    }
}
