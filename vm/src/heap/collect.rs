//! The collector: Cheney copying in two generations.
//!
//! A minor collection moves what is alive in the young heap and the fragments: objects below the
//! high-water mark to the old block, the others to a new young block. A major one moves everything
//! to a new young block. Literals are recognised by their address and never moved.
//!
//! Invariant used throughout: a moved object leaves a forwarding mark in place of its first word:
//! a boxed pointer where a header was, or `Word::NONE` as a cons cell's head (with the new
//! address in its tail). Neither can occur in a live object.

use super::fragment::OffHeap;
use super::process_heap::{
    FIRST_VIRTUAL_LIMIT, Heap, alloc_block, free_block, next_size, words_between,
};
use crate::term::Word;
use crate::term::layout::{header_arity, header_kind};

/// What a collection starts from, besides the stack: words to be updated in place.
pub struct Roots<'a> {
    /// Slices of words: address and length.
    pub slices: &'a [(*mut Word, usize)],
}

/// Address and length in bytes of the literal arena.
pub type LiteralRange = (usize, usize);

struct Collector {
    literals: LiteralRange,
    /// Range that is not moved (the old block in a minor collection).
    kept: (usize, usize),
    /// Range whose objects go to the old block.
    mature: (usize, usize),
    new_top: *mut Word,
    old_top: *mut Word,
}

/// Collects so that at least `need` words are free between heap and stack.
///
/// # Safety
/// `heap` satisfies its invariant, `roots` and the stack hold all terms that are used afterwards,
/// and nothing else of the process's terms is kept across the call.
pub unsafe fn collect(
    heap: &mut Heap,
    roots: &Roots<'_>,
    need: usize,
    literals: LiteralRange,
    major: bool,
) {
    let mature = words_between(heap.start, heap.high_water);
    let major = major
        || heap.minors >= heap.fullsweep_after
        || (!heap.old_start.is_null() && words_between(heap.old_top, heap.old_end) < mature);
    // SAFETY: the caller's promises are handed on.
    unsafe {
        if !major {
            minor_collection(heap, roots, need, literals, mature);
            if heap.free_words() >= need {
                return;
            }
        }
        major_collection(heap, roots, need, literals);
    }
}

/// # Safety
/// As [`collect`]; `mature` words fit in the old block, if there is one.
unsafe fn minor_collection(
    heap: &mut Heap,
    roots: &Roots<'_>,
    need: usize,
    literals: LiteralRange,
    mature: usize,
) {
    if heap.old_start.is_null() && mature > 0 {
        let words = next_size(mature * 2);
        heap.old_start = alloc_block(words);
        heap.old_top = heap.old_start;
        heap.old_end = heap.old_start.wrapping_add(words);
    }
    let young = words_between(heap.start, heap.top);
    let stack = heap.stack_words();
    let upper = young - mature + heap.fragment_words + stack + need;
    let same = heap.block_words();
    let suits = size_that_suits(heap, same);
    // What can survive must fit; if that takes a larger block than suits, it is only for now.
    let words = next_size(suits.max(upper).max(heap.min_words as usize));

    let old_scan = heap.old_top;
    // SAFETY: the new block holds all that may be moved to it (`upper`), the old block all mature
    // words; the rest is the caller's promise.
    unsafe {
        let new_start = alloc_block(words);
        let mut c = Collector {
            literals,
            kept: range(heap.old_start, heap.old_end),
            mature: range(heap.start, heap.high_water),
            new_top: new_start,
            old_top: heap.old_top,
        };
        let stop = c.move_roots(heap, roots, new_start.add(words), stack);
        c.scan(new_start, old_scan);
        let old_range = c.kept;
        heap.old_top = c.old_top;
        let list = std::mem::replace(&mut heap.off_heap, OffHeap::EMPTY);
        heap.sweep(list, old_range);
        heap.install(new_start, words, c.new_top, stop);
        let enough = next_size(suits.max((heap.survived + stack + need) * 2));
        if enough * 2 <= words {
            resize(heap, roots, enough, literals);
        }
    }
    heap.minors += 1;
    heap.minors_awake = heap.minors_awake.saturating_add(1);
}

/// The block size for a process whose block has `same` words: larger if half of it survived last
/// time, or if it has been collected several times since it last slept (idle processes stay small).
fn size_that_suits(heap: &Heap, same: usize) -> usize {
    const BUSY_LIMIT: usize = 4096;
    if heap.survived * 2 > same {
        same + same / 2
    } else if heap.minors_awake % 4 == 3 && same < BUSY_LIMIT {
        same * 2
    } else {
        same
    }
}

