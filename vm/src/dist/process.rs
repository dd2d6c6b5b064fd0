//! What a process keeps of links, monitors and spawn requests to processes of other nodes, and what
//! it does about them.
//!
//! The protocols are those between two processes of one node (`process/link.rs`,
//! `process/monitor.rs`), with a node in between that may be lost. Whatever depends on a connection
//! that is not there any more has been told so by a signal, or will be.

use super::ids::{PidId, RefId, Who};
use super::node::{Node, Phase, Spawning, Watching};
use super::protocol::{Op, SPAWNED_LINKED, SPAWNED_MONITORED, flags};
use super::send::{self, Went, notsup, post, post_to, reach};
use crate::heap::LiteralRange;
use crate::process::monitor::{MonitorOptions, note_monitor};
use crate::process::signal::{SignalKind, Watched};
use crate::process::{AliasMode, MonitorOut, Parcel, Process};
use crate::sched::Worker;
use crate::sync::Arc;
use crate::term::{Atom, Pid, Term, atoms, copy};
use crate::trace::{events, seq, tracees};
use hashbrown::{HashMap, HashSet};

/// What only processes have that deal with others elsewhere.
#[derive(Default)]
pub struct Remote {
    /// Links.
    pub links: HashMap<PidId, RemoteLink>,
    /// Monitors that others have set: who, and by which name, if by one.
    pub watchers: HashMap<RefId, (PidId, Option<Atom>)>,
    /// Processes that it has asked for, by number.
    pub spawns: HashMap<u64, SpawnRequest>,
    /// Nodes that it watches.
    pub nodes: HashSet<Atom>,
}

/// The state of a link.
#[derive(Clone, Copy, Debug)]
pub struct RemoteLink {
    /// Not 0: `unlink` was called and the acknowledgement of this id is still to come.
    pub unlinking: u64,
    /// The connection that it depends on.
    pub connection: u32,
}

/// A process that has been asked for.
pub struct SpawnRequest {
    /// The node.
    pub node: Arc<Node>,
    /// The first element of the reply.
    pub tag: Parcel,
    /// Whether to reply on success and on failure.
    pub reply: (bool, bool),
    /// The reference was made as an alias.
    pub alias: bool,
    /// What the monitor is to be.
    pub monitor: Option<MonitorOptions>,
    /// The child is to be linked.
    pub link: bool,
    /// Nobody wants to know any more.
    pub abandoned: bool,
}

/// A process that another node asks for.
pub struct Requested<'p> {
    /// Who has asked.
    pub from: PidId,
    /// The group leader.
    pub leader: Term<'p>,
    /// The number of the request, and reference of the monitor.
    pub reference: RefId,
    /// The connection.
    pub connection: u32,
    /// Whether it is to be linked to who has asked.
    pub link: bool,
    /// Whether who has asked watches it.
    pub monitor: bool,
}

/// What came of linking to a process of another node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Linked {
    /// The link is set up, or will be broken by a signal.
    Yes,
    /// There is no connection, and `trap_exit` is off or on.
    NotConnected,
}

impl Process {
    /// What only processes have that deal with others elsewhere.
    pub(crate) fn remote(&mut self) -> &mut Remote {
        self.rare().remote.get_or_insert_default()
    }

    fn any_remote(&mut self) -> Option<&mut Remote> {
        self.rare.as_mut()?.remote.as_deref_mut()
    }

    pub(crate) fn shows_remote(&mut self, w: &mut Worker, what: &str, id: PidId) {
        if self.trace.any(tracees::PROCS) {
            let term = Parcel::build(SignalKind::Data, 8, w.vm.literals.range(), |a| id.term(a));
            // SAFETY: the worker owns the process, which is not touched meanwhile; the term lives
            // until the end of this function.
            unsafe { events::process_event(w, self, what, term.term().word()) };
        }
    }

    /// The other ends of active links to processes elsewhere.
    pub(crate) fn remote_links(&self) -> Vec<PidId> {
        let remote = self.rare.as_ref().and_then(|r| r.remote.as_ref());
        remote.map_or(Vec::new(), |r| {
            r.links.iter().filter(|l| l.1.unlinking == 0).map(|l| *l.0).collect()
        })
    }

