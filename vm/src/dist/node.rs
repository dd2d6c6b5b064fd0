//! The nodes that this one knows, and what is kept of each.
//!
//! An entry is made when somebody wants to talk to a node of that name. It is forgotten again when there
//! is no connection, nothing depends on one, and that has been so for a while (`+zdntgc`) whenever the
//! table was looked through: when somebody asks for it, and when it has become twice as large. What
//! a new entry of that name counts goes on where the forgotten one was, so that connections keep
//! having numbers of their own.

use super::ids::{PidId, RefId};
use super::protocol::Op;
use crate::process::Parcel;
use crate::settings::Settings;
use crate::sync::{
    Arc, AtomicBool, AtomicI64, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Mutex, MutexGuard,
    Ordering, RwLock,
};
use crate::term::print::node_number;
use crate::term::{Area, Atom, Pid, PortId, Term, atoms};
use crate::vm::Vm;
use hashbrown::HashMap;
use std::collections::VecDeque;

/// All nodes, this one among them.
pub struct Nodes {
    /// Its name; points into `names` or to `NOBODY`.
    this: AtomicPtr<This>,
    /// The names that this node has had. They stay, for whoever looks at one.
    names: Mutex<Vec<Arc<This>>>,
    table: RwLock<HashMap<Atom, Arc<Node>>>,
    /// The process whose end is the end of all connections, plus one; 0: none.
    net_kernel: AtomicU64,
    /// Counts connections that have come up.
    connected: AtomicU64,
    /// How long entries stay that nothing needs, in milliseconds; less than 0: for good.
    linger: AtomicI64,
    /// The greatest number of a connection that an entry which is forgotten had.
    forgotten: AtomicU32,
    /// With so many entries the table is looked through.
    crowded: AtomicUsize,
    /// Controllers that are processes, with what they carry.
    processes: Mutex<Vec<(Pid, Arc<Channel>)>>,
    /// How many they are, to look at without the lock.
    process_count: AtomicUsize,
    /// Who hears of all nodes that come and go.
    pub(super) watchers: Mutex<Vec<super::watch::Watcher>>,
}

struct This {
    name: Atom,
    creation: u32,
}

static NOBODY: This = This { name: atoms::NIL_NODE, creation: 0 };

impl Nodes {
    /// None are known, and this one has no name.
    pub fn new(settings: &Settings) -> Nodes {
        let nodes = Nodes {
            this: AtomicPtr::new((&raw const NOBODY).cast_mut()),
            names: Mutex::default(),
            table: RwLock::default(),
            net_kernel: AtomicU64::new(0),
            connected: AtomicU64::new(0),
            linger: AtomicI64::new(-1),
            forgotten: AtomicU32::new(0),
            crowded: AtomicUsize::new(CROWDED),
            processes: Mutex::default(),
            process_count: AtomicUsize::new(0),
            watchers: Mutex::default(),
        };
        nodes.set_linger_by(settings);
        nodes
    }
}

/// More entries than these are looked through now and then.
const CROWDED: usize = 64;

impl Nodes {
    /// Sets how long entries stay that nothing needs: milliseconds, or less than 0 for good.
    pub fn set_linger(&self, millis: i64) {
        self.linger.store(millis, Ordering::Relaxed);
    }

    /// The same, by `+zdntgc`.
    pub fn set_linger_by(&self, settings: &Settings) {
        self.set_linger(settings.delayed_node_table_gc.map_or(-1, |s| i64::from(s) * 1000));
    }

    /// Forgets entries that nothing has needed for long enough.
    pub fn forget(&self, vm: &Vm) {
        let Ok(linger) = u64::try_from(self.linger.load(Ordering::Relaxed)) else { return };
        let now = vm.world.now();
        self.table.write().retain(|_, node| {
            // If nobody has hold of it, nobody gets it meanwhile.
            let held = Arc::strong_count(node) > 1;
            let Some(mut state) = node.state.try_lock() else { return true };
            if held || !state.is_idle() {
                state.idle_since = None;
                return true;
            }
            let since = *state.idle_since.get_or_insert(now);
            let stays = now - since < linger.saturating_mul(1_000_000);
            if !stays {
                self.forgotten.fetch_max(state.connection, Ordering::Relaxed);
            }
            stays
        });
    }