/// # Safety
/// As [`collect`].
unsafe fn major_collection(
    heap: &mut Heap,
    roots: &Roots<'_>,
    need: usize,
    literals: LiteralRange,
) {
    let stack = heap.stack_words();
    let upper = heap.used_words() + stack + need;
    let words = next_size(upper.max(heap.min_words as usize));
    // SAFETY: the new block holds all that may be moved to it; the rest is the caller's promise.
    unsafe {
        let new_start = alloc_block(words);
        let mut c = Collector {
            literals,
            kept: (0, 0),
            mature: (0, 0),
            new_top: new_start,
            old_top: std::ptr::null_mut(),
        };
        let stop = c.move_roots(heap, roots, new_start.add(words), stack);
        c.scan(new_start, std::ptr::null_mut());
        let young = std::mem::replace(&mut heap.off_heap, OffHeap::EMPTY);
        let old = std::mem::replace(&mut heap.old_off_heap, OffHeap::EMPTY);
        heap.sweep(young, (0, 0));
        heap.sweep(old, (0, 0));
        if !heap.old_start.is_null() {
            poison(heap.old_start, heap.old_block_words());
            free_block(heap.old_start, heap.old_block_words());
            heap.old_start = std::ptr::null_mut();
            heap.old_top = std::ptr::null_mut();
            heap.old_end = std::ptr::null_mut();
        }
        heap.install(new_start, words, c.new_top, stop);
    }
    heap.minors = 0;
    // The block was sized for the worst case: give back what is far too large.
    let wanted = next_size((heap.survived * 2 + stack + need).max(heap.min_words as usize));
    if wanted * 2 < words {
        // SAFETY: as the caller promises; the heap is whole again.
        unsafe { resize(heap, roots, wanted, literals) };
    }
}

/// Moves a young heap that has just been collected to a block of `words` words, which must hold
/// all of it.
///
/// # Safety
/// As [`collect`]; there are no fragments, and nothing in the old block refers to the young one.
unsafe fn resize(heap: &mut Heap, roots: &Roots<'_>, words: usize, literals: LiteralRange) {
    let stack = heap.stack_words();
    debug_assert!(words_between(heap.start, heap.top) + stack <= words);
    // SAFETY: the block is large enough; the caller's promises.
    unsafe {
        let new_start = alloc_block(words);
        let mut c = Collector {
            literals,
            kept: range(heap.old_start, heap.old_end),
            mature: (0, 0),
            new_top: new_start,
            old_top: std::ptr::null_mut(),
        };
        let stop = c.move_roots(heap, roots, new_start.add(words), stack);
        c.scan(new_start, std::ptr::null_mut());
        let list = std::mem::replace(&mut heap.off_heap, OffHeap::EMPTY);
        heap.sweep(list, (0, 0));
        heap.install(new_start, words, c.new_top, stop);
    }
}

fn range(from: *const Word, to: *const Word) -> (usize, usize) {
    (from as usize, to as usize - from as usize)
}

#[inline(always)]
fn within(p: *const Word, (base, len): (usize, usize)) -> bool {
    (p as usize).wrapping_sub(base) < len
}

impl Collector {
    /// Copies the stack to the end of the new block, and moves what it and the roots refer to.
    /// Returns the new top of the stack.
    ///
    /// # Safety
    /// As [`collect`]; the block that ends at `end` holds stack and survivors.
    unsafe fn move_roots(
        &mut self,
        heap: &Heap,
        roots: &Roots<'_>,
        end: *mut Word,
        stack: usize,
    ) -> *mut Word {
        // SAFETY: the stack's words are the process's; the new block has room for them at its end.
        unsafe {
            let stop = end.sub(stack);
            stop.copy_from_nonoverlapping(heap.stop, stack);
            for i in 0..stack {
                self.forward(stop.add(i));
            }
            for &(at, len) in roots.slices {
                for i in 0..len {
                    self.forward(at.add(i));
                }
            }
            stop
        }
    }