    /// Who elsewhere watches it.
    pub(crate) fn remote_watchers(&self) -> Vec<PidId> {
        let remote = self.rare.as_ref().and_then(|r| r.remote.as_ref());
        remote.map_or(Vec::new(), |r| r.watchers.values().map(|w| w.0).collect())
    }

    /// A link signal came.
    pub(crate) fn remotely_linked(&mut self, w: &mut Worker, from: PidId, connection: u32) {
        let links = &mut self.remote().links;
        let new = !links.contains_key(&from);
        links.entry(from).or_insert(RemoteLink { unlinking: 0, connection });
        if new {
            self.shows_remote(w, "getting_linked", from);
        }
    }

    /// An unlink signal came.
    pub(crate) fn remotely_unlinked(&mut self, w: &mut Worker, from: PidId, id: u64) {
        let links = self.any_remote().map(|r| &mut r.links);
        if let Some(links) = links
            && links.get(&from).is_some_and(|l| l.unlinking == 0)
        {
            links.remove(&from);
            self.shows_remote(w, "getting_unlinked", from);
        }
        self.acknowledge_unlink(w, from, id);
    }

    /// Answers an unlink signal, if an answer is wanted.
    pub(crate) fn acknowledge_unlink(&self, w: &mut Worker, from: PidId, id: u64) {
        if id != 0 {
            let here = PidId::local(&w.vm, self.pid);
            post_to(w, from.node, &Op::UnlinkAck { from: here, to: from, id });
        }
    }

    /// The acknowledgement of an unlink came.
    pub(crate) fn remote_unlink_acknowledged(&mut self, from: PidId, id: u64) {
        if let Some(remote) = self.any_remote()
            && remote.links.get(&from).is_some_and(|l| l.unlinking == id)
        {
            remote.links.remove(&from);
        }
    }

    /// An exit signal came by a link: whether there was one that is active.
    pub(crate) fn remote_link_broken(&mut self, from: PidId, connection: u32) -> bool {
        let Some(remote) = self.any_remote() else { return false };
        if remote.links.get(&from).is_none_or(|l| l.connection != connection) {
            return false;
        }
        remote.links.remove(&from).is_some_and(|l| l.unlinking == 0)
    }

    /// A monitor signal came.
    pub(crate) fn remotely_watched(&mut self, term: Term<'_>) {
        let Some([reference, from, name]) = term.as_tuple_of::<3>() else { return };
        let (Some(reference), Some(from)) = (RefId::external(reference), PidId::external(from))
        else {
            return;
        };
        self.remote().watchers.insert(reference, (from, name.as_atom()));
    }

    /// A demonitor signal came, or the connection is lost.
    pub(crate) fn no_longer_remotely_watched(&mut self, reference: Term<'_>) {
        if let (Some(remote), Some(reference)) = (self.any_remote(), RefId::external(reference)) {
            remote.watchers.remove(&reference);
        }
    }

