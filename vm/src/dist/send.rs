//! What goes out: from what a process does to packets.

use super::connection::{connect_automatically, refuse_spawn};
use super::ids::{PidId, RefId, Who};
use super::node::{Channel, Controller, Node, Phase, State};
use super::protocol::{Op, flags};
use crate::heap::LiteralRange;
use crate::io::port::distribution;
use crate::process::send::{How, Sent, deliver};
use crate::process::signal::SignalKind;
use crate::process::{Parcel, Process, suspend};
use crate::sched::Worker;
use crate::sync::{Arc, Ordering};
use crate::term::layout::Kind;
use crate::term::{Atom, Pid, Term, View, atoms, copy};
use crate::trace::seq::{self, Token};
use crate::trace::{monitor, tracees};
use crate::vm::Vm;

/// What came of sending something to a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Went {
    /// It is on its way, or the other node does not know such things.
    Sent,
    /// It is on its way, and the sender has been suspended since much is.
    ThenSuspended,
    /// There is no connection.
    NotConnected,
    /// No packet can hold it.
    TooLarge,
}

/// How many bytes may wait before senders do.
pub fn busy_limit(vm: &Vm) -> usize {
    vm.settings.dist_buf_busy_limit.saturating_mul(1024)
}

/// The node of that name with a connection that is up or pending, made so if `connect`.
pub fn reach(w: &mut Worker, name: Atom, connect: bool) -> Option<(Arc<Node>, u32)> {
    let vm = w.vm.clone();
    if !vm.nodes.is_alive() || name == vm.nodes.name() {
        return None;
    }
    let node = if connect { vm.nodes.get(&vm, name) } else { vm.nodes.find(name)? };
    for _ in 0..3 {
        {
            let state = node.state.lock();
            if !matches!(state.phase, Phase::Idle) {
                let connection = state.connection;
                drop(state);
                return Some((node, connection));
            }
        }
        if !connect || !connect_automatically(w, &node) {
            return None;
        }
    }
    None
}

/// Sends something by the connection of that number. If much waits, `sender` is suspended.
pub fn post(
    w: &mut Worker,
    node: &Arc<Node>,
    connection: u32,
    op: &Op<Term<'_>>,
    sender: Option<&mut Process>,
) -> Went {
    let channel = {
        let vm = w.vm.clone();
        let mut state = node.state.lock();
        if state.connection != connection {
            return Went::NotConnected;
        }
        match &mut state.phase {
            Phase::Idle => return Went::NotConnected,
            Phase::Connected(channel) => channel.clone(),
            Phase::Pending(waiting) => {
                // What is kept refers to no literals.
                let literals = LiteralRange::NONE;
                waiting.bytes += 64;
                let bytes = &mut waiting.bytes;
                let op = op.map(|t| {
                    *bytes += copy::copied_size(*t, literals) * 8;
                    Parcel::copy(SignalKind::Data, *t, literals)
                });
                waiting.ops.push(op);
                return match sender {
                    Some(p) if waiting.bytes > busy_limit(&vm) => {
                        waiting.suspended.push(p.pid);
                        p.suspended += 1;
                        Went::ThenSuspended
                    }
                    _ => Went::Sent,
                };
            }
        }
    };
    write(w, &channel, op, sender)
}

/// Sends something to the node of a process that is no longer there to care.
pub fn post_to(w: &mut Worker, name: Atom, op: &Op<Term<'_>>) {
    if let Some((node, connection)) = reach(w, name, false) {
        post(w, &node, connection, op, None);
    }
}

