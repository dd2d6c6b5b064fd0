//! The end of a process.
//!
//! In stock OTP's order: it stops being found and loses its name; links, monitors and what it
//! suspended hear of it; then what had come to it but was not handled is answered as by a process
//! that is not there; then its memory goes.

pub use super::report::{report_crash, report_max_heap};

use super::mailbox::Mailbox;
use super::receive::{answer, answer_task};
use super::send::deliver;
use super::signal::{Request, SignalKind};
use super::{Parcel, Process, Role};
use crate::heap::{Fragment, Heap, LiteralRange};
use crate::io::port::ports;
use crate::sched::Worker;
use crate::sched::dirty::DirtyWorkers;
use crate::term::print::Shown;
use crate::term::{Pid, Term, Word, atoms, copy};
use crate::trace::{events, seq, tracees};
use std::ptr::NonNull;

/// Ends a process. It is gone afterwards.
///
/// # Safety
/// The worker owns the process and gives it up; `reason` is a term of its heap.
pub unsafe fn terminate(w: &mut Worker, p: *mut Process, reason: Word) {
    // SAFETY: the caller owns the process; others reach only its shared fields, and, once it is
    // out of the table, only until their next quiescent point, which `retire` waits for.
    unsafe {
        // One that was aside may have left before.
        if !(*p).queue.is_closed() {
            leave(w, p, reason);
        }
        {
            let p = &mut *p;
            // What its native opened after it had left.
            if let Some(files) = crate::io::file::process_exits(p) {
                DirtyWorkers::push_close(&w.vm, files);
            }
            p.more_regs = None;
            p.relations = super::relations::Relations::default();
            p.rare = None;
        }
        if w.dirty {
            // It makes no processes.
            (*p).mailbox.clear();
            (*p).heap.free();
            w.vm.quiescence.retire(p);
        } else {
            if (*p).mailbox.len > MANY || (*p).heap.freeing_is_long() {
                DirtyWorkers::push_memory(&w.vm, LeftMemory::of(&mut *p));
            } else {
                (*p).mailbox.clear();
                (*p).heap.free_but_first();
            }
            w.retired.give_up(&w.vm.quiescence, p);
        }
    }
}

/// More messages than so many are freed by a dirty worker.
const MANY: usize = 10_000;

/// Heap and messages of a process that is gone.
pub struct LeftMemory {
    heap: Heap,
    mailbox: Mailbox,
}

// SAFETY: nobody else refers to them.
unsafe impl Send for LeftMemory {}

impl LeftMemory {
    /// Takes them.
    ///
    /// # Safety
    /// The process is gone, and nothing refers to its terms any more.
    unsafe fn of(p: &mut Process) -> LeftMemory {
        LeftMemory { heap: p.heap.take(), mailbox: std::mem::take(&mut p.mailbox) }
    }

    /// Frees them.
    pub fn free(mut self) {
        // SAFETY: as `of` was promised.
        unsafe {
            self.mailbox.clear();
            self.heap.free();
        }
    }
}

/// The end of a process as others see it. Its memory is still there.
///
/// # Safety
/// The worker owns the process, which has not left before; `reason` is a term of its heap.
pub(super) unsafe fn leave(w: &mut Worker, p: *mut Process, reason: Word) {
    // SAFETY: as for `terminate`.
    unsafe {
        if (*p).trace.flags() != 0 {
            shows_exit(w, p, reason);
        }
        {
            let p = &mut *p;
            p.exiting = true;
            if p.role == Role::Root {
                // The program's first process ends the machine itself; here it has failed.
                w.vm.stop(1);
            }
            if p.role == Role::System {
                let shown = |t| Shown(t, 100_000);
                let (pid, why) = (shown(Term::pid(p.pid)), shown(Term::from_word(reason)));
                w.vm.crash(&format!("System process {pid} terminated: {why}"));
            }
            let unhandled = NonNull::new(p.queue.close());
            // SAFETY: the worker outlives the call.
            let vm = w.machine();
            if vm.nodes.depend_on(p.pid) {
                crate::dist::connection::net_kernel_exits(w);
            }
            if vm.nodes.have_process_controllers() {
                crate::dist::connection::controller_exits(w, p.pid, Term::from_word(reason));
            }
            vm.unblock_all(p.pid);
            vm.ets.process_exits(w, p);
            if let Some(name) = w.vm.names.process_exits(p)
                && p.trace.any(tracees::PROCS)
            {
                events::process_event(w, p, "unregister", Word::from_atom(name));
            }
            if let Some(files) = crate::io::file::process_exits(p) {
                DirtyWorkers::push_close(&w.vm, files);
            }
            w.vm.processes.remove(p.pid);
            let kept = p.rare.as_mut().and_then(|r| r.unhandled.take());
            let reason = Term::from_word(reason);
            tell_links(w, p, reason);
            crate::dist::process::exits(w, p, reason);
            // What the process had asked for elsewhere is still known.
            refuse_all(w, p, kept, reason);
            refuse_all(w, p, unhandled, reason);
            tell_monitors(w, p, reason);
        }
    }
}

