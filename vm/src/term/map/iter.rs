//! Walking maps, and stopping and going on by a number.

use super::{MapView, Pair, SmallVec, children};
use crate::term::layout::Kind;
use crate::term::view::View;
use crate::term::{Area, Term};
use std::iter::Zip;
use std::slice::Iter;

/// Walks the keys and values of a map in its order.
#[derive(Clone)]
pub struct MapIter<'p> {
    /// What is left of a flat map.
    flat: Zip<Iter<'p, Term<'p>>, Iter<'p, Term<'p>>>,
    /// Of a large map the children of the node where it is, and which is next.
    at: (&'p [Term<'p>], usize),
    /// The same of the nodes above, from the root down.
    above: SmallVec<[(&'p [Term<'p>], usize); 8]>,
}

/// Bits of a path above those for the 15 levels: place in a collision.
const COLLISION_SHIFT: u32 = 64;

impl<'p> MapIter<'p> {
    pub(super) fn new(map: MapView<'p>) -> MapIter<'p> {
        let (keys, values) = map.flat().unwrap_or((&[], &[]));
        let at = (if map.kind == Kind::HashMap { children(map.root()) } else { &[] }, 0);
        MapIter { flat: keys.iter().zip(values), at, above: SmallVec::new() }
    }

    /// Goes on where [`MapIter::path`] was taken, of the same map; 0 is the start. `None` if the
    /// map has no such place; a flat one has none.
    pub fn from_path(map: MapView<'p>, path: u128) -> Option<MapIter<'p>> {
        if map.flat().is_some() {
            return None;
        }
        let mut above = SmallVec::new();
        let mut node = map.root();
        loop {
            let all = children(node);
            let at = if node.kind() == Some(Kind::HamtCollision) {
                (path >> COLLISION_SHIFT) as usize
            } else {
                (path >> (4 * above.len())) as usize & 0xF
            };
            let child = *all.get(at)?;
            if child.as_cons().is_some() {
                return Some(MapIter { flat: [].iter().zip(&[]), at: (all, at), above });
            }
            above.push((all, at + 1));
            node = child;
        }
    }

    /// The place of the next pair, for [`MapIter::from_path`]; `None` at the end. Only for large
    /// maps: a flat one is walked at once.
    pub fn path(&self) -> Option<u128> {
        // From the first level on that has something left, the path leads to the first leaf.
        let mut stack = self.above.clone();
        stack.push(self.at);
        while matches!(stack.last(), Some((all, at)) if *at == all.len()) {
            stack.pop();
        }
        let top = stack.len().checked_sub(1)?;
        let mut path = 0;
        for (depth, (all, next)) in stack.iter().enumerate() {
            let at = (if depth == top { *next } else { *next - 1 }) as u128;
            let collision = depth > 0 && {
                let (above, next) = stack[depth - 1];
                above[next - 1].kind() == Some(Kind::HamtCollision)
            };
            debug_assert!(collision || all.len() <= 16);
            path |= if collision { at << COLLISION_SHIFT } else { at << (4 * depth) };
        }
        Some(path)
    }

    /// [`MapIter::path`] as a term.
    pub fn path_term(&self, area: &mut Area<'p>) -> Option<Term<'p>> {
        let path = self.path()?;
        Some(area.int128(i128::try_from(path).expect("a collision has fewer pairs than 2^63")))
    }
}

/// The path that a term is, if it is one (see [`MapIter::from_path`]).
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

impl<'p> MapIter<'p> {
    /// The next key and value where they lie, of a map that is not flat.
    #[inline]
    pub(in crate::term) fn next_leaf(&mut self) -> Option<&'p [Term<'p>; 2]> {
        loop {
            // Mostly the next child is a pair.
            let (all, next) = self.at;
            if let Some(leaf) = all.get(next).and_then(|child| child.as_cell()) {
                self.at.1 += 1;
                return Some(leaf);
            }
            self.next_node()?;
        }
    }

    /// Goes on to the node that is next: below, or above if there are no more children here.
    fn next_node(&mut self) -> Option<()> {
        let (all, next) = self.at;
        self.at = match all.get(next) {
            Some(child) => {
                self.above.push((all, next + 1));
                (children(*child), 0)
            }
            None => self.above.pop()?,
        };
        Some(())
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
}
