//! A process that is about to run gives way to one that has asked it for something.

use super::Worker;
use crate::process::{Priority, Process};
use crate::sync::Ordering;

/// How often in a row: who is asked all the time runs too.
const TIMES: u32 = 16;

impl Worker {
    /// Lets the process in the slot, which the other has just answered, run before the other does:
    /// its next question then finds it between slices again and is not to wait for a whole one. If
    /// true, the other is in a queue and no longer the caller's.
    ///
    /// # Safety
    /// The worker owns the process, whose registers are saved.
    #[cold]
    pub(crate) unsafe fn gives_way(&mut self, p: *mut Process) -> bool {
        // SAFETY: the caller's promise.
        let may = unsafe {
            let q = &*p;
            let plain = q.priority == Priority::Normal && q.bound == 0;
            let stays = self.vm.home(self.id, p) == (self.id, false);
            let rests = q.exiting || q.suspended > 0 || q.collection_request.is_some();
            plain && stays && !rests
        };
        if !may || self.dirty || self.slot.is_null() {
            return false;
        }
        self.given_way += 1;
        if self.given_way > TIMES {
            self.given_way = 0;
            return false;
        }
        // Nobody is woken for it, who would take it away from the next question: this worker comes
        // back to it, or wakes others when the slice of the one that asked is over.
        let shared = self.shared();
        let mut queue = shared.queue.lock();
        queue.push_first(p, Priority::Normal);
        shared.queued.store(queue.len(), Ordering::SeqCst);
        true
    }
}