    /// The answer to a request for a process came.
    pub(crate) fn spawn_answered(
        &mut self,
        w: &mut Worker,
        reference: u64,
        flags: u32,
        connection: u32,
        result: Term<'_>,
    ) -> Option<Parcel> {
        let request = self.any_remote()?.spawns.remove(&reference)?;
        let (result, token) = answer_of(result);
        let child = PidId::external(result);
        let owner = request.alias.then_some(self.pid);
        if let Some(child) = child {
            let here = PidId::local(&w.vm, self.pid);
            if request.abandoned {
                self.give_up_child(w, &request.node, reference, owner, child, flags);
                return None;
            }
            if flags & SPAWNED_LINKED != 0 {
                let link = RemoteLink { unlinking: 0, connection };
                self.remote().links.insert(child, link);
                self.shows_remote(w, "link", child);
            }
            if flags & SPAWNED_MONITORED != 0 {
                match request.monitor {
                    Some(options) => {
                        let target = Watched::Remote(Who::Pid(child), request.node.name);
                        // The reference may be an alias already, and no longer be one.
                        let was = self.rare().aliases.remove(&reference);
                        let alias = options.alias;
                        note_monitor(self, reference, None, None, target, options);
                        if let Some(monitor) = self.rare().monitors.get_mut(&reference) {
                            monitor.alias = was.unwrap_or(AliasMode::None);
                            monitor.alias_reference = alias.is_some();
                        }
                    }
                    None => {
                        let number = RefId::numbered(&w.vm, reference, owner);
                        let to = Who::Pid(child);
                        let op = Op::Demonitor { from: here, to, reference: number };
                        post(w, &request.node, connection, &op, None);
                    }
                }
            }
        } else if request.monitor.as_ref().and_then(|m| m.alias).is_some() {
            // As with a monitor that has ended: an alias stays if it was to be explicit.
            let aliases = &mut self.rare().aliases;
            if aliases.get(&reference).is_some_and(|mode| *mode != AliasMode::Explicit) {
                aliases.remove(&reference);
            }
        }
        let (on_success, on_error) = request.reply;
        let wanted = if child.is_some() { on_success } else { on_error };
        if !wanted || request.abandoned {
            return None;
        }
        let literals = w.vm.literals.range();
        let words = 32 + copy::copied_size(request.tag.term(), literals);
        let kind = match token.and_then(seq::Token::of) {
            Some(token) => SignalKind::TokenMessage { token: Arc::into_raw(Arc::new(token)) },
            None => SignalKind::Message,
        };
        Some(Parcel::build(kind, words, literals, |a| {
            let tag = copy::to_area(request.tag.term(), a, literals);
            let reference = a.reference(reference, owner);
            let result = copy::to_area(result, a, literals);
            let what = if child.is_some() { atoms::OK } else { atoms::ERROR };
            a.tuple(&[tag, reference, Term::atom(what), result])
        }))
    }

    /// A child came that nobody wants any more.
    fn give_up_child(
        &mut self,
        w: &mut Worker,
        node: &Arc<Node>,
        reference: u64,
        owner: Option<Pid>,
        child: PidId,
        flags: u32,
    ) {
        let connection = {
            let mut state = node.state.lock();
            state.links.remove(&(self.pid, child));
            state.watching.remove(&reference);
            state.connection
        };
        let why = abandoned(&w.vm);
        let number = RefId::numbered(&w.vm, reference, owner);
        leave_child(w, self.pid, node, connection, (number, child, flags), why);
    }
}

/// `link/1` to a process of another node.
pub fn link(w: &mut Worker, p: &mut Process, other: PidId) -> Linked {
    p.shows_remote(w, "link", other);
    if p.any_remote().is_some_and(|r| r.links.get(&other).is_some_and(|l| l.unlinking == 0)) {
        return Linked::Yes;
    }
    let Some((node, connection)) = reach(w, other.node, true) else {
        return Linked::NotConnected;
    };
    {
        let mut state = node.state.lock();
        if state.connection != connection || matches!(state.phase, Phase::Idle) {
            return Linked::NotConnected;
        }
        state.links.insert((p.pid, other), 0);
    }
    p.remote().links.insert(other, RemoteLink { unlinking: 0, connection });
    let from = PidId::local(&w.vm, p.pid);
    post(w, &node, connection, &Op::Link { from, to: other }, Some(p));
    Linked::Yes
}

/// `unlink/1` from a process of another node.
pub fn unlink(w: &mut Worker, p: &mut Process, other: PidId) {
    p.shows_remote(w, "unlink", other);
    let from = PidId::local(&w.vm, p.pid);
    let next = {
        let rare = p.rare();
        rare.next_unlink += 1;
        rare.next_unlink
    };
    let Some(link) = p.any_remote().and_then(|r| r.links.get_mut(&other)) else { return };
    if link.unlinking != 0 {
        return;
    }
    link.unlinking = next;
    let connection = link.connection;
    let sent = w.vm.clone().nodes.find(other.node).is_some_and(|node| {
        let mut state = node.state.lock();
        if state.connection == connection && !matches!(state.phase, Phase::Idle) {
            // Until the answer comes, also where the other one has taken it away meanwhile: a new
            // link from there is on its way before it has seen this.
            state.links.insert((p.pid, other), next);
        }
        drop(state);
        let op = Op::Unlink { from, to: other, id: next };
        post(w, &node, connection, &op, None) == Went::Sent
    });
    if !sent && let Some(remote) = p.any_remote() {
        // The connection is lost, and with it the link.
        remote.links.remove(&other);
    }
}