/// Sends something by a connection that is up.
fn write(
    w: &mut Worker,
    channel: &Arc<Channel>,
    op: &Op<Term<'_>>,
    sender: Option<&mut Process>,
) -> Went {
    let vm = w.vm.clone();
    if op.needs() & !channel.flags != 0 {
        return Went::Sent;
    }
    let Ok(packet) = op.packet(&vm, channel.flags) else { return Went::TooLarge };
    acknowledge_for(w, channel, op);
    channel.sent.fetch_add(1, Ordering::Relaxed);
    match channel.controller {
        Controller::Port(id) => {
            let pid = sender.as_ref().map(|p| p.pid);
            let suspended = distribution::write(w, id, channel, packet, pid);
            match sender {
                Some(p) if suspended => {
                    p.suspended += 1;
                    // SAFETY: the worker owns the process, which is not touched meanwhile.
                    unsafe { monitor::busy_dist_port(w, p, id) };
                    Went::ThenSuspended
                }
                _ => Went::Sent,
            }
        }
        Controller::Process(pid) => {
            {
                let _turn = channel.turn.lock();
                hand_to_process(w, channel, pid, packet);
            }
            match sender {
                Some(p) if channel.busy.load(Ordering::Relaxed) => {
                    channel.suspended.lock().push(p.pid);
                    p.suspended += 1;
                    Went::ThenSuspended
                }
                _ => Went::Sent,
            }
        }
    }
}

/// Where the other node does not acknowledge that a link is taken away, this one does.
fn acknowledge_for<T>(w: &mut Worker, channel: &Channel, op: &Op<T>) {
    if let Op::Unlink { from, to, id } = op
        && channel.flags & flags::UNLINK_ID == 0
        && let Some(pid) = local_pid(from)
    {
        let literals = w.vm.literals.range();
        let kind = SignalKind::RemoteUnlinkAck { id: *id };
        channel.node.state.lock().links.remove(&(pid, *to));
        drop(deliver(w, pid, Parcel::build(kind, 8, literals, |a| to.term(a))));
    }
}

fn local_pid(id: &PidId) -> Option<Pid> {
    let ids = crate::term::external::PidIds { id: id.id, serial: id.serial };
    crate::term::external::pid_from_ids(ids)
}

/// The packets of what has waited for a connection.
pub(super) fn packets_of(
    w: &mut Worker,
    channel: &Arc<Channel>,
    state: &mut State,
    ops: Vec<Op<Parcel>>,
) -> Vec<Vec<u8>> {
    let vm = w.vm.clone();
    let mut packets = Vec::new();
    for op in ops {
        if op.needs() & !channel.flags != 0 {
            refuse_spawn(w, state, &op, notsup(&vm));
            continue;
        }
        if let Op::Unlink { from, to, id } = op
            && channel.flags & flags::UNLINK_ID == 0
            && let Some(pid) = local_pid(&from)
        {
            let kind = SignalKind::RemoteUnlinkAck { id };
            state.links.remove(&(pid, to));
            let ack = Parcel::build(kind, 8, vm.literals.range(), |a| to.term(a));
            drop(deliver(w, pid, ack));
        }
        match op.map(Parcel::term).packet(&vm, channel.flags) {
            Ok(packet) => packets.push(packet),
            Err(_) => refuse_spawn(w, state, &op, atoms::SYSTEM_LIMIT),
        }
    }
    channel.sent.fetch_add(packets.len() as u64, Ordering::Relaxed);
    packets
}

pub(super) fn notsup(vm: &Vm) -> Atom {
    vm.atoms.intern("notsup").expect("the machine's own names fit the atom table")
}

/// Puts a packet where a controller that is a process fetches it.
pub(super) fn hand_to_process(w: &mut Worker, channel: &Arc<Channel>, pid: Pid, packet: Vec<u8>) {
    let limit = busy_limit(&w.vm);
    let notify = {
        let mut outbox = channel.outbox.lock();
        outbox.bytes += packet.len();
        outbox.packets.push_back(packet);
        if outbox.bytes > limit {
            channel.busy.store(true, Ordering::Relaxed);
        }
        std::mem::take(&mut outbox.notify)
    };
    if notify {
        notify_process(w, pid);
    }
}

/// `dist_data`
pub(super) fn notify_process(w: &mut Worker, pid: Pid) {
    let word = w.vm.atoms.intern("dist_data").expect("the machine's own names fit the table");
    let message = Parcel::copy(SignalKind::SystemMessage, Term::atom(word), LiteralRange::NONE);
    drop(deliver(w, pid, message));
}