/// What tracing has to do with the end of a process, before anybody learns of it.
///
/// # Safety
/// As [`terminate`].
#[cold]
unsafe fn shows_exit(w: &mut Worker, p: *mut Process, reason: Word) {
    // SAFETY: the caller's promise.
    unsafe {
        events::process_event(w, p, "exit", reason);
        events::exiting(w, p, "out_exited");
        if (*p).trace.any(tracees::PROFILED) {
            (*p).exiting = true;
            crate::trace::profile::process(w, p, false);
        }
        if (*p).trace.any(tracees::TIMED) {
            crate::trace::calls::forget_clock(&w.vm, &*p);
        }
    }
}

fn tell_links(w: &mut Worker, p: &mut Process, reason: Term<'_>) {
    let literals = w.vm.literals.range();
    let kind = SignalKind::Exit { from: Word::from_pid(p.pid), linked: true };
    for other in p.links() {
        let mut kind = kind;
        if p.trace.any(tracees::SEQUENTIAL) {
            // SAFETY: the worker owns the process, which is not touched meanwhile.
            kind = unsafe { seq::exits(w, p, other, reason) }.unwrap_or(kind);
        }
        drop(deliver(w, other, Parcel::copy(kind, reason, literals)));
    }
    for port in p.port_links() {
        ports::link_broken(w, port, p.pid, reason);
    }
}

fn tell_monitors(w: &mut Worker, p: &mut Process, reason: Term<'_>) {
    match p.relations.only_watcher() {
        Some((reference, watcher)) => tell_watcher(w, p.pid, reference, watcher, reason),
        None if p.relations.is_empty() => {}
        None => {
            for (reference, watcher) in p.relations.watchers() {
                tell_watcher(w, p.pid, reference, watcher, reason);
            }
        }
    }
    let Some(rare) = p.rare.take() else { return };
    for (from, request) in &rare.collection_answers {
        answer_task(w, *from, request.term(), Term::bool(false));
    }
    for (from, request) in &rare.literal_requests {
        super::literals::answer_done(w, *from, request.term());
    }
    for (reference, out) in rare.monitors.iter() {
        if let Some(pid) = out.pid {
            let kind = SignalKind::Demonitor { from: p.pid, reference: *reference };
            drop(deliver(w, pid, Parcel::empty(kind)));
        }
        if let Some(port) = out.port {
            ports::demonitor(w, port, *reference);
        }
        crate::dist::process::demonitor(w, p, *reference, out);
    }
    for (pid, count) in &rare.suspending {
        super::suspend::resume_times(w, p.pid, *pid, *count);
    }
}

/// Tells a watcher that the process is gone.
fn tell_watcher(w: &mut Worker, gone: Pid, reference: u64, watcher: Pid, reason: Term<'_>) {
    let literals = w.vm.literals.range();
    let words = 9 + copy::copied_size(reason, literals);
    let kind = SignalKind::ProcessDown { reference };
    let parcel = Parcel::build_small(&mut w.spares, kind, words, literals, |a| {
        let reason = copy::to_area(reason, a, literals);
        let reference = a.reference(reference, None);
        let (down, process) = (Term::atom(atoms::DOWN_UPPER), Term::atom(atoms::PROCESS));
        a.tuple(&[down, reference, process, Term::pid(gone), reason])
    });
    drop(deliver(w, watcher, parcel));
}

