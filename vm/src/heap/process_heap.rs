//! The heap and stack of one process: its blocks, sizes and what it accounts for.
//!
//! One block holds the young heap, growing up from `start`, and the stack, growing down from
//! `end`; `top..stop` is free. Terms that survived two collections lie in the old block. Fragments
//! are adopted messages and what natives built when there was no room; the next collection moves
//! what is alive in them.
//!
//! Invariant between instructions: every term word reachable from the roots points into the young
//! heap, the old heap, an adopted fragment or the literal arena. Objects below `high_water` refer
//! only to objects below it or to old ones (terms are immutable, so an object refers to older
//! objects alone).

use super::blocks::{alloc_block, free_block, set_aside_block, take_up_block};
use super::fragment::{Fragment, OffHeap};
use super::put_off::Left;
use crate::term::Word;
use std::ptr::{NonNull, null_mut};

/// Words of the first block of a process that asks for no other size: one of the allocator's sizes,
/// so that none of it is lost.
pub const FIRST_BLOCK: usize = 56;

/// The heap of one process. All addresses are its own; nobody else reads or writes them.
#[repr(C)]
pub struct Heap {
    /// First free word of the young heap.
    pub top: *mut Word,
    /// Top of the stack: lowest word in use.
    pub stop: *mut Word,
    /// First word of the young block.
    pub start: *mut Word,
    /// One past the last word of the young block; the stack's bottom.
    pub end: *mut Word,
    /// Words used in fragments, and in the blocks that collections put off have left.
    pub fragment_words: usize,
    /// Bytes of off-heap binaries referred to since the last collection: the virtual heap.
    pub virtual_bytes: usize,
    /// How many virtual bytes make a collection due.
    pub virtual_limit: usize,
    /// Minor collections since the process last slept: a process that is collected often in one
    /// go is busy and gets a larger block.
    pub minors_awake: u16,
    /// Minor collections since the last major one.
    pub minors: u16,
    /// After how many minor collections a major one is due, as `fullsweep_after` asks.
    pub fullsweep_after: u16,
    /// What lies below has survived a collection.
    pub high_water: *mut Word,
    /// First word of the old block (null: none).
    pub old_start: *mut Word,
    /// First free word of the old block.
    pub old_top: *mut Word,
    /// One past the last word of the old block.
    pub old_end: *mut Word,
    /// Adopted fragments.
    pub fragments: *mut Fragment,
    /// Off-heap objects of the young heap and the fragments.
    pub off_heap: OffHeap,
    /// Off-heap objects of the old heap.
    pub old_off_heap: OffHeap,
    /// How many bytes of binaries may still come to be referred to by the old heap before a full
    /// collection is due.
    pub old_bytes_left: usize,
    /// The smallest block, as `min_heap_size` asks.
    pub min_words: u32,
    /// The young blocks that collections put off have left behind (see `put_off`).
    pub(super) left: Option<Box<Left>>,
}

/// Fewer free words are no room for most of what natives build.
const LITTLE_ROOM: usize = 64;

/// Virtual bytes that make a collection due in a young process (OTP: 32,768 words).
pub const FIRST_VIRTUAL_LIMIT: usize = 46_422 * 8;

impl Heap {
    /// The bytes at the start that a process touches when it runs and does not collect.
    pub const HOT_BYTES: usize = 64;

    /// A heap whose first block has `words` words.
    pub fn new(words: usize, fullsweep_after: u16) -> Heap {
        Heap::in_block(alloc_block(words), words, fullsweep_after)
    }

    /// A heap with nothing but that block in it.
    #[inline]
    fn in_block(start: *mut Word, words: usize, fullsweep_after: u16) -> Heap {
        let end = start.wrapping_add(words);
        Heap {
            top: start,
            stop: end,
            start,
            end,
            high_water: start,
            old_start: null_mut(),
            old_top: null_mut(),
            old_end: null_mut(),
            fragments: null_mut(),
            fragment_words: 0,
            off_heap: OffHeap::EMPTY,
            old_off_heap: OffHeap::EMPTY,
            virtual_bytes: 0,
            virtual_limit: FIRST_VIRTUAL_LIMIT,
            old_bytes_left: FIRST_VIRTUAL_LIMIT,
            min_words: words as u32,
            minors: 0,
            minors_awake: 0,
            fullsweep_after,
            left: None,
        }
    }

