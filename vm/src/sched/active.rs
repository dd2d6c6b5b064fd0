//! How many of the workers run processes: as many as are online (`schedulers_online`), or one while
//! multi-scheduling is blocked. The others stand aside: they look after their timers alone.
//!
//! A worker that steps aside hands its processes to one that does not. Who puts a process in a
//! queue looks where it may run (`Vm::home`); what comes to a worker that has just stepped aside
//! is handed on within `PATIENCE`.

use super::worker::Worker;
use crate::process::Process;
use crate::sync::{AtomicUsize, Mutex, Ordering};
use crate::term::Pid;
use crate::vm::Vm;
use std::time::Duration;

/// How long a worker that stands aside may overlook a process that has come to its queue.
const PATIENCE: Duration = Duration::from_millis(10);

/// Which workers run processes.
pub struct Active {
    /// They are those with numbers below this.
    count: AtomicUsize,
    /// How many workers stand aside now.
    aside: AtomicUsize,
    state: Mutex<State>,
}

struct State {
    online: usize,
    /// Who has blocked multi-scheduling, once for each time.
    blockers: Vec<(Pid, Block)>,
}

/// What is blocked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Block {
    /// All schedulers but one (`block`).
    All,
    /// All normal schedulers but one (`block_normal`).
    Normal,
}

impl Active {
    /// `online` workers run processes.
    pub fn new(online: usize) -> Active {
        Active {
            count: AtomicUsize::new(online),
            aside: AtomicUsize::new(0),
            state: Mutex::new(State { online, blockers: Vec::new() }),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

impl Vm {
    /// How many workers are online.
    pub fn workers_online(&self) -> usize {
        self.active.state.lock().online
    }

    /// Sets how many are; gives how many were. The share of dirty CPU workers that are stays the same,
    /// in whole percentages.
    pub fn set_workers_online(&self, online: usize) -> usize {
        let mut state = self.active.state.lock();
        let old = std::mem::replace(&mut state.online, online);
        self.apply(&state);
        let dirty = self.settings.dirty_cpu_schedulers;
        let percent = online * (dirty * 100 / self.workers.len()) / old;
        self.dirty.set_cpu_online((self.dirty.cpu_online() * percent / 100).clamp(1, dirty));
        old
    }

    /// Lets one worker alone run processes, until `by` has taken that back as often as it has asked
    /// for it, or is gone.
    pub fn block_workers(&self, by: Pid, block: Block) {
        let mut state = self.active.state.lock();
        state.blockers.push((by, block));
        self.apply(&state);
    }

    /// Takes one such request back, if there is one.
    pub fn unblock_workers(&self, by: Pid, block: Block) {
        let mut state = self.active.state.lock();
        if let Some(i) = state.blockers.iter().rposition(|b| *b == (by, block)) {
            state.blockers.remove(i);
            self.apply(&state);
        }
    }

    /// Who has blocked them, once for each time.
    pub fn workers_blocked_by(&self) -> Vec<(Pid, Block)> {
        self.active.state.lock().blockers.clone()
    }

    /// Takes back what a process has asked for that exits.
    pub(crate) fn unblock_all(&self, by: Pid) {
        if !self.narrowed() {
            return;
        }
        let mut state = self.active.state.lock();
        state.blockers.retain(|b| b.0 != by);
        self.apply(&state);
    }

    /// Whether all workers stand aside that are to.
    pub fn has_narrowed(&self) -> bool {
        self.active.aside.load(Ordering::SeqCst) + self.active.count() >= self.workers.len()
    }

    fn apply(&self, state: &State) {
        let count = if state.blockers.is_empty() { state.online } else { 1 };
        self.active.count.store(count, Ordering::SeqCst);
        self.set_narrowed(count < self.workers.len());
        self.bind_again();
        self.wake_all();
    }

    /// The worker in whose queue a process belongs that `id` would put in its own, and whether no
    /// other may take it.
    ///
    /// # Safety
    /// The caller owns the process.
    #[inline]
    pub(super) unsafe fn home(&self, id: usize, p: *mut Process) -> (usize, bool) {
        // SAFETY: the caller's promise.
        let bound = unsafe { (*p).bound } as usize;
        if bound == 0 && !self.narrowed() {
            return (id, false);
        }
        let id = if bound > 0 { bound - 1 } else { id };
        (id % self.active.count(), bound > 0)
    }
}

impl Worker {
    /// Whether this worker is to run no processes.
    pub(super) fn is_aside(&self) -> bool {
        self.id >= self.vm.active.count()
    }

    /// Looks after its timers alone, until it may run processes again.
    #[cold]
    pub(super) fn stand_aside(&mut self) {
        let vm = self.vm.clone();
        self.hand_over();
        vm.active.aside.fetch_add(1, Ordering::SeqCst);
        while self.is_aside() && !vm.stopping() && !vm.workers_are_held() {
            self.expire_timers();
            self.hand_over();
            self.sleep(&vm, PATIENCE, false);
        }
        vm.active.aside.fetch_sub(1, Ordering::SeqCst);
    }
}
