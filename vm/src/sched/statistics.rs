//! What the machine counts for `erlang:statistics/1`.

use crate::sync::{AtomicU64, Ordering};
use crate::vm::Vm;

/// A total of which programs ask how much has come to it since they last asked.
#[derive(Default)]
pub struct SinceLast(AtomicU64);

impl SinceLast {
    /// The total, and how much that is more than the last time this was asked.
    pub fn read(&self, total: u64) -> (u64, u64) {
        (total, total.saturating_sub(self.0.swap(total, Ordering::Relaxed)))
    }
}

/// The totals of which the last asked-for value is kept.
#[derive(Default)]
#[expect(missing_docs, reason = "the items of statistics/1 by their own names")]
pub struct Statistics {
    pub wall_clock: SinceLast,
    pub runtime: SinceLast,
    pub reductions: SinceLast,
    pub exact_reductions: SinceLast,
}

impl Vm {
    /// Reductions of all slices that have ended.
    pub fn total_reductions(&self) -> u64 {
        self.workers.iter().map(|w| w.reductions.load(Ordering::Relaxed)).sum()
    }

    /// How many slices there have been.
    pub fn total_switches(&self) -> u64 {
        self.workers.iter().map(|w| w.switches.load(Ordering::Relaxed)).sum()
    }

    /// How often workers that were busy have compared their queues.
    pub fn total_balances(&self) -> u64 {
        self.workers.iter().map(|w| w.balances.load(Ordering::Relaxed)).sum()
    }

    /// How many times a process's heap has been collected.
    pub fn total_collections(&self) -> u64 {
        self.workers.iter().map(|w| w.collections.load(Ordering::Relaxed)).sum()
    }

    /// How many words collections have given back.
    pub fn total_reclaimed(&self) -> u64 {
        self.workers.iter().map(|w| w.reclaimed.load(Ordering::Relaxed)).sum()
    }

    /// How many processes wait for each worker, and how many run there; then the same of the dirty
    /// CPU workers together and of the dirty I/O workers together.
    pub fn loads(&self) -> Vec<(usize, usize)> {
        let active = self.active.count();
        let of = |(id, w): (usize, &super::WorkerShared)| {
            let waiting = w.queued.load(Ordering::Relaxed) + w.bound_queued.load(Ordering::Relaxed);
            (waiting, usize::from(id < active && !w.is_resting()))
        };
        self.workers.iter().enumerate().map(of).chain(self.dirty.loads()).collect()
    }
}
