//! Natives that block or compute for long on a dirty worker and let others handle the signals of
//! their process meanwhile (`process::aside`).

use super::Native;
use crate::process::{Process, aside};
use crate::sched::Worker;
use std::marker::PhantomData;

/// A native's way to block.
pub struct Aside<'p> {
    /// Null if the process stays with the native.
    worker: *mut Worker,
    process: *mut Process,
    _native: PhantomData<Native<'p>>,
}

/// Whether somebody still waits for a native that is aside.
#[derive(Clone, Copy)]
pub struct Wanted<'p> {
    /// Null if the process is with the native, and waits.
    process: *const Process,
    _native: PhantomData<&'p ()>,
}

// SAFETY: of the process only the queue's head is used, which is everybody's; its block is not freed
// before the native's worker has it back.
unsafe impl Send for Wanted<'_> {}
// SAFETY: likewise.
unsafe impl Sync for Wanted<'_> {}

impl Wanted<'_> {
    /// Whether the process has not exited meanwhile.
    pub fn is_wanted(&self) -> bool {
        // SAFETY: as above; the native has not ended during its lifetime.
        self.process.is_null() || !unsafe { (*self.process).queue.is_closed() }
    }
}

/// Takes the process back, whatever becomes of what blocks.
struct Back(*mut Worker, *mut Process);

impl Drop for Back {
    fn drop(&mut self) {
        // SAFETY: made where the process has been given up by this worker.
        unsafe { aside::back(&*self.0, self.1) };
    }
}

/// What is worth keeping of a buffer.
const SCRATCH_MAX: usize = 64 << 10;

impl<'p> Native<'p> {
    /// The worker's buffer for bytes, empty: what is written aside needs no memory of its own then. Whoever
    /// takes it gives it back.
    pub fn take_scratch(&mut self) -> Vec<u8> {
        if self.worker.is_null() {
            return Vec::new();
        }
        // SAFETY: the worker is the caller's during the call.
        std::mem::take(unsafe { &mut (*self.worker).scratch })
    }

    /// Gives the worker a buffer for the next one.
    pub fn give_scratch(&mut self, mut bytes: Vec<u8>) {
        if self.worker.is_null() || bytes.capacity() > SCRATCH_MAX {
            return;
        }
        bytes.clear();
        // SAFETY: as above.
        unsafe { (*self.worker).scratch = bytes };
    }

    /// How the native blocks, where it does.
    pub fn aside(&mut self) -> Aside<'p> {
        // SAFETY: the worker is the caller's during the call.
        let gives_up = !self.worker.is_null() && unsafe { (*self.worker).dirty };
        let worker = if gives_up { self.worker } else { std::ptr::null_mut() };
        Aside { worker, process: self.process, _native: PhantomData }
    }

    /// Whether the calling process is to exit once the native has ended.
    pub fn is_exiting(&self) -> bool {
        assert!(!self.process.is_null(), "this native needs a process");
        // SAFETY: the worker owns the process during the call.
        unsafe { (*self.process).exiting }
    }
}

impl<'p> Aside<'p> {
    /// For what runs aside, to find out whether it should go on.
    pub fn wanted(&self) -> Wanted<'p> {
        let process = if self.worker.is_null() { std::ptr::null_mut() } else { self.process };
        Wanted { process, _native: PhantomData }
    }

    /// Runs `f`, which may block or look at terms for long. It cannot use the native's view of the
    /// process, which is not `Send`; terms stay where they are.
    #[inline(always)]
    pub fn run<R>(&self, f: impl FnOnce() -> R + Send) -> R {
        if self.worker.is_null() { f() } else { self.run_alone(f) }
    }

    #[inline(never)]
    fn run_alone<R>(&self, f: impl FnOnce() -> R + Send) -> R {
        // SAFETY: the worker is the caller's and owns the process, which nobody touches until it is
        // back: the native's view of it is borrowed by its one user, who is in `f` and has it not.
        let given_up = unsafe { aside::enter(&mut *self.worker, self.process) };
        let back = given_up.then(|| Back(self.worker, self.process));
        let result = f();
        drop(back);
        result
    }
}