/// `monitor/2,3` of a process of another node; gives the number of the reference.
pub fn monitor(
    w: &mut Worker,
    p: &mut Process,
    who: Who,
    node: Atom,
    options: MonitorOptions,
) -> u64 {
    let reference = w.vm.next_reference();
    let alias = options.alias.is_some().then_some(p.pid);
    note_monitor(p, reference, None, None, Watched::Remote(who, node), options);
    let number = RefId::numbered(&w.vm, reference, alias);
    let reached = reach(w, node, true).filter(|(node, connection)| {
        let mut state = node.state.lock();
        let there = state.connection == *connection && !matches!(state.phase, Phase::Idle);
        if there {
            state.watching.insert(reference, Watching { by: p.pid, name: who.name() });
        }
        there
    });
    match reached {
        Some((node, connection)) => {
            let from = PidId::local(&w.vm, p.pid);
            let op = Op::Monitor { from, to: who, reference: number };
            post(w, &node, connection, &op, Some(p));
        }
        None => {
            let kind = SignalKind::Down { reference };
            let lost = Term::atom(atoms::NOCONNECTION);
            p.deliver_to_self(Parcel::copy(kind, lost, LiteralRange::NONE));
        }
    }
    reference
}

/// Takes a monitor away that has been taken from the process.
pub(crate) fn demonitor(w: &mut Worker, p: &Process, reference: u64, out: &MonitorOut) {
    let Watched::Remote(who, node) = out.target else { return };
    let Some(node) = w.vm.nodes.find(node) else { return };
    let connection = {
        let mut state = node.state.lock();
        if state.watching.remove(&reference).is_none() {
            return;
        }
        state.connection
    };
    let alias = out.alias_reference.then_some(p.pid);
    let number = RefId::numbered(&w.vm, reference, alias);
    let from = PidId::local(&w.vm, p.pid);
    post(w, &node, connection, &Op::Demonitor { from, to: who, reference: number }, None);
}

/// A process that is to be made elsewhere.
pub struct Wanted<'p> {
    /// The node.
    pub node: Atom,
    /// Module and function.
    pub function: (Atom, Atom),
    /// A proper list.
    pub arguments: Term<'p>,
    /// How many those are.
    pub arity: usize,
    /// What the other node is asked for.
    pub options: Term<'p>,
}

