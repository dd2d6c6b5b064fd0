//! Maps: flat up to 32 keys, a hash trie above.
//!
//! Invariants, kept by everything that builds a map here and relied on by comparing and hashing:
//! - A map of at most [`FLAT_MAP_MAX`] keys is flat, its keys in map-key order
//!   ([`compare_map_keys`]); a larger one is a trie. Operations that shrink a trie make it flat.
//! - The shape of a trie, and so the order in which it is walked, depends on its keys alone. It is
//!   walked by ascending hash, keys of one hash in map-key order.
//!
//! A node has up to 16 children, found by four bits of the hash, the topmost at the root. A child
//! is a pair (a cons cell), a collision (pairs of one hash) or a node; a node other than the root
//! whose only child is no node does not exist: the child is in its place.
//!
//! Recursion here is over the levels of a trie, of which there are at most 15.

use super::compare::{compare_map_keys, exact_eq};
use super::layout::{FLAT_MAP_MAX, Kind};
use super::view::MapView;
use super::{Area, Term, hash};
use smallvec::SmallVec;

mod iter;
mod trie;

pub use iter::{MapIter, StepEnd, path_from_term, step};
pub use trie::{InternalHash, KeyHash};
pub(super) use trie::{children, same_slots};

type Pair<'p> = (Term<'p>, Term<'p>);
/// Keys with their values, mostly as few as a flat map has.
pub type Pairs<'p> = SmallVec<[Pair<'p>; FLAT_MAP_MAX]>;
/// Keys or values of a flat map.
type Few<'p> = SmallVec<[Term<'p>; FLAT_MAP_MAX]>;

impl<'p> MapView<'p> {
    /// Number of keys.
    #[inline]
    pub fn len(self) -> usize {
        let words = self.term.object_terms(0);
        match self.kind {
            Kind::FlatMap => words.len() - 1,
            _ => words[0].word().small_value() as usize,
        }
    }

    /// Whether it has no keys.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Keys and values, if it is flat.
    #[inline]
    pub fn flat(self) -> Option<(&'p [Term<'p>], &'p [Term<'p>])> {
        if self.kind != Kind::FlatMap {
            return None;
        }
        let (keys, values) = self.term.object_terms(0).split_first()?;
        Some((keys.as_tuple()?, values))
    }

    /// The root node of a map that is not flat.
    pub(super) fn root(self) -> Term<'p> {
        debug_assert!(self.kind == Kind::HashMap);
        self.term.object_terms(0)[1]
    }

    /// The value of `key`.
    #[inline]
    pub fn get(self, key: Term<'p>) -> Option<Term<'p>> {
        match self.flat() {
            Some((keys, values)) => flat_position(keys, key).map(|i| values[i]),
            None => trie::get::<InternalHash>(self.root(), key),
        }
    }

    /// Whether it has `key`.
    #[inline]
    pub fn contains(self, key: Term<'p>) -> bool {
        self.get(key).is_some()
    }

    /// Keys and values in the map's order.
    pub fn iter(self) -> MapIter<'p> {
        MapIter::new(self)
    }
}

/// Where `key` is among the keys of a flat map.
#[inline]
fn flat_position<'p>(keys: &[Term<'p>], key: Term<'p>) -> Option<usize> {
    if key.word().is_plain() {
        return keys.iter().position(|k| k.word() == key.word());
    }
    match key.as_tuple() {
        Some(elements) if elements.iter().all(|e| e.word().is_plain() || is_plain_tuple(*e)) => {
            tuple_position(keys, elements)
        }
        _ => keys.iter().position(|k| exact_eq(*k, key)),
    }
}

fn is_plain_tuple(t: Term<'_>) -> bool {
    t.as_tuple().is_some_and(|x| x.iter().all(|e| e.word().is_plain()))
}

/// As [`flat_position`], of a tuple of what equals only the same words, and of tuples of such.
fn tuple_position<'p>(keys: &[Term<'p>], elements: &[Term<'p>]) -> Option<usize> {
    let same = |x: Term<'p>, y: Term<'p>| {
        x.word() == y.word()
            || x.as_tuple()
                .zip(y.as_tuple())
                .is_some_and(|(x, y)| same_elements(x, y, |x, y| x.word() == y.word()))
    };
    keys.iter().position(|k| k.as_tuple().is_some_and(|x| same_elements(x, elements, same)))
}

/// What is first in tuples, such as the name of a record, is mostly the same in all.
#[inline(always)]
fn same_elements<'p>(
    x: &[Term<'p>],
    y: &[Term<'p>],
    same: impl Fn(Term<'p>, Term<'p>) -> bool,
) -> bool {
    x.len() == y.len() && x.iter().rev().zip(y.iter().rev()).all(|(x, y)| same(*x, *y))
}

/// The map without keys.
pub fn empty<'p>(area: &mut Area<'p>) -> Term<'p> {
    area.flat_map(&[], &[])
}

