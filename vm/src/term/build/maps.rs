//! Building maps: flat ones, and nodes of large ones.

use super::{Area, Kind, Term, Word, header, tuple_header};
use crate::heap::words::{copy_fresh_words, copy_words};
use crate::term::compare::compare_map_keys;
use crate::term::layout::FLAT_MAP_MAX;

impl<'p> Area<'p> {
    /// A flat map of `keys`, in term order and all different, and their `values`.
    pub(crate) fn flat_map(&mut self, keys: &[Term<'p>], values: &[Term<'p>]) -> Term<'p> {
        assert!(keys.len() == values.len() && keys.len() <= FLAT_MAP_MAX);
        let keys = self.tuple(keys);
        self.flat_map_sharing(keys, values)
    }

    /// A node of a large map: the slots that it uses, and its children but the one at `at`.
    pub(crate) fn hamt_node_inserting(
        &mut self,
        slots: u32,
        others: &[Term<'p>],
        at: usize,
        child: Term<'p>,
    ) -> Term<'p> {
        let n = others.len();
        assert!(at <= n);
        let p = self.alloc(3 + n);
        // SAFETY: fresh words for the slots and n + 1 children.
        unsafe {
            *p = header(Kind::HamtNode, 2 + n);
            *p.add(1) = Word::small(i64::from(slots));
            let others = others.as_ptr().cast();
            copy_words(others, p.add(2), at);
            *p.add(2 + at) = child.word();
            copy_words(others.add(at), p.add(3 + at), n - at);
        }
        self.boxed(p)
    }

    /// A node of a large map with the children of another one but that at `at`.
    pub(crate) fn hamt_node_replacing(
        &mut self,
        slots: u32,
        children: &[Term<'p>],
        at: usize,
        child: Term<'p>,
    ) -> Term<'p> {
        let n = children.len();
        assert!(at < n);
        let p = self.alloc(2 + n);
        // SAFETY: fresh words for the slots and n children.
        unsafe {
            *p = header(Kind::HamtNode, 1 + n);
            *p.add(1) = Word::small(i64::from(slots));
            copy_words(children.as_ptr().cast(), p.add(2), n);
            *p.add(2 + at) = child.word();
        }
        self.boxed(p)
    }

    /// A flat map of keys and values, which are in the order of the keys.
    pub(crate) fn flat_map_of<P>(&mut self, pairs: &[P]) -> Term<'p>
    where
        P: Into<(Term<'p>, Term<'p>)> + Copy,
    {
        let n = pairs.len();
        assert!(n <= FLAT_MAP_MAX);
        let p = self.alloc((1 + n) + (2 + n));
        // SAFETY: fresh words for a tuple of n and a flat map of n behind it.
        let map = unsafe {
            let map = p.add(1 + n);
            *p = tuple_header(n);
            *map = header(Kind::FlatMap, 1 + n);
            *map.add(1) = Word::from_boxed_ptr(p);
            for (i, pair) in pairs.iter().enumerate() {
                let (key, value) = (*pair).into();
                *p.add(1 + i) = key.word();
                *map.add(2 + i) = value.word();
            }
            map
        };
        self.boxed(map)
    }

    /// A flat map of the keys in the tuple `keys` with `values`, and of `pairs`, which go before them
    /// and whose keys are in the order of maps too: at most 32 in all. Of keys that are equal but not the
    /// same (zeros) that of the tuple stays if `keeps` says so, else that of the pair.
    pub(crate) fn flat_map_merging(
        &mut self,
        keys: Term<'p>,
        values: &[Term<'p>],
        pairs: impl ExactSizeIterator<Item = (Term<'p>, Term<'p>)>,
        keeps: bool,
    ) -> Term<'p> {
        let old = keys.as_tuple().expect("the keys of a map are a tuple");
        assert!(old.len() == values.len() && old.len() + pairs.len() <= FLAT_MAP_MAX);
        let most = old.len() + pairs.len();
        let p = self.alloc((1 + most) + (2 + most));
        let (mut i, mut n) = (0, 0);
        let mut same_keys = true;
        // SAFETY: fresh words for a tuple of `most` and a flat map of `most` behind it. Of each side
        // what is taken comes once, so n stays below `most`, and the values that are moved at the end
        // are moved within those words.
        let map = unsafe {
            let (new_keys, new_values) = (p.add(1), p.add(3 + most));
            let mut put = |key: Term<'p>, value: Term<'p>| {
                *new_keys.add(n) = key.word();
                *new_values.add(n) = value.word();
                n += 1;
            };
            for (k, v) in pairs {
                let mut key = k;
                while i < old.len() {
                    let order = compare_map_keys(old[i], k);
                    if order.is_gt() {
                        break;
                    }
                    i += 1;
                    if order.is_eq() {
                        if keeps {
                            key = old[i - 1];
                        }
                        same_keys &= key.word() == old[i - 1].word();
                        break;
                    }
                    put(old[i - 1], values[i - 1]);
                }
                put(key, v);
            }
            while i < old.len() {
                put(old[i], values[i]);
                i += 1;
            }
            // Keys that both have leave words over; all of them, and the tuple is the old one.
            let (map, keys) = if n == old.len() && same_keys {
                (p, keys.word())
            } else {
                *p = tuple_header(n);
                (p.add(1 + n), Word::from_boxed_ptr(p))
            };
            if n < most {
                new_values.copy_to(map.add(2), n);
            }
            *map = header(Kind::FlatMap, 1 + n);
            *map.add(1) = keys;
            self.hp = map.add(2 + n);
            map
        };
        self.boxed(map)
    }

    /// A flat map of `keys` and `values`, with another key and value before those at `at`.
    pub(crate) fn flat_map_inserting(
        &mut self,
        (keys, values): (&[Term<'p>], &[Term<'p>]),
        at: usize,
        (key, value): (Term<'p>, Term<'p>),
    ) -> Term<'p> {
        assert!(keys.len() == values.len() && keys.len() < FLAT_MAP_MAX && at <= keys.len());
        let n = keys.len() + 1;
        let insert = |to: *mut Word, old: &[Term<'p>], new: Term<'p>| {
            // SAFETY: called with room for one word more than `old` has, which is at least `at`.
            unsafe {
                copy_fresh_words(old.as_ptr().cast(), to, at);
                *to.add(at) = new.word();
                copy_fresh_words(old.as_ptr().add(at).cast(), to.add(at + 1), n - 1 - at);
            }
        };
        let p = self.alloc((1 + n) + (2 + n));
        // SAFETY: fresh words for a tuple of n and a flat map of n behind it.
        let map = unsafe {
            *p = tuple_header(n);
            insert(p.add(1), keys, key);
            let map = p.add(1 + n);
            *map = header(Kind::FlatMap, 1 + n);
            *map.add(1) = Word::from_boxed_ptr(p);
            insert(map.add(2), values, value);
            map
        };
        self.boxed(map)
    }

    /// A flat map of `keys` and `values` but those at `at`.
    #[inline(always)]
    pub(crate) fn flat_map_without(
        &mut self,
        (keys, values): (&[Term<'p>], &[Term<'p>]),
        at: usize,
    ) -> Term<'p> {
        assert!(keys.len() == values.len() && keys.len() <= FLAT_MAP_MAX && at < keys.len());
        let n = keys.len() - 1;
        let p = self.alloc((1 + n) + (2 + n));
        // SAFETY: fresh words for a tuple of n and a flat map of n behind it; both sides have a word
        // more than is taken of them. They are copied as `copy_fresh_words` does.
        let map = unsafe {
            let map = p.add(1 + n);
            *p = tuple_header(n);
            *map = header(Kind::FlatMap, 1 + n);
            *map.add(1) = Word::from_boxed_ptr(p);
            let copy = |i: usize, from: usize| {
                p.add(1 + i).write_volatile(keys.get_unchecked(from).word());
                map.add(2 + i).write_volatile(values.get_unchecked(from).word());
            };
            (0..at).for_each(|i| copy(i, i));
            (at..n).for_each(|i| copy(i, i + 1));
            map
        };
        self.boxed(map)
    }

    /// A flat map that shares the keys (a tuple) of another one.
    #[inline]
    pub(crate) fn flat_map_sharing(&mut self, keys: Term<'p>, values: &[Term<'p>]) -> Term<'p> {
        debug_assert_eq!(keys.as_tuple().map(<[_]>::len), Some(values.len()));
        let p = self.alloc(2 + values.len());
        // SAFETY: 2 + n fresh words.
        unsafe {
            *p = header(Kind::FlatMap, 1 + values.len());
            *p.add(1) = keys.word();
            copy_fresh_words(values.as_ptr().cast(), p.add(2), values.len());
        }
        self.boxed(p)
    }

    /// A flat map that shares the `keys` of another one, with its `values` but the `i`th.
    #[inline]
    pub(crate) fn flat_map_replacing(
        &mut self,
        keys: Term<'p>,
        values: &[Term<'p>],
        i: usize,
        value: Term<'p>,
    ) -> Term<'p> {
        assert!(i < values.len());
        let map = self.flat_map_sharing(keys, values);
        // SAFETY: the map has just been made, and nobody has seen it.
        unsafe { *map.word().boxed_ptr().add(2 + i) = value.word() };
        map
    }
}
