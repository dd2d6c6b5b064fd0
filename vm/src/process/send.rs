//! Sending: messages and other signals, to pids, names and aliases.
//!
//! The path of a message to a pid: table lookup, copy into one fragment, one push. No lock.

use super::registry::Named;
use super::signal::{Pushed, SignalKind};
use super::{Parcel, Process};
use crate::io::port::command::{self, IfBusy, Output};
use crate::sched::Worker;
use crate::term::{Atom, Pid, PortId, Term, View, Word, copy};
use crate::trace::saved_calls::Saved;
use crate::trace::{events, seq, tracees};
use crate::vm::Vm;
use std::ptr::NonNull;

/// What came of sending a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is on its way, or lost.
    Sent,
    /// There can be no such destination.
    BadDestination,
    /// The port or connection is busy. A sender that may wait is suspended and sends again when it
    /// goes on.
    Busy,
    /// It is on its way, and the sender is suspended: much is on the way to that node.
    ThenSuspended,
    /// There is no connection to its node: it is lost.
    NotConnected,
    /// No packet to another node can hold it.
    TooLarge,
}

/// How a message is to be sent.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// The sender may be suspended (not with `nosuspend`).
    pub may_wait: bool,
    /// A connection may be made (not with `noconnect`).
    pub connect: bool,
}

/// As `!` sends.
pub const PATIENTLY: How = How { may_wait: true, connect: true };

/// Delivers a signal to a process. It comes back if there is no such process.
#[inline]
pub fn deliver(w: &mut Worker, to: Pid, parcel: Parcel) -> Result<(), Parcel> {
    let Some(p) = w.vm.processes.lookup(to) else { return Err(parcel) };
    // SAFETY: a worker that runs may use what it looked up until its next quiescent point; of it,
    // only the queue is used. If the queue says so, the process is now ours to make ready.
    unsafe {
        match (*p).queue.push(parcel.into_raw()) {
            Pushed::Delivered => Ok(()),
            Pushed::MustWake => {
                w.ready(p);
                Ok(())
            }
            Pushed::Closed(f) => Err(Parcel::from_raw(f)),
        }
    }
}

/// Sends a copy of `message` to a process, if it is there.
#[inline]
pub fn send_message(w: &mut Worker, to: Pid, message: Term<'_>) {
    let Some(p) = w.vm.processes.lookup(to) else { return };
    super::prefetch(p);
    let f = copy::to_any_fragment(message, w.vm.literals.range(), &mut w.spares);
    // SAFETY: the fragment is ours; else as in `deliver`.
    unsafe {
        (*f.as_ptr()).signal = SignalKind::Message;
        match (*p).queue.push(f) {
            Pushed::Delivered => {}
            Pushed::MustWake => {
                super::prefetch_heap(p);
                w.ready(p);
            }
            Pushed::Closed(f) => drop(Parcel::from_raw(f)),
        }
    }
}

/// What came of [`send_quickly`].
pub enum Quick {
    /// It is on its way, or lost.
    Sent,
    /// It is on its way, and the caller is to make this process ready.
    Woken(*mut Process),
    /// Nothing has been done: it takes [`send_to`].
    No,
}

/// The quick way of a message: an immediate or a small tuple of them in a spare fragment, to a
/// process.
///
/// # Safety
/// The worker owns the process `p`, which sends.
#[inline(always)]
pub unsafe fn send_quickly(
    w: *mut Worker,
    p: *mut Process,
    destination: Term<'_>,
    message: Term<'_>,
) -> Quick {
    // SAFETY: the caller's promise; the receiver as in `deliver`.
    unsafe {
        let Some(pid) = destination.as_pid() else { return Quick::No };
        if (*p).trace.any(tracees::AT_SEND) {
            return Quick::No;
        }
        let vm = &*std::sync::Arc::as_ptr(&(*w).vm);
        let (Some(to), Some(f)) = (vm.processes.lookup(pid), (*w).spares.next()) else {
            return Quick::No;
        };
        super::prefetch(to);
        (*p).sent_to = to;
        if !copy::to_spare(message, f, vm.literals.range()) {
            return Quick::No;
        }
        (*w).spares.take_next(f);
        (*f.as_ptr()).signal = SignalKind::Message;
        match (*to).queue.push(f) {
            Pushed::Delivered => Quick::Sent,
            Pushed::MustWake => {
                super::prefetch_heap(to);
                if (*w).takes_to_slot(to) { Quick::Sent } else { Quick::Woken(to) }
            }
            Pushed::Closed(f) => {
                (*w).spares.keep(f);
                Quick::Sent
            }
        }
    }
}

