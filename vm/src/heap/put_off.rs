//! Collections that would take long, put off until a dirty worker can make them.
//!
//! A collection is due in the middle of an instruction, and a process changes workers only at the
//! end of a slice. Where there is much to move, the young block is therefore left as it is, like a
//! fragment, and the process goes on in a new block that has the stack and the room that is needed.
//! No term moves. The next collection finds what is alive in the block left behind; what was mature
//! in it grows old as if it had been made at once.

use super::blocks::{alloc_block, free_block};
use super::collect::{poison, range};
use super::process_heap::{Heap, next_size, words_between};
use crate::term::Word;

/// Words to move that take about a millisecond.
const LONG: usize = if cfg!(feature = "gc_zeal") { 1 << 12 } else { 1 << 17 };
/// Free words in the new block, besides those that are needed: mostly enough until the slice's end.
const ROOM: usize = 1 << 10;

/// A young block that has been left behind.
pub struct Left {
    start: *mut Word,
    top: *mut Word,
    end: *mut Word,
    high_water: *mut Word,
}

impl Heap {
    /// Whether a collection may have so much to move that it is one for a dirty worker.
    pub fn collection_is_long(&self, compact: bool) -> bool {
        let young = words_between(self.start, self.top) + self.fragment_words;
        let whole = compact || self.minors >= self.fullsweep_after || self.old_is_full();
        let old = if whole { words_between(self.old_start, self.old_top) } else { 0 };
        young + old >= LONG
    }

    /// Goes on in a new block with at least `need` free words. False if that has been done since
    /// the last collection.
    pub fn put_off_collection(&mut self, need: usize) -> bool {
        if self.left.is_some() {
            return false;
        }
        let stack = self.stack_words();
        let words = next_size(stack + need + ROOM);
        let start = alloc_block(words);
        let end = start.wrapping_add(words);
        let stop = end.wrapping_sub(stack);
        // SAFETY: the new block has more than `stack` words, which are copied to its end.
        unsafe { stop.copy_from_nonoverlapping(self.stop, stack) };
        let (old_start, top, high_water) = (self.start, self.top, self.high_water);
        self.left = Some(Box::new(Left { start: old_start, top, end: self.end, high_water }));
        self.fragment_words += words_between(old_start, top);
        (self.start, self.top, self.high_water) = (start, start, start);
        (self.stop, self.end) = (stop, end);
        true
    }

    /// Where what has survived a collection lies; it grows old in the next.
    pub(super) fn mature(&self) -> (usize, usize) {
        match &self.left {
            Some(left) => range(left.start, left.high_water),
            None => range(self.start, self.high_water),
        }
    }

    /// Words of the young block, the one left behind if there is one.
    pub(super) fn young_block_words(&self) -> usize {
        match &self.left {
            Some(left) => words_between(left.start, left.end),
            None => self.block_words(),
        }
    }

    /// Where the words in use begin of the block left behind, and how many, if there is one.
    pub(super) fn left_words(&self) -> Option<(*mut Word, usize)> {
        self.left.as_ref().map(|left| (left.start, words_between(left.start, left.top)))
    }

    /// Frees the block that was left behind.
    ///
    /// # Safety
    /// Everything alive has been moved out of it.
    pub(super) unsafe fn free_left(&mut self) {
        if let Some(left) = self.left.take() {
            let words = words_between(left.start, left.end);
            // SAFETY: the promise above; the block is this heap's alone.
            unsafe {
                poison(left.start, words_between(left.start, left.top));
                free_block(left.start, words);
            }
        }
    }
}
