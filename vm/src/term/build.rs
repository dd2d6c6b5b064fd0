//! Building terms: [`Area`] hands out heap words and makes every kind of object in them.
//!
//! Invariant: building never moves a term. An area that runs out of room goes on in a new
//! fragment; the owner adopts the fragments when the area is closed, and the next collection
//! gathers them.

use super::bitfield;
use super::bits::{BitsView, copy_bits};
use super::compare::compare_map_keys;
use super::layout::{FLAT_MAP_MAX, HEAP_BITS_MAX_BYTES, Kind, header, tuple_header};
use super::{Atom, Pid, Term, Word};
use crate::code::{Export, Lambda};
use crate::heap::Binary;
use crate::heap::binary::Runs;
use crate::heap::fragment::{Fragment, OffHeap};
use crate::heap::magic::Magic;
use crate::heap::words::{copy_fresh_words, copy_words, zero_words};
use crate::num::{self, BigRef, MAX_LIMBS, SystemLimit};
use std::any::Any;
use std::marker::PhantomData;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;

/// Where terms of brand `'p` are built.
pub struct Area<'p> {
    hp: *mut Word,
    end: *mut Word,
    /// Top of the block that the area began in, once it has gone on in fragments.
    first_top: *mut Word,
    off_heap: OffHeap,
    fragments: *mut Fragment,
    fragment_words: usize,
    brand: PhantomData<fn(&'p ()) -> &'p ()>,
}

/// What an area leaves behind when it is closed.
pub struct Closed {
    /// Top of what was used of the block that the area began in.
    pub top: *mut Word,
    /// Off-heap objects made in that block and in the fragments.
    pub off_heap: OffHeap,
    /// The fragments it went on in, newest first (null: none).
    pub fragments: *mut Fragment,
    /// Words used in the fragments.
    pub fragment_words: usize,
}

/// The word that in memory begins with those bytes, at most 8, and goes on with zeros.
#[inline(always)]
pub(super) fn word_of(bytes: &[u8]) -> u64 {
    num::low_limb(bytes).to_le()
}

#[inline(always)]
fn big_header(n: BigRef<'_>) -> Word {
    header(if n.negative { Kind::BigNeg } else { Kind::BigPos }, n.limbs.len())
}

const FIRST_FRAGMENT: usize = 62;
/// A view of a bitstring costs four words and keeps the whole alive: what is as small as that is copied.
const COPIED_BITS: usize = 128;

