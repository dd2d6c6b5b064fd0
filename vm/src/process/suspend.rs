//! `suspend_process` and `resume_process`, and whether a process runs old code.
//!
//! The suspending process counts how often it has suspended whom, the suspended one how often it
//! is suspended in all. A suspender that exits takes its suspensions back.

use super::send::deliver;
use super::signal::{Request, SignalKind};
use super::{Parcel, Priority, Process};
use crate::sched::Worker;
use crate::term::{Atom, Pid, Term};
use crate::vm::Vm;

/// Sends a request to a process; false if it is not there. The answer goes to `from`. It is as
/// urgent as who asks.
pub fn request(
    w: &mut Worker,
    from: Pid,
    to: Pid,
    what: Request,
    reference: u64,
    argument: Term<'_>,
) -> bool {
    // SAFETY: what a worker runs is its own.
    let urgency = unsafe { w.current.as_ref() }.map_or(Priority::Normal, |asks| asks.priority);
    urgent_request(w, urgency, from, to, what, reference, argument)
}

/// As [`request`], with another urgency.
pub fn urgent_request(
    w: &mut Worker,
    urgency: Priority,
    from: Pid,
    to: Pid,
    request: Request,
    reference: u64,
    argument: Term<'_>,
) -> bool {
    let kind = SignalKind::Request { request, from, reference };
    let parcel = Parcel::copy(kind, argument, w.vm.literals.range());
    if deliver(w, to, parcel).is_err() {
        return false;
    }
    if urgency < Priority::Normal
        && let Some(p) = w.vm.processes.lookup(to)
    {
        // Only its address is used, and it is there until the worker's next quiescent point.
        w.elevate(p, urgency);
    }
    true
}

/// As [`request`], but a process that is not there is answered for.
pub fn request_or_refuse(
    w: &mut Worker,
    from: Pid,
    to: Pid,
    what: Request,
    reference: u64,
    argument: Term<'_>,
) {
    if !request(w, from, to, what, reference, argument) {
        super::exit::refuse_request(w, what, from, reference, argument);
    }
}

/// `resume_process/1`: false if `p` has not suspended `other`.
pub fn resume(w: &mut Worker, p: &mut Process, other: Pid) -> bool {
    let from = p.pid;
    let Some(rare) = &mut p.rare else { return false };
    let Some(count) = rare.suspending.get_mut(&other) else { return false };
    *count -= 1;
    if *count == 0 {
        rare.suspending.remove(&other);
    }
    resume_times(w, from, other, 1);
    true
}

/// Lets a process go on that has suspended itself.
pub(crate) fn resume_self(w: &mut Worker, pid: Pid) {
    resume_times(w, pid, pid, 1);
}

pub(super) fn resume_times(w: &mut Worker, from: Pid, other: Pid, times: u32) {
    let _ = request(w, from, other, Request::Resume, 0, Term::small(i64::from(times)));
}

impl Process {
    /// Whether the process would return to, or goes on in, the old version of a module.
    pub fn runs_old_code(&self, vm: &Vm, module: Atom) -> bool {
        let Some(old) = vm.code.module(module).old else { return false };
        let start = old.code.as_ptr() as usize;
        let range = start..start + old.code.len() * 8;
        let within = |a: *const u64| range.contains(&(a as usize));
        if within(self.ip) || within(self.cp) {
            return true;
        }
        let mut at = self.heap.stop.cast_const();
        while at < self.heap.end.cast_const() {
            // SAFETY: words of the process's own stack.
            let w = unsafe { *at };
            if w.is_header() && within(w.0 as *const u64)
                || w.is_catch() && within(w.catch_handler())
            {
                return true;
            }
            at = at.wrapping_add(1);
        }
        false
    }
}