/// The map of `pairs`; of several with one key the last counts. Leaves `pairs` in any order.
pub fn from_pairs<'p>(area: &mut Area<'p>, pairs: &mut [Pair<'p>]) -> Term<'p> {
    from_pairs_by::<InternalHash>(area, pairs)
}

fn from_pairs_by<'p, H: KeyHash>(area: &mut Area<'p>, pairs: &mut [Pair<'p>]) -> Term<'p> {
    if pairs.len() <= FLAT_MAP_MAX {
        return flat_from(area, pairs);
    }
    let entries = trie::hashed::<H>(pairs);
    if entries.len() <= FLAT_MAP_MAX {
        let mut pairs: Pairs<'p> = entries.iter().map(|e| (e.key, e.value)).collect();
        return flat_from(area, &mut pairs);
    }
    let root = trie::build(area, &entries);
    large(area, pairs_len(entries.len()), root)
}

fn pairs_len(n: usize) -> i64 {
    i64::try_from(n).expect("a map has fewer keys than memory has bytes")
}

fn large<'p>(area: &mut Area<'p>, count: i64, root: Term<'p>) -> Term<'p> {
    debug_assert!(count > FLAT_MAP_MAX as i64);
    area.object(Kind::HashMap, &[Term::small(count), root])
}

/// A flat map of at most 32 pairs; the last of several with one key counts, and its key stays
/// (0.0 and -0.0 are one key), as in stock.
fn flat_from<'p>(area: &mut Area<'p>, pairs: &mut [Pair<'p>]) -> Term<'p> {
    // Mostly their keys are constants, which are in order.
    if in_order(pairs) {
        return area.flat_map_of(pairs);
    }
    pairs.sort_by(|a, b| compare_map_keys(a.0, b.0));
    let mut n = 0;
    for i in 0..pairs.len() {
        if n > 0 && exact_eq(pairs[n - 1].0, pairs[i].0) {
            n -= 1;
        }
        pairs[n] = pairs[i];
        n += 1;
    }
    area.flat_map_of(&pairs[..n])
}

/// Whether the keys are in the order of maps, and all different.
fn in_order(pairs: &[Pair<'_>]) -> bool {
    pairs.is_sorted_by(|a, b| compare_map_keys(a.0, b.0).is_lt())
}

/// `Map#{Key => Value}`
pub fn put<'p>(area: &mut Area<'p>, map: MapView<'p>, key: Term<'p>, value: Term<'p>) -> Term<'p> {
    put_by::<InternalHash>(area, map, key, value)
}

fn put_by<'p, H: KeyHash>(
    area: &mut Area<'p>,
    map: MapView<'p>,
    key: Term<'p>,
    value: Term<'p>,
) -> Term<'p> {
    let Some((keys, values)) = map.flat() else {
        let (root, added) = trie::insert::<H>(area, map.root(), key, value);
        if root.word() == map.root().word() {
            return map.as_term();
        }
        return large(area, pairs_len(map.len()) + i64::from(added), root);
    };
    if let Some(i) = flat_position(keys, key) {
        return flat_with(area, map, values, i, value);
    }
    if keys.len() == FLAT_MAP_MAX {
        let mut pairs: Vec<_> = map.iter().chain([(key, value)]).collect();
        return from_pairs_by::<H>(area, &mut pairs);
    }
    let at = keys.partition_point(|k| compare_map_keys(*k, key).is_lt());
    area.flat_map_inserting((keys, values), at, (key, value))
}

/// The keys of a flat map as the tuple that several share.
fn keys_tuple<'p>(map: MapView<'p>) -> Term<'p> {
    map.as_term().object_terms(0)[0]
}

/// The flat map with another `i`th value; keys are shared.
fn flat_with<'p>(
    area: &mut Area<'p>,
    map: MapView<'p>,
    values: &[Term<'p>],
    i: usize,
    value: Term<'p>,
) -> Term<'p> {
    if values[i].word() == value.word() {
        return map.as_term();
    }
    area.flat_map_replacing(keys_tuple(map), values, i, value)
}

/// `Map#{Key := Value}`; `None` if the map lacks the key.
pub fn update<'p>(
    area: &mut Area<'p>,
    map: MapView<'p>,
    key: Term<'p>,
    value: Term<'p>,
) -> Option<Term<'p>> {
    match map.flat() {
        Some((keys, values)) => {
            let i = flat_position(keys, key)?;
            Some(flat_with(area, map, values, i, value))
        }
        None => {
            let (root, added) = trie::insert::<InternalHash>(area, map.root(), key, value);
            if added {
                return None;
            }
            let same = root.word() == map.root().word();
            Some(if same { map.as_term() } else { large(area, pairs_len(map.len()), root) })
        }
    }
}

