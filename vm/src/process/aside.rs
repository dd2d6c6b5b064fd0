//! Processes whose native blocks, or only looks at terms for long, on a dirty worker: others handle
//! their signals meanwhile.
//!
//! A native that is about to do so steps aside: its dirty worker gives the process up as one that
//! waits does, by the head of the in-queue. Whoever sends it a signal puts it in a run queue, the
//! worker that takes it handles its signals and lets it wait again, but runs no code of it and
//! collects nothing: `begin_slice` finds it suspended and comes here. The terms of the native stay
//! where they are, since handling signals builds in fragments and never frees. Back from it,
//! the dirty worker takes the process back from the queue's head; if it is in a run queue, or a
//! worker's, the next worker hands it over.
//!
//! One that is to exit meanwhile does so at once as far as others can see. Its memory stays until the
//! native has ended, and is freed by its last owner.

use super::Process;
use super::exit::leave;
use super::receive::handle_signals;
use crate::sched::Worker;
use crate::sync::{Arc, Condvar, Mutex};

/// Bit of `Process::suspended` that says that a native of it blocks.
const ASIDE: u16 = 1 << 15;

/// Where a dirty worker waits for a process that it has given up.
#[derive(Default)]
pub struct Place {
    state: Mutex<State>,
    changed: Condvar,
}

/// Changed under the lock, as is the head of the in-queue by those who would let the process wait
/// or take it back: so no worker lets it wait after its dirty worker has begun to wait for it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Others may have it.
    #[default]
    Away,
    /// The dirty worker waits for it.
    Wanted,
    /// It is the dirty worker's again.
    Given,
}

impl Process {
    /// How often others have suspended it.
    #[inline]
    pub fn suspensions(&self) -> u16 {
        self.suspended & !ASIDE
    }

    /// Whether a native of it blocks, and others may handle its signals.
    #[inline]
    pub fn is_aside(&self) -> bool {
        self.suspended & ASIDE != 0
    }

    /// Takes so many suspensions back.
    pub(super) fn resume(&mut self, times: u16) {
        self.suspended = self.suspended & ASIDE | self.suspensions().saturating_sub(times);
    }
}

/// Gives a process up while its native blocks; `false` if it is to exit and therefore stays.
///
/// # Safety
/// The worker owns the process, which is not to be touched after `true` until [`back`].
pub(crate) unsafe fn enter(w: &mut Worker, p: *mut Process) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        *w.place.state.lock() = State::Away;
        (*p).rare().aside = Some(w.place.clone());
        (*p).suspended |= ASIDE;
        loop {
            if (*p).exiting {
                if !(*p).queue.is_closed() {
                    leave(w, p, (*p).exit_reason);
                }
                returned(p);
                return false;
            }
            if (*p).queue.try_wait() {
                return true;
            }
            handle_signals(w, p);
        }
    }
}

/// Takes a process back that was given up.
///
/// # Safety
/// [`enter`] of this worker has given up the process.
pub(crate) unsafe fn back(w: &Worker, p: *mut Process) {
    let mut state = w.place.state.lock();
    // SAFETY: the block is not freed before its dirty worker has it back; the queue is everybody's.
    if *state != State::Given && !unsafe { (*p).queue.try_resume() } {
        *state = State::Wanted;
        while *state != State::Given {
            w.place.changed.wait(&mut state);
        }
    }
    drop(state);
    // SAFETY: it is ours now: taken from the queue, or handed over.
    unsafe { returned(p) };
}

/// # Safety
/// The worker owns the process.
unsafe fn returned(p: *mut Process) {
    // SAFETY: the caller's promise.
    unsafe {
        (*p).suspended &= !ASIDE;
        if let Some(rare) = &mut (*p).rare {
            rare.aside = None;
        }
    }
}

/// A worker has taken a process that is aside and handled its signals: lets it wait for more, or
/// hands it over. It is no longer the worker's afterwards.
///
/// # Safety
/// The worker owns the process.
#[cold]
pub(super) unsafe fn attend(w: &mut Worker, p: *mut Process) {
    // SAFETY: the caller's promise; it is not touched once it waits or is handed over.
    unsafe {
        // The exit of a process takes this from it.
        let place: Option<Arc<Place>> = (*p).rare().aside.clone();
        let place = place.expect("who is aside has a place");
        loop {
            if (*p).exiting {
                leave(w, p, (*p).exit_reason);
            }
            {
                let mut state = place.state.lock();
                if (*p).exiting || *state == State::Wanted {
                    *state = State::Given;
                    place.changed.notify_one();
                    return;
                }
                if (*p).queue.try_wait() {
                    return;
                }
            }
            handle_signals(w, p);
        }
    }
}
