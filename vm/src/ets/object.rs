//! One object of a table: a tuple in a block of its own, outside all process heaps.
//!
//! Invariant: everything that the tuple reaches lies in its block, is immediate, or is counted by
//! the block's off-heap list (literals are copied too, so that a table outlives modules). Whoever
//! holds an [`Object`] owns its block.

use crate::heap::LiteralRange;
use crate::heap::counted::{self, Purpose};
use crate::heap::fragment::OffHeap;
use crate::heap::words::{copy_fresh_words, copy_words};
use crate::term::layout::{header_arity, tuple_header};
use crate::term::{Area, Term, Word, copy};
use crate::vm::{Wanted, out_of_memory};
use std::alloc::Layout;
use std::ptr::{NonNull, null_mut};

/// No literals: everything is copied.
const COPY_ALL: LiteralRange = LiteralRange::NONE;

/// The head of an object's block; the words of the tuple follow it.
#[repr(C)]
pub(super) struct Head {
    /// The next object of a chain, for tables that are made of chains.
    pub next: *mut Head,
    /// Hash of the key, for tables that hash.
    pub hash: u64,
    off_heap: OffHeap,
    words: u32,
    /// Deleted while the table was fixed: only its place remains.
    pub dead: bool,
    counts_as: Purpose,
}

const HEAD: usize = size_of::<Head>();
const _: () = assert!(HEAD.is_multiple_of(8));

/// An object that somebody owns.
pub(super) struct Object(NonNull<Head>);

// SAFETY: an object owns its block alone; counted things it refers to are for every thread.
unsafe impl Send for Object {}
// SAFETY: what is shared of an object is only read.
unsafe impl Sync for Object {}

impl Object {
    fn layout(words: usize) -> Layout {
        Layout::from_size_align(HEAD + words * 8, 8).expect("an object's size is below 2^62")
    }

    fn allocate(words: usize, counts_as: Purpose) -> Object {
        let layout = Self::layout(words);
        // SAFETY: the layout is not empty.
        let p = unsafe { counted::get(counts_as, layout) }.cast::<Head>();
        let Some(p) = NonNull::new(p) else { out_of_memory(Wanted::Object, layout) };
        let head = Head {
            next: null_mut(),
            hash: 0,
            off_heap: OffHeap::EMPTY,
            words: u32::try_from(words).expect("an object has less than 2^32 words"),
            dead: false,
            counts_as,
        };
        // SAFETY: `p` is fresh and large enough for the head.
        unsafe { p.write(head) };
        Object(p)
    }

    /// A copy of a tuple.
    pub fn copy(tuple: Term<'_>) -> Object {
        if let Some(elements) = tuple.as_tuple()
            && elements.iter().all(|e| e.is_immediate())
        {
            return Self::of_immediates(elements);
        }
        let n = copy::copied_size(tuple, COPY_ALL);
        let object = Self::allocate(n, Purpose::Tables);
        let mut hp = object.data();
        // SAFETY: the block is fresh and has room for the copy, whose first word is the root's
        // header, as the copy begins with the root.
        unsafe {
            let head = object.0.as_ptr();
            copy::copy_to(tuple, &mut hp, &mut (*head).off_heap, COPY_ALL);
        }
        object
    }

