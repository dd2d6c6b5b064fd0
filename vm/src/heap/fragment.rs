//! Heap fragments: blocks of terms that belong to no heap yet (a message on its way) or that a
//! native built when the heap had no room.
//!
//! A signal between processes is a fragment too: its head says what kind it is and its words hold
//! the terms it carries, so that a message costs one allocation.
//!
//! A fragment owns its words and the off-heap objects in its own list. A process adopts it by
//! linking it into its list of fragments; the next collection moves what is alive out of it.

use super::blocks::{self, MAPPED};
use super::counted::{self, Purpose};
use super::words::{copy_immediates, copy_words};
use crate::process::signal::SignalKind;
use crate::term::Word;
use crate::term::layout::{Kind, header, header_arity, header_kind};
use crate::vm::{Wanted, out_of_memory};
use std::alloc::Layout;
use std::ptr::{NonNull, null_mut};

/// The head of a fragment; `capacity` words follow it in the same allocation.
#[repr(C)]
pub struct Fragment {
    /// The next fragment of whoever owns this one.
    pub next: *mut Fragment,
    /// First of the off-heap objects in this fragment (see [`OffHeap`]).
    pub off_heap: OffHeap,
    /// Words in use.
    pub used: usize,
    capacity: usize,
    /// What a signal carries, `Word::NONE` if nothing; it lies in this fragment or is immediate.
    pub term: Word,
    /// What the fragment is on its way as.
    pub signal: SignalKind,
}

const HEAD: usize = size_of::<Fragment>();
const _: () = assert!(HEAD.is_multiple_of(8));

impl Fragment {
    fn layout(capacity: usize) -> Layout {
        Layout::from_size_align(HEAD + capacity * 8, 8).expect("a fragment's size is below 2^62")
    }

    /// An empty fragment with room for `capacity` words.
    pub fn new(capacity: usize) -> NonNull<Fragment> {
        let layout = Self::layout(capacity);
        let p = if capacity < MAPPED {
            // SAFETY: the layout is not empty (HEAD > 0).
            unsafe { counted::get(Purpose::Processes, layout) }.cast::<Fragment>()
        } else {
            counted::count(Purpose::Processes, layout.size() as i64);
            blocks::get(HEAD / 8 + capacity).cast()
        };
        let Some(p) = NonNull::new(p) else { out_of_memory(Wanted::Fragment, layout) };
        // SAFETY: `p` is fresh and large enough for the head.
        unsafe {
            p.write(Fragment {
                next: null_mut(),
                off_heap: OffHeap::EMPTY,
                used: 0,
                capacity,
                term: Word::NONE,
                signal: SignalKind::Data,
            })
        };
        p
    }

    /// Address of the first word.
    #[inline(always)]
    pub fn words(this: *const Fragment) -> *mut Word {
        this.cast::<u8>().cast_mut().wrapping_add(HEAD).cast()
    }

    /// Words there is room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Copies the words in use to `to`, where they are whole terms by themselves, and makes `term`
    /// refer to the copy.
    ///
    /// # Safety
    /// There is room at `to`; the terms refer to nothing but each other and literals, and there
    /// are no off-heap objects among them.
    #[inline]
    pub unsafe fn move_words(&mut self, to: *mut Word) {
        let from = Fragment::words(self);
        let used = self.used;
        let bytes = used as u64 * 8;
        let distance = (to as u64).wrapping_sub(from as u64);
        let moved = |w: Word| {
            // The address, but for the two bits of its tag.
            let offset = w.0.wrapping_sub(from as u64);
            if offset < bytes { Word(w.0.wrapping_add(distance)) } else { w }
        };
        // SAFETY: the words are whole objects one after the other; a header says how many words
        // follow, and how many of them are not terms.
        unsafe {
            let (mut at, mut to, end) = (from, to, from.add(used));
            while at < end {
                let w = *at;
                if w.is_immediate() {
                    *to = w;
                } else if !w.is_header() {
                    *to = moved(w);
                } else {
                    *to = w;
                    if header_kind(w) != Kind::Tuple {
                        let raw = header_kind(w).raw_words(header_arity(w));
                        copy_words(at.add(1), to.add(1), raw);
                        (at, to) = (at.add(raw), to.add(raw));
                    }
                }
                (at, to) = (at.add(1), to.add(1));
            }
        }
        if !self.term.is_immediate() {
            self.term = moved(self.term);
        }
    }

