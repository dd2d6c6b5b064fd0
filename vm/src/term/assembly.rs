//! Terms that are made from outside inwards, as bytes tell them: first what a term is and how many
//! parts it has, then the parts, one by one.
//!
//! A tuple, list or small map is made before its parts are there. The places where they belong are
//! linked: each holds the address of the one that comes next, behind its own last place that of the
//! next part of what it is in. To put a part in its place is thus one load and two stores, however
//! deep it lies. What can only be made of parts that are there is a group: its places end in no
//! address, and its own place waits with it in a stack.
//!
//! Invariant: nobody sees a place before something is in it. What has open places is referred to
//! from within the assembly alone; should it end before all of them are taken, `[]` is put there, so
//! that what it leaves as garbage is whole.

use super::compare::compare_map_keys;
use super::layout::{FLAT_MAP_MAX, Kind, header, tuple_header};
use super::{Area, Term, Word};
use std::iter::zip;
use std::marker::PhantomData;
use std::ptr::null_mut;

/// A term in the making, where `G` tells what a group is to become.
pub struct Assembly<'a, 'p, G> {
    pub area: &'a mut Area<'p>,
    /// The place of the next part; null if the innermost group, or all, is complete.
    next: *mut Word,
    groups: Vec<Group<G>>,
    /// The place of the group whose parts have been given out; null: there is none.
    made_for: *mut Word,
    brand: PhantomData<fn(&'p ()) -> &'p ()>,
}

/// What waits for its parts.
struct Group<G> {
    what: What<G>,
    /// Its own place.
    place: *mut Word,
    /// The place that comes after that.
    behind: *mut Word,
}

enum What<G> {
    /// A flat map, which is there; its keys are a tuple.
    FlatMap { keys: *mut Word, map: *mut Word, len: usize },
    /// What is to be made of parts that lie here. Of no other size till then: places refer to them.
    Parts(G, Vec<Word>),
}

/// A group whose parts are there.
pub struct Parts<'p, G> {
    pub what: G,
    parts: Vec<Word>,
    brand: PhantomData<fn(&'p ()) -> &'p ()>,
}

impl<'p, G> Parts<'p, G> {
    /// The parts, in the order in which they came.
    pub fn parts(&self) -> &[Term<'p>] {
        // SAFETY: all have been put there by `Assembly::put`, whose terms have this brand; a Term is
        // a transparent Word.
        unsafe { &*(self.parts.as_slice() as *const [Word] as *const [Term<'p>]) }
    }
}

/// What comes after all open places of the innermost group are taken.
pub enum Complete<'p, G> {
    /// To be made of its parts; [`Assembly::put_group`] takes what was made.
    Parts(Parts<'p, G>),
    /// It has been made; there may be open places again.
    Made,
    /// A map with the same key twice.
    SameKeys,
    /// All is there.
    Whole,
}

/// Makes a term by what `build` puts into the assembly, which is to be whole then.
pub fn assemble<'p, G, E>(
    area: &mut Area<'p>,
    build: impl FnOnce(&mut Assembly<'_, 'p, G>) -> Result<(), E>,
) -> Result<Term<'p>, E> {
    let mut root = Word::NIL;
    {
        let mut assembly = Assembly {
            area,
            next: link(&mut root, null_mut()),
            groups: Vec::new(),
            made_for: null_mut(),
            brand: PhantomData,
        };
        build(&mut assembly)?;
        assert!(assembly.is_whole(), "every part is there");
    }
    // SAFETY: `put` has written a term of the area there, and no place of it is open.
    Ok(unsafe { Term::from_word(root) })
}

/// A place that is linked to `next`.
#[inline(always)]
fn link(place: &mut Word, next: *mut Word) -> *mut Word {
    *place = Word(next as u64);
    place
}

impl<'p, G> Assembly<'_, 'p, G> {
    /// Whether there is a place for a part: else [`Assembly::complete`] is to be asked.
    #[inline(always)]
    pub fn has_place(&self) -> bool {
        !self.next.is_null()
    }

    /// The next place, which is no longer open. Panics if there is none.
    #[inline(always)]
    fn take(&mut self) -> *mut Word {
        let place = self.next;
        assert!(!place.is_null(), "there is a place for each part");
        // SAFETY: a place holds the address of the next.
        self.next = unsafe { (*place).0 } as *mut Word;
        place
    }

