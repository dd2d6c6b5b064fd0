//! Building terms: [`Area`] hands out heap words and makes every kind of object in them.
//!
//! Invariant: building never moves a term. An area that runs out of room goes on in a new
//! fragment; the owner adopts the fragments when the area is closed, and the next collection
//! gathers them.

mod bits;
mod maps;
mod numbers;

use super::layout::{Kind, header, tuple_header};
use super::{Atom, Pid, Term, Word};
use crate::code::{Export, Lambda};
use crate::heap::fragment::{Fragment, OffHeap};
use crate::heap::magic::Magic;
use crate::heap::words::copy_words;
use crate::num;
use std::any::Any;
use std::marker::PhantomData;
use std::ptr::null_mut;
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

const FIRST_FRAGMENT: usize = 62;

impl<'p> Area<'p> {
    /// Where in it is the top of what has been built.
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    pub(crate) const TOP: usize = std::mem::offset_of!(Area<'static>, hp);

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

    /// Terms in front of `tail`, the last first, at most `most` of them and no more than there is room for
    /// without another fragment; and how many those are.
    #[inline(always)]
    pub fn list_of_reversed_in_room(
        &mut self,
        most: usize,
        terms: &mut impl Iterator<Item = Term<'p>>,
        tail: Term<'p>,
    ) -> (Term<'p>, usize) {
        let most = most.min(self.room_at_hp() / 2);
        let (first, mut cell) = (self.hp, self.hp);
        let end = first.wrapping_add(2 * most);
        let mut list = tail.word();
        // SAFETY: a cell is two words, of which there are free ones up to `end`; those that are taken are
        // written.
        unsafe {
            while cell < end {
                let Some(term) = terms.next() else { break };
                *cell = term.word();
                *cell.add(1) = list;
                list = Word::from_cons_ptr(cell);
                cell = cell.add(2);
            }
            self.hp = cell;
            (Term::from_word(list), (cell.addr() - first.addr()) / (2 * size_of::<Word>()))
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
        if self.room_at_hp() < 1 + most {
            self.grow(1 + most);
        }
        self.tuple_in_room(most, items)
    }

    /// The same, `None` also if there is no room for it without another fragment.
    #[inline(always)]
    pub fn tuple_in_room(
        &mut self,
        most: usize,
        items: &mut impl Iterator<Item = Term<'p>>,
    ) -> Option<Term<'p>> {
        let most = most.min(self.room_at_hp().checked_sub(1)?);
        let p = self.hp;
        let mut n = 0;
        // SAFETY: 1 + most free words, of which 1 + n are written and taken, or none.
        unsafe {
            for item in items {
                if n == most {
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
}