    /// Moves the term and its words to a fragment that has room for them; none are in use here
    /// afterwards.
    ///
    /// # Safety
    /// The other is the caller's and unused, and has that room; nothing else refers to the words.
    pub unsafe fn move_to(&mut self, other: *mut Fragment) {
        let (from, to) = (Fragment::words(self), Fragment::words(other));
        let moved = |p: *mut Word| p.wrapping_byte_add((to as usize).wrapping_sub(from as usize));
        // SAFETY: all off-heap objects of the list are among the words, whose links are copied as
        // they are and then led to the copies.
        unsafe {
            self.move_words(to);
            (*other).term = self.term;
            (*other).used = self.used;
            let mut next = self.off_heap.0;
            (*other).off_heap = OffHeap(if next.is_null() { next } else { moved(next) });
            while !next.is_null() {
                let link = OffHeap::link(moved(next));
                next = (*link).0 as *mut Word;
                if !next.is_null() {
                    *link = Word(moved(next) as u64);
                }
            }
        }
        (self.used, self.off_heap) = (0, OffHeap::EMPTY);
    }

    /// Copies the `used` words in use to `to` if they are a tuple of immediates. False: they are
    /// something else.
    ///
    /// # Safety
    /// There is room at `to`; some words are in use, and they are whole objects.
    #[inline(always)]
    pub unsafe fn copy_flat_tuple(&self, used: usize, to: *mut Word) -> bool {
        let from = Fragment::words(self);
        // SAFETY: a tuple's header is followed by as many terms as it says.
        unsafe {
            if *from != header(Kind::Tuple, used - 1) {
                return false;
            }
            *to = *from;
            copy_immediates(from.add(1), to.add(1), used - 1)
        }
    }

    /// Frees the fragment's memory; its off-heap objects are the caller's business.
    ///
    /// # Safety
    /// Nothing refers to the fragment's words any more.
    pub unsafe fn free(this: NonNull<Fragment>) {
        // SAFETY: the caller promises that nothing uses it; the layout is the one it was made with.
        unsafe {
            let capacity = this.as_ref().capacity;
            let layout = Self::layout(capacity);
            if capacity < MAPPED {
                counted::give_back(Purpose::Processes, this.as_ptr().cast(), layout);
            } else {
                counted::count(Purpose::Processes, -(layout.size() as i64));
                blocks::give_back(this.as_ptr().cast(), HEAD / 8 + capacity);
            }
        }
    }

    /// Frees the fragment and drops the references that its off-heap objects hold.
    ///
    /// # Safety
    /// Nothing refers to the fragment's words any more.
    pub unsafe fn drop_whole(this: NonNull<Fragment>) {
        // SAFETY: as the caller promises; the objects of the list lie in this fragment.
        unsafe {
            (*this.as_ptr()).off_heap.release_all();
            crate::trace::seq::drop_token((*this.as_ptr()).signal);
            Self::free(this);
        }
    }
}

/// A list of the off-heap objects (`BinRef`, `MagicRef`) of a heap or fragment, linked through
/// their last word. Whoever holds the list holds their references.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct OffHeap(pub *mut Word);

impl OffHeap {
    /// No objects.
    pub const EMPTY: OffHeap = OffHeap(null_mut());

    /// Puts the object whose header is at `obj` first.
    ///
    /// # Safety
    /// `obj` is a whole `BinRef` or `MagicRef` in no list.
    #[inline]
    pub unsafe fn push(&mut self, obj: *mut Word) {
        // SAFETY: both kinds have their link as the last word of a whole object.
        unsafe { *Self::link(obj) = Word(self.0 as u64) };
        self.0 = obj;
    }

    /// Where the link to the first object of an empty list is, as [`OffHeap::push_last`] wants it.
    pub(super) fn end_of_none(&mut self) -> *mut Word {
        (&raw mut self.0).cast()
    }

