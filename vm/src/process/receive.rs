//! Handling of signals: what a process does with what has come to it, in the order it came.
//!
//! Called by the owner, at the start of a slice, in a receive that has found nothing, and by
//! natives that must see what was sent before. Builds in fragments only, never in the heap, so it
//! may run while a native does. What it decides is left in the control block: `exiting`,
//! `suspended`, the mailbox; whoever called it looks there.

use super::send::deliver;
use super::signal::{Request, SignalKind};
use super::{Collection, Parcel, Process};
use crate::dist::PidId;
use crate::dist::ids::Who;
use crate::heap::LiteralRange;
use crate::sched::Worker;
use crate::term::{Pid, Term, Word, atoms, copy};
use crate::trace::seq::Sender;
use crate::trace::{events, tracees};
use std::ptr::NonNull;

/// Begins a slice: handles signals; ends the process if it is to exit and lets it sleep if it is
/// suspended. False: the process is no longer the caller's and must not be touched.
///
/// # Safety
/// The worker owns the process, whose registers are saved.
#[inline]
pub unsafe fn begin_slice(w: &mut Worker, p: *mut Process) -> bool {
    // SAFETY: the caller's promise; after `terminate` or a successful `try_wait` it is not used.
    unsafe {
        if (*p).queue.has_signals() && !takes_message(p) {
            // One that waits is about to look what has come, and to wait again.
            let waits = (*p).waiting;
            w.answered = false;
            handle_signals(w, p);
            if w.answered && !waits && w.gives_way(p) {
                return false;
            }
        }
        loop {
            if (*p).exiting && !(*p).is_aside() {
                let reason = (*p).exit_reason;
                super::exit::terminate(w, p, reason);
                return false;
            }
            if (*p).suspended == 0 {
                return true;
            }
            if (*p).is_aside() {
                super::aside::attend(w, p);
                return false;
            }
            // One that is suspended is collected all the same.
            if (*p).collection_request.is_some() {
                return true;
            }
            if (*p).queue.try_wait() {
                return false;
            }
            handle_signals(w, p);
        }
    }
}

/// Lets a process sleep in a receive until a signal comes. False: there are signals; else the
/// process is no longer the caller's. Its state is saved and, if it has a deadline, its alarm set.
///
/// # Safety
/// The worker owns the process.
#[inline]
pub unsafe fn park(p: *mut Process) -> bool {
    // SAFETY: the caller's promise; after a successful `try_wait` it is not used.
    unsafe {
        debug_assert!((*p).waiting);
        // Signals that have come still find it waiting; the next slice or receive says else.
        (*p).queue.try_wait()
    }
}

/// The quick way of [`handle_signals`] for what has come most often: one message. False: nothing
/// has been done.
///
/// # Safety
/// The worker owns the process, and there are signals.
#[inline(always)]
unsafe fn takes_message(p: *mut Process) -> bool {
    // SAFETY: the caller's promise; what is taken is ours.
    unsafe {
        if (*p).exiting || (*p).trace.any(tracees::AT_RECEIVE) {
            return false;
        }
        let Some(f) = (*p).queue.take_message() else { return false };
        (*p).mailbox.append(f);
        (*p).waiting = false;
        true
    }
}

/// Handles all signals that have come.
///
/// # Safety
/// The worker owns the process.
pub unsafe fn handle_signals(w: &mut Worker, p: *mut Process) {
    // SAFETY: the caller's promise; the queue's chain is ours once taken.
    unsafe {
        let p = &mut *p;
        if p.exiting {
            // What comes now is treated as having come to a process that is gone.
            return;
        }
        let mut next = p.queue.take();
        let traced = p.trace.any(tracees::AT_RECEIVE);
        let had = p.mailbox.len;
        while let Some(f) = NonNull::new(next) {
            next = f.as_ref().next;
            // Whoever asks after a message has come finds it awake.
            p.waiting &= p.mailbox.len == had;
            // From here on the signal is alone: whoever adopts it adopts no other with it.
            (*f.as_ptr()).next = std::ptr::null_mut();
            if matches!(f.as_ref().signal, SignalKind::Message | SignalKind::PortMessage { .. }) {
                if traced {
                    p.shows_message(w, f, None);
                }
                p.mailbox.append(f);
            } else {
                p.handle(w, Parcel::from_raw(f));
                if p.exiting {
                    p.waiting = false;
                    // What comes after is treated as having come to a process that is gone.
                    p.put_back(NonNull::new(next));
                    return;
                }
            }
        }
        p.waiting = false;
    }
}

