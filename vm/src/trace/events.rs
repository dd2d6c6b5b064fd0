//! What is traced beside calls: messages, what happens to processes, collections, slices.
//!
//! Each of these is called where the thing happens, by the owner of the process, after a test of
//! the process's flags that is part of the quick way there; so here nothing has to be quick.

use super::Event;
use super::actions::Context;
use super::messages::{self, Report, name, report, with_scratch};
use super::tracees::{self, Flags};
use crate::io::port::Port;
use crate::native::Native;
use crate::process::Process;
use crate::process::spawn::Call;
use crate::sched::Worker;
use crate::term::{Atom, Pid, Term, View, Word, atoms};
use smallvec::{SmallVec, smallvec};

/// What belongs to an event.
pub(crate) type Data<'s> = SmallVec<[Term<'s>; 2]>;

/// Reports an event of a process, if one of `flags` is set.
///
/// # Safety
/// The worker is the caller's and owns the process. Terms that `data` gives stay for the call.
pub(crate) unsafe fn happened(
    w: *mut Worker,
    p: *mut Process,
    flags: Flags,
    what: &str,
    data: impl for<'s> FnOnce(&mut Native<'s>) -> Data<'s>,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let own = Word::from_pid((*p).pid);
        let Some(tracer) = (*p).trace.tracer_for(&(*w).vm, own, flags) else { return };
        let flags = (*p).trace.flags();
        with_scratch(w, p, |cx| {
            let data = data(cx);
            let what = name(cx.vm(), what);
            let tracee = Term::pid((*p).pid);
            report(cx, tracer, &Report { tracee, flags, what, data: &data, result: None });
        });
    }
}

/// A term as one of an event's.
fn one<'s>(w: Word) -> Data<'s> {
    // SAFETY: as `happened` asks.
    smallvec![unsafe { Term::from_word(w) }]
}

/// As [`happened`], of `procs`, with a term.
///
/// # Safety
/// As `happened`; the term stays for the call.
pub(crate) unsafe fn process_event(w: *mut Worker, p: *mut Process, what: &str, term: Word) {
    // SAFETY: the caller's promise.
    unsafe { happened(w, p, tracees::PROCS, what, |_| one(term)) }
}

/// `p` sends a message; whether it is to a process that is there is looked up.
///
/// # Safety
/// As `happened`; destination and message are terms.
pub(crate) unsafe fn sends(w: *mut Worker, p: *mut Process, to: Term<'_>, message: Term<'_>) {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let own = Word::from_pid((*p).pid);
        let Some(tracer) = (*p).trace.tracer_for(&vm, own, tracees::SEND) else { return };
        let pattern = vm.tracing.send.read().clone();
        let (to, message) = (to.word(), message.word());
        with_scratch(w, p, |cx| {
            let data = [Term::from_word(to), Term::from_word(message)];
            let Some(result) = judge(cx, &pattern, &data) else { return };
            let flags = (*p).trace.flags();
            if matches!(pattern, Event::Matching(_)) && flags & tracees::SILENT != 0 {
                return;
            }
            let there = match data[0].view() {
                View::Pid(pid) => cx.is_there(pid),
                _ => true,
            };
            let what = if there { "send" } else { "send_to_non_existing_process" };
            let what = name(cx.vm(), what);
            let data = [data[1], data[0]];
            let tracee = Term::pid((*p).pid);
            report(cx, tracer, &Report { tracee, flags, what, data: &data, result });
        });
    }
}

/// A message has come to `p`: from a process, another node, of which it has the name, or (`None`)
/// from the system.
///
/// # Safety
/// As `happened`; the message is a term.
pub(crate) unsafe fn receives(w: *mut Worker, p: *mut Process, from: Option<Word>, message: Word) {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = &(*w).vm;
        let from = from.map(|from| Term::from_word(from));
        let pid = from.and_then(Term::as_pid);
        let node = match pid {
            Some(_) => vm.nodes.name(),
            None => from.and_then(Term::as_atom).unwrap_or_else(|| name(vm, "system")),
        };
        receives_from(w, p, node, pid, message);
    }
}