    /// Puts the object whose header is at `obj` behind that whose link is at `end`; where its link is,
    /// which is still to be written.
    ///
    /// # Safety
    /// `obj` is a whole `BinRef` or `MagicRef` in no list, `end` what this or `end_of_none` gave for a
    /// list that has not moved.
    #[inline]
    pub(super) unsafe fn push_last(end: *mut Word, obj: *mut Word) -> *mut Word {
        // SAFETY: `end` is the last link of a list, or its head, which is a word too.
        unsafe {
            *end = Word(obj as u64);
            Self::link(obj)
        }
    }

    /// The link word of an off-heap object.
    ///
    /// # Safety
    /// `obj` is a whole `BinRef` or `MagicRef`.
    #[inline]
    pub unsafe fn link(obj: *mut Word) -> *mut Word {
        // SAFETY: the header says how many words follow.
        unsafe { obj.add(header_arity(*obj)) }
    }

    /// Appends `other`, which is then part of this list.
    ///
    /// # Safety
    /// Both lists are whole and have no object in common.
    pub unsafe fn append(&mut self, other: OffHeap) {
        if other.0.is_null() {
            return;
        }
        let mut last = other.0;
        // SAFETY: a list's links lead from object to object and end in null.
        unsafe {
            loop {
                let link = Self::link(last);
                let next = (*link).0 as *mut Word;
                if next.is_null() {
                    *link = Word(self.0 as u64);
                    break;
                }
                last = next;
            }
        }
        self.0 = other.0;
    }

    /// Drops the reference that the object at `obj` holds.
    ///
    /// # Safety
    /// `obj` is a whole `BinRef` or `MagicRef` whose reference has not been dropped.
    pub unsafe fn release(obj: *mut Word) {
        // SAFETY: the layout table of the two kinds; each holds one reference.
        unsafe {
            match header_kind(*obj) {
                Kind::BinRef => {
                    let p = (*obj.add(1)).0 as *mut super::Binary;
                    super::Binary::release(NonNull::new_unchecked(p));
                }
                Kind::MagicRef => {
                    let p = (*obj.add(2)).0 as *const super::magic::Magic;
                    std::sync::Arc::decrement_strong_count(p);
                }
                k => unreachable!("{k:?} in an off-heap list"),
            }
        }
    }

    /// Bytes of the binary that the object at `obj` refers to.
    ///
    /// # Safety
    /// `obj` is a whole `BinRef` or `MagicRef`.
    pub unsafe fn object_bytes(obj: *const Word) -> usize {
        // SAFETY: a BinRef's first word is the address of its binary, which it holds.
        unsafe {
            if header_kind(*obj) == Kind::BinRef {
                (*((*obj.add(1)).0 as *const super::Binary)).capacity()
            } else {
                0
            }
        }
    }

    /// Address, bytes and references of the binaries that the listed objects refer to.
    ///
    /// # Safety
    /// The list is whole.
    pub unsafe fn binaries(&self) -> Vec<(usize, usize, usize)> {
        let mut all = Vec::new();
        let mut obj = self.0;
        while !obj.is_null() {
            // SAFETY: the list is whole; a BinRef's first word is the address of its binary, which
            // it holds.
            unsafe {
                if header_kind(*obj) == Kind::BinRef {
                    let b = (*obj.add(1)).0 as *const super::Binary;
                    let address = super::Binary::data(b) as usize;
                    all.push((address, (*b).capacity(), (*b).references()));
                }
                obj = (*Self::link(obj)).0 as *mut Word;
            }
        }
        all
    }

    /// Bytes of the binaries that the listed objects refer to.
    ///
    /// # Safety
    /// The list is whole.
    pub unsafe fn bytes(&self) -> usize {
        let mut sum = 0;
        let mut obj = self.0;
        while !obj.is_null() {
            // SAFETY: the list is whole.
            unsafe {
                sum += Self::object_bytes(obj);
                obj = (*Self::link(obj)).0 as *mut Word;
            }
        }
        sum
    }

    /// Drops all references and empties the list.
    ///
    /// # Safety
    /// The list is whole, and none of its objects is used afterwards.
    pub unsafe fn release_all(&mut self) {
        let mut obj = self.0;
        self.0 = null_mut();
        while !obj.is_null() {
            // SAFETY: the list is whole; the next link is read before the object is given up.
            unsafe {
                let next = (*Self::link(obj)).0 as *mut Word;
                Self::release(obj);
                obj = next;
            }
        }
    }
}