/// Answers signals as if there were no process.
///
/// # Safety
/// The chain is the caller's and given up.
unsafe fn refuse_all(
    w: &mut Worker,
    p: &Process,
    mut next: Option<NonNull<Fragment>>,
    reason: Term<'_>,
) {
    while let Some(f) = next {
        // SAFETY: the chain is ours.
        let signal = unsafe {
            next = NonNull::new(f.as_ref().next);
            Parcel::from_raw(f)
        };
        refuse(w, p, &signal, reason);
    }
}

fn refuse(w: &mut Worker, p: &Process, signal: &Parcel, reason: Term<'_>) {
    let noproc = Term::atom(atoms::NOPROC);
    match signal.kind() {
        SignalKind::Link { from } => {
            let kind = SignalKind::Exit { from: Word::from_pid(p.pid), linked: true };
            drop(deliver(w, from, Parcel::copy(kind, noproc, LiteralRange::NONE)));
        }
        SignalKind::PortLink { from } => ports::link_broken(w, from, p.pid, noproc),
        SignalKind::Unlink { from, id } => {
            let kind = SignalKind::UnlinkAck { from: p.pid, id };
            drop(deliver(w, from, Parcel::empty(kind)));
        }
        SignalKind::Monitor { from, reference } => {
            let kind = SignalKind::Down { reference };
            drop(deliver(w, from, Parcel::copy(kind, noproc, LiteralRange::NONE)));
        }
        SignalKind::Request { request, from, reference } => {
            refuse_request(w, request, from, reference, signal.term());
        }
        SignalKind::RemoteLink { .. }
        | SignalKind::RemoteUnlink { .. }
        | SignalKind::RemoteMonitor
        | SignalKind::SpawnReply { .. } => crate::dist::process::refuse(w, p, signal, reason),
        SignalKind::RemoteUnlinkAck { .. }
        | SignalKind::RemoteExit { .. }
        | SignalKind::RemoteTokenExit { .. }
        | SignalKind::RemoteDemonitor
        | SignalKind::RemoteGroupLeader
        | SignalKind::Data
        | SignalKind::Message
        | SignalKind::PortMessage { .. }
        | SignalKind::PortUnlink { .. }
        | SignalKind::MessageFrom { .. }
        | SignalKind::TokenMessage { .. }
        | SignalKind::TokenData { .. }
        | SignalKind::PortData { .. }
        | SignalKind::SystemData
        | SignalKind::TokenExit { .. }
        | SignalKind::TokenAliasMessage { .. }
        | SignalKind::SystemMessage
        | SignalKind::AliasMessage { .. }
        | SignalKind::AliasMessageFrom { .. }
        | SignalKind::Exit { .. }
        | SignalKind::UnlinkAck { .. }
        | SignalKind::Demonitor { .. }
        | SignalKind::Down { .. }
        | SignalKind::ProcessDown { .. }
        | SignalKind::ClockChange { .. }
        | SignalKind::Timeout => {}
    }
}

/// The answer to a request to a process that is not there.
pub(crate) fn refuse_request(
    w: &mut Worker,
    request: Request,
    from: crate::term::Pid,
    reference: u64,
    argument: Term<'_>,
) {
    match request {
        Request::Info => answer(w, from, reference, Term::atom(atoms::UNDEFINED)),
        Request::GroupLeader | Request::Flag | Request::Display => {
            answer(w, from, reference, Term::atom(atoms::BADARG));
        }
        Request::IsAlive => answer(w, from, reference, Term::bool(false)),
        Request::GarbageCollect | Request::CheckCode | Request::Test => {
            answer_task(w, from, argument, Term::bool(false));
        }
        Request::CopyLiterals => super::literals::answer_done(w, from, argument),
        Request::Suspend => {
            if !argument.is_nil() {
                answer(w, from, reference, Term::atom(atoms::BADARG));
            }
        }
        Request::Resume | Request::Block => {}
    }
}
