//! Workers at rest: how long they have rested (`scheduler_wall_time`), while somebody wants to know,
//! begun and ended where a worker begins and ends to wait, under the lock that it holds there; and what
//! they give back when they rest for long.

use crate::sync::{AtomicBool, Ordering};
use crate::vm::Vm;
use crate::{allocator, heap};
use std::time::Duration;

/// A worker that has rested for so long gives back the memory that it keeps for what comes next.
pub(super) const SETTLES_AFTER: Duration = Duration::from_millis(500);

/// Gives back the memory that the calling thread keeps.
pub(super) fn settle() {
    heap::blocks::give_back_kept();
    heap::binary_blocks::give_back_kept();
    allocator::give_back();
}

/// Whether somebody wants to know.
#[derive(Default)]
pub struct WallTime(AtomicBool);

impl WallTime {
    fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// One worker's rest. Times are nanoseconds of monotonic time.
#[derive(Default)]
pub struct Rest {
    resting: bool,
    /// Since when, if that is counted.
    since: u64,
    /// Of the rests that are over.
    total: u64,
    /// Since when rests are counted.
    from: u64,
}

impl Rest {
    /// The worker has nothing to do.
    pub(super) fn begin(&mut self, vm: &Vm) {
        self.resting = true;
        if vm.wall_time.is_on() {
            self.since = vm.world.now();
        }
    }

    /// The worker has something to do.
    pub(super) fn end(&mut self, vm: &Vm) {
        self.resting = false;
        if vm.wall_time.is_on() {
            self.total += vm.world.now().saturating_sub(self.since);
        }
    }

    /// That of a worker which has not begun yet.
    pub(super) fn of_none() -> Rest {
        Rest { resting: true, ..Rest::default() }
    }

    /// Whether the worker has nothing to do.
    pub(super) fn is_resting(&self) -> bool {
        self.resting
    }

    /// Counts from now on.
    pub(super) fn reset(&mut self, vm: &Vm) {
        let now = vm.world.now();
        *self = Rest { resting: self.resting, since: now, total: 0, from: now };
    }

    /// How long the worker has been busy, and how long that is counted.
    pub(super) fn busy(&self, vm: &Vm) -> (u64, u64) {
        let now = vm.world.now();
        let resting = if self.resting { now.saturating_sub(self.since) } else { 0 };
        let all = now.saturating_sub(self.from);
        (all.saturating_sub(self.total + resting), all)
    }
}

impl Vm {
    /// Counts from now on how long workers are busy, or no longer; whether that was counted.
    pub fn set_wall_time(&self, on: bool) -> bool {
        let was = self.wall_time.0.swap(on, Ordering::SeqCst);
        if on && !was {
            for w in &self.workers {
                w.reset_rest(self);
            }
            self.dirty.reset_rests(self);
        }
        was
    }

    /// For each worker, then each dirty CPU worker, and if asked for each dirty I/O worker: how
    /// long it has been busy, and how long that is counted. `None`: that is not counted.
    pub fn wall_times(&self, dirty_io: bool) -> Option<Vec<(u64, u64)>> {
        if !self.wall_time.is_on() {
            return None;
        }
        let mut times: Vec<_> = self.workers.iter().map(|w| w.busy(self)).collect();
        self.dirty.busy(self, dirty_io, &mut times);
        Some(times)
    }
}
