//! Trace messages: their form, time stamps, delivery.
//!
//! They are built in a scratch area that belongs to no process ([`with_scratch`]): tracing never
//! changes the heap of the traced process, so it may happen wherever the process's terms are whole.

use super::tracees::{self, Flags};
use crate::io::port::command;
use crate::native::Native;
use crate::process::signal::SignalKind;
use crate::process::{Parcel, Process, send};
use crate::sched::Worker;
use crate::term::external::{EncodeOptions, encode};
use crate::term::{Area, Atom, PortId, Term, Word, atoms};
use crate::vm::Vm;
use smallvec::SmallVec;
use std::ptr::NonNull;

/// Runs `f` with a view of the machine whose terms are freed afterwards.
///
/// # Safety
/// The worker is the caller's, and owns the process or `p` is null. Terms of the process that `f`
/// uses stay where they are, and `f` does nothing to the process but what its natives may.
pub(crate) unsafe fn with_scratch<R>(
    w: *mut Worker,
    p: *mut Process,
    f: impl for<'s> FnOnce(&mut Native<'s>) -> R,
) -> R {
    // SAFETY: the worker is the caller's; the machine outlives the call, since the worker holds it.
    let vm = unsafe { (*w).vm.clone() };
    // SAFETY: the caller's promise.
    let mut cx = unsafe { Native::new(Area::detached(0), &vm, p, w) };
    let r = cx.patiently(f);
    let (closed, _) = cx.finish();
    let mut off_heap = closed.off_heap;
    let mut next = closed.fragments;
    // SAFETY: the terms are branded and `f` has returned; nothing refers to them.
    unsafe {
        off_heap.release_all();
        while let Some(fragment) = NonNull::new(next) {
            next = fragment.as_ref().next;
            crate::heap::Fragment::free(fragment);
        }
    }
    r
}

/// Whether the process or port of a tracer is there.
pub(crate) fn is_there(vm: &Vm, tracer: Word) -> bool {
    if tracer.is_local_port() {
        vm.ports.is_open(tracer.port_value())
    } else {
        tracees::with_tracee(vm, tracer.pid_value(), |_| ()).is_some()
    }
}

/// What a trace message says.
pub(crate) struct Report<'a, 's> {
    /// A pid or port.
    pub tracee: Term<'s>,
    /// The tracee's flags: how it is said.
    pub flags: Flags,
    /// What happened.
    pub what: Atom,
    /// The terms that belong to it.
    pub data: &'a [Term<'s>],
    /// What `{message, _}` of a match specification gave.
    pub result: Option<Term<'s>>,
}

/// Sends a trace message.
pub(crate) fn report(cx: &mut Native<'_>, tracer: Word, r: &Report<'_, '_>) {
    // SAFETY: terms of the report stay during this call, and are copied before it ends.
    let own = |t: Term<'_>| unsafe { Term::from_word(t.word()) };
    let stamped = r.flags & tracees::TIMESTAMPS != 0;
    let tag = name(cx.vm(), if stamped { "trace_ts" } else { "trace" });
    let mut parts: SmallVec<[Term<'_>; 8]> = SmallVec::new();
    parts.extend([Term::atom(tag), own(r.tracee), Term::atom(r.what)]);
    parts.extend(r.data.iter().map(|t| own(*t)));
    parts.extend(r.result.map(own));
    if r.flags & tracees::SCHEDULER_ID != 0 {
        let id = cx.worker().id as i64 + 1;
        parts.push(Term::small(id));
    }
    if stamped {
        parts.push(timestamp(cx, r.flags));
    }
    let message = cx.tuple(&parts);
    send_to_tracer(cx, tracer, message);
}

/// The time as trace messages have it.
pub(crate) fn timestamp<'s>(cx: &mut Native<'s>, flags: Flags) -> Term<'s> {
    let world = &cx.vm().world;
    if flags & tracees::NOW != 0 {
        let micros = world.unique_microseconds();
        let (secs, micros) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
        let parts = [secs.div_euclid(1_000_000), secs.rem_euclid(1_000_000), micros];
        return cx.tuple(&parts.map(Term::small));
    }
    let now = world.now() as i64;
    if flags & tracees::STRICT_MONOTONIC == 0 {
        return cx.int(now);
    }
    let unique = world.unique_integer();
    let parts = [cx.int(now), cx.uint(unique)];
    cx.tuple(&parts)
}

/// Delivers a message to a tracer.
pub(crate) fn send_to_tracer(cx: &mut Native<'_>, tracer: Word, message: Term<'_>) {
    let vm = cx.vm();
    if tracer.is_local_port() {
        // What has no external form is nobody's fault here.
        if let Ok(bytes) = encode(message, vm, EncodeOptions::default()) {
            to_port(cx.worker(), tracer.port_value(), bytes);
        }
        return;
    }
    let parcel = Parcel::copy(SignalKind::Message, message, vm.literals.range());
    drop(send::deliver(cx.worker(), tracer.pid_value(), parcel));
}

fn to_port(w: &mut Worker, port: PortId, bytes: Vec<u8>) {
    command::trace_output(w, port, bytes);
}

/// An atom of the machine's own that has no constant.
pub(crate) fn name(vm: &Vm, s: &str) -> Atom {
    vm.atoms.intern(s).unwrap_or(atoms::UNDEFINED)
}

/// `{Module, Function, Arity}`
pub(crate) fn mfa<'s>(cx: &mut Native<'s>, (m, f, a): (Atom, Atom, u8)) -> Term<'s> {
    cx.tuple(&[Term::atom(m), Term::atom(f), Term::small(i64::from(a))])
}
