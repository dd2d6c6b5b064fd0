//! The view that a worker's natives get, which it keeps from one call to the next: they come one after
//! the other, and most of what a view holds stays as it is.

use super::Native;
use crate::process::Process;
use crate::sched::Worker;
use crate::term::{Area, Word};
use crate::vm::Vm;
use std::ptr::{NonNull, null_mut};

/// A worker's. Apart from the worker: natives may have both.
pub(crate) struct Kept(NonNull<Native<'static>>);

impl Kept {
    /// For natives on a worker of that machine, which keeps the machine alive.
    pub(crate) fn new(vm: &Vm, dirty: bool) -> Kept {
        // SAFETY: the worker holds the machine for as long as it is there itself, and with it this. An
        // area without room; `serve` sets process and worker before there is a call.
        let native = unsafe {
            let vm: &'static Vm = &*std::ptr::from_ref(vm);
            let area = Area::in_block(null_mut(), null_mut());
            Native {
                area,
                vm,
                process: null_mut(),
                worker: null_mut(),
                reductions: 0,
                patient: dirty,
            }
        };
        Kept(NonNull::from(Box::leak(Box::new(native))))
    }

    /// The natives that follow are called by that process.
    ///
    /// # Safety
    /// No native is being called; the worker is that which keeps this.
    #[inline(always)]
    pub(crate) unsafe fn serve(&self, worker: *mut Worker, process: *mut Process) {
        // SAFETY: nobody else has it: no native is being called.
        unsafe {
            let native = self.0.as_ptr();
            ((*native).worker, (*native).process) = (worker, process);
        }
    }

    /// Begins a call by the process whose free words are `hp..end`.
    ///
    /// # Safety
    /// As [`Native::new`], and [`Area::in_block`] for those words. The call before has ended, and what
    /// it left behind beside words in that block has been taken.
    #[inline(always)]
    pub(crate) unsafe fn begin<'p>(&self, hp: *mut Word, end: *mut Word) -> &'p mut Native<'p> {
        // SAFETY: nobody else has it, as above. It holds nothing of the brand: the area is as good as
        // new.
        unsafe {
            let native = self.native();
            native.area.go_on_in(hp, end);
            native.reductions = 0;
            native
        }
    }

    /// The view during a call.
    ///
    /// # Safety
    /// As `begin`, of the same call; what that gave is not used any more.
    #[inline(always)]
    pub(crate) unsafe fn native<'p>(&self) -> &'p mut Native<'p> {
        // SAFETY: the caller's promise.
        unsafe { &mut *self.0.as_ptr().cast::<Native<'p>>() }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SAFETY: made by `new`; the worker is gone, so no native is being called.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}
