//! `erlang:system_monitor`: a process is told of what takes long, grows large or has to wait.
//!
//! Collections and busy ports look at the settings themselves, since they are rare. Slices are
//! measured only while somebody wants it: workers then run them in another way
//! (`Vm::interrupted`).

use super::messages::{self, name, with_scratch};
use crate::native::Native;
use crate::process::{Process, info};
use crate::sched::Worker;
use crate::sync::Ordering;
use crate::term::{Atom, Pid, PortId, Term, Word, atoms};
use crate::vm::Vm;

/// What is watched; 0 or false: not.
#[derive(Clone, Copy, Default)]
#[expect(missing_docs, reason = "the options by their own names")]
pub struct Settings {
    /// Who is told.
    pub who: Option<Pid>,
    /// Milliseconds.
    pub long_gc: u64,
    /// Milliseconds.
    pub long_schedule: u64,
    /// Words.
    pub large_heap: u64,
    pub busy_port: bool,
    pub busy_dist_port: bool,
}

/// Who watches collections, as bits: the system's monitor.
pub(crate) const MONITORED: u8 = 1;
/// Microstate accounting.
pub(crate) const ACCOUNTED: u8 = 2;

impl super::Tracing {
    /// Has collections watched by one of these, or no longer.
    pub(crate) fn watch_collections(&self, by: u8, on: bool) {
        if on {
            self.watches_collections.fetch_or(by, Ordering::Relaxed);
        } else {
            self.watches_collections.fetch_and(!by, Ordering::Relaxed);
        }
    }

    /// The settings; nothing if who is told is gone.
    pub fn monitor(&self, vm: &Vm) -> Settings {
        let settings = *self.monitor.read();
        let there = |pid| messages::is_there(vm, Word::from_pid(pid));
        if settings.who.is_some_and(there) { settings } else { Settings::default() }
    }

    /// Sets what is watched; what it was.
    pub fn set_monitor(&self, vm: &Vm, new: Settings) -> Settings {
        let old = self.monitor(vm);
        *self.monitor.write() = new;
        self.watch_collections(MONITORED, new.long_gc != 0 || new.large_heap != 0);
        vm.set_slices_watched(new.long_schedule != 0, false);
        old
    }
}

/// Tells of `{monitor, Pid, What, Info}`.
unsafe fn tell(
    w: *mut Worker,
    p: *mut Process,
    to: Pid,
    what: &str,
    information: impl for<'s> FnOnce(&mut Native<'s>) -> Term<'s>,
) {
    // SAFETY: the caller owns the process, and its worker is the caller's.
    unsafe {
        with_scratch(w, p, |cx| {
            let information = information(cx);
            let vm = cx.vm();
            let parts = [
                Term::atom(atoms::MONITOR),
                Term::pid((*p).pid),
                Term::atom(name(vm, what)),
                information,
            ];
            let message = cx.tuple(&parts);
            cx.send_to_pid(to, message);
        });
    }
}

