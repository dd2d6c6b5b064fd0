//! How connections come up and go down, and how this node gets its name and loses it.

use super::ids::{PidId, RefId, Who};
use super::node::{
    Channel, Controller, Handle, Node, Outbox, Phase, Spawning, State, Waiting, Watched, Watching,
};
use super::protocol::{Op, flags};
use super::{send, watch};
use crate::heap::LiteralRange;
use crate::io::port::{command, distribution};
use crate::process::registry::Named;
use crate::process::send::deliver;
use crate::process::signal::SignalKind;
use crate::process::{Parcel, suspend};
use crate::sched::Worker;
use crate::sync::{Arc, AtomicBool, AtomicU64, Mutex};
use crate::term::{Atom, Pid, Term, Word, atoms};
use crate::vm::Vm;

/// It cannot be done: Erlang says `badarg`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused;

fn word(vm: &Vm, name: &str) -> Atom {
    vm.atoms.intern(name).expect("the machine's own names fit the atom table")
}

/// The process that is registered as `net_kernel`.
fn net_kernel(vm: &Vm) -> Option<Pid> {
    match vm.names.whereis(word(vm, "net_kernel"))? {
        Named::Process(pid) => Some(pid),
        Named::Port(_) => None,
    }
}

/// `setnode/2`: gives this node a name.
pub fn set_this_node(w: &mut Worker, name: Atom, creation: u32) -> Result<(), Refused> {
    let vm = w.vm.clone();
    let usable = super::node::is_node_name(name) && name != atoms::NIL_NODE;
    if !usable || vm.nodes.is_alive() {
        return Err(Refused);
    }
    let net_kernel = net_kernel(&vm).ok_or(Refused)?;
    // Identifiers from before the name are now of another node.
    let _ = vm.nodes.get(&vm, atoms::NIL_NODE);
    vm.nodes.name_this(name, creation, net_kernel);
    watch::tell_up(w, name, super::node::Kind::Visible, None);
    Ok(())
}

/// The process that all connections depend on has exited: closes them and takes the name away.
pub fn net_kernel_exits(w: &mut Worker) {
    let vm = w.vm.clone();
    let name = vm.nodes.name();
    let reason = word(&vm, "net_kernel_terminated");
    for (_, controller) in vm.nodes.controllers() {
        match controller {
            Controller::Port(id) => drop(command::exit_signal(w, id, Term::atom(reason))),
            Controller::Process(pid) => {
                let kind = SignalKind::Exit { from: Word::from_pid(pid), linked: false };
                drop(deliver(
                    w,
                    pid,
                    Parcel::copy(kind, Term::atom(atoms::KILL), LiteralRange::NONE),
                ));
            }
        }
    }
    for node in vm.nodes.all() {
        abort(w, &node, None);
    }
    vm.nodes.unname_this();
    let visible = super::node::Kind::Visible;
    watch::tell_down(w, name, visible, None, Term::atom(reason));
}

impl State {
    /// Makes a node that is idle pending.
    fn make_pending(&mut self) {
        self.connection = self.connection.wrapping_add(1).max(1);
        self.phase = Phase::Pending(Waiting::default());
    }
}

/// `new_connection/1`: the connection to a node, which becomes pending if there is none.
pub fn new_connection(vm: &Vm, name: Atom) -> Result<(Arc<Node>, u32), Refused> {
    if !super::node::is_node_name(name) || name == vm.nodes.name() {
        return Err(Refused);
    }
    let node = vm.nodes.get(vm, name);
    let mut state = node.state.lock();
    if matches!(state.phase, Phase::Idle) {
        state.make_pending();
    }
    let connection = state.connection;
    drop(state);
    Ok((node, connection))
}

/// Has `net_kernel` connect to a node that is idle. False: there is none.
pub(super) fn connect_automatically(w: &mut Worker, node: &Arc<Node>) -> bool {
    let vm = w.vm.clone();
    let connection = {
        let mut state = node.state.lock();
        if !matches!(state.phase, Phase::Idle) {
            return true;
        }
        state.make_pending();
        state.connection
    };
    let sent = net_kernel(&vm).is_some_and(|to| {
        let tag = word(&vm, "auto_connect");
        let kind = SignalKind::SystemMessage;
        let message = Parcel::build(kind, 16, vm.literals.range(), |a| {
            let handle = Handle::term(node, connection, a);
            a.tuple(&[Term::atom(tag), Term::atom(node.name), handle])
        });
        deliver(w, to, message).is_ok()
    });
    if !sent {
        abort(w, node, Some(connection));
    }
    sent
}

