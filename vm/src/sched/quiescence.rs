//! Freeing memory that other threads may still be looking at.
//!
//! Every thread that looks up processes or copies terms is a participant. It announces, at points
//! where it holds no such address, the epoch it has seen; between those points what it found stays
//! allocated.
//! A block given up is freed when every participant has announced a later epoch or is offline.

use crate::process::Process;
use crate::sync::{AtomicU64, Mutex, Ordering, fence};

const OFFLINE: u64 = u64::MAX;

/// The participants of one machine and what waits to be freed.
pub struct Quiescence {
    epoch: AtomicU64,
    seen: Box<[Line]>,
    retired: Mutex<Vec<(u64, Retired)>>,
}

/// One participant's announcement, alone in its cache line.
#[repr(align(64))]
struct Line(AtomicU64);

struct Retired(*mut Process);

// SAFETY: a retired process is owned by the list alone.
unsafe impl Send for Retired {}

impl Quiescence {
    /// For `participants` threads, all offline.
    pub fn new(participants: usize) -> Quiescence {
        Quiescence {
            epoch: AtomicU64::new(1),
            seen: (0..participants).map(|_| Line(AtomicU64::new(OFFLINE))).collect(),
            retired: Mutex::new(Vec::new()),
        }
    }

    /// Participant `id` holds nothing that it looked up before.
    #[inline(always)]
    pub fn quiescent(&self, id: usize) {
        self.seen[id].0.store(self.epoch.load(Ordering::Acquire), Ordering::Release);
    }

    /// Participant `id` begins to look things up again after being offline.
    pub fn online(&self, id: usize) {
        self.seen[id].0.store(self.epoch.load(Ordering::Acquire), Ordering::SeqCst);
        fence(Ordering::SeqCst);
    }

    /// Participant `id` holds nothing and will look nothing up until `online`.
    pub fn offline(&self, id: usize) {
        self.seen[id].0.store(OFFLINE, Ordering::Release);
    }

    /// Begins an epoch that all participants are to see: for [`passed`](Self::passed).
    pub fn begin(&self) -> u64 {
        let epoch = self.epoch.fetch_add(1, Ordering::AcqRel) + 1;
        fence(Ordering::SeqCst);
        epoch
    }

    /// Whether all participants have been at a quiescent point since [`begin`](Self::begin) gave
    /// that epoch, or are offline: they have let go of what they found before, and see what was
    /// written before.
    pub fn passed(&self, epoch: u64) -> bool {
        fence(Ordering::SeqCst);
        self.seen.iter().all(|l| l.0.load(Ordering::Acquire) >= epoch)
    }

    /// Gives up a process block that can no longer be found.
    ///
    /// # Safety
    /// `p` was made by `Box::into_raw`, is out of the process table, and its heap has been freed.
    pub unsafe fn retire(&self, p: *mut Process) {
        let due = {
            let mut list = self.retired.lock();
            // Whoever announces an epoch after this one cannot have found `p`.
            let epoch = self.epoch.fetch_add(1, Ordering::AcqRel) + 1;
            list.push((epoch, Retired(p)));
            list.len() >= 64
        };
        if due {
            self.free_due();
        }
    }

    fn free_due(&self) {
        fence(Ordering::SeqCst);
        let oldest = self.seen.iter().map(|l| l.0.load(Ordering::Acquire)).min().unwrap_or(OFFLINE);
        let free: Vec<Retired> = {
            let mut list = self.retired.lock();
            let n = list.iter().take_while(|(epoch, _)| *epoch <= oldest).count();
            list.drain(..n).map(|(_, r)| r).collect()
        };
        for r in free {
            // SAFETY: all participants have announced an epoch since; nobody holds the address.
            drop(unsafe { Box::from_raw(r.0) });
        }
    }
}

impl Drop for Quiescence {
    fn drop(&mut self) {
        for (_, r) in self.retired.lock().drain(..) {
            // SAFETY: the machine has stopped; nobody looks at processes any more.
            drop(unsafe { Box::from_raw(r.0) });
        }
    }
}