    /// Makes a heap as [`Heap::new`] does of one that [`Heap::free_but_first`] has freed.
    pub fn renew(&mut self, words: usize, fullsweep_after: u16) {
        debug_assert!(self.fragments.is_null() && self.left.is_none());
        debug_assert!(self.off_heap.0.is_null() && self.old_off_heap.0.is_null());
        *self = if self.start.is_null() || words != FIRST_BLOCK {
            // SAFETY: there are no terms in it.
            unsafe { self.free_kept() };
            Heap::new(words, fullsweep_after)
        } else {
            take_up_block(FIRST_BLOCK);
            Heap::in_block(self.start, FIRST_BLOCK, fullsweep_after)
        };
    }

    /// Words of the young block.
    pub fn block_words(&self) -> usize {
        words_between(self.start, self.end)
    }

    /// Words of its blocks and fragments.
    pub fn words(&self) -> usize {
        self.block_words() + self.old_block_words() + self.fragment_words
    }

    /// Words of the old block.
    pub fn old_block_words(&self) -> usize {
        words_between(self.old_start, self.old_end)
    }

    /// Words in use, young, old and in fragments, without the stack.
    pub fn used_words(&self) -> usize {
        words_between(self.start, self.top)
            + words_between(self.old_start, self.old_top)
            + self.fragment_words
    }

    /// Words on the stack.
    pub fn stack_words(&self) -> usize {
        words_between(self.stop, self.end)
    }

    /// Free words between heap and stack.
    #[inline(always)]
    pub fn free_words(&self) -> usize {
        words_between(self.top, self.stop)
    }

    /// Whether fragments or binaries have grown so much that a collection is due, with so many words
    /// free between heap and stack. Where hardly any are, natives build in fragments alone, which
    /// costs more than building in the block, so few of those are enough.
    #[inline(always)]
    pub fn collection_due(&self, free: usize) -> bool {
        (self.fragment_words > 64
            && (self.fragment_words > self.block_words() || free < LITTLE_ROOM))
            || self.virtual_bytes > self.virtual_limit
    }

    /// From where to where the words in use of each fragment lie.
    pub fn fragment_sizes(&self) -> Vec<(usize, usize)> {
        let mut all = Vec::new();
        let mut f = self.fragments;
        while !f.is_null() {
            let from = Fragment::words(f) as usize;
            // SAFETY: the heap's own chain.
            unsafe {
                all.push((from, from + (*f).capacity() * 8));
                f = (*f).next;
            }
        }
        all
    }

    /// Calls `f` with each run of words in use, but for the stack: where it begins, and how many.
    pub(crate) fn used_slices(&self, mut f: impl FnMut(*mut Word, usize)) {
        f(self.start, words_between(self.start, self.top));
        f(self.old_start, words_between(self.old_start, self.old_top));
        for (start, words) in self.left_words() {
            f(start, words);
        }
        let mut fragment = self.fragments;
        while !fragment.is_null() {
            // SAFETY: the heap's own chain.
            unsafe {
                f(Fragment::words(fragment), (*fragment).used);
                fragment = (*fragment).next;
            }
        }
    }

    /// Takes over a chain of fragments and their off-heap objects (which `off_heap` lists, or each
    /// fragment's own list).
    ///
    /// # Safety
    /// `chain` is owned by the caller, who gives it up, and is not empty.
    pub unsafe fn adopt(&mut self, chain: NonNull<Fragment>) {
        let mut last = chain.as_ptr();
        // SAFETY: the chain is the caller's, links lead to its other fragments and end in null.
        unsafe {
            loop {
                self.fragment_words += (*last).used;
                let list = std::mem::replace(&mut (*last).off_heap, OffHeap::EMPTY);
                self.adopt_off_heap(list);
                if (*last).next.is_null() {
                    break;
                }
                last = (*last).next;
            }
            (*last).next = self.fragments;
        }
        self.fragments = chain.as_ptr();
    }

    /// Takes over the off-heap objects of `list` and counts their bytes.
    ///
    /// # Safety
    /// The objects lie in this heap or its fragments and are in no other list.
    pub unsafe fn adopt_off_heap(&mut self, list: OffHeap) {
        if !list.0.is_null() {
            // SAFETY: the caller's promise.
            unsafe {
                self.virtual_bytes += list.bytes();
                self.off_heap.append(list);
            }
        }
    }