    /// The name of this node and its incarnation.
    #[inline]
    pub fn this(&self) -> (Atom, u32) {
        // SAFETY: it points to the constant or to one of `names`, none of which is ever dropped
        // before the whole, and nobody changes what is in them.
        let this = unsafe { &*self.this.load(Ordering::Acquire) };
        (this.name, this.creation)
    }

    /// The name of this node.
    #[inline]
    pub fn name(&self) -> Atom {
        self.this().0
    }

    /// Whether this node has a name.
    #[inline]
    pub fn is_alive(&self) -> bool {
        self.name() != atoms::NIL_NODE
    }

    /// Gives this node a name, for as long as the process `net_kernel` lives.
    pub(super) fn name_this(&self, name: Atom, creation: u32, net_kernel: Pid) {
        let mut names = self.names.lock();
        let this = Arc::new(This { name, creation });
        self.this.store(Arc::as_ptr(&this).cast_mut(), Ordering::Release);
        names.push(this);
        self.net_kernel.store(net_kernel.0 + 1, Ordering::Release);
    }

    /// Takes the name away.
    pub(super) fn unname_this(&self) {
        self.net_kernel.store(0, Ordering::Release);
        self.this.store((&raw const NOBODY).cast_mut(), Ordering::Release);
    }

    /// Whether the end of that process is the end of all connections.
    #[inline]
    pub fn depend_on(&self, pid: Pid) -> bool {
        self.net_kernel.load(Ordering::Acquire) == pid.0 + 1
    }

    /// The process whose end is the end of all connections.
    pub(super) fn net_kernel(&self) -> Option<Pid> {
        self.net_kernel.load(Ordering::Acquire).checked_sub(1).map(Pid)
    }

    /// Notes that a process carries a connection.
    pub(super) fn add_controller(&self, pid: Pid, channel: Arc<Channel>) {
        let mut processes = self.processes.lock();
        processes.push((pid, channel));
        self.process_count.store(processes.len(), Ordering::SeqCst);
    }

    /// Whether any process carries a connection.
    #[inline]
    pub fn have_process_controllers(&self) -> bool {
        self.process_count.load(Ordering::SeqCst) != 0
    }

    /// Whether that process carries a connection.
    pub fn carried_by(&self, pid: Pid) -> bool {
        self.have_process_controllers() && self.processes.lock().iter().any(|c| c.0 == pid)
    }

    /// Forgets what a process carries.
    pub(super) fn remove_controller(&self, pid: Pid) -> Vec<Arc<Channel>> {
        let mut processes = self.processes.lock();
        let gone = processes.extract_if(.., |c| c.0 == pid).map(|c| c.1).collect();
        self.process_count.store(processes.len(), Ordering::SeqCst);
        gone
    }

    /// The node of that name, if it is known.
    pub fn find(&self, name: Atom) -> Option<Arc<Node>> {
        self.table.read().get(&name).cloned()
    }

    /// The node of that name, which is another than this.
    pub fn get(&self, vm: &Vm, name: Atom) -> Arc<Node> {
        if let Some(node) = self.find(name) {
            return node;
        }
        if self.table.read().len() >= self.crowded.load(Ordering::Relaxed) {
            self.forget(vm);
            let many = 2 * self.table.read().len();
            self.crowded.store(many.max(CROWDED), Ordering::Relaxed);
        }
        let mut table = self.table.write();
        let node = table.entry(name).or_insert_with(|| {
            let before = self.forgotten.load(Ordering::Relaxed);
            Arc::new(Node::new(name, vm.next_reference(), before))
        });
        node.clone()
    }

    /// The node whose identifiers show with that number first, and its incarnation as it was known last.
    pub fn numbered(&self, number: u32) -> Option<(Atom, u32)> {
        if number == 0 {
            return Some(self.this());
        }
        let node = self.all().into_iter().find(|n| node_number(n.name) == number)?;
        let creation = node.state.lock().creation;
        Some((node.name, creation))
    }

    /// All that are known.
    pub(super) fn all(&self) -> Vec<Arc<Node>> {
        self.table.read().values().cloned().collect()
    }

    /// Whether no other node is known.
    pub fn are_none_known(&self) -> bool {
        self.table.read().is_empty()
    }