/// `Map#{K1 => V1, ...}`; of several pairs with one key the last counts.
pub fn put_many<'p>(area: &mut Area<'p>, map: MapView<'p>, pairs: &[Pair<'p>]) -> Term<'p> {
    if let Some((keys, values)) = map.flat() {
        if pairs.len() > FLAT_MAP_MAX {
            // A flat map keeps its own keys.
            let own = |k| flat_position(keys, k).map_or(k, |i| keys[i]);
            let pairs = pairs.iter().map(|(k, v)| (own(*k), *v));
            return from_both::<InternalHash>(area, map, pairs.len(), pairs);
        }
        if keys.len() + pairs.len() <= FLAT_MAP_MAX && in_order(pairs) {
            let pairs = pairs.iter().copied();
            return area.flat_map_merging(keys_tuple(map), values, pairs, true);
        }
        let (new_keys, new) = inserted((keys, values), pairs);
        if new.len() == values.len() {
            return area.flat_map_sharing(keys_tuple(map), &new);
        }
        if new.len() <= FLAT_MAP_MAX {
            return area.flat_map(&new_keys, &new);
        }
        let mut pairs: Vec<Pair<'p>> = new_keys.into_iter().zip(new).collect();
        return from_pairs(area, &mut pairs);
    }
    pairs.iter().fold(map, |map, (k, v)| as_map(put(area, map, *k, *v))).as_term()
}

/// Keys and values of a flat map and of pairs, which go before them, the last before all others.
fn inserted<'p>(
    (keys, values): (&[Term<'p>], &[Term<'p>]),
    pairs: &[Pair<'p>],
) -> (Few<'p>, Few<'p>) {
    let (mut new_keys, mut new) = (Few::from_slice(keys), Few::from_slice(values));
    for (k, v) in pairs {
        match flat_position(&new_keys, *k) {
            Some(i) => {
                new[i] = *v;
                if new_keys.len() > keys.len() && flat_position(keys, *k).is_none() {
                    new_keys[i] = *k;
                }
            }
            None => {
                let at = new_keys.partition_point(|key| compare_map_keys(*key, *k).is_lt());
                new_keys.insert(at, *k);
                new.insert(at, *v);
            }
        }
    }
    (new_keys, new)
}

/// `Map#{K1 := V1, ...}`; if the map lacks keys, the least of them.
pub fn update_many<'p>(
    area: &mut Area<'p>,
    map: MapView<'p>,
    pairs: &[Pair<'p>],
) -> Result<Term<'p>, Term<'p>> {
    if let Some((keys, values)) = map.flat() {
        let mut new = Few::from_slice(values);
        for (k, v) in pairs {
            let Some(i) = flat_position(keys, *k) else { return Err(least_missing(map, pairs)) };
            new[i] = *v;
        }
        return Ok(area.flat_map_sharing(keys_tuple(map), &new));
    }
    let mut new = map;
    for (k, v) in pairs {
        let Some(updated) = update(area, new, *k, *v) else {
            return Err(least_missing(map, pairs));
        };
        new = as_map(updated);
    }
    Ok(new.as_term())
}

/// The least of the keys that the map lacks. There is one.
fn least_missing<'p>(map: MapView<'p>, pairs: &[Pair<'p>]) -> Term<'p> {
    let missing = pairs.iter().map(|pair| pair.0).filter(|key| !map.contains(*key));
    missing.min_by(|a, b| compare_map_keys(*a, *b)).expect("a key is missing")
}

fn as_map(t: Term<'_>) -> MapView<'_> {
    t.as_map().expect("what builds a map gives a map")
}

/// The map without `key`: the same map if it lacks it.
pub fn remove<'p>(area: &mut Area<'p>, map: MapView<'p>, key: Term<'p>) -> Term<'p> {
    remove_by::<InternalHash>(area, map, key)
}

fn remove_by<'p, H: KeyHash>(area: &mut Area<'p>, map: MapView<'p>, key: Term<'p>) -> Term<'p> {
    let Some((keys, values)) = map.flat() else {
        return remove_large::<H>(area, map, key);
    };
    let Some(at) = flat_position(keys, key) else { return map.as_term() };
    area.flat_map_without((keys, values), at)
}

/// The value of `key`, and the map without it; `None` if the map lacks it.
pub fn take<'p>(
    area: &mut Area<'p>,
    map: MapView<'p>,
    key: Term<'p>,
) -> Option<(Term<'p>, Term<'p>)> {
    match map.flat() {
        Some((keys, values)) => {
            let at = flat_position(keys, key)?;
            Some((values[at], area.flat_map_without((keys, values), at)))
        }
        None => {
            let value = map.get(key)?;
            Some((value, remove_present::<InternalHash>(area, map, key)))
        }
    }
}

