//! `erlang:system_profile`: when processes and workers become active and inactive.
//!
//! A process counts as active from when a worker takes it up after it has waited, not from when it
//! was put in a queue: looking at the settings there would cost every message something.

use super::messages::{self, name, send_to_tracer, timestamp, with_scratch};
use super::tracees;
use crate::native::Native;
use crate::process::Process;
use crate::sched::Worker;
use crate::sync::Ordering;
use crate::term::{Pid, Term, Word};
use crate::vm::Vm;

/// What is profiled.
#[derive(Clone, Copy, Default)]
#[expect(missing_docs, reason = "the options by their own names")]
pub struct Settings {
    /// Who is told: a pid or port; 0: nobody.
    pub who: u64,
    pub runnable_procs: bool,
    pub runnable_ports: bool,
    pub scheduler: bool,
    pub exclusive: bool,
    /// The kind of time stamps, as flags of tracees.
    pub timestamps: tracees::Flags,
}

impl super::Tracing {
    /// The settings; nothing if who is told is gone.
    pub fn profile(&self, vm: &Vm) -> Settings {
        let settings = *self.profile.read();
        let there = settings.who != 0 && messages::is_there(vm, Word(settings.who));
        if there { settings } else { Settings::default() }
    }

    /// Sets what is profiled; what it was.
    pub fn set_profile(&self, vm: &Vm, new: Settings) -> Settings {
        let old = self.profile(vm);
        *self.profile.write() = new;
        self.active_workers.store(0, Ordering::Relaxed);
        vm.set_slices_watched(new.runnable_procs || new.scheduler, true);
        old
    }
}

fn tell(
    w: *mut Worker,
    settings: Settings,
    parts: impl for<'s> FnOnce(&mut Native<'s>) -> Vec<Term<'s>>,
) {
    // SAFETY: the worker is the caller's; no process is touched.
    unsafe {
        with_scratch(w, std::ptr::null_mut(), |cx| {
            let mut all = vec![Term::atom(name(cx.vm(), "profile"))];
            all.extend(parts(cx));
            all.push(timestamp(cx, settings.timestamps));
            let message = cx.tuple(&all);
            send_to_tracer(cx, Word(settings.who), message);
        });
    }
}

/// A process becomes active, or inactive.
///
/// # Safety
/// The worker is the caller's and owns the process.
pub(crate) unsafe fn process(w: *mut Worker, p: *const Process, active: bool) {
    // SAFETY: the caller's promise.
    let (vm, pid, address, exits) = unsafe { ((*w).vm.clone(), (*p).pid, (*p).ip, (*p).exiting) };
    let settings = vm.tracing.profile(&vm);
    if !settings.runnable_procs || Word(settings.who) == Word::from_pid(pid) {
        return;
    }
    tell(w, settings, |cx| {
        let module = if exits { None } else { cx.vm().code.module_at(address) };
        let place = match module.as_ref().and_then(|m| m.locate(address)) {
            Some(l) => messages::mfa(cx, (l.module, l.function, l.arity)),
            None => Term::small(0),
        };
        let what = Term::atom(name(cx.vm(), if active { "active" } else { "inactive" }));
        vec![Term::pid(pid), what, place]
    });
}

/// Whether a worker that runs that process is active: the profiler's own work does not count, since
/// telling it would never end.
pub(crate) fn counts(vm: &Vm, pid: Pid) -> bool {
    let settings = vm.tracing.profile(vm);
    settings.scheduler && Word(settings.who) != Word::from_pid(pid)
}

/// A worker becomes active, or inactive.
pub(crate) fn worker(w: &mut Worker, active: bool) {
    let vm = w.vm.clone();
    let settings = vm.tracing.profile(&vm);
    if !settings.scheduler {
        return;
    }
    let id = w.id as i64 + 1;
    let n = if active {
        vm.tracing.active_workers.fetch_add(1, Ordering::Relaxed) + 1
    } else {
        vm.tracing.active_workers.fetch_sub(1, Ordering::Relaxed) - 1
    };
    tell(w, settings, |cx| {
        let vm = cx.vm();
        let what = Term::atom(name(vm, if active { "active" } else { "inactive" }));
        vec![Term::atom(name(vm, "scheduler")), Term::small(id), what, Term::small(n.max(0))]
    });
}
