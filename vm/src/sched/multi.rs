//! `system_flag(multi_scheduling, block)`: all workers but one stand aside.
//!
//! Who blocks first decides which worker goes on: its own. The others hand it what is in their
//! queues, look after their timers, and hand on what these wake, until nobody blocks any more.
//! Dirty workers are not concerned.

use super::Worker;
use crate::sync::{AtomicUsize, Mutex, Ordering};
use crate::term::Pid;
use crate::trace::tracees;
use crate::vm::Vm;
use std::time::Duration;

/// How long a worker that stands aside looks away.
const NAP: Duration = Duration::from_millis(1);

/// Who blocks, and who goes on.
#[derive(Default)]
pub struct MultiScheduling {
    /// How often each process has blocked.
    blockers: Mutex<Vec<(Pid, u32)>>,
    /// The worker that goes on.
    remaining: AtomicUsize,
    /// How many workers stand aside.
    aside: AtomicUsize,
}

impl MultiScheduling {
    /// Those who block.
    pub fn blockers(&self) -> Vec<Pid> {
        self.blockers.lock().iter().map(|b| b.0).collect()
    }
}

impl Vm {
    /// The process that runs on `w` blocks the other workers; they stand aside when this returns,
    /// unless somebody else has blocked before.
    pub(crate) fn block_workers(&self, w: &mut Worker, pid: Pid) {
        {
            let mut blockers = self.multi.blockers.lock();
            if blockers.is_empty() {
                self.multi.remaining.store(w.id, Ordering::SeqCst);
            }
            match blockers.iter_mut().find(|b| b.0 == pid) {
                Some(b) => b.1 += 1,
                None => blockers.push((pid, 1)),
            }
            self.set_blocked(true);
        }
        tracees::with_tracee(self, pid, |t| t.set_internal(tracees::BLOCKS_WORKERS, true));
        self.wake_all();
        // Another's worker stands aside itself as soon as its process gives up its slice.
        let ours = !w.dirty && self.multi.remaining.load(Ordering::SeqCst) == w.id;
        while ours
            && !self.stopping()
            && self.multi.aside.load(Ordering::SeqCst) + 1 < self.workers.len()
        {
            std::thread::sleep(NAP / 20);
        }
    }

    /// A process takes back one of its blocks, or all.
    pub(crate) fn unblock_workers(&self, pid: Pid, all: bool) {
        let mut blockers = self.multi.blockers.lock();
        let Some(i) = blockers.iter().position(|b| b.0 == pid) else { return };
        blockers[i].1 -= 1;
        if all || blockers[i].1 == 0 {
            blockers.remove(i);
        }
        if blockers.is_empty() {
            self.set_blocked(false);
            drop(blockers);
            self.wake_all();
        }
    }
}

impl Worker {
    /// Stands aside for a moment, if it is to. False: it goes on.
    pub(super) fn stand_aside(&mut self) -> bool {
        let vm = self.vm.clone();
        let remaining = vm.multi.remaining.load(Ordering::SeqCst);
        if !vm.blocked() || remaining == self.id {
            return false;
        }
        self.hand_over(remaining);
        self.expire_timers();
        self.hand_over(remaining);
        vm.multi.aside.fetch_add(1, Ordering::SeqCst);
        vm.quiescence.offline(self.id);
        self.nap(NAP);
        vm.quiescence.online(self.id);
        vm.multi.aside.fetch_sub(1, Ordering::SeqCst);
        true
    }
}