/// Tells whoever has asked for it that the process has been collected.
///
/// # Safety
/// The worker owns the process.
pub unsafe fn collected(w: &mut Worker, p: *mut Process) {
    // SAFETY: the caller's promise.
    let Some(rare) = (unsafe { &mut (*p).rare }) else { return };
    for (from, request) in std::mem::take(&mut rare.collection_answers) {
        answer_task(w, from, request.term(), Term::bool(true));
    }
}

impl Process {
    /// A message comes: one of the system's, which leaves a token of sequential tracing alone, or one
    /// without such a token, which takes it away.
    fn receive(&mut self, w: &mut Worker, mut message: Parcel, system: bool) {
        message.set_kind(if system && self.trace.any(tracees::SEQUENTIAL) {
            SignalKind::SystemMessage
        } else {
            SignalKind::Message
        });
        let f = message.into_raw();
        if self.trace.any(tracees::AT_RECEIVE) {
            self.shows_message(w, f, None);
        }
        // SAFETY: the parcel has been given up.
        unsafe { self.mailbox.append(f) };
    }

    /// A message comes that says who sent it.
    fn receive_from(&mut self, w: &mut Worker, mut message: Parcel, from: Word) {
        message.set_kind(SignalKind::Message);
        let f = message.into_raw();
        if self.trace.any(tracees::AT_RECEIVE) {
            self.shows_message(w, f, Some(from));
        }
        // SAFETY: the parcel has been given up.
        unsafe { self.mailbox.append(f) };
    }

    /// Reports a message that comes.
    #[cold]
    fn shows_message(
        &mut self,
        w: &mut Worker,
        f: NonNull<crate::heap::Fragment>,
        from: Option<Word>,
    ) {
        // SAFETY: the worker owns the process, which is not touched meanwhile; the message is ours.
        unsafe { events::receives(w, self, from, f.as_ref().term) };
    }

    /// Reports something that happens to the process.
    fn shows(&mut self, w: &mut Worker, what: &str, term: Word) {
        if self.trace.any(tracees::PROCS) {
            // SAFETY: as above; the term is immediate.
            unsafe { events::process_event(w, self, what, term) };
        }
    }

    /// Keeps signals that will not be handled until the process is ended.
    ///
    /// # Safety
    /// The chain is the caller's and given up.
    unsafe fn put_back(&mut self, chain: Option<NonNull<crate::heap::Fragment>>) {
        if chain.is_some() {
            debug_assert!(self.rare().unhandled.is_none());
            self.rare().unhandled = chain;
        }
    }