    /// A number for a connection that comes up, greater than those before.
    pub(super) fn next_connected(&self) -> u64 {
        self.connected.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// The controllers of all connections, with their nodes.
    pub fn controllers(&self) -> Vec<(Atom, Controller)> {
        let mut all: Vec<_> = self
            .all()
            .into_iter()
            .filter_map(|n| {
                let state = n.state.lock();
                let Phase::Connected(c) = &state.phase else { return None };
                Some((state.since, n.name, c.controller))
            })
            .collect();
        all.sort_by_key(|c| c.0);
        all.into_iter().map(|(_, name, c)| (name, c)).collect()
    }

    /// What is told of each: name, type, connection. In the order in which connections came up, those
    /// without one last.
    pub fn list(&self) -> Vec<Known> {
        list(self.all(), |state| Some(state.lock()))
    }

    /// As [`list`](Self::list), without those that somebody holds who may never let go: for when the
    /// machine stands.
    pub(crate) fn list_free(&self) -> Vec<Known> {
        list(self.table.try_read().map_or(Vec::new(), |t| t.values().cloned().collect()), |state| {
            state.try_lock()
        })
    }
}

fn list(
    nodes: Vec<Arc<Node>>,
    lock: impl for<'s> Fn(&'s Mutex<State>) -> Option<MutexGuard<'s, State>>,
) -> Vec<Known> {
    let mut all: Vec<(u64, Known)> = nodes
        .into_iter()
        .filter_map(|n| {
            let state = lock(&n.state)?;
            let (since, kind, connection) = match &state.phase {
                Phase::Connected(c) => {
                    let kind = if c.is_visible() { Kind::Visible } else { Kind::Hidden };
                    (state.since, kind, Some(state.connection))
                }
                _ => (u64::MAX, Kind::Known, None),
            };
            Some((since, Known { name: n.name, kind, connection }))
        })
        .collect();
    all.sort_by(|a, b| (a.0, a.1.name.name()).cmp(&(b.0, b.1.name.name())));
    all.into_iter().map(|(_, k)| k).collect()
}

/// What kind of node it is to this one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Connected.
    Visible,
    /// Connected, and not told of to others.
    Hidden,
    /// Not connected.
    Known,
}

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Visible => "visible",
            Kind::Hidden => "hidden",
            Kind::Known => "known",
        }
    }
}

/// What is told of a node.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its name.
    pub name: Atom,
    /// Its kind.
    pub kind: Kind,
    /// The number of its connection.
    pub connection: Option<u32>,
}

/// Another node.
pub struct Node {
    /// Its name.
    pub name: Atom,
    /// Number of the reference in terms for its connections, which are compared.
    reference: u64,
    pub(super) state: Mutex<State>,
}

impl Node {
    fn new(name: Atom, reference: u64, connection: u32) -> Node {
        let state = State { connection, ..State::default() };
        Node { name, reference, state: Mutex::new(state) }
    }

    /// What the other node can do, if it is connected.
    pub fn flags(&self) -> Option<u64> {
        match &self.state.lock().phase {
            Phase::Connected(c) => Some(c.flags),
            _ => None,
        }
    }

    /// The connection of that number, if it is up.
    pub fn channel(&self, connection: u32) -> Option<Arc<Channel>> {
        let state = self.state.lock();
        match &state.phase {
            Phase::Connected(c) if state.connection == connection => Some(c.clone()),
            _ => None,
        }
    }
}

/// What a node's lock keeps. All but the first four belongs to the present
/// connection and is empty when there is none.
#[derive(Default)]
pub(super) struct State {
    pub phase: Phase,
    /// The number of the present or last connection.
    pub connection: u32,
    /// When it came up, in connections.
    pub since: u64,
    /// The node's incarnation when it last came up.
    pub creation: u32,
    /// Links: the process here, the one there. Not 0: the number of an unlink from here that is still
    /// to be acknowledged.
    pub links: HashMap<(Pid, PidId), u64>,
    /// Monitors that processes here have set, by number.
    pub watching: HashMap<u64, Watching>,
    /// Monitors that processes there have set on such here.
    pub watched: HashMap<RefId, Watched>,
    /// Processes that are to be made there, by the number of the request.
    pub spawning: HashMap<u64, Spawning>,
    /// `monitor_node`: who, and how often.
    pub watchers: HashMap<Pid, u32>,
    /// Since when it has been seen that nothing needs the entry.
    idle_since: Option<u64>,
}

impl State {
    /// Whether there is no connection, and nothing that depends on one.
    fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
            && self.links.is_empty()
            && self.watching.is_empty()
            && self.watched.is_empty()
            && self.spawning.is_empty()
            && self.watchers.is_empty()
    }
}