    /// A tuple of those elements, which are immediates.
    pub fn of_immediates(elements: &[Term<'_>]) -> Object {
        let n = elements.len();
        let object = Self::allocate(1 + n, Purpose::Tables);
        let first = object.data();
        // SAFETY: the block is fresh and has room for the header and the elements' words.
        unsafe {
            *first = tuple_header(n);
            copy_fresh_words(elements.as_ptr().cast(), first.add(1), n);
        }
        object
    }

    /// A tuple of copies of those elements.
    pub fn of_elements(elements: &[Term<'_>]) -> Object {
        Self::counted_as(Purpose::Tables, elements)
    }

    /// The same, of no table: terms that belong to what lives as long as a binary does.
    pub fn outside_tables(elements: &[Term<'_>]) -> Object {
        Self::counted_as(Purpose::Binaries, elements)
    }

    fn counted_as(purpose: Purpose, elements: &[Term<'_>]) -> Object {
        let n = elements.len();
        let sizes: usize = elements.iter().map(|e| copy::copied_size(*e, COPY_ALL)).sum();
        let object = Self::allocate(1 + n + sizes, purpose);
        let first = object.data();
        // SAFETY: the block is fresh and has room for the header, the elements' words and their
        // copies.
        unsafe {
            *first = tuple_header(n);
            let mut hp = first.add(1 + n);
            let head = object.0.as_ptr();
            for (i, e) in elements.iter().enumerate() {
                *first.add(1 + i) = copy::copy_to(*e, &mut hp, &mut (*head).off_heap, COPY_ALL);
            }
        }
        object
    }

    /// The tuple's header word.
    fn data(&self) -> *mut Word {
        self.0.as_ptr().cast::<u8>().wrapping_add(HEAD).cast()
    }

    /// Words of the block, its head included.
    pub fn size_in_words(&self) -> usize {
        // SAFETY: ours.
        HEAD / 8 + unsafe { self.0.as_ref() }.words as usize
    }

    /// The object, which is now the caller's to give back to [`Object::from_raw`].
    pub fn into_raw(self) -> *mut Head {
        let p = self.0.as_ptr();
        std::mem::forget(self);
        p
    }

    /// The object whose head is at `p`.
    ///
    /// # Safety
    /// `p` came from [`Object::into_raw`], and the caller gives it up.
    pub unsafe fn from_raw(p: *mut Head) -> Object {
        // SAFETY: into_raw gives no null.
        Object(unsafe { NonNull::new_unchecked(p) })
    }

    /// The head, seen in place.
    pub fn head(&self) -> *const Head {
        self.0.as_ptr()
    }

    /// The whole tuple.
    #[inline]
    pub fn term(&self) -> Term<'_> {
        // SAFETY: a whole term in our block, which lives as long as the borrow.
        unsafe { Term::from_word(term_of(self.0.as_ptr())) }
    }

    /// The elements.
    #[inline]
    pub fn elements(&self) -> &[Term<'_>] {
        self.term().as_tuple().expect("objects are tuples")
    }

    /// The key of a table with that key position (from 1).
    #[inline]
    pub fn key(&self, position: usize) -> Term<'_> {
        self.elements()[position - 1]
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // SAFETY: ours; its terms were borrowed from it.
        unsafe {
            let p = self.0.as_ptr();
            (*p).off_heap.release_all();
            counted::give_back((*p).counts_as, p.cast(), Self::layout((*p).words as usize));
        }
    }
}

/// The tuple of the object whose head is at `p`.
#[inline(always)]
pub(super) fn term_of(p: *const Head) -> Word {
    Word::from_boxed_ptr(p.cast::<u8>().wrapping_add(HEAD).cast())
}

/// The key of the object at `p`.
///
/// # Safety
/// `p` is an object with at least `position` elements.
#[inline(always)]
pub(super) unsafe fn key_of(p: *const Head, position: usize) -> Word {
    // SAFETY: the element is there.
    unsafe { *p.cast::<u8>().add(HEAD).cast::<Word>().add(position) }
}

/// The key of the object whose tuple is `t`.
///
/// # Safety
/// `t` is the tuple of an object with at least `position` elements.
#[inline(always)]
pub(super) unsafe fn key(t: Term<'_>, position: usize) -> Term<'_> {
    // SAFETY: the elements follow the tuple's header; what they are stays as long as the tuple.
    unsafe { Term::from_word(*t.word().boxed_ptr().add(position)) }
}

/// A copy of the whole object whose tuple is `t`.
///
/// # Safety
/// `t` is the tuple of an object.
#[inline]
pub(super) unsafe fn copy_out<'p>(t: Term<'_>, area: &mut Area<'p>) -> Term<'p> {
    // SAFETY: the head lies before the tuple; the copy of what a block holds takes as many words.
    unsafe {
        let from = t.word().boxed_ptr();
        let head = from.cast::<u8>().sub(HEAD).cast::<Head>();
        let words = (*head).words as usize;
        let mut hp = area.alloc(words);
        if words == 1 + header_arity(*from) {
            // There is nothing but the tuple, so that all in it is immediate.
            copy_words(from, hp, words);
            return Term::from_word(Word::from_boxed_ptr(hp));
        }
        if (*head).off_heap.0.is_null() {
            copy::copy_block(from, hp, words);
            return Term::from_word(Word::from_boxed_ptr(hp));
        }
        let mut off_heap = OffHeap::EMPTY;
        let w = copy::copy_to(t, &mut hp, &mut off_heap, COPY_ALL);
        area.note_off_heap_list(off_heap);
        Term::from_word(w)
    }
}

/// Address, bytes and references of the binaries that the object whose tuple is `t` refers to.
///
/// # Safety
/// `t` is the tuple of an object.
pub(super) unsafe fn binaries(t: Term<'_>) -> Vec<(usize, usize, usize)> {
    // SAFETY: the head lies before the tuple, and an object's list is whole.
    unsafe { (*t.word().boxed_ptr().cast::<u8>().sub(HEAD).cast::<Head>()).off_heap.binaries() }
}

/// Writes immediates over the elements of an object that has as many and whose elements are immediates
/// too; false: it is no such object.
///
/// # Safety
/// `p` is an object that nobody else looks at meanwhile.
pub(super) unsafe fn overwrite(p: *mut Head, elements: &[Term<'_>]) -> bool {
    // SAFETY: the object is as long as its header says. Where it has no more words than its tuple, what
    // the elements were need not be freed.
    unsafe {
        let tuple = p.cast::<u8>().add(HEAD).cast::<Word>();
        let n = elements.len();
        let fits = *tuple == tuple_header(n) && (*p).words as usize == 1 + n;
        if fits {
            copy_fresh_words(elements.as_ptr().cast(), tuple.add(1), n);
        }
        fits
    }
}

/// Replaces the element at `i` (from 0) by an immediate if what is there is one; false: it is not, or
/// there is none.
///
/// # Safety
/// `p` is an object that nobody else looks at meanwhile.
pub(super) unsafe fn replace_immediate(p: *mut Head, i: usize, value: Term<'_>) -> bool {
    // SAFETY: the tuple's header says whether there is such an element.
    unsafe {
        let tuple = p.cast::<u8>().add(HEAD).cast::<Word>();
        if i >= header_arity(*tuple) {
            return false;
        }
        let slot = tuple.add(1 + i);
        let fits = (*slot).is_immediate() && value.is_immediate();
        if fits {
            *slot = value.word();
        }
        fits
    }
}

/// Adds `n` to the element at `i` (from 0) where it lies, if that is a small integer and the sum is
/// one too; gives the sum.
///
/// # Safety
/// `p` is an object that nobody else looks at meanwhile; the element is not its key.
pub(super) unsafe fn add_small(p: *mut Head, i: usize, n: i64) -> Option<Word> {
    // SAFETY: the tuple's header says whether there is such an element.
    unsafe {
        let tuple = p.cast::<u8>().add(HEAD).cast::<Word>();
        if i >= header_arity(*tuple) {
            return None;
        }
        let slot = tuple.add(1 + i);
        if !(*slot).is_small() {
            return None;
        }
        // Both have 60 bits.
        let sum = Word::try_small((*slot).small_value() + n)?;
        *slot = sum;
        Some(sum)
    }
}