/// A collection that has begun at `since` (nanoseconds) is over.
///
/// # Safety
/// The worker is the caller's and owns the process; heap and stack tops are saved.
#[cold]
pub(crate) unsafe fn collected(w: *mut Worker, p: *mut Process, since: u64) {
    const OF_HEAP: [&str; 6] = [
        "old_heap_block_size",
        "heap_block_size",
        "mbuf_size",
        "stack_size",
        "old_heap_size",
        "heap_size",
    ];
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let settings = vm.tracing.monitor(&vm);
        let Some(to) = settings.who.filter(|who| *who != (*p).pid) else { return };
        let longer = vm.flags.test_long_gc_sleep.get();
        if longer > 0 {
            std::thread::sleep(std::time::Duration::from_millis(longer as u64));
        }
        let millis = (vm.world.now() - since) / 1_000_000;
        let sizes = |cx: &mut Native<'_>, first: Option<u64>| {
            // SAFETY: as above; the words are copied before the area is gone.
            let item = Term::atom(name(cx.vm(), "garbage_collection_info"));
            let all = info::build(cx.vm(), &*p, true, cx, item);
            let all = all.as_tuple_of::<2>().map_or(Term::nil(), |[_, list]| list);
            let mut pairs = Vec::new();
            if let Some(millis) = first {
                let time = cx.uint(millis);
                pairs.push(cx.tuple(&[Term::atom(atoms::TIMEOUT), time]));
            }
            for wanted in OF_HEAP {
                let known =
                    |t: &Term<'_>| t.as_tuple().is_some_and(|p| p[0].is_atom(name(&vm, wanted)));
                pairs.extend(all.list().find(known));
            }
            cx.list(&pairs).word()
        };
        if settings.long_gc != 0 && millis >= settings.long_gc {
            tell(w, p, to, "long_gc", |cx| Term::from_word(sizes(cx, Some(millis))));
        }
        let heap = &(*p).heap;
        let words = heap.block_words() + heap.old_block_words();
        if settings.large_heap != 0 && words as u64 >= settings.large_heap {
            tell(w, p, to, "large_heap", |cx| Term::from_word(sizes(cx, None)));
        }
    }
}

/// A process is suspended because a port is busy.
///
/// # Safety
/// The worker is the caller's and owns the process.
#[cold]
pub(crate) unsafe fn busy_port(w: *mut Worker, p: *mut Process, port: PortId) {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let settings = vm.tracing.monitor(&vm);
        let Some(to) = settings.who.filter(|who| settings.busy_port && *who != (*p).pid) else {
            return;
        };
        let port = Word::from_port(port);
        tell(w, p, to, "busy_port", |_| Term::from_word(port));
    }
}

/// A process is suspended because much waits to be sent by the connection that a port carries.
///
/// # Safety
/// The worker is the caller's and owns the process.
#[cold]
pub(crate) unsafe fn busy_dist_port(w: *mut Worker, p: *mut Process, port: PortId) {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let settings = vm.tracing.monitor(&vm);
        let wanted = |who: &Pid| settings.busy_dist_port && *who != (*p).pid;
        let Some(to) = settings.who.filter(wanted) else { return };
        let port = Word::from_port(port);
        tell(w, p, to, "busy_dist_port", |_| Term::from_word(port));
    }
}

/// A slice that took `nanos` is over: it went from code at `from` to code at `to`; null: unknown.
pub(crate) fn slice(w: &mut Worker, pid: Pid, nanos: u64, from: *const u64, to: *const u64) {
    let vm = w.vm.clone();
    let settings = vm.tracing.monitor(&vm);
    let Some(who) = settings.who.filter(|who| *who != pid) else { return };
    let millis = nanos / 1_000_000;
    if settings.long_schedule == 0 || millis < settings.long_schedule {
        return;
    }
    // SAFETY: the worker is the caller's; no process is touched.
    unsafe {
        with_scratch(w, std::ptr::null_mut(), |cx| {
            let pair = |cx: &mut Native<'_>, key: Atom, value: Term<'_>| {
                cx.tuple(&[Term::atom(key), Term::from_word(value.word())]).word()
            };
            let (from, to) = (place(cx, from), place(cx, to));
            let time = cx.uint(millis);
            let pairs = [
                pair(cx, atoms::TIMEOUT, time),
                pair(cx, name(&vm, "in"), from),
                pair(cx, name(&vm, "out"), to),
            ];
            let list = cx.list(&pairs.map(|w| Term::from_word(w)));
            let what = Term::atom(name(&vm, "long_schedule"));
            let message = cx.tuple(&[Term::atom(atoms::MONITOR), Term::pid(pid), what, list]);
            messages::send_to_tracer(cx, Word::from_pid(who), message);
        });
    }
}

fn place<'s>(cx: &mut Native<'s>, address: *const u64) -> Term<'s> {
    let module = cx.vm().code.module_at(address);
    match module.as_ref().and_then(|m| m.locate(address)) {
        Some(l) => messages::mfa(cx, (l.module, l.function, l.arity)),
        None => Term::atom(atoms::UNDEFINED),
    }
}