/// Gives up a connection that is pending (that of the number, or any). Whether it was connected.
pub fn abort(w: &mut Worker, node: &Arc<Node>, connection: Option<u32>) -> bool {
    let ended = {
        let mut state = node.state.lock();
        if connection.is_some_and(|c| c != state.connection) {
            return false;
        }
        match state.phase {
            Phase::Connected(_) => return true,
            Phase::Idle => return false,
            Phase::Pending(_) => Ended::take(&mut state),
        }
    };
    ended.tell(w, node);
    false
}

/// `create_dist_channel/3` for a port or process that has shaken hands: the connection is up.
pub fn come_up(
    w: &mut Worker,
    name: Atom,
    controller: Controller,
    (flags, creation): (u64, u32),
    setup: Pid,
) -> Result<(Arc<Node>, u32), Refused> {
    let vm = w.vm.clone();
    let net_kernel = vm.nodes.net_kernel().ok_or(Refused)?;
    let usable = super::node::is_node_name(name) && name != vm.nodes.name();
    if !usable || flags & flags::MANDATORY != flags::MANDATORY {
        return Err(Refused);
    }
    let node = vm.nodes.get(&vm, name);
    let make = |connection| {
        Arc::new(Channel {
            node: node.clone(),
            connection,
            flags,
            controller,
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            busy: AtomicBool::new(false),
            suspended: Mutex::default(),
            turn: Mutex::default(),
            outbox: Mutex::new(Outbox::default()),
        })
    };
    // Who carries it is told before anybody can use it, so that it hears of its end.
    let tag = word(&vm, "dist_ctrlr");
    let message = Parcel::build(SignalKind::SystemMessage, 8, vm.literals.range(), |a| {
        let controller = match controller {
            Controller::Port(id) => Term::port(id).expect("ports have numbers that fit"),
            Controller::Process(pid) => Term::pid(pid),
        };
        a.tuple(&[Term::atom(tag), controller, Term::atom(name), Term::pid(setup)])
    });
    let pending = |state: &State| matches!(state.phase, Phase::Pending(_));
    let (channel, waiting) = match controller {
        Controller::Port(id) => distribution::attach(w, id, |w| {
            let mut state = node.state.lock();
            if !pending(&state) || deliver(w, net_kernel, message).is_err() {
                return None;
            }
            let channel = make(state.connection);
            let waiting = state.connect(&vm, &channel, creation);
            let packets = send::packets_of(w, &channel, &mut state, waiting.ops);
            Some((channel, packets, waiting.suspended))
        }),
        Controller::Process(pid) => {
            let mut state = node.state.lock();
            if !pending(&state) || deliver(w, net_kernel, message).is_err() {
                return Err(Refused);
            }
            let channel = make(state.connection);
            let waiting = state.connect(&vm, &channel, creation);
            let packets = send::packets_of(w, &channel, &mut state, waiting.ops);
            drop(state);
            vm.nodes.add_controller(pid, channel.clone());
            for packet in packets {
                send::hand_to_process(w, &channel, pid, packet);
            }
            Some((channel, waiting.suspended))
        }
    }
    .ok_or(Refused)?;
    for pid in waiting {
        suspend::resume_self(w, pid);
    }
    let kind =
        if channel.is_visible() { super::node::Kind::Visible } else { super::node::Kind::Hidden };
    watch::tell_up(w, name, kind, Some(channel.connection));
    Ok((node, channel.connection))
}

impl State {
    /// Makes a pending node connected; gives what has waited for that.
    fn connect(&mut self, vm: &Vm, channel: &Arc<Channel>, creation: u32) -> Waiting {
        self.creation = creation;
        self.since = vm.nodes.next_connected();
        match std::mem::replace(&mut self.phase, Phase::Connected(channel.clone())) {
            Phase::Pending(waiting) => waiting,
            Phase::Idle | Phase::Connected(_) => Waiting::default(),
        }
    }
}

/// A process that may have carried connections has exited: those are lost.
pub fn controller_exits(w: &mut Worker, pid: Pid, reason: Term<'_>) {
    // Supervised controllers exit with `{shutdown, Reason}` where they mean `Reason`.
    let reason = match reason.as_tuple_of::<2>() {
        Some([tag, reason]) if tag.is_atom(word(&w.vm, "shutdown")) => reason,
        _ => reason,
    };
    for channel in w.vm.clone().nodes.remove_controller(pid) {
        go_down(w, &channel, reason);
    }
}

