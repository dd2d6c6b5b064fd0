//! Walking maps, and stopping and going on by a number.

use super::{MapView, Pair, SmallVec, children};
use crate::term::Term;
use crate::term::layout::Kind;
use crate::term::view::View;
use std::iter::Zip;
use std::slice::Iter;

/// Walks the keys and values of a map in its order.
#[derive(Clone)]
pub struct MapIter<'p> {
    /// What is left of a flat map.
    flat: Zip<Iter<'p, Term<'p>>, Iter<'p, Term<'p>>>,
    /// Of a large map what is left of the children of the node where it is.
    rest: &'p [Term<'p>],
    /// The same of the nodes above, from the root down.
    above: SmallVec<[&'p [Term<'p>]; 8]>,
}

impl<'p> MapIter<'p> {
    pub(super) fn new(map: MapView<'p>) -> MapIter<'p> {
        let (keys, values) = map.flat().unwrap_or((&[], &[]));
        let rest = if map.kind == Kind::HashMap { children(map.root()) } else { &[] };
        MapIter { flat: keys.iter().zip(values), rest, above: SmallVec::new() }
    }

    /// The next key and value where they lie, of a map that is not flat.
    #[inline]
    pub(in crate::term) fn next_leaf(&mut self) -> Option<&'p [Term<'p>; 2]> {
        loop {
            // Mostly the next child is a pair.
            let Some((child, others)) = self.rest.split_first() else {
                self.rest = self.above.pop()?;
                continue;
            };
            if let Some(leaf) = child.as_cell() {
                self.rest = others;
                return Some(leaf);
            }
            self.above.push(others);
            self.rest = children(*child);
        }
    }
}

impl<'p> Iterator for MapIter<'p> {
    type Item = Pair<'p>;

    #[inline]
    fn next(&mut self) -> Option<Pair<'p>> {
        if let Some((k, v)) = self.flat.next() {
            return Some((*k, *v));
        }
        self.next_leaf().map(|[k, v]| (*k, *v))
    }

    /// What takes all that is left needs no notes of where it is.
    #[inline]
    fn fold<B, F: FnMut(B, Pair<'p>) -> B>(self, init: B, mut f: F) -> B {
        let all = self.flat.fold(init, |all, (k, v)| f(all, (*k, *v)));
        let all = fold_children(self.rest, all, &mut f);
        self.above.iter().rev().fold(all, |all, rest| fold_children(rest, all, &mut f))
    }
}

fn fold_children<'p, B, F: FnMut(B, Pair<'p>) -> B>(
    children_left: &'p [Term<'p>],
    init: B,
    f: &mut F,
) -> B {
    children_left.iter().fold(init, |all, child| match child.as_cell() {
        Some([k, v]) => f(all, (*k, *v)),
        None => fold_children(children(*child), all, f),
    })
}

/// Bits of a path above those for the 15 levels: place in a collision.
const COLLISION_SHIFT: u32 = 64;

/// Where a step along a large map ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StepEnd {
    /// How many pairs it took.
    pub taken: usize,
    /// The place of the next one, if there is one.
    pub path: Option<u128>,
}

/// Writes down the pairs of a map from the place `path` on, where they lie: as many as there are places
/// for. 0 is the place where a map begins, others are what a step of the same map ended with. `None` if
/// the map has no such place; a flat one has none, as it is walked at once.
pub fn step<'p>(
    map: MapView<'p>,
    path: u128,
    places: &mut [Option<&'p [Term<'p>; 2]>],
) -> Option<StepEnd> {
    if map.flat().is_some() {
        return None;
    }
    let mut step = Step { places, taken: 0, path: 0 };
    let more = step.from(map.root(), 0, path)?;
    Some(StepEnd { taken: step.taken, path: more.then_some(step.path) })
}

struct Step<'a, 'p> {
    places: &'a mut [Option<&'p [Term<'p>; 2]>],
    taken: usize,
    /// Where it has ended, as far as it has come back up.
    path: u128,
}

/// How far up the place among the children of a node on `level` is in a path.
fn shift(node: Term<'_>, level: u32) -> u32 {
    if node.kind() == Some(Kind::HamtCollision) { COLLISION_SHIFT } else { 4 * level }
}

impl<'p> Step<'_, 'p> {
    /// Takes the pairs under a node on `level`, from its place of `path` on: whether there are more than
    /// it has places for. `None`: there is no such place.
    fn from(&mut self, node: Term<'p>, level: u32, path: u128) -> Option<bool> {
        let (all, shift) = (children(node), shift(node, level));
        let first = (path >> shift) as usize & if shift == COLLISION_SHIFT { !0 } else { 0xF };
        let mut rest = all.get(first..)?;
        let [child, others @ ..] = rest else { return None };
        if child.as_cell().is_none() {
            if self.from(*child, level + 1, path)? {
                self.path |= (first as u128) << shift;
                return Some(true);
            }
            rest = others;
        }
        let left = self.take(rest, level);
        if left > 0 {
            self.path |= ((all.len() - left) as u128) << shift;
        }
        Some(left > 0)
    }

    /// Takes the pairs under some children of a node on `level`: how many of the children are left, if
    /// there are more pairs than it has places for.
    fn take(&mut self, children_left: &'p [Term<'p>], level: u32) -> usize {
        let mut rest = children_left;
        while let [child, others @ ..] = rest {
            if let Some(leaf) = child.as_cell() {
                let Some(place) = self.places.get_mut(self.taken) else { return rest.len() };
                *place = Some(leaf);
                self.taken += 1;
            } else {
                let all = children(*child);
                let left = self.take(all, level + 1);
                if left > 0 {
                    self.path |= ((all.len() - left) as u128) << shift(*child, level + 1);
                    return rest.len();
                }
            }
            rest = others;
        }
        0
    }
}

/// The path that a term is, if it is one (see [`step`]).
pub fn path_from_term(t: Term<'_>) -> Option<u128> {
    match t.view() {
        View::Small(n) => u128::try_from(n).ok(),
        View::Big(n) if !n.negative => match n.limbs {
            [low] => Some(u128::from(*low)),
            [low, high] => Some(u128::from(*low) | u128::from(*high) << 64),
            _ => None,
        },
        _ => None,
    }
}