/// `dist_spawn_request/4`: asks for a process elsewhere; gives the number of the reference. If that
/// cannot be, the reason is delivered as the answer.
pub fn spawn(
    w: &mut Worker,
    p: &mut Process,
    wanted: &Wanted<'_>,
    request: impl FnOnce(Arc<Node>) -> SpawnRequest,
) -> u64 {
    let vm = w.vm.clone();
    let reference = vm.next_reference();
    let reached = reach(w, wanted.node, true);
    let node = match &reached {
        Some((node, _)) => node.clone(),
        None => vm.nodes.get(&vm, wanted.node),
    };
    let request = request(node.clone());
    let alias = request.alias.then_some(p.pid);
    if let Some(mode) = request.monitor.as_ref().and_then(|m| m.alias) {
        p.rare().aliases.insert(reference, mode);
    }
    p.remote().spawns.insert(reference, request);
    let refused = match reached {
        None => Some(atoms::NOCONNECTION),
        Some((_, _)) if node.flags().is_some_and(|f| f & flags::SPAWN == 0) => Some(notsup(&vm)),
        Some((_, connection)) => {
            let spawning = Spawning { parent: p.pid, orphaned: None, child: None };
            {
                let mut state = node.state.lock();
                if state.connection == connection && !matches!(state.phase, Phase::Idle) {
                    state.spawning.insert(reference, spawning);
                }
            }
            // SAFETY: the group leader is a term of the process, which is not collected meanwhile.
            let leader = unsafe { Term::from_word(p.group_leader) };
            let from = PidId::local(&vm, p.pid);
            let (m, f) = wanted.function;
            let number = RefId::numbered(&vm, reference, alias);
            let function = (m, f, wanted.arity);
            let token = if p.trace.any(tracees::SEQUENTIAL) {
                let named = Parcel::build(SignalKind::Data, 8, LiteralRange::NONE, |a| {
                    a.reference(reference, alias)
                });
                let asked = seq::Asked {
                    reference: named.term(),
                    from: Term::pid(p.pid),
                    leader,
                    function,
                    options: wanted.options,
                };
                // SAFETY: the worker owns the process, which is not touched meanwhile.
                unsafe { seq::asks_away(w, p, node.name, &asked, wanted.arguments) }
            } else {
                None
            };
            let op = Op::Spawn {
                reference: number,
                from,
                leader: PidId::of(&vm, leader).unwrap_or(from),
                function,
                options: wanted.options,
                arguments: wanted.arguments,
                token,
            };
            match post(w, &node, connection, &op, Some(p)) {
                Went::Sent | Went::ThenSuspended => None,
                Went::NotConnected => Some(atoms::NOCONNECTION),
                Went::TooLarge => {
                    node.state.lock().spawning.remove(&reference);
                    Some(atoms::SYSTEM_LIMIT)
                }
            }
        }
    };
    if let Some(why) = refused {
        let kind = SignalKind::SpawnReply { reference, flags: 0, connection: 0 };
        p.deliver_to_self(Parcel::copy(kind, Term::atom(why), LiteralRange::NONE));
    }
    reference
}

/// `spawn_request_abandon/1`: whether the answer had not come.
pub fn abandon_spawn(p: &mut Process, reference: u64) -> bool {
    let Some(remote) = p.any_remote() else { return false };
    let Some(request) = remote.spawns.get_mut(&reference) else { return false };
    if std::mem::replace(&mut request.abandoned, true) {
        return false;
    }
    if let Some(rare) = &mut p.rare {
        rare.aliases.remove(&reference);
    }
    true
}

/// A process exits: tells everybody elsewhere whom it concerns.
pub(crate) fn exits(w: &mut Worker, p: &mut Process, reason: Term<'_>) {
    let Some(mut remote) = p.rare.as_mut().and_then(|r| r.remote.take()) else { return };
    let vm = w.vm.clone();
    let here = PidId::local(&vm, p.pid);
    for (other, link) in &remote.links {
        let Some(node) = vm.nodes.find(other.node) else { continue };
        node.state.lock().links.remove(&(p.pid, *other));
        if link.unlinking == 0 {
            let to = Parcel::build(SignalKind::Data, 8, LiteralRange::NONE, |a| other.term(a));
            let token = send::token_beside(w, p, to.term(), reason, true);
            let op = Op::Exit { from: here, to: *other, reason, token };
            post(w, &node, link.connection, &op, None);
        }
    }
    for (reference, (watcher, name)) in &remote.watchers {
        let Some(node) = vm.nodes.find(watcher.node) else { continue };
        let connection = {
            let mut state = node.state.lock();
            if state.watched.remove(reference).is_none() {
                continue;
            }
            state.connection
        };
        let from = name.map_or(Who::Pid(here), Who::Name);
        let op = Op::Down { from, to: *watcher, reference: *reference, reason };
        post(w, &node, connection, &op, None);
    }
    for (reference, request) in &remote.spawns {
        let reason = if request.abandoned { abandoned(&vm) } else { reason };
        let (child, flags, connection) = {
            let mut state = request.node.state.lock();
            let Some(spawning) = state.spawning.get_mut(reference) else { continue };
            let Some((child, flags)) = spawning.child else {
                if request.link {
                    let copy = Parcel::copy(SignalKind::Data, reason, LiteralRange::NONE);
                    spawning.orphaned = Some(copy);
                }
                continue;
            };
            state.spawning.remove(reference);
            state.links.remove(&(p.pid, child));
            state.watching.remove(reference);
            (child, flags, state.connection)
        };
        let number = RefId::numbered(&vm, *reference, None);
        leave_child(w, p.pid, &request.node, connection, (number, child, flags), reason);
    }
    for name in &remote.nodes {
        if let Some(node) = vm.nodes.find(*name) {
            node.state.lock().watchers.remove(&p.pid);
        }
    }
    // Their answers may have come and not been looked at.
    remote.spawns.retain(|_, request| request.abandoned);
    if !remote.spawns.is_empty() {
        p.remote().spawns = remote.spawns;
    }
}