    /// Puts a part in the next place.
    #[inline(always)]
    pub fn put(&mut self, part: Term<'p>) {
        let place = self.take();
        // SAFETY: a word of what is being made, which nobody else has seen.
        unsafe { *place = part.word() };
    }

    /// Puts a tuple of `n` parts, of which there is at least one, in the next place; they come next.
    #[inline(always)]
    pub fn tuple(&mut self, n: usize) {
        assert!(n > 0);
        let place = self.take();
        let p = self.area.alloc(1 + n);
        // SAFETY: 1 + n fresh words, all of which are written; the place as in `put`.
        unsafe {
            *p = tuple_header(n);
            let last = p.add(n);
            let mut part = p;
            while part < last {
                part = part.add(1);
                *part = Word(part.add(1) as u64);
            }
            self.open(p.add(1), last);
            *place = Word::from_boxed_ptr(p);
        }
    }

    /// Puts a list of `n` elements, of which there is at least one, in the next place; they and its
    /// tail come next.
    #[inline(always)]
    pub fn list(&mut self, n: usize) {
        assert!(n > 0);
        let place = self.take();
        let p = self.area.alloc(2 * n);
        // SAFETY: 2n fresh words, all of which are written: a cell is two of them; the place as in
        // `put`.
        unsafe {
            let tail = p.add(2 * n - 1);
            let mut cell = p;
            loop {
                let next = cell.add(2);
                if next > tail {
                    break;
                }
                *cell = Word(next as u64);
                *cell.add(1) = Word::from_cons_ptr(next);
                cell = next;
            }
            *cell = Word(tail as u64);
            self.open(p, tail);
            *place = Word::from_cons_ptr(p);
        }
    }

    /// Makes the places from `first` to `last`, which are linked, those that come next.
    ///
    /// # Safety
    /// They are fresh words.
    #[inline(always)]
    unsafe fn open(&mut self, first: *mut Word, last: *mut Word) {
        // SAFETY: the promise above.
        unsafe { *last = Word(self.next as u64) };
        self.next = first;
    }

    /// Begins a group in the next place.
    fn begin(&mut self, what: What<G>, first: *mut Word) {
        let place = self.take();
        // SAFETY: as in `put`; the place is taken when the group is complete, and is whole till then.
        unsafe { *place = Word::NIL };
        self.groups.push(Group { what, place, behind: self.next });
        self.next = first;
    }

    /// Begins a map of `n` keys and values, of which there is at least one pair and no more than in a
    /// flat map; key, value, key, value ... come next.
    pub fn flat_map(&mut self, n: usize) {
        assert!(n > 0 && n <= FLAT_MAP_MAX);
        let keys = self.area.alloc((1 + n) + (2 + n));
        // SAFETY: fresh words for a tuple of n and a flat map of n behind it, all of which are
        // written.
        unsafe {
            let map = keys.add(1 + n);
            *keys = tuple_header(n);
            *map = header(Kind::FlatMap, 1 + n);
            *map.add(1) = Word::from_boxed_ptr(keys);
            let (first_key, first_value) = (keys.add(1), map.add(2));
            for i in 0..n {
                *first_key.add(i) = Word(first_value.add(i) as u64);
                *first_value.add(i) = Word(first_key.add(i + 1) as u64);
            }
            *first_value.add(n - 1) = Word(0);
            self.begin(What::FlatMap { keys, map, len: n }, first_key);
        }
    }

    /// Begins what is to be made of `n` parts, of which there is at least one; they come next.
    pub fn group(&mut self, what: G, n: usize) {
        assert!(n > 0);
        let mut parts = vec![Word::NIL; n];
        let mut first = null_mut();
        for part in parts.iter_mut().rev() {
            first = link(part, first);
        }
        self.begin(What::Parts(what, parts), first);
    }

