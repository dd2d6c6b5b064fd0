//! Blocks of processes that have exited, as one worker keeps them: until nobody can hold their
//! address any more, and then for processes to come.
//!
//! They are given up in batches. When a batch is full an epoch begins (see `quiescence`); once all
//! have passed it, the blocks are as good as new ones. Most of them still have their first heap
//! block, so that a process which is made and ends soon asks the allocator for nothing.

use super::quiescence::Quiescence;
use crate::process::Process;
use std::collections::VecDeque;

/// Blocks in a batch.
const BATCH: usize = 32;
/// More than so many go back to the allocator.
const MOST: usize = 128;

/// The blocks that a worker keeps.
#[derive(Default)]
pub struct Retired {
    /// Nobody knows these.
    ready: Vec<*mut Process>,
    /// The batch that is not full yet.
    batch: Vec<*mut Process>,
    /// Full batches, with the epoch that all have to pass.
    waiting: VecDeque<(u64, Vec<*mut Process>)>,
}

impl Retired {
    /// Gives up the block of a process that can no longer be found.
    ///
    /// # Safety
    /// `p` was made by `Box::into_raw`, is out of the process table, and what it had has been freed
    /// but for its heap's first block.
    #[inline]
    pub unsafe fn give_up(&mut self, quiescence: &Quiescence, p: *mut Process) {
        self.batch.push(p);
        if self.batch.len() >= BATCH {
            self.close_batch(quiescence);
            self.look(quiescence);
        }
    }

    /// A block that nobody knows, if there is one.
    #[inline]
    pub fn take(&mut self, quiescence: &Quiescence) -> Option<Box<Process>> {
        if self.ready.is_empty() && !self.waiting.is_empty() {
            self.look(quiescence);
        }
        // SAFETY: nobody else knows the block, which came from `Box::into_raw`.
        self.ready.pop().map(|p| unsafe { Box::from_raw(p) })
    }

    /// Whoever looks something up after this epoch cannot find what is in the batch.
    fn close_batch(&mut self, quiescence: &Quiescence) {
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.waiting.push_back((quiescence.begin(), batch));
    }

    /// Takes the blocks of batches whose epoch has passed.
    fn look(&mut self, quiescence: &Quiescence) {
        while self.waiting.front().is_some_and(|(epoch, _)| quiescence.passed(*epoch)) {
            let (_, batch) = self.waiting.pop_front().expect("it was there");
            // All participants have announced a later epoch since, or are offline: nobody holds the
            // address of these.
            for p in batch {
                if self.ready.len() < MOST {
                    self.ready.push(p);
                } else {
                    // SAFETY: as said.
                    unsafe { free(p) };
                }
            }
        }
    }

    /// Gives back what can be given back now: the worker has nothing to do.
    pub fn give_back(&mut self, quiescence: &Quiescence) {
        if !self.batch.is_empty() {
            self.close_batch(quiescence);
        }
        self.look(quiescence);
        for p in std::mem::take(&mut self.ready) {
            // SAFETY: nobody knows these.
            unsafe { free(p) };
        }
    }

    /// Leaves to the machine what others may still look at: the worker ends.
    pub fn hand_over(&mut self, quiescence: &Quiescence) {
        self.give_back(quiescence);
        for p in self.waiting.drain(..).flat_map(|(_, batch)| batch) {
            // SAFETY: as for `give_up`; others use no heap but their own.
            unsafe {
                (*p).heap.free_kept();
                quiescence.retire(p);
            }
        }
    }
}

/// # Safety
/// The block came from `Box::into_raw`, nobody knows it, and it has no terms.
unsafe fn free(p: *mut Process) {
    // SAFETY: the caller's promise.
    unsafe {
        (*p).heap.free_kept();
        drop(Box::from_raw(p));
    }
}