/// The time of a receive has come, which counts as a message.
///
/// # Safety
/// As `happened`.
pub(crate) unsafe fn times_out(w: *mut Worker, p: *mut Process) {
    // SAFETY: the caller's promise.
    unsafe {
        let clock = name(&(*w).vm, "clock_service");
        receives_from(w, p, clock, None, Word::from_atom(atoms::TIMEOUT));
    }
}

unsafe fn receives_from(
    w: *mut Worker,
    p: *mut Process,
    node: Atom,
    from: Option<Pid>,
    message: Word,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let vm = (*w).vm.clone();
        let own = Word::from_pid((*p).pid);
        let Some(tracer) = (*p).trace.tracer_for(&vm, own, tracees::RECEIVE) else { return };
        let pattern = vm.tracing.receive.read().clone();
        with_scratch(w, p, |cx| {
            let message = Term::from_word(message);
            let sender = from.map_or(Term::atom(atoms::UNDEFINED), Term::pid);
            let Some(result) = judge(cx, &pattern, &[Term::atom(node), sender, message]) else {
                return;
            };
            let flags = (*p).trace.flags();
            if matches!(pattern, Event::Matching(_)) && flags & tracees::SILENT != 0 {
                return;
            }
            let what = name(cx.vm(), "receive");
            let tracee = Term::pid((*p).pid);
            report(cx, tracer, &Report { tracee, flags, what, data: &[message], result });
        });
    }
}

/// Whether a pattern of messages lets one through, and with what result.
fn judge<'s>(cx: &mut Native<'s>, pattern: &Event, args: &[Term<'s>]) -> Option<Option<Term<'s>>> {
    match pattern {
        Event::Off => None,
        Event::All => Some(None),
        Event::Matching(spec) => {
            let context = Context::new(std::ptr::null());
            let list = cx.list(args);
            if spec.run_trace(cx, list, &context) { context.verdict() } else { None }
        }
    }
}

/// `parent` has made `child`, which nobody else knows yet.
///
/// # Safety
/// The worker is the caller's and owns both.
pub(crate) unsafe fn spawned(
    w: *mut Worker,
    parent: *mut Process,
    child: *mut Process,
    call: Call<'_, '_>,
    linked: bool,
) {
    fn function<'s>(cx: &mut Native<'s>, call: Call<'_, '_>) -> Term<'s> {
        // SAFETY: the arguments are the caller's and stay for the call.
        let args = call.args.iter().map(|t| unsafe { Term::from_word(t.word()) });
        let args: SmallVec<[Term<'s>; 8]> = args.collect();
        let args = cx.list(&args);
        cx.tuple(&[Term::atom(call.module), Term::atom(call.function), args])
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (ours, theirs) = ((*parent).pid, (*child).pid);
        let procs = tracees::PROCS;
        happened(w, parent, procs, "spawn", |cx| smallvec![Term::pid(theirs), function(cx, call)]);
        if linked {
            process_event(w, parent, "link", Word::from_pid(theirs));
        }
        happened(w, child, procs, "spawned", |cx| smallvec![Term::pid(ours), function(cx, call)]);
        if linked {
            process_event(w, child, "getting_linked", Word::from_pid(ours));
        }
    }
}

/// A process that is somebody's or nobody's gets or loses a registered name.
pub(crate) fn named(w: &mut Worker, pid: Pid, what: &str, registered: Atom) {
    let vm = w.vm.clone();
    let own = Word::from_pid(pid);
    let found = tracees::with_tracee(&vm, pid, |t| {
        Some((t.tracer_for(&vm, own, tracees::PROCS)?, t.flags()))
    });
    let Some(Some((tracer, flags))) = found else { return };
    // SAFETY: the worker is the caller's; no process is touched.
    unsafe {
        with_scratch(w, std::ptr::null_mut(), |cx| {
            let what = name(cx.vm(), what);
            let data = [Term::atom(registered)];
            let tracee = Term::pid(pid);
            report(cx, tracer, &Report { tracee, flags, what, data: &data, result: None });
        });
    }
}