/// Sends to the process of that name; false if there is none. A port is none: only processes send
/// to ports.
pub fn send_to_name(w: &mut Worker, name: Atom, message: Term<'_>) -> bool {
    match w.vm.names.process(name) {
        Some(pid) => {
            send_message(w, pid, message);
            true
        }
        None => false,
    }
}

/// Sends through an alias; the receiver drops it if the alias is no longer active.
pub fn send_to_alias(w: &mut Worker, owner: Pid, reference: u64, message: Term<'_>) {
    let f = copy::to_any_fragment(message, w.vm.literals.range(), &mut w.spares);
    // SAFETY: the fragment is ours.
    let mut parcel = unsafe { Parcel::from_raw(f) };
    parcel.set_kind(SignalKind::AliasMessage { reference });
    // Without an owner the message is lost, as any other to a process that is gone.
    drop(deliver(w, owner, parcel));
}

/// `Destination ! Message`
///
/// # Safety
/// The worker owns the process `p`, which sends.
#[inline]
pub unsafe fn send_to(
    w: &mut Worker,
    p: *mut Process,
    destination: Term<'_>,
    message: Term<'_>,
) -> Sent {
    match destination.as_pid() {
        // SAFETY: the caller's promise.
        Some(pid) if unsafe { !(*p).trace.any(tracees::AT_SEND) } => {
            send_message(w, pid, message);
            Sent::Sent
        }
        // SAFETY: the caller's promise.
        _ => send(w, unsafe { &mut *p }, destination, message, PATIENTLY),
    }
}

fn send_to_port(
    w: &mut Worker,
    p: &mut Process,
    port: PortId,
    message: Term<'_>,
    how: How,
) -> Sent {
    let if_busy = if how.may_wait { IfBusy::Wait } else { IfBusy::Refuse };
    match command::message(w, p, port, message, if_busy) {
        Output::Busy => Sent::Busy,
        Output::Done | Output::Badarg | Output::Notsup => Sent::Sent,
    }
}

fn send_to_named(
    w: &mut Worker,
    p: &mut Process,
    name: Atom,
    message: Term<'_>,
    how: How,
) -> Option<Sent> {
    Some(match w.vm.names.whereis(name)? {
        Named::Process(pid) => {
            send_message(w, pid, message);
            Sent::Sent
        }
        Named::Port(port) => send_to_port(w, p, port, message, how),
    })
}

/// `Destination ! Message` for every kind of destination.
pub fn send(
    w: &mut Worker,
    p: &mut Process,
    destination: Term<'_>,
    message: Term<'_>,
    how: How,
) -> Sent {
    if p.trace.any(tracees::AT_SEND) {
        return send_traced(w, p, destination, message, how);
    }
    send_to_any(w, p, destination, message, how)
}

/// As [`send`], of a process that is traced.
#[cold]
fn send_traced(
    w: &mut Worker,
    p: &mut Process,
    destination: Term<'_>,
    message: Term<'_>,
    how: How,
) -> Sent {
    let possible = match destination.view() {
        View::Tuple([name, node]) => name.as_atom().is_some() && node.as_atom().is_some(),
        View::Atom(_) | View::Pid(_) | View::Port(_) | View::Ref(_) | View::External(_) => true,
        _ => false,
    };
    if possible {
        // SAFETY: the worker owns the process, which is not touched meanwhile.
        unsafe { events::sends(w, p, destination, message) };
    }
    let sent = if p.trace.any(tracees::SEQUENTIAL | tracees::NAMES_ITSELF) {
        send_with_more(w, p, destination, message, how)
    } else {
        send_to_any(w, p, destination, message, how)
    };
    let is_pair = destination.as_tuple().is_some();
    if !matches!(sent, Sent::Busy | Sent::TooLarge) && (possible || !is_pair) {
        p.note_call(Saved::Send);
    }
    sent
}

