//! Tables without order: set, bag, duplicate_bag. Chained buckets that grow one at a time.
//!
//! Linear hashing (Litwin 1980): there are `n` buckets; a hash is cut to the bits that number
//! them, or to one bit less if that bucket does not exist yet. So growing by one bucket splits
//! one other, and no insertion takes long. There are two buckets for each object.
//!
//! Invariants: objects of one key are neighbours in their chain, the newest first. While the
//! table is fixed, no bucket is split or joined and no object leaves its chain: deleted ones are
//! marked dead; so whoever walks the buckets by number meets every object once.

use super::object::{Head, Object, add_small, key_of, overwrite, replace_immediate, term_of};
use crate::heap::words::prefetch_line;
use crate::term::compare::exact_eq;
use crate::term::{Term, Word, hash};
use std::ops::ControlFlow;
use std::ptr::null_mut;

/// What objects with one key there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Multiplicity {
    Set,
    Bag,
    DuplicateBag,
}

const FIRST_BUCKETS: usize = 8;
/// How many buckets ahead of a walk through them memory is asked for.
const AHEAD: usize = 8;

pub(super) struct HashStore {
    buckets: Vec<*mut Head>,
    /// The bits of a hash that number a bucket, if there is such a bucket yet.
    mask: usize,
    key_position: usize,
    multiplicity: Multiplicity,
    /// Objects that are not dead.
    pub len: usize,
    /// Words of all blocks.
    pub words: usize,
    dead: usize,
    /// Numbers of buckets in which objects have been marked dead.
    dead_in: Vec<usize>,
    pub fixed: bool,
}

// SAFETY: the store owns the objects of its chains, and objects may go to any thread.
unsafe impl Send for HashStore {}
// SAFETY: what is shared of a store is only read.
unsafe impl Sync for HashStore {}

/// Whether `a` is the key `key`.
#[inline(always)]
unsafe fn same_key(p: *const Head, position: usize, hash: u64, key: Term<'_>) -> bool {
    // SAFETY: the caller's object, whose terms are seen during this call only.
    unsafe { (*p).hash == hash && exact_eq(Term::from_word(key_of(p, position)), key) }
}

/// Whether the object is the same as a tuple: element by element, as most are immediates.
#[inline(always)]
unsafe fn same_object(p: *const Head, tuple: Term<'_>) -> bool {
    // SAFETY: as `same_key`.
    let object = unsafe { Term::from_word(term_of(p)) };
    let (Some(a), Some(b)) = (object.as_tuple(), tuple.as_tuple()) else { return false };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| exact_eq(*a, *b))
}

/// The object at `p`, seen for as long as the store is borrowed.
#[inline(always)]
unsafe fn term<'a>(p: *const Head) -> Term<'a> {
    // SAFETY: the caller's object, borrowed for 'a.
    unsafe { Term::from_word(term_of(p)) }
}

impl HashStore {
    pub fn new(key_position: usize, multiplicity: Multiplicity) -> HashStore {
        HashStore {
            buckets: vec![null_mut(); FIRST_BUCKETS],
            mask: FIRST_BUCKETS - 1,
            key_position,
            multiplicity,
            len: 0,
            words: 0,
            dead: 0,
            dead_in: Vec::new(),
            fixed: false,
        }
    }

    /// How many buckets there are.
    pub fn slots(&self) -> usize {
        self.buckets.len()
    }

    /// How many objects only keep their place.
    pub fn dead(&self) -> usize {
        self.dead
    }

    /// Which bucket a hash belongs to.
    #[inline(always)]
    pub fn slot_of(&self, hash: u64) -> usize {
        let i = hash as usize & self.mask;
        if i < self.buckets.len() { i } else { i & (self.mask >> 1) }
    }