    fn handle(&mut self, w: &mut Worker, signal: Parcel) {
        match signal.kind() {
            SignalKind::Data
            | SignalKind::TokenData { .. }
            | SignalKind::PortData { .. }
            | SignalKind::SystemData => unreachable!("data is not sent"),
            SignalKind::SystemMessage => {
                let f = signal.into_raw();
                if self.trace.any(tracees::AT_RECEIVE) {
                    self.shows_message(w, f, None);
                }
                // SAFETY: the signal has been given up.
                unsafe { self.mailbox.append(f) };
            }
            SignalKind::TokenAliasMessage { reference, token } => {
                if self.accept_alias_message(w, reference) {
                    let mut signal = signal;
                    signal.set_kind(SignalKind::TokenMessage { token });
                    self.handle(w, signal);
                }
            }
            SignalKind::TokenExit { from, .. } => {
                self.exit_signal(w, Word::from_pid(from), true, signal);
            }
            SignalKind::MessageFrom { from } => self.receive_from(w, signal, from),
            SignalKind::TokenMessage { token } => {
                let f = signal.into_raw();
                if self.trace.any(tracees::AT_RECEIVE) {
                    // SAFETY: the message owns its token.
                    let from = match unsafe { (*token).from } {
                        Sender::Local(pid) => Word::from_pid(pid),
                        Sender::Remote(Who::Pid(PidId { node, .. }) | Who::Name(node)) => {
                            Word::from_atom(node)
                        }
                    };
                    self.shows_message(w, f, Some(from));
                }
                // SAFETY: the signal has been given up.
                unsafe { self.mailbox.append(f) };
            }
            SignalKind::Message | SignalKind::PortMessage { .. } => {
                unreachable!("messages go to the mailbox at once")
            }
            SignalKind::AliasMessage { reference } => {
                if self.accept_alias_message(w, reference) {
                    self.receive(w, signal, false);
                }
            }
            SignalKind::AliasMessageFrom { reference, from } => {
                if self.accept_alias_message(w, reference) {
                    self.receive_from(w, signal, from);
                }
            }
            SignalKind::Exit { from, linked } => self.exit_signal(w, from, linked, signal),
            SignalKind::Link { from } => {
                if self.linked_by(from) {
                    self.shows(w, "getting_linked", Word::from_pid(from));
                }
            }
            SignalKind::PortLink { from } => {
                self.rare().port_links.insert(from);
                self.shows(w, "getting_linked", Word::from_port(from));
            }
            SignalKind::Unlink { from, id } => {
                if self.unlinked_by(w, from, id) {
                    self.shows(w, "getting_unlinked", Word::from_pid(from));
                }
            }
            SignalKind::PortUnlink { from } => {
                self.rare().port_links.remove(&from);
                self.shows(w, "getting_unlinked", Word::from_port(from));
            }
            SignalKind::UnlinkAck { from, id } => self.unlink_acknowledged(from, id),
            SignalKind::Monitor { from, reference } => {
                self.relations.add_watcher(reference, from);
                signal.is_done(&mut w.spares);
            }
            SignalKind::Demonitor { reference, .. } => {
                self.relations.remove_watcher(reference);
                signal.is_done(&mut w.spares);
            }
            SignalKind::ProcessDown { reference } => {
                if let Some(message) = self.monitored_process_gone(w, reference, signal) {
                    self.receive(w, message, true);
                }
            }
            SignalKind::Down { reference } => {
                if let Some(message) = self.monitor_fired(w, reference, signal.term()) {
                    self.receive(w, message, true);
                }
            }
            SignalKind::ClockChange { reference } => {
                if let Some(message) = self.clock_changed(w, reference, signal.term()) {
                    self.receive(w, message, true);
                }
            }
            SignalKind::RemoteLink { .. }
            | SignalKind::RemoteUnlink { .. }
            | SignalKind::RemoteUnlinkAck { .. }
            | SignalKind::RemoteExit { .. }
            | SignalKind::RemoteTokenExit { .. }
            | SignalKind::RemoteMonitor
            | SignalKind::RemoteDemonitor
            | SignalKind::RemoteGroupLeader
            | SignalKind::SpawnReply { .. } => self.handle_remote(w, signal),
            SignalKind::Timeout => {
                if w.vm.world.now() >= self.alarm {
                    self.alarm = 0;
                }
            }
            SignalKind::Request { request, from, reference } => {
                self.handle_request(w, request, from, reference, signal.term());
            }
        }
    }