/// As [`send`], with the process's token or its name beside the message.
fn send_with_more(
    w: &mut Worker,
    p: &mut Process,
    destination: Term<'_>,
    message: Term<'_>,
    how: How,
) -> Sent {
    let named = match destination.view() {
        View::Atom(name) => Some(name),
        View::Tuple([name, node]) if node.is_atom(w.vm.nodes.name()) => name.as_atom(),
        _ => None,
    };
    let to = match (destination.view(), named.and_then(|name| w.vm.names.whereis(name))) {
        (View::Pid(pid), _) | (_, Some(Named::Process(pid))) => pid,
        (View::Port(_), _) | (_, Some(Named::Port(_))) => {
            let sent = send_to_any(w, p, destination, message, how);
            if sent == Sent::Sent && p.trace.any(tracees::SEQUENTIAL) {
                // A port has nothing to hand a token on to.
                // SAFETY: the worker owns the process, which is not touched meanwhile.
                let kind = unsafe { seq::sends(w, p, destination, message) };
                // SAFETY: the kind is of no signal.
                kind.into_iter().for_each(|kind| unsafe { seq::drop_token(kind) });
            }
            return sent;
        }
        (View::Ref(r), _) => {
            if let Some(owner) = r.alias_of {
                let reference = r.number;
                let from = Word::from_pid(p.pid);
                let mut kind = SignalKind::AliasMessageFrom { reference, from };
                if p.trace.any(tracees::SEQUENTIAL) {
                    // SAFETY: the worker owns the process, which is not touched meanwhile.
                    let with = unsafe { seq::sends(w, p, destination, message) };
                    if let Some(SignalKind::TokenMessage { token }) = with {
                        kind = SignalKind::TokenAliasMessage { reference, token };
                    }
                }
                drop(deliver(w, owner, Parcel::copy(kind, message, w.vm.literals.range())));
            }
            return Sent::Sent;
        }
        _ => return send_to_any(w, p, destination, message, how),
    };
    let kind = if p.trace.any(tracees::SEQUENTIAL) {
        // SAFETY: as above.
        unsafe { seq::sends(w, p, Term::pid(to), message) }
    } else {
        None
    };
    let kind = kind.unwrap_or(SignalKind::MessageFrom { from: Word::from_pid(p.pid) });
    let parcel = Parcel::copy(kind, message, w.vm.literals.range());
    drop(deliver(w, to, parcel));
    Sent::Sent
}

fn send_to_any(
    w: &mut Worker,
    p: &mut Process,
    destination: Term<'_>,
    message: Term<'_>,
    how: How,
) -> Sent {
    if let Some(pid) = destination.as_pid() {
        send_message(w, pid, message);
        return Sent::Sent;
    }
    if let Some(r) = destination.as_ref() {
        if let Some(owner) = r.alias_of {
            send_to_alias(w, owner, r.number, message);
        }
        return Sent::Sent;
    }
    match destination.view() {
        View::Atom(name) => send_to_named(w, p, name, message, how).unwrap_or(Sent::BadDestination),
        View::Port(port) => send_to_port(w, p, port, message, how),
        View::External(_) => {
            let sent = crate::dist::send::message(w, p, destination, message, how);
            sent.unwrap_or(Sent::BadDestination)
        }
        View::Tuple([name, node]) => {
            let (Some(name), Some(node)) = (name.as_atom(), node.as_atom()) else {
                return Sent::BadDestination;
            };
            if node == w.vm.nodes.name() {
                return send_to_named(w, p, name, message, how).unwrap_or(Sent::Sent);
            }
            let sent = crate::dist::send::message(w, p, destination, message, how);
            sent.unwrap_or(Sent::BadDestination)
        }
        _ => Sent::BadDestination,
    }
}

/// Delivers a signal from a thread that is no worker.
pub fn deliver_from_outside(vm: &Vm, to: Pid, parcel: Parcel) -> Result<(), Parcel> {
    // All such threads share one participant of the quiescence scheme, one at a time.
    let _turn = vm.outside.lock();
    let id = vm.workers.len();
    vm.quiescence.online(id);
    let result = match vm.processes.lookup(to) {
        None => Err(parcel),
        // SAFETY: this participant is online until below; as in `deliver`.
        Some(p) => unsafe {
            match (*p).queue.push(parcel.into_raw()) {
                Pushed::Delivered => Ok(()),
                Pushed::MustWake => {
                    vm.enqueue(to.index() % vm.workers.len(), p);
                    Ok(())
                }
                Pushed::Closed(f) => Err(Parcel::from_raw(f)),
            }
        },
    };
    vm.quiescence.offline(id);
    result
}

/// Sends a message that is already in a fragment, from a thread that is no worker.
///
/// # Safety
/// The caller owns the fragment and gives it up; its `term` is the message.
pub unsafe fn message_from_outside(vm: &Vm, to: Pid, message: NonNull<crate::heap::Fragment>) {
    // SAFETY: the caller's promise.
    let mut parcel = unsafe { Parcel::from_raw(message) };
    parcel.set_kind(SignalKind::Message);
    drop(deliver_from_outside(vm, to, parcel));
}

impl Process {
    /// Delivers a signal to the process itself, behind everything that is on its way to it.
    pub(crate) fn deliver_to_self(&self, parcel: Parcel) {
        // SAFETY: the parcel is given up; a process that runs is not waiting and not closed.
        match unsafe { self.queue.push(parcel.into_raw()) } {
            Pushed::Delivered => {}
            Pushed::MustWake => unreachable!("a running process does not wait"),
            // SAFETY: the signal is ours again.
            Pushed::Closed(f) => drop(unsafe { Parcel::from_raw(f) }),
        }
    }
}
