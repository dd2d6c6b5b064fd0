//! What a collection of a process starts from, besides its stack and registers.

use super::Process;
use crate::term::Word;

/// Words that a collection updates: addresses and lengths. Most processes have few.
pub type RootSlices = smallvec::SmallVec<[(*mut Word, usize); 6]>;

impl Process {
    /// Adds the words that a collection must keep and update: process dictionary, exit reason,
    /// pids of other nodes and messages whose terms lie in the heap. Registers and stack are the caller's.
    /// Monitor tags and messages not yet looked at lie in fragments of their own.
    pub fn roots(&mut self, slices: &mut RootSlices) {
        if let Some(rare) = &mut self.rare {
            let words = rare.dictionary.words();
            if !words.is_empty() {
                slices.push((words.as_mut_ptr(), words.len()));
            }
        }
        if !self.exit_reason.is_immediate() {
            slices.push((&raw mut self.exit_reason, 1));
        }
        for pid in [&raw mut self.group_leader, &raw mut self.parent] {
            // SAFETY: fields of this process.
            if !unsafe { *pid }.is_immediate() {
                slices.push((pid, 1));
            }
        }
        self.mailbox.roots(|w| slices.push((w, 1)));
    }
}
