//! Bringing the machine to a stand, so that a thread that is no worker can look at all processes:
//! for crash dumps and the break menu.
//!
//! Workers stand between two slices, where every process is whole and nobody holds anything. A
//! thread that stops the machine (`Vm::crash`) stands where it is. Dirty workers and workers in a
//! native that does not return are waited for a while; what they run then must not be looked at.
//!
//! A dirty worker says what it runs before it looks whether it may, and whoever wants the stand
//! looks at what they run after saying so: both with a full fence, so one sees the other.

use crate::process::Process;
use crate::sync::{Arc, AtomicPtr, Condvar, Mutex, MutexGuard, Ordering, Padded};
use crate::vm::Vm;
use std::cell::RefCell;
use std::ptr::null_mut;
use std::sync::Weak;
use std::time::{Duration, Instant};

/// Who stands, in one machine.
pub struct Standstill {
    state: Mutex<State>,
    changed: Condvar,
    /// Held by whoever has brought the machine to a stand.
    turn: Mutex<()>,
    /// What each participant of the quiescence scheme runs; of a worker also what it ran last.
    running: Box<[Padded<AtomicPtr<Process>>]>,
}

struct State {
    /// Whether each worker stands between two slices.
    standing: Vec<bool>,
    /// Participants that stand where they are for good, and whether what they run may be looked at.
    halted: Vec<(usize, bool)>,
}

thread_local! {
    /// The machine that the thread works for, and its number as a participant.
    static PARTICIPANT: RefCell<Option<(Weak<Vm>, usize)>> = const { RefCell::new(None) };
}

/// Says that the calling thread works for `vm` as participant `number`.
pub(super) fn enter(vm: &Arc<Vm>, number: usize) {
    PARTICIPANT.with(|p| *p.borrow_mut() = Some((Arc::downgrade(vm), number)));
}

/// The machine that the calling thread works for, and its number as a participant.
pub(crate) fn participant() -> Option<(Arc<Vm>, usize)> {
    PARTICIPANT
        .try_with(|p| p.borrow().as_ref().and_then(|(vm, n)| Some((vm.upgrade()?, *n))))
        .ok()
        .flatten()
}

impl Standstill {
    /// For a machine of so many workers among the participants.
    pub fn new(workers: usize, participants: usize) -> Standstill {
        Standstill {
            state: Mutex::new(State { standing: vec![false; workers], halted: Vec::new() }),
            changed: Condvar::new(),
            turn: Mutex::new(()),
            running: (0..participants).map(|_| Padded(AtomicPtr::new(null_mut()))).collect(),
        }
    }

    /// Worker `id` is about to run `p`.
    #[inline(always)]
    pub(super) fn runs(&self, id: usize, p: *mut Process) {
        self.running[id].store(p, Ordering::Relaxed);
    }

    /// Lets those go on that stand.
    pub(crate) fn notify(&self) {
        let _held = self.state.lock();
        self.changed.notify_all();
    }
}

/// What is being run.
struct Seen {
    /// By those that do not stand, or not so that it may be looked at.
    busy: Vec<*mut Process>,
    /// By those that stand where they are.
    running: Vec<*mut Process>,
    /// Whether all stand that will.
    all: bool,
}

/// A machine at a stand, until this is dropped.
pub(crate) struct Stand<'v> {
    vm: &'v Vm,
    /// What must not be looked at.
    busy: Vec<*mut Process>,
    /// What is being run by threads that stand where they are.
    running: Vec<*mut Process>,
    _turn: MutexGuard<'v, ()>,
}

