//! Collections that would take long, put off until a dirty worker can make them.
//!
//! A collection is due in the middle of an instruction. Where there is much to move, an instruction
//! that does nothing but reserve words ends the slice and is begun anew afterwards
//! (`interp::make_room`). What is in the middle of something cannot do so: the young block is left as
//! it is, like a fragment, and the process goes on in a new block that has the stack and the room that
//! is needed. No term moves. The next collection finds what is alive in the blocks left behind; what
//! was mature in the first of them grows old as if it had been made at once.

use super::blocks::{MAPPED, alloc_block, free_block};
use super::collect::{poison, range};
use super::process_heap::{Heap, next_size, words_between};
use crate::term::Word;

/// Words to move that take about a millisecond.
const LONG: usize = if cfg!(feature = "gc_zeal") { 1 << 12 } else { 1 << 17 };
/// Under `gc_zeal`, of how many such collections one is put off: the others are to be made where they
/// are due.
const LONG_ONE_IN: u64 = 8;
/// Free words in the first new block, besides those that are needed: mostly enough until the slice's
/// end. As many are free after a collection that an instruction has left for.
pub const ROOM: usize = 1 << 10;

/// A young block that has been left behind.
pub struct Left {
    start: *mut Word,
    top: *mut Word,
    end: *mut Word,
    high_water: *mut Word,
    /// The one left behind before it.
    before: Option<Box<Left>>,
}

impl Left {
    /// The one left behind first.
    fn first(&self) -> &Left {
        let mut left = self;
        while let Some(before) = &left.before {
            left = before;
        }
        left
    }
}

impl Heap {
    /// Whether a collection may have so much to move that it is one for a dirty worker.
    pub fn collection_is_long(&self, compact: bool) -> bool {
        let young = words_between(self.start, self.top) + self.fragment_words + self.stack_words();
        let whole = compact || self.minors >= self.fullsweep_after || self.old_is_full();
        let old = if whole { words_between(self.old_start, self.old_top) } else { 0 };
        young + old >= LONG && (!cfg!(feature = "gc_zeal") || self.is_one_in(LONG_ONE_IN))
    }

    /// True where heap and stack end at one place out of `n`, whenever it is asked.
    fn is_one_in(&self, n: u64) -> bool {
        let ends = self.top as u64 ^ (self.stop as u64).rotate_left(32);
        (ends.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).is_multiple_of(n)
    }

    /// Whether freeing it is work for a dirty worker.
    pub fn freeing_is_long(&self) -> bool {
        self.block_words() + self.old_block_words() + self.fragment_words >= MAPPED
    }

    /// Goes on in a new block with at least `need` free words. There is more room in each until the
    /// next collection, so that the stack is not copied often.
    pub fn put_off_collection(&mut self, need: usize) {
        let stack = self.stack_words();
        let room = if self.left.is_some() { self.block_words() } else { ROOM };
        let words = next_size(stack + need + room);
        let start = alloc_block(words);
        let end = start.wrapping_add(words);
        let stop = end.wrapping_sub(stack);
        // SAFETY: the new block has more than `stack` words, which are copied to its end.
        unsafe { stop.copy_from_nonoverlapping(self.stop, stack) };
        let (old_start, top, old_end) = (self.start, self.top, self.end);
        let (high_water, before) = (self.high_water, self.left.take());
        self.left =
            Some(Box::new(Left { start: old_start, top, end: old_end, high_water, before }));
        self.fragment_words += words_between(old_start, top);
        (self.start, self.top, self.high_water) = (start, start, start);
        (self.stop, self.end) = (stop, end);
    }

    /// Where what has survived a collection lies; it grows old in the next.
    pub(super) fn mature(&self) -> (usize, usize) {
        match self.left.as_ref().map(|left| left.first()) {
            Some(left) => range(left.start, left.high_water),
            None => range(self.start, self.high_water),
        }
    }

    /// Words of the young block, the first left behind if there is one.
    pub(super) fn young_block_words(&self) -> usize {
        match self.left.as_ref().map(|left| left.first()) {
            Some(left) => words_between(left.start, left.end),
            None => self.block_words(),
        }
    }

    /// Where the words in use begin of each block left behind, and how many.
    pub(super) fn left_words(&self) -> impl Iterator<Item = (*mut Word, usize)> {
        let blocks = std::iter::successors(self.left.as_deref(), |left| left.before.as_deref());
        blocks.map(|left| (left.start, words_between(left.start, left.top)))
    }

    /// Frees the blocks that were left behind.
    ///
    /// # Safety
    /// Everything alive has been moved out of them.
    pub(super) unsafe fn free_left(&mut self) {
        while let Some(left) = self.left.take() {
            let words = words_between(left.start, left.end);
            // SAFETY: the promise above; the block is this heap's alone.
            unsafe {
                poison(left.start, words_between(left.start, left.top));
                free_block(left.start, words);
            }
            self.left = left.before;
        }
    }
}