/// Who carried a connection is gone, for that reason: it is lost.
pub fn go_down(w: &mut Worker, channel: &Arc<Channel>, reason: Term<'_>) {
    let node = &channel.node;
    let mut ended = {
        let mut state = node.state.lock();
        if state.connection != channel.connection || !matches!(state.phase, Phase::Connected(_)) {
            return;
        }
        Ended::take(&mut state)
    };
    ended.suspended.append(&mut channel.suspended.lock());
    ended.tell(w, node);
    let kind =
        if channel.is_visible() { super::node::Kind::Visible } else { super::node::Kind::Hidden };
    let closed = word(&w.vm, "connection_closed");
    let reason = if reason.is_atom(atoms::NORMAL) { Term::atom(closed) } else { reason };
    watch::tell_down(w, node.name, kind, Some(channel.connection), reason);
}

/// What depended on a connection that is no more.
struct Ended {
    connection: u32,
    links: Vec<(Pid, PidId)>,
    watching: Vec<(u64, Watching)>,
    watched: Vec<(RefId, Watched)>,
    spawning: Vec<(u64, Spawning)>,
    watchers: Vec<(Pid, u32)>,
    suspended: Vec<Pid>,
}

impl Ended {
    /// Makes the node idle.
    fn take(state: &mut State) -> Ended {
        let suspended = match std::mem::take(&mut state.phase) {
            Phase::Pending(waiting) => waiting.suspended,
            Phase::Idle | Phase::Connected(_) => Vec::new(),
        };
        let mut watching: Vec<_> = state.watching.drain().collect();
        watching.sort_unstable_by_key(|watching| watching.0);
        let mut watchers: Vec<_> = state.watchers.drain().collect();
        watchers.sort_unstable();
        Ended {
            connection: state.connection,
            links: state.links.drain().map(|link| link.0).collect(),
            watching,
            watched: state.watched.drain().collect(),
            spawning: state.spawning.drain().collect(),
            watchers,
            suspended,
        }
    }

    /// Tells everybody whom it concerns.
    fn tell(self, w: &mut Worker, node: &Node) {
        let vm = w.vm.clone();
        let literals = vm.literals.range();
        let lost = Term::atom(atoms::NOCONNECTION);
        for (reference, watching) in self.watching {
            let kind = SignalKind::Down { reference };
            drop(deliver(w, watching.by, Parcel::copy(kind, lost, literals)));
        }
        for (reference, watched) in self.watched {
            let kind = SignalKind::RemoteDemonitor;
            drop(deliver(w, watched.pid, Parcel::build(kind, 8, literals, |a| reference.term(a))));
        }
        for (reference, spawning) in self.spawning {
            let kind = SignalKind::SpawnReply { reference, flags: 0, connection: 0 };
            drop(deliver(w, spawning.parent, Parcel::copy(kind, lost, literals)));
        }
        for (pid, from) in self.links {
            let kind = SignalKind::RemoteExit { linked: true, connection: self.connection };
            let parcel = Parcel::build(kind, 16, literals, |a| {
                let from = from.term(a);
                a.tuple(&[from, Term::atom(atoms::NOCONNECTION)])
            });
            drop(deliver(w, pid, parcel));
        }
        let nodedown = word(&vm, "nodedown");
        for (pid, count) in self.watchers {
            for _ in 0..count {
                let kind = SignalKind::SystemMessage;
                let parcel = Parcel::build(kind, 3, literals, |a| {
                    a.tuple(&[Term::atom(nodedown), Term::atom(node.name)])
                });
                drop(deliver(w, pid, parcel));
            }
        }
        for pid in self.suspended {
            suspend::resume_self(w, pid);
        }
    }
}

/// A request to make a process there cannot be sent: tells who has asked.
pub(super) fn refuse_spawn(w: &mut Worker, state: &mut State, op: &Op<Parcel>, why: Atom) {
    if let Op::Spawn { reference, .. } = op
        && let Some(reference) = reference.number()
        && let Some(spawning) = state.spawning.remove(&reference)
    {
        let kind = SignalKind::SpawnReply { reference, flags: 0, connection: 0 };
        drop(deliver(w, spawning.parent, Parcel::copy(kind, Term::atom(why), LiteralRange::NONE)));
    }
}

/// How a process there is named, as `Who`: a pid of that node, or a name.
pub(super) fn who_of(t: Term<'_>) -> Option<Who> {
    match t.as_atom() {
        Some(name) => Some(Who::Name(name)),
        None => PidId::external(t).map(Who::Pid),
    }
}