    /// Takes everything: what stays is as a heap that [`Heap::free_but_first`] has freed.
    pub fn take(&mut self) -> Heap {
        std::mem::replace(self, Heap::in_block(null_mut(), 0, 0))
    }

    /// Frees everything.
    ///
    /// # Safety
    /// Nothing refers to this heap's terms any more; the heap is not used again.
    pub unsafe fn free(&mut self) {
        // SAFETY: the caller's promise.
        unsafe {
            self.free_but_first();
            self.free_kept();
        }
    }

    /// Frees everything but the first block, if the heap has not grown beyond it. That does not count
    /// as in use any more.
    ///
    /// # Safety
    /// Nothing refers to this heap's terms any more; the heap is not used again before
    /// [`Heap::renew`].
    #[inline]
    pub unsafe fn free_but_first(&mut self) {
        // SAFETY: the lists and blocks are this heap's own, and the caller gives them up.
        unsafe {
            self.off_heap.release_all();
            self.old_off_heap.release_all();
            self.free_fragments();
            self.free_left();
            if self.block_words() == FIRST_BLOCK {
                set_aside_block(FIRST_BLOCK);
            } else {
                free_block(self.start, self.block_words());
                self.start = null_mut();
            }
            if !self.old_start.is_null() {
                free_block(self.old_start, self.old_block_words());
                self.old_start = null_mut();
            }
        }
    }

    /// Frees the block that [`Heap::free_but_first`] has kept, if any.
    ///
    /// # Safety
    /// As there.
    pub unsafe fn free_kept(&mut self) {
        if !self.start.is_null() {
            take_up_block(FIRST_BLOCK);
            // SAFETY: the heap's own block, of that size.
            unsafe { free_block(self.start, FIRST_BLOCK) };
            self.start = null_mut();
        }
    }

    /// Frees the fragments' memory; what was alive in them has been moved.
    ///
    /// # Safety
    /// Nothing refers to the fragments' words any more, and their off-heap objects are accounted
    /// for elsewhere.
    pub(super) unsafe fn free_fragments(&mut self) {
        while let Some(f) = NonNull::new(self.fragments) {
            // SAFETY: the chain is ours.
            unsafe {
                self.fragments = f.as_ref().next;
                super::collect::poison(Fragment::words(f.as_ptr()), f.as_ref().capacity());
                Fragment::free(f);
            }
        }
        self.fragment_words = 0;
    }
}

/// Words from `a` to `b`.
#[inline(always)]
pub fn words_between(a: *const Word, b: *const Word) -> usize {
    (b as usize - a as usize) / 8
}

/// The block size for at least `words` words: steps that grow by a half, then by a quarter.
pub fn next_size(words: usize) -> usize {
    let mut size = FIRST_BLOCK;
    while size < words {
        size += if size < 1 << 20 { size / 2 } else { size / 4 };
    }
    size
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heap_that_is_used_again_is_as_new() {
        let mut heap = Heap::new(FIRST_BLOCK, 10);
        let start = heap.start;
        heap.top = heap.top.wrapping_add(7);
        heap.high_water = heap.top;
        heap.old_start = alloc_block(FIRST_BLOCK);
        heap.old_top = heap.old_start.wrapping_add(3);
        heap.old_end = heap.old_start.wrapping_add(FIRST_BLOCK);
        (heap.minors, heap.minors_awake, heap.virtual_bytes) = (3, 2, 1000);
        // SAFETY: there are no terms in it, and the old block is its own.
        unsafe { heap.free_but_first() };
        heap.renew(FIRST_BLOCK, 20);
        assert_eq!((heap.start, heap.top, heap.high_water), (start, start, start));
        assert_eq!(heap.stop, start.wrapping_add(FIRST_BLOCK));
        assert_eq!([heap.old_start, heap.old_top, heap.old_end], [null_mut(); 3]);
        assert_eq!((heap.minors, heap.minors_awake, heap.virtual_bytes), (0, 0, 0));
        assert_eq!(heap.fullsweep_after, 20);
        // SAFETY: as above.
        unsafe { heap.free() };
    }
}