/// A monitor that a process here has set.
#[derive(Clone, Copy)]
pub(super) struct Watching {
    /// Who.
    pub by: Pid,
    /// The name that the other one has there, if it is by name.
    pub name: Option<Atom>,
}

/// A monitor that a process there has set.
#[derive(Clone, Copy)]
pub(super) struct Watched {
    /// Whom it is about.
    pub pid: Pid,
    /// The name by which it was set, if it was by name.
    pub name: Option<Atom>,
}

/// How far a node is.
#[derive(Default)]
pub(super) enum Phase {
    #[default]
    Idle,
    Pending(Waiting),
    Connected(Arc<Channel>),
}

/// What waits for a connection.
#[derive(Default)]
pub(super) struct Waiting {
    /// What is to be sent.
    pub ops: Vec<Op<Parcel>>,
    /// About how many bytes that is.
    pub bytes: usize,
    /// Who is suspended because it is much.
    pub suspended: Vec<Pid>,
}

/// A process that is to be made.
pub(super) struct Spawning {
    /// Who has asked.
    pub parent: Pid,
    /// Why that one has exited, which a linked child is to be told.
    pub orphaned: Option<Parcel>,
    /// It is there, with those flags, and who has asked is exiting.
    pub child: Option<(PidId, u32)>,
}

/// Who carries a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Controller {
    /// A port, which writes and reads packets.
    Port(PortId),
    /// A process, by `dist_ctrl_get_data` and its like.
    Process(Pid),
}

/// A connection that is up.
pub struct Channel {
    /// The other node.
    pub node: Arc<Node>,
    /// The number of the connection.
    pub connection: u32,
    /// What both can do.
    pub flags: u64,
    /// Who carries it.
    pub controller: Controller,
    /// Packets that have come and gone.
    pub received: AtomicU64,
    /// Packets that have gone.
    pub sent: AtomicU64,
    /// More is to be written than senders should go on with.
    pub busy: AtomicBool,
    /// Who is suspended because of that.
    pub(super) suspended: Mutex<Vec<Pid>>,
    /// Held, where a process is the controller, while a packet is taken that has come and while one is
    /// put in `outbox`: what answers a packet goes before what the processes do that it has woken.
    pub(super) turn: Mutex<()>,
    /// What a controller that is a process has not fetched.
    pub(super) outbox: Mutex<Outbox>,
}

/// What a controller that is a process has not fetched.
#[derive(Default)]
pub(super) struct Outbox {
    pub packets: VecDeque<Vec<u8>>,
    pub bytes: usize,
    /// It is to be told when there is something.
    pub notify: bool,
    /// It wants to be told how long each packet is.
    pub with_size: bool,
    /// Who else may hand in what has come.
    pub input_handler: Option<Pid>,
}

impl Channel {
    /// Notes that a process is suspended until less waits. The caller keeps it from changing meanwhile.
    pub(crate) fn suspend(&self, pid: Pid) {
        self.suspended.lock().push(pid);
    }

    /// Whether the other node is told of.
    pub fn is_visible(&self) -> bool {
        self.flags & super::protocol::flags::PUBLISHED != 0
    }
}

/// What `{ConnId, Handle}` refers to in terms.
pub struct Handle(pub Arc<Node>);

impl Handle {
    /// The term for a connection.
    pub fn term<'q>(node: &Arc<Node>, connection: u32, a: &mut Area<'q>) -> Term<'q> {
        let handle = Arc::new(Handle(node.clone()));
        let reference = a.magic_reference(node.reference, handle);
        a.tuple(&[Term::small(i64::from(connection)), reference])
    }

    /// The connection of a term.
    pub fn of(t: Term<'_>) -> Option<(Arc<Node>, u32)> {
        let [connection, handle] = t.as_tuple_of::<2>()?;
        let connection = u32::try_from(connection.as_small()?).ok()?;
        let handle: &Handle = handle.magic_object()?;
        Some((handle.0.clone(), connection))
    }
}

/// Whether an atom can be the name of a node: letters, digits, `-` and `_` before an `@`, and
/// something after it.
pub fn is_node_name(name: Atom) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    name.name().split_once('@').is_some_and(|(n, host)| {
        !n.is_empty() && n.chars().all(plain) && !host.is_empty() && !host.contains('@')
    })
}