    /// A signal came from another node.
    #[cold]
    fn handle_remote(&mut self, w: &mut Worker, signal: Parcel) {
        let pid = PidId::external(signal.term());
        match (signal.kind(), pid) {
            (SignalKind::RemoteLink { connection }, Some(from)) => {
                self.remotely_linked(w, from, connection);
            }
            (SignalKind::RemoteUnlink { id }, Some(from)) => self.remotely_unlinked(w, from, id),
            (SignalKind::RemoteUnlinkAck { id }, Some(from)) => {
                self.remote_unlink_acknowledged(from, id);
            }
            (
                kind @ (SignalKind::RemoteExit { connection, .. }
                | SignalKind::RemoteTokenExit { connection, .. }),
                _,
            ) => {
                let linked = !matches!(kind, SignalKind::RemoteExit { linked: false, .. });
                let Some([from, reason]) = signal.term().as_tuple_of::<2>() else { return };
                let broken = !linked
                    || PidId::external(from)
                        .is_some_and(|from| self.remote_link_broken(from, connection));
                if broken {
                    let other = PidId::external(from);
                    let (from, reason) = (from.word(), reason.word());
                    self.act_on_exit(w, from, linked, reason, signal);
                    if let Some(other) = other.filter(|_| linked && !self.exiting) {
                        self.shows_remote(w, "getting_unlinked", other);
                    }
                }
            }
            (SignalKind::RemoteMonitor, _) => self.remotely_watched(signal.term()),
            (SignalKind::RemoteDemonitor, _) => self.no_longer_remotely_watched(signal.term()),
            (SignalKind::RemoteGroupLeader, _) => {
                let leader = signal.term().word();
                self.keep_group_leader(leader, signal);
            }
            (SignalKind::SpawnReply { reference, flags, connection }, _) => {
                let result = signal.term();
                let reply = self.spawn_answered(w, reference, flags, connection, result);
                match reply {
                    Some(message) if message.kind().has_token() => self.handle(w, message),
                    Some(message) => self.receive(w, message, false),
                    None => {}
                }
            }
            _ => {}
        }
    }

    /// Sets the group leader to the term of a signal.
    fn keep_group_leader(&mut self, leader: Word, mut signal: Parcel) {
        self.group_leader = leader;
        if !leader.is_immediate() {
            signal.set_kind(SignalKind::Data);
            // SAFETY: the fragment, which holds the pid, is given up.
            unsafe { self.heap.adopt(signal.into_raw()) };
        }
    }

    fn exit_signal(&mut self, w: &mut Worker, from: Word, linked: bool, signal: Parcel) {
        let broken = match () {
            () if !linked => true,
            () if from.is_local_port() => self.rare().port_links.remove(&from.port_value()),
            () => self.link_broken(from.pid_value()),
        };
        if broken {
            let reason = signal.term().word();
            self.act_on_exit(w, from, linked, reason, signal);
        }
    }

    /// Exits, or not, because of a signal with that sender and reason, which may be terms of it.
    fn act_on_exit(
        &mut self,
        w: &mut Worker,
        from: Word,
        linked: bool,
        reason: Word,
        signal: Parcel,
    ) {
        // SAFETY: terms of the signal, or immediate.
        let (from_term, reason) = unsafe { (Term::from_word(from), Term::from_word(reason)) };
        if !linked && reason.is_atom(atoms::KILL) {
            self.exit_reason = Word::from_atom(atoms::KILLED);
            self.exiting = true;
        } else if self.trap_exit {
            let literals = w.vm.literals.range();
            let words = 16 + copy::copied_size(reason, literals);
            let message = Parcel::build(SignalKind::Message, words, literals, |a| {
                let reason = copy::to_area(reason, a, literals);
                let from = copy::to_area(from_term, a, literals);
                a.tuple(&[Term::atom(atoms::EXIT_UPPER), from, reason])
            });
            match signal.kind() {
                SignalKind::TokenExit { token, .. } | SignalKind::RemoteTokenExit { token, .. } => {
                    // The message takes the token over.
                    let (mut signal, mut message) = (signal, message);
                    signal.set_kind(SignalKind::Data);
                    message.set_kind(SignalKind::TokenMessage { token });
                    self.handle(w, message);
                }
                _ => self.receive(w, message, false),
            }
        } else if !reason.is_atom(atoms::NORMAL) || from == Word::from_pid(self.pid) {
            self.exit_reason = reason.word();
            self.exiting = true;
            let mut signal = signal;
            // SAFETY: the signal owned its token, if it had one; its kind is not used again. The
            // fragment, which holds the reason, is given up.
            unsafe {
                crate::trace::seq::drop_token(signal.kind());
                signal.set_kind(SignalKind::Data);
                self.heap.adopt(signal.into_raw());
            }
        }
        if linked && !self.exiting && from.is_immediate() {
            self.shows(w, "getting_unlinked", from);
        }
    }