/// Less waits than before: lets those go on that were suspended.
pub(crate) fn no_longer_busy(w: &mut Worker, channel: &Channel) {
    channel.busy.store(false, Ordering::Relaxed);
    let waiting = std::mem::take(&mut *channel.suspended.lock());
    for pid in waiting {
        suspend::resume_self(w, pid);
    }
}

/// `Destination ! Message` for a process of another node: by its pid, its alias, or `{Name, Node}`.
/// `None`: it is no such destination.
pub fn message(
    w: &mut Worker,
    p: &mut Process,
    destination: Term<'_>,
    message: Term<'_>,
    how: How,
) -> Option<Sent> {
    let vm = w.vm.clone();
    let from = PidId::local(&vm, p.pid);
    let (node, op) = match destination.view() {
        View::External(e) => match e.kind {
            Kind::ExtPid => {
                let to = PidId::external(destination)?;
                (e.node, Op::Send { from, to, message, token: None })
            }
            Kind::ExtRef => {
                let to = RefId::external(destination)?;
                (e.node, Op::SendAlias { from, to, message, token: None })
            }
            // Ports of other nodes take no messages.
            _ => return Some(Sent::BadDestination),
        },
        View::Tuple([name, node]) => {
            let (to, node) = (name.as_atom()?, node.as_atom()?);
            (node, Op::SendName { from, to, message, token: None })
        }
        _ => return None,
    };
    let Some((node, connection)) = reach(w, node, how.connect) else {
        return Some(Sent::NotConnected);
    };
    if !how.may_wait && is_busy(&vm, &node, connection) {
        return Some(Sent::Busy);
    }
    let token = token_beside(w, p, destination, message, false);
    let op = op.with_token(token);
    let sender = how.may_wait.then_some(p);
    Some(match post(w, &node, connection, &op, sender) {
        Went::Sent => Sent::Sent,
        Went::ThenSuspended => Sent::ThenSuspended,
        Went::NotConnected => Sent::NotConnected,
        Went::TooLarge => Sent::TooLarge,
    })
}

/// The token of sequential tracing that goes with what a process sends to another node.
pub(super) fn token_beside(
    w: &mut Worker,
    p: &mut Process,
    to: Term<'_>,
    what: Term<'_>,
    exits: bool,
) -> Option<Arc<Token>> {
    if !p.trace.any(tracees::SEQUENTIAL) {
        return None;
    }
    // SAFETY: the worker owns the process, which is not touched meanwhile.
    unsafe { seq::sends_away(w, p, to, what, exits) }
}

fn is_busy(vm: &Vm, node: &Node, connection: u32) -> bool {
    let state = node.state.lock();
    state.connection == connection
        && match &state.phase {
            Phase::Idle => false,
            Phase::Pending(waiting) => waiting.bytes > busy_limit(vm),
            Phase::Connected(channel) => channel.busy.load(Ordering::Relaxed),
        }
}

/// `exit/2` to a process of another node.
pub fn exit(w: &mut Worker, p: &mut Process, to: PidId, reason: Term<'_>) -> Went {
    let from = PidId::local(&w.vm, p.pid);
    to_node(w, p, to.node, &Op::Exit2 { from, to, reason })
}

/// `group_leader/2` of a process of another node.
pub fn group_leader(w: &mut Worker, p: &mut Process, leader: PidId, to: PidId) -> Went {
    to_node(w, p, to.node, &Op::GroupLeader { leader, to })
}

fn to_node(w: &mut Worker, p: &mut Process, node: Atom, op: &Op<Term<'_>>) -> Went {
    match reach(w, node, true) {
        Some((node, connection)) => post(w, &node, connection, op, Some(p)),
        None => Went::NotConnected,
    }
}

/// Tells a process there that one that it has watched is gone.
pub(crate) fn down(w: &mut Worker, from: Who, to: PidId, reference: RefId, reason: Term<'_>) {
    post_to(w, to.node, &Op::Down { from, to, reference, reason });
}