    /// The first object (dead or not) of that key.
    #[inline(always)]
    fn find(&self, key: Term<'_>) -> *mut Head {
        let w = key.word();
        // Zero as a float is the only immediate that has two words.
        if !w.is_immediate() || w == Word::FLOAT_ZERO || w == Word::FLOAT_NEG_ZERO {
            return self.find_other(key);
        }
        let mut p = self.buckets[self.slot_of(hash::internal(key))];
        // SAFETY: chains are ours, and end in null.
        unsafe {
            while !p.is_null() && key_of(p, self.key_position) != w {
                p = (*p).next;
            }
        }
        p
    }

    #[inline(never)]
    fn find_other(&self, key: Term<'_>) -> *mut Head {
        let h = hash::internal(key);
        let mut p = self.buckets[self.slot_of(h)];
        // SAFETY: chains are ours, and end in null.
        unsafe {
            while !p.is_null() && !same_key(p, self.key_position, h, key) {
                p = (*p).next;
            }
        }
        p
    }

    /// The first object of that key that is not dead.
    #[inline(always)]
    fn find_live(&self, key: Term<'_>) -> *mut Head {
        let p = self.find(key);
        // SAFETY: as `find`.
        unsafe { if p.is_null() || !(*p).dead { p } else { self.live_behind(p, key) } }
    }

    /// The same, behind an object of that key that is dead.
    #[cold]
    unsafe fn live_behind(&self, mut p: *mut Head, key: Term<'_>) -> *mut Head {
        // SAFETY: as `find`; objects of one key are neighbours.
        unsafe {
            while !p.is_null() && (*p).dead {
                p = (*p).next;
                if !p.is_null() && !self.is_of(p, key) {
                    return null_mut();
                }
            }
        }
        p
    }

    #[inline]
    unsafe fn is_of(&self, p: *const Head, key: Term<'_>) -> bool {
        // SAFETY: the caller's object of ours.
        unsafe { exact_eq(Term::from_word(key_of(p, self.key_position)), key) }
    }

    /// Whether there is one object of each key at most.
    #[inline(always)]
    pub fn is_set(&self) -> bool {
        self.multiplicity == Multiplicity::Set
    }

    /// An object of that key.
    #[inline(always)]
    pub fn get(&self, key: Term<'_>) -> Option<Term<'_>> {
        let p = self.find_live(key);
        // SAFETY: as `find`.
        (!p.is_null()).then(|| unsafe { term(p) })
    }

    #[inline(always)]
    pub fn contains(&self, key: Term<'_>) -> bool {
        !self.find_live(key).is_null()
    }

    /// Calls `f` with every object of that key, the newest first.
    #[inline]
    pub fn each_of(&self, key: Term<'_>, mut f: impl FnMut(Term<'_>)) {
        let mut p = self.find(key);
        // SAFETY: as `find`.
        unsafe {
            while !p.is_null() {
                if !(*p).dead {
                    f(term(p));
                    if self.multiplicity == Multiplicity::Set {
                        return;
                    }
                }
                p = (*p).next;
                if !p.is_null() && !self.is_of(p, key) {
                    return;
                }
            }
        }
    }

    /// Puts an object in, in place of others as the kind of table wants it.
    pub fn insert(&mut self, object: Object) {
        // SAFETY: the tuple and the key in it are looked at only as long as the object is there, which
        // `put` either keeps or has freed at its end.
        let (tuple, key) = unsafe {
            let p = object.head();
            (term(p), Term::from_word(key_of(p, self.key_position)))
        };
        self.put(tuple, key, None, move || object);
    }