    fn handle_request(
        &mut self,
        w: &mut Worker,
        request: Request,
        from: Pid,
        reference: u64,
        argument: Term<'_>,
    ) {
        match request {
            Request::Info => self.answer_info(w, from, reference, argument),
            Request::GroupLeader => {
                let leader = Parcel::copy(SignalKind::Data, argument, w.vm.literals.range());
                self.keep_group_leader(leader.term().word(), leader);
                answer(w, from, reference, Term::bool(true));
            }
            Request::GarbageCollect => {
                let Some([_, _, kind]) = argument.as_tuple_of::<3>() else { return };
                let major = kind.as_atom().is_some_and(|k| k.name() == "major");
                self.request_collection(Collection::of(major));
                let request = Parcel::copy(SignalKind::Data, argument, LiteralRange::NONE);
                self.rare().collection_answers.push((from, request));
            }
            Request::CheckCode => {
                let Some([_, _, module]) = argument.as_tuple_of::<3>() else { return };
                let uses = module.as_atom().is_some_and(|m| self.runs_old_code(&w.vm, m));
                answer_task(w, from, argument, Term::bool(uses));
            }
            Request::CopyLiterals => {
                self.asked_for_literals(
                    from,
                    Parcel::copy(SignalKind::Data, argument, LiteralRange::NONE),
                );
            }
            Request::Test => answer_task(w, from, argument, Term::bool(true)),
            Request::Suspend => {
                self.suspended += 1;
                if !argument.is_nil() {
                    answer(w, from, reference, argument);
                }
            }
            Request::Resume => {
                let n = argument.as_u64().unwrap_or(1).min(u64::from(u16::MAX)) as u16;
                self.resume(n);
            }
            Request::Block => {
                let time = argument.as_u64().unwrap_or(0);
                std::thread::sleep(std::time::Duration::from_millis(time));
            }
            Request::Display => {
                super::info::display(&w.vm, self);
                answer(w, from, reference, Term::bool(true));
            }
            Request::IsAlive => answer(w, from, reference, Term::bool(true)),
            Request::Flag => {
                let Some([_, value]) = argument.as_tuple_of::<2>() else { return };
                let new = value.as_usize().unwrap_or(0);
                let old = self.set_save_calls(new);
                answer(w, from, reference, Term::small(old as i64));
            }
        }
    }
}

/// Sends `{Ref, Result}`.
pub(super) fn answer(w: &mut Worker, to: Pid, reference: u64, result: Term<'_>) {
    let literals = w.vm.literals.range();
    let words = 6 + copy::copied_size(result, literals);
    let message = Parcel::build(SignalKind::SystemMessage, words, literals, |a| {
        let reference = a.reference(reference, None);
        let result = copy::to_area(result, a, literals);
        a.tuple(&[reference, result])
    });
    drop(deliver(w, to, message));
}

/// Sends `{Task, Id, Result}`, the answer to a task request that begins with `Task` and `Id`.
pub(super) fn answer_task(w: &mut Worker, to: Pid, request: Term<'_>, result: Term<'_>) {
    let Some(&[task, id, ..]) = request.as_tuple() else { return };
    let literals = w.vm.literals.range();
    let words = 4 + copy::copied_size(id, literals);
    let message = Parcel::build(SignalKind::SystemMessage, words, literals, |a| {
        let task = copy::to_area(task, a, literals);
        let id = copy::to_area(id, a, literals);
        let result = copy::to_area(result, a, literals);
        a.tuple(&[task, id, result])
    });
    drop(deliver(w, to, message));
}