    /// Moves what the word at `slot` refers to, if it is to be moved, and updates the word.
    ///
    /// # Safety
    /// `slot` holds a term, a code address or a header-tagged word; each slot is visited once.
    #[inline(always)]
    unsafe fn forward(&mut self, slot: *mut Word) {
        // SAFETY: a pointer term points to a whole object or to one with a forwarding mark.
        unsafe {
            let w = *slot;
            if w.is_immediate() || w.is_header() {
                return;
            }
            let p = w.ptr();
            if within(p, self.literals) || within(p, self.kept) {
                return;
            }
            if w.is_cons() {
                if (*p).is_none() {
                    *slot = *p.add(1);
                    return;
                }
                let to = self.place(p, 2);
                *to = *p;
                *to.add(1) = *p.add(1);
                let new = Word::from_cons_ptr(to);
                *p = Word::NONE;
                *p.add(1) = new;
                *slot = new;
            } else {
                let h = *p;
                if h.is_boxed() {
                    *slot = h;
                    return;
                }
                let n = 1 + header_arity(h);
                let to = self.place(p, n);
                to.copy_from_nonoverlapping(p, n);
                let new = Word::from_boxed_ptr(to);
                *p = new;
                *slot = new;
            }
        }
    }

    #[inline(always)]
    fn place(&mut self, from: *const Word, n: usize) -> *mut Word {
        let top = if within(from, self.mature) { &mut self.old_top } else { &mut self.new_top };
        let to = *top;
        *top = to.wrapping_add(n);
        to
    }

    /// Moves what the moved objects refer to, until nothing is left to move.
    ///
    /// # Safety
    /// The blocks from the two scan pointers on hold whole moved objects.
    unsafe fn scan(&mut self, mut new_scan: *mut Word, mut old_scan: *mut Word) {
        // SAFETY: the promise above; objects are stepped over by their header.
        unsafe {
            loop {
                while new_scan < self.new_top {
                    new_scan = self.scan_word(new_scan);
                }
                if old_scan >= self.old_top {
                    return;
                }
                while old_scan < self.old_top {
                    old_scan = self.scan_word(old_scan);
                }
            }
        }
    }

    /// # Safety
    /// `at` is a header or a term word of a moved object.
    #[inline(always)]
    unsafe fn scan_word(&mut self, at: *mut Word) -> *mut Word {
        // SAFETY: a header says how many of its words are not terms.
        unsafe {
            let w = *at;
            if w.is_header() {
                return at.add(1 + header_kind(w).raw_words(header_arity(w)));
            }
            self.forward(at);
            at.add(1)
        }
    }
}

impl Heap {
    /// Sorts off-heap objects after a move: those that were moved stay listed, with the block they
    /// are in now; the others give up their reference.
    ///
    /// # Safety
    /// `list` holds the objects of the space that was just left.
    unsafe fn sweep(&mut self, list: OffHeap, old: (usize, usize)) {
        let mut obj = list.0;
        while !obj.is_null() {
            // SAFETY: an object that was moved has a forwarding mark and its copy has the link;
            // one that was not is whole.
            unsafe {
                let h = *obj;
                if h.is_boxed() {
                    let new = h.boxed_ptr();
                    obj = (*OffHeap::link(new)).0 as *mut Word;
                    if within(new, old) {
                        self.old_off_heap.push(new);
                    } else {
                        self.off_heap.push(new);
                    }
                } else {
                    let next = (*OffHeap::link(obj)).0 as *mut Word;
                    OffHeap::release(obj);
                    obj = next;
                }
            }
        }
    }

    /// Replaces the young block and drops the fragments.
    ///
    /// # Safety
    /// Everything alive has been moved out of the old young block and the fragments.
    unsafe fn install(&mut self, start: *mut Word, words: usize, top: *mut Word, stop: *mut Word) {
        // SAFETY: the promise above.
        unsafe {
            poison(self.start, self.block_words());
            free_block(self.start, self.block_words());
            self.free_fragments();
            self.start = start;
            self.end = start.add(words);
            self.top = top;
            self.stop = stop;
            self.high_water = top;
            self.survived = words_between(start, top);
            self.virtual_bytes = 0;
            // What is alive counts: collect again when as much has come to it, or the first limit.
            self.virtual_limit = (self.off_heap.bytes() * 2).max(FIRST_VIRTUAL_LIMIT);
        }
    }
}

/// Under `gc_zeal`, fills memory that is given up with words that no code can take for a term.
///
/// # Safety
/// The block is about to be freed.
pub(super) unsafe fn poison(p: *mut Word, words: usize) {
    if cfg!(feature = "gc_zeal") {
        for i in 0..words {
            // SAFETY: within the block.
            unsafe { *p.add(i) = Word(0xDEAD_DEAD_DEAD_DEA5) };
        }
    }
}
