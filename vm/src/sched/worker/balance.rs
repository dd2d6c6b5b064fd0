//! What a busy worker gives to others of what waits with it.

use super::{Worker, WorkerShared};
use crate::sync::Ordering;

/// How long a worker that has work does not compare its queue with those of others, in nanoseconds.
pub(super) const BALANCE_AFTER: u64 = 10_000_000;

impl Worker {
    /// Gives processes that urgent ones have overtaken for long to a worker that has none such: a
    /// process of high priority that never rests takes one worker, not what waits there.
    pub(super) fn pass_on_overtaken(&mut self) {
        let shared = self.shared();
        let urgent = shared.urgent.load(Ordering::Relaxed);
        let for_long = self.urgent_before && urgent;
        if shared.overtakes.load(Ordering::Relaxed) != for_long {
            shared.overtakes.store(for_long, Ordering::Relaxed);
        }
        self.urgent_before = urgent;
        if for_long {
            self.pass_on();
        }
    }

    #[cold]
    fn pass_on(&self) {
        let workers = &self.vm.workers[..self.vm.active.count()];
        let free = |w: &&WorkerShared| {
            !w.urgent.load(Ordering::Relaxed) && !w.overtakes.load(Ordering::Relaxed)
        };
        let Some(to) = workers.iter().position(|w| free(&w)) else { return };
        let overtaken = {
            let shared = self.shared();
            let mut q = shared.queue.lock();
            let overtaken = q.take_overtaken();
            shared.queued.store(q.len(), Ordering::SeqCst);
            overtaken
        };
        for p in overtaken {
            self.vm.enqueue(to, p);
        }
    }

    /// Gives half of what waits here longer than for a moment, and not with another worker, to that
    /// one, so that all that is ready gets its turn equally often. Workers that sleep are woken for
    /// what waits, and help themselves.
    #[cold]
    pub(super) fn balance(&mut self) {
        let balances = &self.shared().balances;
        let turn = balances.load(Ordering::Relaxed) + 1;
        balances.store(turn, Ordering::Relaxed);
        let active = self.vm.active.count();
        let before = std::mem::take(&mut self.waited);
        let nothing = self.shared().queued.load(Ordering::Relaxed) == 0;
        let idle = self.vm.idle.count.load(Ordering::Relaxed) > 0;
        if nothing || idle || self.id >= active || active == 1 {
            return;
        }
        // All others in turn.
        let to = (self.id + 1 + turn as usize % (active - 1)) % active;
        let mut theirs = self.vm.queue_lengths(to);
        if self.vm.workers[to].overtakes.load(Ordering::Relaxed) {
            // They would come back behind those that have had their turn meanwhile.
            let [_, _, normal, low] = &mut theirs;
            (*normal, *low) = (usize::MAX, usize::MAX);
        }
        let waited;
        let given = {
            let shared = self.shared();
            let mut q = shared.queue.lock();
            waited = q.lengths_behind_first();
            let given = q.take_excess(before, theirs);
            shared.queued.store(q.len(), Ordering::SeqCst);
            shared.urgent.store(q.has_urgent(), Ordering::Relaxed);
            given
        };
        self.waited = waited;
        for p in given {
            self.vm.enqueue(to, p);
        }
    }
}