fn remove_large<'p, H: KeyHash>(area: &mut Area<'p>, map: MapView<'p>, key: Term<'p>) -> Term<'p> {
    if trie::get::<H>(map.root(), key).is_none() {
        return map.as_term();
    }
    remove_present::<H>(area, map, key)
}

/// A large map without a key that it has.
fn remove_present<'p, H: KeyHash>(
    area: &mut Area<'p>,
    map: MapView<'p>,
    key: Term<'p>,
) -> Term<'p> {
    let count = map.len() - 1;
    if count <= FLAT_MAP_MAX {
        let mut pairs: Vec<_> = map.iter().filter(|(k, _)| !exact_eq(*k, key)).collect();
        return flat_from(area, &mut pairs);
    }
    let root = trie::remove::<H>(area, map.root(), key);
    large(area, pairs_len(count), root)
}

/// How a map that is not flat is laid out.
#[derive(Default, Debug)]
pub struct Shape {
    /// Levels below the root.
    pub depth: usize,
    /// Pairs on each level.
    pub leaves: [usize; 16],
    /// Nodes by the number of their children, from 1; without a root of 16.
    pub nodes: [usize; 16],
    /// Whether the root has all 16 children.
    pub full_root: bool,
}

/// The shape of a map that is not flat.
pub fn shape(map: MapView<'_>) -> Option<Shape> {
    if map.flat().is_some() {
        return None;
    }
    let mut shape = Shape { full_root: children(map.root()).len() == 16, ..Shape::default() };
    let mut waiting = vec![(0, map.root())];
    while let Some((level, at)) = waiting.pop() {
        shape.depth = shape.depth.max(level);
        // A collision lies a level below the last that a hash tells apart.
        let row = level.min(15);
        if at.as_cons().is_some() {
            shape.leaves[row] += 1;
            continue;
        }
        let below = children(at);
        if level > 0 || !shape.full_root {
            shape.nodes[below.len().clamp(1, 16) - 1] += 1;
        }
        waiting.extend(below.iter().map(|t| (level + 1, *t)));
    }
    Some(shape)
}

/// All keys of both; what `b` says goes before what `a` says.
pub fn merge<'p>(area: &mut Area<'p>, a: MapView<'p>, b: MapView<'p>) -> Term<'p> {
    merge_by::<InternalHash>(area, a, b)
}

fn merge_by<'p, H: KeyHash>(area: &mut Area<'p>, a: MapView<'p>, b: MapView<'p>) -> Term<'p> {
    if b.is_empty() || a.as_term().word() == b.as_term().word() {
        return a.as_term();
    }
    if a.is_empty() {
        return b.as_term();
    }
    if let (Some((keys, values)), Some((more, new))) = (a.flat(), b.flat()) {
        if std::ptr::eq(keys, more) {
            return b.as_term();
        }
        if keys.len() + more.len() > FLAT_MAP_MAX {
            return from_both::<H>(area, a, b.len(), b.iter());
        }
        let pairs = more.iter().copied().zip(new.iter().copied());
        let merged = area.flat_map_merging(keys_tuple(a), values, pairs, false);
        return if as_map(merged).len() == b.len() { b.as_term() } else { merged };
    }
    let mut root = |map: MapView<'p>| match map.flat() {
        None => map.root(),
        Some(_) => {
            let pairs: Pairs<'p> = map.iter().collect();
            trie::build(area, &trie::hashed::<H>(&pairs))
        }
    };
    let (old, more) = (root(a), root(b));
    let (merged, both) = trie::merge::<H>(area, old, more);
    match merged.word() {
        root if root == old.word() => a.as_term(),
        root if root == more.word() => b.as_term(),
        _ => large(area, pairs_len(a.len() + b.len() - both), merged),
    }
}

/// The pairs of a map and `more`, which go before them.
fn from_both<'p, H: KeyHash>(
    area: &mut Area<'p>,
    map: MapView<'p>,
    count: usize,
    more: impl Iterator<Item = Pair<'p>>,
) -> Term<'p> {
    let mut pairs = Vec::with_capacity(map.len() + count);
    pairs.extend(map.iter().chain(more));
    from_pairs_by::<H>(area, &mut pairs)
}

/// The list of the keys, in the map's order.
pub fn keys<'p>(area: &mut Area<'p>, map: MapView<'p>) -> Term<'p> {
    match map.flat() {
        Some((keys, _)) => area.list(keys),
        None => area.list_of_all(map.len(), map.iter().map(|(k, _)| k)),
    }
}

/// The list of the values, in the order of the keys.
pub fn values<'p>(area: &mut Area<'p>, map: MapView<'p>) -> Term<'p> {
    match map.flat() {
        Some((_, values)) => area.list(values),
        None => area.list_of_all(map.len(), map.iter().map(|(_, v)| v)),
    }
}

#[cfg(test)]
mod tests;