    /// The same, of a copy of a tuple, which is made only if it is needed. `immediate` are its elements if
    /// they all are that.
    pub fn insert_copy(&mut self, tuple: Term<'_>, elements: &[Term<'_>], immediate: bool) {
        let make = || if immediate { Object::of_immediates(elements) } else { Object::copy(tuple) };
        self.put(tuple, elements[self.key_position - 1], immediate.then_some(elements), make);
    }

    /// Puts in what `make` makes, which is that tuple, with that key.
    #[inline(always)]
    fn put(
        &mut self,
        tuple: Term<'_>,
        key: Term<'_>,
        immediates: Option<&[Term<'_>]>,
        make: impl FnOnce() -> Object,
    ) {
        let h = hash::internal(key);
        let slot = self.slot_of(h);
        // SAFETY: chains are ours, and so is what `make` gives from there on.
        unsafe {
            let mut link: *mut *mut Head = &mut self.buckets[slot];
            while !(*link).is_null() && !same_key(*link, self.key_position, h, key) {
                link = &mut (**link).next;
            }
            let make = || {
                let p = make().into_raw();
                (*p).hash = h;
                p
            };
            if self.multiplicity == Multiplicity::Set && !(*link).is_null() {
                // Takes the place of what is there, dead or not.
                let old = *link;
                if !(*old).dead && immediates.is_some_and(|elements| overwrite(old, elements)) {
                    return;
                }
                let p = make();
                (*p).next = (*old).next;
                *link = p;
                self.forget(old);
                self.note_new(p);
                return;
            }
            if self.multiplicity == Multiplicity::Bag {
                let mut at = link;
                while !(*at).is_null() && same_key(*at, self.key_position, h, key) {
                    let same = *at;
                    if same_object(same, tuple) {
                        if (*same).dead {
                            (*same).dead = false;
                            self.dead -= 1;
                            self.len += 1;
                            // It is the newest of its key now.
                            *at = (*same).next;
                            (*same).next = *link;
                            *link = same;
                        }
                        return;
                    }
                    at = &raw mut (*same).next;
                }
            }
            let p = make();
            (*p).next = *link;
            *link = p;
            self.note_new(p);
        }
        self.grow();
    }

    unsafe fn note_new(&mut self, p: *mut Head) {
        self.len += 1;
        // SAFETY: the caller's object.
        unsafe {
            let o = Object::from_raw(p);
            self.words += o.size_in_words();
            o.into_raw();
        }
    }

    /// Frees an object that is out of its chain.
    unsafe fn forget(&mut self, p: *mut Head) {
        // SAFETY: the caller took it out of its chain.
        unsafe {
            if (*p).dead {
                self.dead -= 1;
            } else {
                self.len -= 1;
            }
            let o = Object::from_raw(p);
            self.words -= o.size_in_words();
        }
    }

    /// Takes the object out that `link` leads to, or marks it dead; gives the next link.
    unsafe fn take_out(&mut self, link: *mut *mut Head, slot: usize) -> *mut *mut Head {
        // SAFETY: the caller's link leads to an object of ours.
        unsafe {
            let p = *link;
            if self.fixed {
                if !(*p).dead {
                    (*p).dead = true;
                    self.dead += 1;
                    self.len -= 1;
                    self.dead_in.push(slot);
                }
                return &mut (*p).next;
            }
            *link = (*p).next;
            self.forget(p);
            link
        }
    }

    /// Takes out the objects of `key` for which `which` holds; how many there were.
    pub fn remove_of(&mut self, key: Term<'_>, mut which: impl FnMut(Term<'_>) -> bool) -> usize {
        let h = hash::internal(key);
        let slot = self.slot_of(h);
        let mut n = 0;
        // SAFETY: as `insert`.
        unsafe {
            let mut link: *mut *mut Head = &mut self.buckets[slot];
            while !(*link).is_null() && !same_key(*link, self.key_position, h, key) {
                link = &mut (**link).next;
            }
            while !(*link).is_null() && same_key(*link, self.key_position, h, key) {
                if !(**link).dead && which(term(*link)) {
                    link = self.take_out(link, slot);
                    n += 1;
                } else {
                    link = &mut (**link).next;
                }
            }
        }
        if n > 0 {
            self.shrink();
        }
        n
    }

    /// Asks for the first object of a bucket, if there is such a bucket.
    #[inline(always)]
    fn prefetch(&self, slot: usize) {
        if let Some(p) = self.buckets.get(slot) {
            prefetch_line(p.cast());
            prefetch_line(p.cast::<u8>().wrapping_add(64));
        }
    }

    /// Calls `f` with the objects of a bucket: mostly the buckets are walked in order.
    pub fn each_in(
        &self,
        slot: usize,
        mut f: impl FnMut(Term<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.prefetch(slot + AHEAD);
        let mut p = self.buckets[slot];
        // SAFETY: as `find`.
        unsafe {
            while !p.is_null() {
                if !(*p).dead {
                    f(term(p))?;
                }
                p = (*p).next;
            }
        }
        ControlFlow::Continue(())
    }

    /// Calls `f` with every object, those too that only keep their place.
    pub fn each_kept(&self, mut f: impl FnMut(Term<'_>)) {
        for bucket in &self.buckets {
            let mut p = *bucket;
            // SAFETY: as `find`.
            unsafe {
                while !p.is_null() {
                    f(term(p));
                    p = (*p).next;
                }
            }
        }
    }

    /// Frees the last buckets with about `n` objects; whether none is left. Of no use as a table
    /// afterwards.
    pub fn free_some(&mut self, n: usize) -> bool {
        let mut done = 0;
        while done < n {
            let Some(chain) = self.buckets.pop() else { return true };
            self.prefetch(self.buckets.len().wrapping_sub(AHEAD));
            // Empty buckets take time too.
            done += 1 + free_chain(chain);
        }
        self.buckets.is_empty()
    }

    /// Takes out the objects of a bucket for which `which` holds, and puts in what it gives in
    /// their place.
    pub fn update_in(&mut self, slot: usize, mut f: impl FnMut(Term<'_>) -> Change) {
        // SAFETY: as `insert`.
        unsafe {
            let mut link: *mut *mut Head = &mut self.buckets[slot];
            while !(*link).is_null() {
                if (**link).dead {
                    link = &mut (**link).next;
                    continue;
                }
                match f(term(*link)) {
                    Change::Keep => link = &mut (**link).next,
                    Change::Remove => link = self.take_out(link, slot),
                    Change::Replace(new) => {
                        let old = *link;
                        let p = new.into_raw();
                        (*p).hash = (*old).hash;
                        (*p).next = (*old).next;
                        *link = p;
                        self.forget(old);
                        self.note_new(p);
                        link = &mut (*p).next;
                    }
                }
            }
        }
    }

    /// Replaces the `i`th element (from 0) of a set's object where it lies, if both are immediate.
    pub fn replace_immediate(&mut self, key: Term<'_>, i: usize, value: Term<'_>) -> bool {
        let p = self.find_live(key);
        // SAFETY: an object of ours, and `self` is borrowed whole.
        !p.is_null() && unsafe { replace_immediate(p, i, value) }
    }

    /// Adds to the `i`th element (from 0, not the key) of a set's object where it lies, if element
    /// and sum are small integers.
    pub fn add_small(&mut self, key: Term<'_>, i: usize, n: i64) -> Option<Word> {
        let p = self.find_live(key);
        // SAFETY: an object of ours, and `self` is borrowed whole.
        if p.is_null() { None } else { unsafe { add_small(p, i, n) } }
    }

    /// The first object from bucket `slot` on.
    pub fn first_from(&self, slot: usize) -> Option<Term<'_>> {
        for bucket in self.buckets.get(slot..)? {
            let mut p = *bucket;
            // SAFETY: as `find`.
            unsafe {
                while !p.is_null() {
                    if !(*p).dead {
                        return Some(term(p));
                    }
                    p = (*p).next;
                }
            }
        }
        None
    }

    /// The first object behind those of `key`; `Err` if there is none with that key.
    #[inline(always)]
    pub fn behind(&self, key: Term<'_>) -> Result<Option<Term<'_>>, ()> {
        let mut p = self.find(key);
        if p.is_null() {
            return Err(());
        }
        // SAFETY: as `find`.
        unsafe {
            let hash = (*p).hash;
            p = (*p).next;
            while !p.is_null() && ((*p).dead || self.is_of(p, key)) {
                p = (*p).next;
            }
            Ok(if p.is_null() { self.first_from(self.slot_of(hash) + 1) } else { Some(term(p)) })
        }
    }

    /// The first object from bucket `slot` on, dead or not.
    pub fn raw_first_from(&self, slot: usize) -> Option<Term<'_>> {
        let first = self.buckets.get(slot..)?.iter().find(|b| !b.is_null())?;
        // SAFETY: as `find`.
        Some(unsafe { term(*first) })
    }

    /// As [`behind`](Self::behind), where dead objects count.
    pub fn raw_behind(&self, key: Term<'_>) -> Result<Option<Term<'_>>, ()> {
        let mut p = self.find(key);
        if p.is_null() {
            return Err(());
        }
        // SAFETY: as `find`.
        unsafe {
            let slot = self.slot_of((*p).hash);
            while !p.is_null() && self.is_of(p, key) {
                p = (*p).next;
            }
            Ok(if p.is_null() { self.raw_first_from(slot + 1) } else { Some(term(p)) })
        }
    }

    fn grow(&mut self) {
        // Twice as many as an object needs, so that a table that could not grow catches up by and by.
        for _ in 0..4 {
            if self.fixed || self.buckets.len() >= 2 * (self.len + self.dead) {
                return;
            }
            self.split_one();
        }
    }

    fn split_one(&mut self) {
        let n = self.buckets.len();
        let half = (n + 1).next_power_of_two() / 2;
        let old = n - half;
        self.prefetch(old + AHEAD);
        self.buckets.push(null_mut());
        self.mask = 2 * half - 1;
        // SAFETY: chains are ours; each object goes to the end of one of two chains, so that
        // neighbours stay neighbours.
        unsafe {
            let mut p = std::mem::replace(&mut self.buckets[old], null_mut());
            let mut stay: *mut *mut Head = &mut self.buckets[old];
            let mut go: *mut *mut Head = &mut self.buckets[n];
            while !p.is_null() {
                let next = (*p).next;
                (*p).next = null_mut();
                let end = if (*p).hash as usize & self.mask == n { &mut go } else { &mut stay };
                **end = p;
                *end = &mut (*p).next;
                p = next;
            }
        }
    }

    fn shrink(&mut self) {
        // Several at a time, to be done about when the objects are.
        for _ in 0..8 {
            if self.fixed
                || self.buckets.len() <= FIRST_BUCKETS
                || self.len + self.dead >= self.buckets.len() / 8
            {
                return;
            }
            self.join_one();
        }
    }

    fn join_one(&mut self) {
        let Some(chain) = self.buckets.pop() else { return };
        let n = self.buckets.len();
        self.mask = n.next_power_of_two() - 1;
        let into = n - (n + 1).next_power_of_two() / 2;
        // SAFETY: chains are ours.
        unsafe {
            let mut link: *mut *mut Head = &mut self.buckets[into];
            while !(*link).is_null() {
                link = &mut (**link).next;
            }
            *link = chain;
        }
    }

    /// Objects may leave their chains again.
    pub fn unfix(&mut self) {
        self.fixed = false;
        for slot in std::mem::take(&mut self.dead_in) {
            // SAFETY: as `insert`.
            unsafe {
                let mut link: *mut *mut Head = &mut self.buckets[slot];
                while !(*link).is_null() {
                    if (**link).dead {
                        link = self.take_out(link, slot);
                    } else {
                        link = &mut (**link).next;
                    }
                }
            }
        }
    }
}

/// What becomes of an object.
pub(super) enum Change {
    Keep,
    Remove,
    /// Another object with the same key takes its place.
    Replace(Object),
}

impl Drop for HashStore {
    fn drop(&mut self) {
        for chain in std::mem::take(&mut self.buckets) {
            free_chain(chain);
        }
    }
}

/// Frees the objects of a chain that is in no bucket any more; how many there were.
fn free_chain(mut p: *mut Head) -> usize {
    let mut n = 0;
    // SAFETY: chains are the store's, which has given this one up.
    unsafe {
        while !p.is_null() {
            let next = (*p).next;
            drop(Object::from_raw(p));
            p = next;
            n += 1;
        }
    }
    n
}