/// Why a child ends whose parent has given up the request for it.
fn abandoned<'a>(vm: &crate::Vm) -> Term<'a> {
    Term::atom(vm.atoms.intern("abandoned").unwrap_or(atoms::NOPROC))
}

/// Tells a child that was made elsewhere that its parent is none any more; `number` is that of the
/// request.
fn leave_child(
    w: &mut Worker,
    parent: Pid,
    node: &Arc<Node>,
    connection: u32,
    (number, child, flags): (RefId, PidId, u32),
    reason: Term<'_>,
) {
    let here = PidId::local(&w.vm, parent);
    if flags & SPAWNED_MONITORED != 0 {
        let op = Op::Demonitor { from: here, to: Who::Pid(child), reference: number };
        post(w, node, connection, &op, None);
    }
    if flags & SPAWNED_LINKED != 0 {
        let op = Op::Exit { from: here, to: child, reason, token: None };
        post(w, node, connection, &op, None);
    }
}

/// The result in the answer to a spawn request, and its token of sequential tracing.
fn answer_of(t: Term<'_>) -> (Term<'_>, Option<Term<'_>>) {
    match t.as_tuple_of::<2>() {
        Some([result, token]) => (result, Some(token)),
        None => (t, None),
    }
}

/// A signal came to a process that is gone: answers as if there had been none.
pub(crate) fn refuse(w: &mut Worker, p: &Process, signal: &Parcel, reason: Term<'_>) {
    let vm = w.vm.clone();
    let here = PidId::local(&vm, p.pid);
    let noproc = Term::atom(atoms::NOPROC);
    match signal.kind() {
        SignalKind::RemoteLink { connection } => {
            let Some(from) = PidId::external(signal.term()) else { return };
            let Some(node) = vm.nodes.find(from.node) else { return };
            node.state.lock().links.remove(&(p.pid, from));
            let op = Op::Exit { from: here, to: from, reason: noproc, token: None };
            post(w, &node, connection, &op, None);
        }
        SignalKind::RemoteUnlink { id } => {
            if let Some(from) = PidId::external(signal.term()) {
                p.acknowledge_unlink(w, from, id);
            }
        }
        SignalKind::RemoteMonitor => {
            let Some([reference, from, name]) = signal.term().as_tuple_of::<3>() else { return };
            let (Some(reference), Some(from)) = (RefId::external(reference), PidId::external(from))
            else {
                return;
            };
            let Some(node) = vm.nodes.find(from.node) else { return };
            if node.state.lock().watched.remove(&reference).is_some() {
                let who = name.as_atom().map_or(Who::Pid(here), Who::Name);
                send::down(w, who, from, reference, noproc);
            }
        }
        SignalKind::SpawnReply { reference, flags, connection } => {
            let Some(child) = PidId::external(answer_of(signal.term()).0) else { return };
            let Some(node) = vm.nodes.find(child.node) else { return };
            {
                let mut state = node.state.lock();
                state.links.remove(&(p.pid, child));
                state.watching.remove(&reference);
            }
            let number = RefId::numbered(&vm, reference, None);
            let remote = p.rare.as_ref().and_then(|rare| rare.remote.as_ref());
            let given_up = remote.and_then(|r| r.spawns.get(&reference));
            let given_up = given_up.is_some_and(|request| request.abandoned);
            let reason = if given_up { abandoned(&vm) } else { reason };
            leave_child(w, p.pid, &node, connection, (number, child, flags), reason);
        }
        _ => {}
    }
}