impl Stand<'_> {
    /// The process at `p`, unless somebody may be changing it.
    ///
    /// # Safety
    /// `p` is in the process table.
    pub unsafe fn process(&self, p: *mut Process) -> Option<&Process> {
        // SAFETY: blocks of processes are not freed while this participant is online. Nobody runs
        // the process: all workers stand, but for those whose process is in `busy`, and dirty
        // workers take no other meanwhile. Signals may still come, by its queue, which is atomic.
        (!self.busy.contains(&p)).then(|| unsafe { &*p })
    }

    /// Whether worker `id` is running it.
    pub fn is_run_by(&self, id: usize, p: *mut Process) -> bool {
        let ran = self.vm.standstill.running[id].load(Ordering::Relaxed);
        std::ptr::eq(ran, p) && self.is_running(p)
    }

    /// Whether it is being run.
    pub fn is_running(&self, p: *const Process) -> bool {
        self.running.iter().chain(&self.busy).any(|q| std::ptr::eq(*q, p))
    }
}

impl Drop for Stand<'_> {
    fn drop(&mut self) {
        let vm = self.vm;
        vm.quiescence.offline(holder(vm));
        vm.release_workers();
        vm.standstill.notify();
    }
}

/// Whoever looks at processes meanwhile, as a participant: the last.
fn holder(vm: &Vm) -> usize {
    vm.standstill.running.len() - 1
}

impl Vm {
    /// Brings the machine to a stand, waiting at most `patience` for those that are busy. Not for
    /// workers, which would wait for themselves.
    pub(crate) fn stand_still(&self, patience: Duration) -> Stand<'_> {
        let turn = self.standstill.turn.lock();
        self.quiescence.online(holder(self));
        self.hold_workers();
        self.wake_all();
        let end = Instant::now() + patience;
        let mut state = self.standstill.state.lock();
        loop {
            let Seen { busy, running, all } = self.look_around(&state);
            if all || Instant::now() >= end {
                return Stand { vm: self, busy, running, _turn: turn };
            }
            // Dirty workers that come to an end do not say so: they are looked at again.
            self.standstill.changed.wait_for(&mut state, Duration::from_millis(2));
        }
    }

    fn look_around(&self, state: &State) -> Seen {
        let (mut busy, mut running, mut all) = (Vec::new(), Vec::new(), true);
        for (i, p) in self.standstill.running.iter().enumerate() {
            let p = p.load(Ordering::SeqCst);
            if state.standing.get(i).copied().unwrap_or(false) {
                continue;
            }
            match state.halted.iter().find(|h| h.0 == i) {
                Some((_, true)) => running.push(p),
                Some((_, false)) => busy.push(p),
                None if i < state.standing.len() || !p.is_null() => {
                    busy.push(p);
                    all = false;
                }
                None => {}
            }
        }
        Seen { busy, running, all }
    }

    /// Worker `id` stands until it may go on.
    #[cold]
    pub(super) fn stand(&self, id: usize) {
        self.quiescence.offline(id);
        let mut state = self.standstill.state.lock();
        state.standing[id] = true;
        self.standstill.changed.notify_all();
        while self.workers_are_held() && !self.stopping() {
            self.standstill.changed.wait(&mut state);
        }
        state.standing[id] = false;
        drop(state);
        self.quiescence.online(id);
    }

    /// A dirty worker is about to run `p`, and waits until it may.
    pub(crate) fn dirty_runs(&self, participant: usize, p: *mut Process) {
        let running = &self.standstill.running[participant];
        running.store(p, Ordering::SeqCst);
        while self.workers_are_held() {
            running.store(null_mut(), Ordering::SeqCst);
            let mut state = self.standstill.state.lock();
            while self.workers_are_held() && !self.stopping() {
                self.standstill.changed.wait(&mut state);
            }
            drop(state);
            running.store(p, Ordering::SeqCst);
            if self.stopping() {
                return;
            }
        }
    }

    /// A dirty worker has run its process.
    pub(crate) fn dirty_ran(&self, participant: usize) {
        self.standstill.running[participant].store(null_mut(), Ordering::SeqCst);
    }

    /// The calling thread, participant `number`, stands where it is until the machine stops.
    /// `whole`: the process that it runs may be looked at.
    pub(crate) fn halt_here(&self, number: usize, whole: bool) {
        let mut state = self.standstill.state.lock();
        state.halted.push((number, whole));
        self.standstill.changed.notify_all();
        while !self.stopping() {
            self.standstill.changed.wait(&mut state);
        }
    }
}
