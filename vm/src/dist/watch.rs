//! Who hears of nodes that come and go: `process_flag(monitor_nodes, _)`, which
//! `net_kernel:monitor_nodes` uses, and `monitor_node`.

use super::node::{Kind, Phase};
use super::send::reach;
use crate::process::signal::SignalKind;
use crate::process::{Parcel, Process, send};
use crate::sched::Worker;
use crate::term::{Area, Atom, Pid, Term, atoms, copy};
use crate::vm::Vm;

/// What somebody wants to hear, and how it is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Wish {
    /// `None`: two-tuples about visible nodes. Else: with information, as a map (or list).
    pub info: Option<Form>,
    /// Of visible nodes, and the information says so.
    pub visible: bool,
    /// Of hidden nodes, and the information says so.
    pub hidden: bool,
    /// The reason of a node going down.
    pub reason: bool,
    /// The number of the connection.
    pub connection: bool,
}

/// How information is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// As a list of pairs.
    List,
    /// As a map.
    Map,
}

/// Somebody who hears of nodes.
pub struct Watcher {
    pid: Pid,
    wish: Wish,
    /// How often it is told.
    count: u32,
}

/// `process_flag({monitor_nodes, _}, On)`: how often it was on.
pub fn monitor_nodes(w: &mut Worker, p: &mut Process, wish: Wish, on: bool) -> u32 {
    let mut watchers = w.vm.nodes.watchers.lock();
    let at = watchers.iter().position(|x| x.pid == p.pid && x.wish == wish);
    match (at, on) {
        (None, false) => 0,
        (None, true) => {
            watchers.push(Watcher { pid: p.pid, wish, count: 1 });
            0
        }
        (Some(at), true) => {
            watchers[at].count += 1;
            watchers[at].count - 1
        }
        (Some(at), false) => watchers.remove(at).count,
    }
}

impl super::Nodes {
    /// Who hears of nodes, what of, and how often. Some may be gone.
    pub fn watchers(&self) -> Vec<(Pid, Wish, u32)> {
        self.watchers.lock().iter().map(|x| (x.pid, x.wish, x.count)).collect()
    }
}

/// A node is there.
pub(super) fn tell_up(w: &mut Worker, name: Atom, kind: Kind, connection: Option<u32>) {
    tell(w, "nodeup", name, kind, connection, None);
}

/// A node is gone.
pub(super) fn tell_down(
    w: &mut Worker,
    name: Atom,
    kind: Kind,
    connection: Option<u32>,
    reason: Term<'_>,
) {
    tell(w, "nodedown", name, kind, connection, Some(reason));
}

fn word<'q>(vm: &Vm, name: &str) -> Term<'q> {
    Term::atom(vm.atoms.intern(name).expect("the machine's own names fit the atom table"))
}

fn tell(
    w: &mut Worker,
    what: &str,
    name: Atom,
    kind: Kind,
    connection: Option<u32>,
    reason: Option<Term<'_>>,
) {
    let vm = w.vm.clone();
    for (pid, wish, count) in vm.nodes.watchers() {
        let wanted = match (wish.info, kind) {
            (None, kind) => kind == Kind::Visible,
            (_, Kind::Hidden) => wish.hidden,
            _ => wish.visible || !wish.hidden,
        };
        for _ in 0..if wanted { count } else { 0 } {
            let literals = vm.literals.range();
            let words = 64 + reason.map_or(0, |r| copy::copied_size(r, literals));
            let message = Parcel::build(SignalKind::SystemMessage, words, literals, |a| {
                let (what, name) = (word(&vm, what), Term::atom(name));
                let Some(form) = wish.info else { return a.tuple(&[what, name]) };
                let info = information(&vm, a, wish, form, kind, connection, reason);
                a.tuple(&[what, name, info])
            });
            if send::deliver(w, pid, message).is_err() {
                vm.nodes.watchers.lock().retain(|x| x.pid != pid);
                break;
            }
        }
    }
}

fn information<'q>(
    vm: &Vm,
    a: &mut Area<'q>,
    wish: Wish,
    form: Form,
    kind: Kind,
    connection: Option<u32>,
    reason: Option<Term<'_>>,
) -> Term<'q> {
    // In the order of their keys.
    let mut pairs: Vec<[Term<'q>; 2]> = Vec::new();
    if wish.connection {
        let number = connection.map_or(Term::atom(atoms::UNDEFINED), |c| Term::small(c.into()));
        pairs.push([word(vm, "connection_id"), number]);
    }
    if wish.visible || wish.hidden {
        pairs.push([word(vm, "node_type"), word(vm, kind.name())]);
    }
    if let Some(reason) = reason.filter(|_| wish.reason) {
        let reason = copy::to_area(reason, a, vm.literals.range());
        pairs.push([word(vm, "nodedown_reason"), reason]);
    }
    match form {
        Form::Map => {
            let (keys, values): (Vec<_>, Vec<_>) = pairs.iter().map(|[k, v]| (*k, *v)).unzip();
            a.flat_map(&keys, &values)
        }
        Form::List => {
            // The last that OTP adds is the first.
            let order = ["connection_id", "nodedown_reason", "node_type"];
            let name = |pair: &[Term<'q>; 2]| {
                order.iter().position(|n| pair[0].as_atom().is_some_and(|k| k.name() == *n))
            };
            pairs.sort_by_key(name);
            let pairs: Vec<Term<'q>> = pairs.iter().map(|pair| a.tuple(pair)).collect();
            a.list(&pairs)
        }
    }
}

/// What came of watching a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watching {
    /// It is watched.
    Yes,
    /// There is no connection, nor will there be one by itself.
    NotConnected,
}

/// `monitor_node(Node, true)`; `passive`: a connection that is pending does not count.
pub fn monitor_node(w: &mut Worker, p: &mut Process, name: Atom, passive: bool) -> Watching {
    let Some((node, connection)) = reach(w, name, !passive) else { return Watching::NotConnected };
    {
        let mut state = node.state.lock();
        let there = match state.phase {
            Phase::Idle => false,
            Phase::Pending(_) => !passive,
            Phase::Connected(_) => true,
        };
        if !there || state.connection != connection {
            return Watching::NotConnected;
        }
        *state.watchers.entry(p.pid).or_default() += 1;
    }
    p.remote().nodes.insert(name);
    Watching::Yes
}

/// `monitor_node(Node, false)`
pub fn demonitor_node(w: &mut Worker, p: &mut Process, name: Atom) {
    let Some(node) = w.vm.nodes.find(name) else { return };
    let mut state = node.state.lock();
    if let Some(count) = state.watchers.get_mut(&p.pid) {
        *count -= 1;
        if *count == 0 {
            state.watchers.remove(&p.pid);
        }
    }
}