    /// Completes the innermost group. Panics if it has open places.
    pub fn complete(&mut self) -> Complete<'p, G> {
        assert!(self.next.is_null(), "every part is there");
        let Some(Group { what, place, behind }) = self.groups.pop() else {
            return Complete::Whole;
        };
        self.next = behind;
        self.made_for = null_mut();
        match what {
            What::Parts(what, parts) => {
                self.made_for = place;
                Complete::Parts(Parts { what, parts, brand: PhantomData })
            }
            What::FlatMap { keys, map, len } => {
                // SAFETY: `flat_map` made the two objects with so many places, all of which are taken
                // by terms; nobody else has seen them.
                let (keys, values) = unsafe {
                    (
                        std::slice::from_raw_parts_mut(keys.add(1).cast::<Term<'p>>(), len),
                        std::slice::from_raw_parts_mut(map.add(2).cast::<Term<'p>>(), len),
                    )
                };
                // Mostly they are in order.
                if !keys.is_sorted_by(|a, b| compare_map_keys(*a, *b).is_lt()) {
                    let mut pairs: Vec<_> = zip(&*keys, &*values).map(|(k, v)| (*k, *v)).collect();
                    pairs.sort_by(|(a, _), (b, _)| compare_map_keys(*a, *b));
                    if !pairs.is_sorted_by(|(a, _), (b, _)| compare_map_keys(*a, *b).is_lt()) {
                        return Complete::SameKeys;
                    }
                    for ((key, value), (k, v)) in zip(pairs, zip(keys, values)) {
                        (*k, *v) = (key, value);
                    }
                }
                // SAFETY: as in `put`.
                unsafe { *place = Word::from_boxed_ptr(map) };
                Complete::Made
            }
        }
    }

    /// Puts what was made of the group that [`Assembly::complete`] gave in its place. Panics if that
    /// has given something else since, or this was done.
    pub fn put_group(&mut self, made: Term<'p>) {
        let place = std::mem::replace(&mut self.made_for, null_mut());
        assert!(!place.is_null(), "a group is complete");
        // SAFETY: as in `put`.
        unsafe { *place = made.word() };
    }
}

impl<G> Assembly<'_, '_, G> {
    #[inline(always)]
    fn is_whole(&self) -> bool {
        self.next.is_null() && self.groups.is_empty()
    }

    /// Puts `[]` in all places that are open.
    #[cold]
    fn give_up(&mut self) {
        loop {
            let mut place = self.next;
            while !place.is_null() {
                // SAFETY: an open place, which holds the address of the next.
                unsafe {
                    let next = (*place).0 as *mut Word;
                    *place = Word::NIL;
                    place = next;
                }
            }
            match self.groups.pop() {
                Some(group) => self.next = group.behind,
                None => return,
            }
        }
    }
}

impl<G> Drop for Assembly<'_, '_, G> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.is_whole() {
            self.give_up();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::term::testing::with_area;

    #[test]
    fn what_is_given_up_is_whole() {
        with_area(|area, _| {
            // So that there is room in one block for what follows.
            area.list(&[Term::nil(); 100]);
            area.tuple(&[Term::nil()]);
            let at = area.alloc(0);
            let made = assemble(area, |a| {
                a.tuple(3);
                a.put(Term::small(1));
                a.list(2);
                a.put(Term::small(2));
                a.flat_map(2);
                a.put(Term::small(3));
                a.group("a group", 2);
                a.put(Term::small(4));
                Err("given up")
            });
            assert_eq!(made.err(), Some("given up"));
            // SAFETY: the tuple, the list's two cells, the keys and the map were made there.
            let (tuple, map) = unsafe {
                let boxed = |p| Term::from_word(Word::from_boxed_ptr(p));
                (boxed(at), boxed(at.add(4 + 4 + 3)))
            };
            let [one, list, nil] = tuple.as_tuple().unwrap() else { panic!("three parts") };
            assert_eq!((one.as_small(), nil.is_nil()), (Some(1), true));
            let [two, place] = list.list_to_vec().unwrap()[..] else { panic!("two elements") };
            assert_eq!((two.as_small(), place.is_nil()), (Some(2), true));
            let (keys, values) = map.as_map().unwrap().flat().unwrap();
            assert_eq!(keys.iter().map(|k| k.as_small()).collect::<Vec<_>>(), [Some(3), None]);
            assert!(keys[1].is_nil() && values.iter().all(|v| v.is_nil()));
        });
    }

    #[test]
    #[should_panic(expected = "every part is there")]
    fn what_has_open_places_is_not_given_out() {
        with_area(|area, _| {
            let _ = assemble::<(), ()>(area, |a| {
                a.tuple(1);
                Ok(())
            });
        });
    }
}