/// A slice of a process begins or ends there.
///
/// # Safety
/// As `happened`.
#[cold]
pub(crate) unsafe fn slice(w: *mut Worker, p: *mut Process, begins: bool) {
    // SAFETY: the caller's promise.
    unsafe {
        if (*p).trace.any(tracees::TIMED) {
            if begins {
                super::calls::start_clock(&(*w).vm, &*p);
            } else {
                super::calls::stop_clock(&(*w).vm, &*p);
            }
        }
        if (*p).trace.any(tracees::PROFILED) && !begins && (*p).waiting {
            super::profile::process(w, p, false);
        }
        let what = if begins { "in" } else { "out" };
        let running = tracees::RUNNING | tracees::RUNNING_PROCS;
        let address = (*p).ip;
        happened(w, p, running, what, |cx| smallvec![place(cx, address)]);
    }
}

/// The function that a process is in.
fn place<'s>(cx: &mut Native<'s>, address: *const u64) -> Term<'s> {
    let module = cx.vm().code.module_at(address);
    match module.as_ref().and_then(|m| m.locate(address)) {
        Some(l) => messages::mfa(cx, (l.module, l.function, l.arity)),
        None => Term::small(0),
    }
}

/// A process that exits is taken up or left.
///
/// # Safety
/// As `happened`.
pub(crate) unsafe fn exiting(w: *mut Worker, p: *mut Process, what: &str) {
    // SAFETY: the caller's promise.
    unsafe { happened(w, p, tracees::EXITING, what, |_| smallvec![Term::small(0)]) }
}

/// A collection begins or is over.
///
/// # Safety
/// As `happened`; heap and stack tops are saved.
#[cold]
pub(crate) unsafe fn collection(w: *mut Worker, p: *mut Process, what: &str, words: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        happened(w, p, tracees::GARBAGE_COLLECTION, what, |cx| {
            let vm = cx.vm();
            let item = Term::atom(name(vm, "garbage_collection_info"));
            let info = crate::process::info::build(vm, &*p, true, cx, item);
            let size = cx.tuple(&[Term::atom(name(vm, "wordsize")), Term::small(words as i64)]);
            let list = info.as_tuple_of::<2>().map_or(Term::nil(), |[_, list]| list);
            smallvec![cx.cons(size, list)]
        });
    }
}

/// Something happens to a port, or it gets or sends a message: told with what `data` gives. A
/// tracer that is a port is told nothing: nobody holds two ports' locks.
pub(crate) fn port(
    w: &mut Worker,
    port: &Port,
    flags: Flags,
    what: &str,
    data: impl for<'s> FnOnce(&mut Native<'s>) -> Data<'s>,
) {
    let vm = w.vm.clone();
    let own = Word::from_port(port.id);
    let Some(tracer) = port.trace.tracer_for(&vm, own, flags) else { return };
    if tracer.is_local_port() {
        return;
    }
    let flags = port.trace.flags();
    // SAFETY: the worker is the caller's; no process is touched.
    unsafe {
        with_scratch(w, std::ptr::null_mut(), |cx| {
            let data = data(cx);
            let what = name(&vm, what);
            let Some(tracee) = Term::port(port.id) else { return };
            report(cx, tracer, &Report { tracee, flags, what, data: &data, result: None });
        });
    }
}

/// As [`port`], of `ports`, with an immediate term.
pub(crate) fn port_event(w: &mut Worker, of: &Port, what: &str, term: Word) {
    if of.trace.any(tracees::PORTS) {
        port(w, of, tracees::PORTS, what, |_| one(term));
    }
}

/// A port gets `{From, What}` from a process.
pub(crate) fn port_receives(w: &mut Worker, of: &Port, from: Pid, what: Term<'_>) {
    let what = what.word();
    port(w, of, tracees::RECEIVE, "receive", |cx| {
        // SAFETY: the term is the caller's and stays for the call.
        let what = unsafe { Term::from_word(what) };
        smallvec![cx.tuple(&[Term::pid(from), what])]
    });
}

/// A port sends a message to a process.
pub(crate) fn port_sends(w: &mut Worker, of: &Port, to: Pid, message: Term<'_>) {
    let message = message.word();
    port(w, of, tracees::SEND, "send", |_| {
        // SAFETY: as above.
        smallvec![unsafe { Term::from_word(message) }, Term::pid(to)]
    });
}