impl<'p> Area<'p> {
    /// An area that builds in `hp..end` first.
    ///
    /// # Safety
    /// The words of `hp..end` are the caller's and unused. The caller closes the area and takes
    /// over what it leaves; until then nothing collects, and it keeps the brand `'p` apart from
    /// other heaps' terms.
    #[inline(always)]
    pub(crate) unsafe fn in_block(hp: *mut Word, end: *mut Word) -> Area<'p> {
        Area {
            hp,
            end,
            first_top: null_mut(),
            off_heap: OffHeap::EMPTY,
            fragments: null_mut(),
            fragment_words: 0,
            brand: PhantomData,
        }
    }

    /// An area that builds in fragments only, the first of at least `words` words.
    ///
    /// # Safety
    /// The caller closes the area and takes over what it leaves.
    pub(crate) unsafe fn detached(words: usize) -> Area<'p> {
        // SAFETY: an empty block; the rest is the caller's promise.
        let mut a = unsafe { Area::in_block(null_mut(), null_mut()) };
        if words > 0 {
            a.grow(words);
        }
        a
    }

    /// The top, if all that has been built lies in the block that the area began in and none of it is
    /// off-heap.
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    #[inline(always)]
    pub(crate) fn plain_end(&self) -> Option<*mut Word> {
        (self.fragments.is_null() && self.off_heap.0.is_null()).then_some(self.hp)
    }

    /// Ends building: what is left behind is the caller's, and nothing is built in the area any more
    /// unless it is given another block.
    #[inline(always)]
    pub(crate) fn close(&mut self) -> Closed {
        let off_heap = std::mem::replace(&mut self.off_heap, OffHeap::EMPTY);
        if self.fragments.is_null() {
            return Closed { top: self.hp, off_heap, fragments: null_mut(), fragment_words: 0 };
        }
        self.seal_fragment();
        Closed {
            top: self.first_top,
            off_heap,
            fragments: std::mem::replace(&mut self.fragments, null_mut()),
            fragment_words: std::mem::take(&mut self.fragment_words),
        }
    }

    /// Gives a block to an area that has left nothing behind but words in its last one.
    ///
    /// # Safety
    /// As [`in_block`](Self::in_block).
    #[inline(always)]
    pub(crate) unsafe fn go_on_in(&mut self, hp: *mut Word, end: *mut Word) {
        debug_assert!(self.fragments.is_null() && self.off_heap.0.is_null());
        (self.hp, self.end) = (hp, end);
    }

    fn seal_fragment(&mut self) {
        // SAFETY: `fragments` is ours and not null; hp lies within it.
        unsafe {
            let f = self.fragments;
            (*f).used = self.hp.offset_from(Fragment::words(f)) as usize;
            self.fragment_words += (*f).used;
        }
    }

    #[cold]
    fn grow(&mut self, words: usize) {
        let size = if self.fragments.is_null() {
            self.first_top = self.hp;
            words.max(FIRST_FRAGMENT)
        } else {
            self.seal_fragment();
            // SAFETY: not null, ours.
            let last = unsafe { (*self.fragments).capacity() };
            words.max((last * 2).min(1 << 20))
        };
        let f = Fragment::new(size).as_ptr();
        // SAFETY: fresh and ours.
        unsafe { (*f).next = self.fragments };
        self.fragments = f;
        self.hp = Fragment::words(f);
        self.end = self.hp.wrapping_add(size);
    }

    /// How many words are left of the block that it began in.
    pub(crate) fn room(&self) -> usize {
        if self.fragments.is_null() { self.room_at_hp() } else { 0 }
    }

    /// How many words are left of the block that it builds in now.
    #[inline(always)]
    fn room_at_hp(&self) -> usize {
        (self.end as usize - self.hp as usize) / 8
    }

    /// `n` fresh words. Whoever takes them fills them before the area is used for anything else.
    #[inline(always)]
    pub(crate) fn alloc(&mut self, n: usize) -> *mut Word {
        if self.room_at_hp() < n {
            self.grow(n);
        }
        let p = self.hp;
        self.hp = self.hp.wrapping_add(n);
        p
    }

    /// Notes a list of off-heap objects made in this area.
    ///
    /// # Safety
    /// As [`OffHeap::append`].
    pub(crate) unsafe fn note_off_heap_list(&mut self, list: OffHeap) {
        // SAFETY: the caller's promise.
        unsafe { self.off_heap.append(list) };
    }

    #[inline(always)]
    fn boxed(&self, p: *mut Word) -> Term<'p> {
        // SAFETY: called with objects of this area that are whole.
        unsafe { Term::from_word(Word::from_boxed_ptr(p)) }
    }

    /// `[head | tail]`
    #[inline(always)]
    pub fn cons(&mut self, head: Term<'p>, tail: Term<'p>) -> Term<'p> {
        let p = self.alloc(2);
        // SAFETY: two fresh words.
        unsafe {
            *p = head.word();
            *p.add(1) = tail.word();
            Term::from_word(Word::from_cons_ptr(p))
        }
    }

    /// A proper list of `items`.
    pub fn list(&mut self, items: &[Term<'p>]) -> Term<'p> {
        self.list_with_tail(items, Term::nil())
    }

    /// A list of `items` that ends in `tail`.
    pub fn list_with_tail(&mut self, items: &[Term<'p>], tail: Term<'p>) -> Term<'p> {
        self.list_of(items.len(), items.iter().copied(), tail)
    }

    /// A list of the first `n` of some terms that ends in `tail`. Panics if there are fewer.
    #[inline]
    pub fn list_of(
        &mut self,
        n: usize,
        mut terms: impl Iterator<Item = Term<'p>>,
        tail: Term<'p>,
    ) -> Term<'p> {
        if n == 0 {
            return tail;
        }
        let first = self.alloc(2 * n);
        // SAFETY: 2n fresh words, all of which are written: a cell is two of them.
        unsafe {
            let (mut cell, end) = (first, first.add(2 * n));
            while cell < end {
                let term = terms.next().expect("there are as many terms as was said");
                *cell = term.word();
                let next = cell.add(2);
                *cell.add(1) = Word::from_cons_ptr(next);
                cell = next;
            }
            *end.sub(1) = tail.word();
            Term::from_word(Word::from_cons_ptr(first))
        }
    }

    /// A proper list of `n` terms, which must be all.
    #[inline]
    pub fn list_of_all(&mut self, n: usize, terms: impl Iterator<Item = Term<'p>>) -> Term<'p> {
        if n == 0 {
            return Term::nil();
        }
        let first = self.alloc(2 * n);
        // SAFETY: 2n fresh words, all of which are written: a cell is two of them.
        unsafe {
            let (mut cell, end) = (first, first.add(2 * n));
            // Not one by one: what walks all of a map at once is faster.
            terms.for_each(|term| {
                assert!(cell < end, "there are no more terms than was said");
                *cell = term.word();
                let next = cell.add(2);
                *cell.add(1) = Word::from_cons_ptr(next);
                cell = next;
            });
            assert!(cell == end, "there are as many terms as was said");
            *end.sub(1) = Word::NIL;
            Term::from_word(Word::from_cons_ptr(first))
        }
    }

    /// A list of the first `n` of some terms, the last of them first, that ends in `tail`. Panics if
    /// there are fewer.
    #[inline]
    pub fn list_of_reversed(
        &mut self,
        n: usize,
        mut terms: impl Iterator<Item = Term<'p>>,
        tail: Term<'p>,
    ) -> Term<'p> {
        let mut cell = self.alloc(2 * n);
        let mut list = tail.word();
        // SAFETY: 2n fresh words, all of which are written: a cell is two of them.
        unsafe {
            let end = cell.add(2 * n);
            while cell < end {
                *cell = terms.next().expect("there are as many terms as was said").word();
                *cell.add(1) = list;
                list = Word::from_cons_ptr(cell);
                cell = cell.add(2);
            }
            Term::from_word(list)
        }
    }

    /// A list of `n` pairs, which must be all, each as a tuple of two, that ends in `tail`.
    #[inline]
    pub fn list_of_pairs(
        &mut self,
        n: usize,
        pairs: impl Iterator<Item = (Term<'p>, Term<'p>)>,
        tail: Term<'p>,
    ) -> Term<'p> {
        if n == 0 {
            return tail;
        }
        const WORDS: usize = 2 + 3;
        let first = self.alloc(WORDS * n);
        // SAFETY: five fresh words for each pair, all of which are written: a cell and a tuple.
        unsafe {
            let (mut cell, end) = (first, first.add(WORDS * n));
            // Not one by one: what walks all of a map at once is faster.
            pairs.for_each(|(key, value)| {
                assert!(cell < end, "there are no more pairs than was said");
                let (tuple, next) = (cell.add(2), cell.add(WORDS));
                *cell = Word::from_boxed_ptr(tuple);
                *cell.add(1) = Word::from_cons_ptr(next);
                *tuple = tuple_header(2);
                *tuple.add(1) = key.word();
                *tuple.add(2) = value.word();
                cell = next;
            });
            assert!(cell == end, "there are as many pairs as was said");
            *end.sub(WORDS - 1) = tail.word();
            Term::from_word(Word::from_cons_ptr(first))
        }
    }

    /// `{K, V, {K, V, ... Rest}}` of `n` pairs, which must be all.
    #[inline]
    pub fn nested_pairs(
        &mut self,
        n: usize,
        pairs: impl Iterator<Item = (Term<'p>, Term<'p>)>,
        rest: Term<'p>,
    ) -> Term<'p> {
        if n == 0 {
            return rest;
        }
        const WORDS: usize = 1 + 3;
        let first = self.alloc(WORDS * n);
        // SAFETY: four fresh words for each pair, all of which are written: a tuple.
        unsafe {
            let (mut tuple, end) = (first, first.add(WORDS * n));
            pairs.for_each(|(key, value)| {
                assert!(tuple < end, "there are no more pairs than was said");
                let next = tuple.add(WORDS);
                *tuple = tuple_header(3);
                *tuple.add(1) = key.word();
                *tuple.add(2) = value.word();
                *tuple.add(3) = Word::from_boxed_ptr(next);
                tuple = next;
            });
            assert!(tuple == end, "there are as many pairs as was said");
            *end.sub(1) = rest.word();
            self.boxed(first)
        }
    }

    /// A list of the terms that `next` gives, at most so many, up to the tail that it gives in the end.
    #[inline]
    pub fn list_up_to(
        &mut self,
        most: usize,
        mut next: impl FnMut() -> Result<Term<'p>, Term<'p>>,
    ) -> Term<'p> {
        let first = self.alloc(2 * most);
        let mut list = Word::NIL;
        let (mut cell, mut link): (_, *mut Word) = (first, &mut list);
        // SAFETY: 2 * most fresh words, of which those that are not used are given back: a cell is two
        // of them. The link is that to the next cell: `list` or the tail of the last one.
        unsafe {
            loop {
                match next() {
                    Ok(item) => {
                        assert!(cell < first.add(2 * most), "there are no more than was said");
                        *cell = item.word();
                        *link = Word::from_cons_ptr(cell);
                        link = cell.add(1);
                        cell = cell.add(2);
                    }
                    Err(tail) => {
                        *link = tail.word();
                        self.hp = cell;
                        return Term::from_word(list);
                    }
                }
            }
        }
    }

    /// `{items...}`
    #[inline]
    pub fn tuple(&mut self, items: &[Term<'p>]) -> Term<'p> {
        let p = self.alloc(1 + items.len());
        // SAFETY: 1 + n fresh words; a Term is a transparent Word.
        unsafe {
            *p = tuple_header(items.len());
            p.add(1).copy_from_nonoverlapping(items.as_ptr().cast(), items.len());
        }
        self.boxed(p)
    }

    /// Any integer.
    #[inline]
    pub fn int(&mut self, n: i64) -> Term<'p> {
        match Word::try_small(n) {
            Some(w) => Term::immediate(w),
            None => self.big(BigRef { negative: n < 0, limbs: &[n.unsigned_abs()] }),
        }
    }

    /// Any integer that is not negative.
    #[inline]
    pub fn uint(&mut self, n: u64) -> Term<'p> {
        if n <= num::SMALL_MAX as u64 {
            return Term::small(n as i64);
        }
        self.big(BigRef { negative: false, limbs: &[n] })
    }

    /// An integer of up to 128 bits.
    pub fn int128(&mut self, n: i128) -> Term<'p> {
        match i64::try_from(n) {
            Ok(n) => self.int(n),
            Err(_) => {
                let m = n.unsigned_abs();
                self.integer(BigRef { negative: n < 0, limbs: &[m as u64, (m >> 64) as u64] })
            }
        }
    }

    /// An integer given by its limbs, in its one representation.
    #[inline]
    pub fn integer(&mut self, n: BigRef<'_>) -> Term<'p> {
        let mut limbs = n.limbs;
        while let [rest @ .., 0] = limbs {
            limbs = rest;
        }
        let n = BigRef { limbs, ..n };
        match n.to_small() {
            Some(v) => Term::small(v),
            None => self.big(n),
        }
    }

    /// The integer whose magnitude `fill` writes to so many limbs, which are zero.
    #[inline]
    pub fn integer_in_place(
        &mut self,
        negative: bool,
        most: usize,
        fill: impl FnOnce(&mut [u64]),
    ) -> Result<Term<'p>, SystemLimit> {
        let p = self.alloc(1 + most);
        // SAFETY: 1 + most fresh words, all written before a slice shows them or the object is whole.
        unsafe {
            zero_words(p.add(1), most);
            fill(std::slice::from_raw_parts_mut(p.add(1).cast(), most));
            self.integer_at(p, negative, most)
        }
    }

    /// The integer of so many limbs, which `next` gives from the lowest on. For such as are few.
    #[inline(always)]
    pub fn integer_of_limbs(
        &mut self,
        negative: bool,
        most: usize,
        mut next: impl FnMut(usize) -> u64,
    ) -> Result<Term<'p>, SystemLimit> {
        let p = self.alloc(1 + most);
        // SAFETY: 1 + most fresh words, all written before the object is whole. Volatile, as the compiler
        // would prepare for many.
        unsafe {
            for i in 0..most {
                p.add(1 + i).write_volatile(Word(next(i)));
            }
            self.integer_at(p, negative, most)
        }
    }

    /// `bnot` of an integer on a heap: `-n - 1`, the other sign and a magnitude of one more or less. It is
    /// no small one either.
    #[inline]
    pub(super) fn complement(&mut self, n: BigRef<'_>) -> Result<Term<'p>, SystemLimit> {
        let p = self.alloc(2 + n.limbs.len());
        let mut len = 0;
        // SAFETY: 2 + n fresh words, of which 1 + len are written and kept.
        unsafe {
            let mut over = true;
            for limb in n.limbs {
                let step = u64::from(over);
                let next;
                (next, over) = if n.negative {
                    limb.overflowing_sub(step)
                } else {
                    limb.overflowing_add(step)
                };
                len += 1;
                // As the compiler would prepare for many.
                p.add(len).write_volatile(Word(next));
            }
            if over {
                len += 1;
                *p.add(len) = Word(1);
            } else if (*p.add(len)).0 == 0 {
                len -= 1;
            }
            if len > MAX_LIMBS {
                self.hp = p;
                return Err(SystemLimit);
            }
            *p = header(if n.negative { Kind::BigPos } else { Kind::BigNeg }, len);
            self.hp = p.add(1 + len);
        }
        Ok(self.boxed(p))
    }

    /// The integer whose limbs are at `p` behind the room for a header. What is not used is given back.
    ///
    /// # Safety
    /// `p` is where the last that was taken of the area lies: 1 + `most` words, all but the first written.
    #[inline(always)]
    unsafe fn integer_at(
        &mut self,
        p: *mut Word,
        negative: bool,
        most: usize,
    ) -> Result<Term<'p>, SystemLimit> {
        // SAFETY: the caller's promise.
        unsafe {
            let limbs = std::slice::from_raw_parts(p.add(1).cast(), most);
            let n = BigRef::new(negative, limbs);
            if n.limbs.len() < 2
                && let Some(v) = n.to_small()
            {
                self.hp = p;
                return Ok(Term::small(v));
            }
            if n.limbs.len() > MAX_LIMBS {
                self.hp = p;
                return Err(SystemLimit);
            }
            *p = big_header(n);
            self.hp = p.add(1 + n.limbs.len());
        }
        Ok(self.boxed(p))
    }

    /// An integer of a sign and a magnitude of more bits than a small integer has.
    #[inline(always)]
    pub(super) fn magnitude(&mut self, negative: bool, n: u128) -> Term<'p> {
        debug_assert!(n > num::SMALL_MAX as u128 + 1);
        let (low, high) = (n as u64, (n >> 64) as u64);
        if high == 0 {
            self.big(BigRef { negative, limbs: &[low] })
        } else {
            self.big(BigRef { negative, limbs: &[low, high] })
        }
    }

    /// An integer of limbs as they are where one is on a heap.
    #[inline(always)]
    pub(super) fn big(&mut self, n: BigRef<'_>) -> Term<'p> {
        // Few words that there is room for need no call.
        if n.limbs.len() <= 4 && self.room_at_hp() > n.limbs.len() {
            self.big_here(n)
        } else {
            self.big_anywhere(n.negative, n.limbs)
        }
    }

    #[inline(never)]
    fn big_anywhere(&mut self, negative: bool, limbs: &[u64]) -> Term<'p> {
        self.big_here(BigRef { negative, limbs })
    }

    #[inline(always)]
    fn big_here(&mut self, n: BigRef<'_>) -> Term<'p> {
        let p = self.alloc(1 + n.limbs.len());
        // SAFETY: 1 + n fresh words.
        unsafe {
            *p = big_header(n);
            copy_words(n.limbs.as_ptr().cast(), p.add(1), n.limbs.len());
        }
        self.boxed(p)
    }

    /// A float; not an infinity or a NaN, which Erlang does not have.
    #[inline]
    pub fn float(&mut self, x: f64) -> Term<'p> {
        debug_assert!(x.is_finite());
        match Word::try_float(x) {
            Some(w) => Term::immediate(w),
            None => {
                let p = self.alloc(2);
                // SAFETY: two fresh words.
                unsafe {
                    *p = header(Kind::Float, 1);
                    *p.add(1) = Word(x.to_bits());
                }
                self.boxed(p)
            }
        }
    }

    /// A binary that holds a copy of `bytes`.
    pub fn binary(&mut self, bytes: &[u8]) -> Term<'p> {
        if bytes.len() > HEAP_BITS_MAX_BYTES {
            return self.adopt_binary(Binary::from_bytes(bytes), bytes.len() * 8);
        }
        let (len, words) = (bytes.len(), bytes.len().div_ceil(8));
        let p = self.alloc(2 + words);
        // SAFETY: 2 + words fresh words, of which the last may have bytes over: they are zero.
        unsafe {
            *p = header(Kind::HeapBits, 1 + words);
            *p.add(1) = Word(len as u64 * 8);
            let to = p.add(2);
            match words {
                0 => {}
                1 => *to = Word(word_of(bytes)),
                2 => {
                    *to = Word(word_of(&bytes[..8]));
                    *to.add(1) = Word(word_of(&bytes[8..]));
                }
                _ => {
                    *to.add(words - 1) = Word(0);
                    to.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), len);
                }
            }
        }
        self.boxed(p)
    }

    /// A tuple of `n` items that are all `value`, unless `change` puts others in their place.
    #[inline]
    pub fn tuple_filled(
        &mut self,
        n: usize,
        value: Term<'p>,
        change: impl FnOnce(&mut [Term<'p>]),
    ) -> Term<'p> {
        let p = self.alloc(1 + n);
        // SAFETY: 1 + n fresh words, all of which are terms before a slice shows them; a Term is a
        // transparent Word.
        unsafe {
            *p = tuple_header(n);
            let items = p.add(1).cast::<Term<'p>>();
            for i in 0..n {
                items.add(i).write(value);
            }
            change(std::slice::from_raw_parts_mut(items, n));
        }
        self.boxed(p)
    }

    /// A tuple of all that `items` gives. `None` if that is more than `most`, so many of which it has given
    /// then, and one more.
    #[inline(always)]
    pub fn tuple_of_few(
        &mut self,
        most: usize,
        items: &mut impl Iterator<Item = Term<'p>>,
    ) -> Option<Term<'p>> {
        let p = self.alloc(1 + most);
        let mut n = 0;
        // SAFETY: 1 + most fresh words, of which 1 + n are written and kept, or none.
        unsafe {
            for item in items {
                if n == most {
                    self.hp = p;
                    return None;
                }
                n += 1;
                *p.add(n) = item.word();
            }
            *p = tuple_header(n);
            self.hp = p.add(1 + n);
        }
        Some(self.boxed(p))
    }

    /// A binary of `len` bytes that `fill` puts in, one run behind the other: more than fit a heap.
    pub(crate) fn binary_of_runs(&mut self, len: usize, fill: impl FnOnce(&mut Runs)) -> Term<'p> {
        assert!(len > HEAP_BITS_MAX_BYTES, "what is small lies on the heap");
        self.adopt_binary(Binary::from_runs(len, fill), len * 8)
    }

    /// A tuple of those items, but that the one at `i` is `item`.
    #[inline]
    pub fn tuple_with(&mut self, items: &[Term<'p>], i: usize, item: Term<'p>) -> Term<'p> {
        assert!(i < items.len());
        let p = self.alloc(1 + items.len());
        // SAFETY: 1 + n fresh words; a Term is a transparent Word.
        unsafe {
            *p = tuple_header(items.len());
            copy_words(items.as_ptr().cast(), p.add(1), items.len());
            *p.add(1 + i) = item.word();
        }
        self.boxed(p)
    }

    /// A tuple of those runs of items.
    #[inline]
    pub fn tuple_of<const N: usize>(&mut self, runs: [&[Term<'p>]; N]) -> Term<'p> {
        let n = runs.iter().map(|run| run.len()).sum();
        let p = self.alloc(1 + n);
        // SAFETY: 1 + n fresh words; a Term is a transparent Word.
        unsafe {
            *p = tuple_header(n);
            let mut to = p.add(1);
            for run in runs {
                copy_words(run.as_ptr().cast(), to, run.len());
                to = to.add(run.len());
            }
        }
        self.boxed(p)
    }

    /// A binary of `len` bytes, which `fill` writes.
    pub fn binary_with(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Term<'p> {
        self.bits_with(len * 8, fill)
    }

    /// A bitstring of `bits` bits, which `fill` writes into zeroed bytes. Bits of the last byte
    /// beyond the size must be left zero.
    pub fn bits_with(&mut self, bits: usize, fill: impl FnOnce(&mut [u8])) -> Term<'p> {
        let len = bits.div_ceil(8);
        if len <= HEAP_BITS_MAX_BYTES {
            return self.heap_bits(bits, fill);
        }
        let b = Binary::new(len, len);
        // SAFETY: the binary is fresh, ours alone, and has `len` bytes.
        fill(unsafe { std::slice::from_raw_parts_mut(Binary::data(b.as_ptr()), len) });
        self.adopt_binary(b, bits)
    }

    /// A binary of what `fill` writes: as many of up to `max` bytes, which are zero, as it says,
    /// from the first. `None` if there is no memory for so many.
    pub fn binary_up_to<E>(
        &mut self,
        max: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<usize, E>,
    ) -> Option<Result<Term<'p>, E>> {
        if max <= HEAP_BITS_MAX_BYTES {
            let mut bytes = [0; HEAP_BITS_MAX_BYTES];
            return Some(fill(&mut bytes[..max]).map(|n| self.binary(&bytes[..n])));
        }
        let b = Binary::try_new(max)?;
        // SAFETY: the binary is fresh, ours alone, and has `max` bytes.
        let filled = fill(unsafe { std::slice::from_raw_parts_mut(Binary::data(b.as_ptr()), max) });
        match filled {
            Ok(n) if n > max / 2 && n > HEAP_BITS_MAX_BYTES => {
                assert!(n <= max, "no more than there was room for");
                Some(Ok(self.adopt_binary(b, n * 8)))
            }
            // What would waste much of the room is copied.
            other => {
                let count = crate::heap::binary::BinaryCount::take(b);
                Some(other.map(|n| self.binary(count.bytes(0, n))))
            }
        }
    }

    /// A binary that shows bytes held outside.
    pub fn shared_binary(&mut self, bytes: &crate::heap::SharedBytes) -> Term<'p> {
        let len = bytes.as_slice().len();
        if len <= HEAP_BITS_MAX_BYTES {
            return self.binary(bytes.as_slice());
        }
        let (binary, start) = bytes.parts();
        let whole = self.adopt_binary(binary.another(), (start + len) * 8);
        self.sub_bits(whole, start * 8, len * 8)
    }

    /// A bitstring that is a copy of those bits.
    pub fn bits(&mut self, v: BitsView<'_>) -> Term<'p> {
        match (v.as_bytes(), v.bits) {
            (Some(bytes), 1..=64) => self.bits_of_word(word_of(bytes), v.bits),
            (Some(bytes), _) => self.binary(bytes),
            (None, 1..=64) => {
                // SAFETY: the view's bytes hold its bits.
                let bits = unsafe { bitfield::read(v.bytes.as_ptr(), v.start, v.bits) };
                self.bits_of_word((bits << (64 - v.bits)).to_be(), v.bits)
            }
            _ => self.bits_with(v.bits, |to| copy_bits(v.bytes, v.start, to, 0, v.bits)),
        }
    }

    /// A bitstring of up to 64 bits: those that the word begins with in memory. All others are zero.
    #[inline(always)]
    fn bits_of_word(&mut self, word: u64, bits: usize) -> Term<'p> {
        debug_assert!(
            (1..=64).contains(&bits) && word.to_be().trailing_zeros() >= 64 - bits as u32
        );
        let p = self.alloc(3);
        // SAFETY: three fresh words.
        unsafe {
            *p = header(Kind::HeapBits, 2);
            *p.add(1) = Word(bits as u64);
            *p.add(2) = Word(word);
        }
        self.boxed(p)
    }

    /// A binary of the first bytes of these, from 1 to 8.
    #[inline]
    pub fn short_binary(&mut self, bytes: [u8; 8], len: usize) -> Term<'p> {
        assert!((1..=8).contains(&len), "as many as there are");
        let mask = (!0_u64 << (64 - 8 * len)).to_be();
        self.bits_of_word(u64::from_ne_bytes(bytes) & mask, len * 8)
    }

    fn heap_bits(&mut self, bits: usize, fill: impl FnOnce(&mut [u8])) -> Term<'p> {
        let (len, words) = (bits.div_ceil(8), bits.div_ceil(64));
        let p = self.alloc(2 + words);
        // SAFETY: 2 + words fresh words; the data words are zeroed before a slice shows them.
        unsafe {
            *p = header(Kind::HeapBits, 1 + words);
            *p.add(1) = Word(bits as u64);
            p.add(2).write_bytes(0, words);
            fill(std::slice::from_raw_parts_mut(p.add(2).cast::<u8>(), len));
        }
        self.boxed(p)
    }

    /// The first `bits` bits of an off-heap binary; takes over the caller's reference.
    pub(crate) fn adopt_binary(&mut self, b: NonNull<Binary>, bits: usize) -> Term<'p> {
        let p = self.alloc(3 + 4);
        // SAFETY: seven fresh words: a BinRef and the SubBits that shows it.
        unsafe {
            *p = header(Kind::BinRef, 2);
            *p.add(1) = Word(b.as_ptr() as u64);
            self.off_heap.push(p);
            let s = p.add(3);
            *s = header(Kind::SubBits, 3);
            *s.add(1) = Word(0);
            *s.add(2) = Word(bits as u64);
            *s.add(3) = Word::from_boxed_ptr(p);
            self.boxed(s)
        }
    }

    /// As [`Area::sub_bits`] of a binary whose bytes are `bytes`: those from `start` to `end`.
    pub fn sub_binary(&mut self, of: Term<'p>, bytes: &[u8], start: usize, end: usize) -> Term<'p> {
        let part = &bytes[start..end];
        if part.len() * 8 <= COPIED_BITS && part.len() < bytes.len() {
            return self.binary(part);
        }
        self.sub_bits(of, start * 8, part.len() * 8)
    }

    /// The part of `bits` bits from bit `offset` of bitstring `of`, sharing its bytes. Panics if
    /// `of` is no bitstring or the part does not lie within it.
    pub fn sub_bits(&mut self, of: Term<'p>, offset: usize, bits: usize) -> Term<'p> {
        let v = of.as_bits().expect("sub_bits of a bitstring");
        assert!(
            offset.checked_add(bits).is_some_and(|e| e <= v.bits),
            "part of a bitstring within it"
        );
        // SAFETY: those are its bits, and the part lies within.
        unsafe { self.part_of(of, v, offset, bits) }
    }

    /// The same of whole bytes, from `from` on. `None` if `of` is no bitstring, or they do not lie within.
    #[inline]
    pub fn sub_bytes(&mut self, of: Term<'p>, from: usize, to: usize) -> Option<Term<'p>> {
        let v = of.as_bits()?;
        if from > to || to > v.bits / 8 {
            return None;
        }
        // SAFETY: those are its bits, and the part lies within.
        Some(unsafe { self.part_of(of, v, from * 8, (to - from) * 8) })
    }

    /// # Safety
    /// `v` are the bits of `of`, and the part lies within.
    #[inline(always)]
    unsafe fn part_of(
        &mut self,
        of: Term<'p>,
        v: BitsView<'p>,
        offset: usize,
        bits: usize,
    ) -> Term<'p> {
        if offset == 0 && bits == v.bits {
            return of;
        }
        if bits <= COPIED_BITS {
            return self.bits(v.part(offset, bits));
        }
        let o = of.word().boxed_ptr();
        // SAFETY: `of` is HeapBits (its own bytes, from 0) or SubBits (fields as in `layout`).
        let (base, target) = unsafe {
            if of.kind() == Some(Kind::HeapBits) {
                (0, of.word())
            } else {
                ((*o.add(1)).0 as usize, *o.add(3))
            }
        };
        let p = self.alloc(4);
        // SAFETY: four fresh words.
        unsafe {
            *p = header(Kind::SubBits, 3);
            *p.add(1) = Word((base + offset) as u64);
            *p.add(2) = Word(bits as u64);
            *p.add(3) = target;
        }
        self.boxed(p)
    }

    /// A list of small integers, one a character.
    pub fn string(&mut self, s: &str) -> Term<'p> {
        if s.is_ascii() {
            return self.byte_list(s.as_bytes(), Term::nil());
        }
        let chars = s.chars().map(|c| Term::small(i64::from(u32::from(c))));
        self.list_of(s.chars().count(), chars, Term::nil())
    }

    /// A list of small integers, one a byte, that ends in `tail`.
    pub fn byte_list(&mut self, bytes: &[u8], tail: Term<'p>) -> Term<'p> {
        if bytes.is_empty() {
            return tail;
        }
        // Not by `list_of`, which asks each time whether there is one more.
        let first = self.alloc(2 * bytes.len());
        // SAFETY: two fresh words for each byte, all of which are written: a cell is two of them.
        unsafe {
            let mut cell = first;
            for byte in bytes {
                *cell = Word::small(i64::from(*byte));
                let next = cell.add(2);
                *cell.add(1) = Word::from_cons_ptr(next);
                cell = next;
            }
            *cell.sub(1) = tail.word();
            Term::from_word(Word::from_cons_ptr(first))
        }
    }

    /// A reference with a number unique in the machine, an alias of `alias_of` if given.
    pub fn reference(&mut self, number: u64, alias_of: Option<Pid>) -> Term<'p> {
        let p = self.alloc(3);
        // SAFETY: three fresh words.
        unsafe {
            *p = header(Kind::Ref, 2);
            *p.add(1) = Word(number);
            *p.add(2) = Word(alias_of.map_or(0, |pid| Word::from_pid(pid).0));
        }
        self.boxed(p)
    }

    /// A reference to `object`, which lives as long as such a reference does.
    pub fn magic_reference(&mut self, number: u64, object: Arc<dyn Any + Send + Sync>) -> Term<'p> {
        let object = Arc::into_raw(Arc::new(Magic::new(object)));
        self.magic(number, object)
    }

    /// Another reference of that number to the same object.
    pub(crate) fn same_magic_reference(&mut self, number: u64, object: Arc<Magic>) -> Term<'p> {
        self.magic(number, Arc::into_raw(object))
    }

    pub(crate) fn magic(&mut self, number: u64, counted: *const Magic) -> Term<'p> {
        let p = self.alloc(4);
        // SAFETY: four fresh words; the object takes over the count of `counted`.
        unsafe {
            *p = header(Kind::MagicRef, 3);
            *p.add(1) = Word(number);
            *p.add(2) = Word(counted as u64);
            self.off_heap.push(p);
        }
        self.boxed(p)
    }

    /// A pid, port or reference (`kind`) of another node.
    pub fn external(&mut self, kind: Kind, node: Atom, creation: u32, ids: &[u64]) -> Term<'p> {
        assert!(matches!(kind, Kind::ExtPid | Kind::ExtPort | Kind::ExtRef));
        let p = self.alloc(3 + ids.len());
        // SAFETY: 3 + n fresh words.
        unsafe {
            *p = header(kind, 2 + ids.len());
            *p.add(1) = Word::from_atom(node);
            *p.add(2) = Word(u64::from(creation));
            p.add(3).cast::<u64>().copy_from_nonoverlapping(ids.as_ptr(), ids.len());
        }
        self.boxed(p)
    }

    /// A function value of a lambda that lives as long as the machine.
    pub fn fun(
        &mut self,
        lambda: &'static Lambda,
        creator: Term<'p>,
        env: &[Term<'p>],
    ) -> Term<'p> {
        assert_eq!(lambda.num_free as usize, env.len());
        let p = self.alloc(3 + env.len());
        // SAFETY: 3 + n fresh words.
        unsafe {
            *p = header(Kind::Fun, 2 + env.len());
            *p.add(1) = Word(lambda as *const Lambda as u64);
            *p.add(2) = creator.word();
            p.add(3).copy_from_nonoverlapping(env.as_ptr().cast(), env.len());
        }
        self.boxed(p)
    }

    /// `fun M:F/A`
    pub fn export_fun(&mut self, export: &'static Export) -> Term<'p> {
        let p = self.alloc(2);
        // SAFETY: two fresh words.
        unsafe {
            *p = header(Kind::ExportFun, 1);
            *p.add(1) = Word(export as *const Export as u64);
        }
        self.boxed(p)
    }

    /// An object whose words after the header are all terms (tuples and the parts of maps), for
    /// the parts of the machine that know layouts.
    pub(crate) fn object(&mut self, kind: Kind, words: &[Term<'p>]) -> Term<'p> {
        debug_assert_eq!(kind.raw_words(words.len()), 0);
        let p = self.alloc(1 + words.len());
        // SAFETY: 1 + n fresh words; a Term is a transparent Word.
        unsafe {
            *p = header(kind, words.len());
            p.add(1).copy_from_nonoverlapping(words.as_ptr().cast(), words.len());
        }
        self.boxed(p)
    }

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
