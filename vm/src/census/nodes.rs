//! Which nodes are referred to, and from where: `get_internal_state(node_and_dist_references)`.
//!
//! Identifiers of other nodes have the node's name and incarnation in them, so nothing counts them but
//! this search. What is told as the count of a node is what has been found, and nodes that nothing
//! refers to are not told of.

use super::{Holder, objects, processes};
use crate::dist::ids::Who;
use crate::dist::node::{Controller, Handle};
use crate::process::signal::Watched;
use crate::sched::standstill::Stand;
use crate::term::{Area, Atom, Pid, PortId, Term, View, Word};
use crate::vm::Vm;
use hashbrown::HashMap;

/// Who refers to a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Referrer {
    Process(Pid),
    Port(PortId),
    /// By number.
    Table(u64),
    /// Whom a timer is for.
    Receiver(Word),
    System(&'static str),
    /// An incarnation of the node itself.
    Incarnation(Atom, u32),
}

/// How often something is referred to, by whom and how.
type Counts<K> = HashMap<K, HashMap<Referrer, Vec<(&'static str, u64)>>>;

fn count<K: std::hash::Hash + Eq>(all: &mut Counts<K>, what: K, by: Referrer, how: &'static str) {
    let kinds = all.entry(what).or_default().entry(by).or_default();
    match kinds.iter_mut().find(|kind| kind.0 == how) {
        Some(kind) => kind.1 += 1,
        None => kinds.push((how, 1)),
    }
}

/// What has been found.
pub(crate) struct Found {
    /// References to incarnations of nodes.
    nodes: Counts<(Atom, u32)>,
    /// References to entries of nodes, which connections have.
    entries: Counts<Atom>,
}

/// Finds all references to nodes.
pub(crate) fn find(vm: &Vm, stand: &Stand<'_>) -> Found {
    let (mut nodes, mut entries) = (Counts::default(), Counts::default());
    let (name, creation) = vm.nodes.this();
    count(&mut nodes, (name, creation), Referrer::System("undefined"), "system");
    count(&mut entries, name, Referrer::System("undefined"), "system");
    objects(vm, stand, |holder, t, signal| {
        let (by, how) = match holder {
            Holder::Process(pid) => {
                (Referrer::Process(pid), if signal { "signal" } else { "heap" })
            }
            Holder::Table(number) => (Referrer::Table(number), "ets"),
            Holder::Timer(to) => (Referrer::Receiver(to), "timer"),
            Holder::Persistent => (Referrer::System("persistent_term"), "system"),
        };
        match t.view() {
            View::External(e) => count(&mut nodes, (e.node, e.creation), by, how),
            View::Ref(_) => {
                if let Some(handle) = t.magic_object::<Handle>() {
                    count(&mut entries, handle.0.name, by, how);
                }
            }
            _ => {}
        }
    });
    of_processes(vm, stand, &mut nodes);
    for (node, controller) in vm.nodes.controllers() {
        let by = match controller {
            Controller::Port(id) => Referrer::Port(id),
            Controller::Process(pid) => Referrer::Process(pid),
        };
        count(&mut entries, node, by, "control");
    }
    for (node, creation) in nodes.keys().filter(|node| **node != (name, creation)) {
        count(&mut entries, *node, Referrer::Incarnation(*node, *creation), "node");
    }
    Found { nodes, entries }
}

/// Links and monitors, which name others without terms.
fn of_processes(vm: &Vm, stand: &Stand<'_>, nodes: &mut Counts<(Atom, u32)>) {
    processes(vm, stand, |p| {
        let Some(rare) = &p.rare else { return };
        let by = Referrer::Process(p.pid);
        for (_, monitor) in rare.monitors.iter() {
            if let Watched::Remote(Who::Pid(other), _) = monitor.target {
                count(nodes, (other.node, other.creation), by, "monitor");
            }
        }
        let Some(remote) = &rare.remote else { return };
        for other in remote.links.keys() {
            count(nodes, (other.node, other.creation), by, "link");
        }
        for (reference, (other, _)) in &remote.watchers {
            count(nodes, (reference.node, reference.creation), by, "monitor");
            count(nodes, (other.node, other.creation), by, "monitor");
        }
    });
}

fn word<'q>(vm: &Vm, name: &str) -> Term<'q> {
    Term::atom(vm.atoms.intern(name).expect("the machine's own names fit the atom table"))
}

impl Found {
    /// `{{node_references, [{{Node, Creation}, Count, By}]}, {dist_references, [{Node, Count, By}]}}`
    /// with `By` as `[{{Kind, Who}, [{How, Count}]}]`.
    pub(crate) fn term<'q>(&self, vm: &Vm, a: &mut Area<'q>) -> Term<'q> {
        let nodes = told(vm, a, &self.nodes, |a, (node, creation)| {
            a.tuple(&[Term::atom(node), Term::small(creation.into())])
        });
        let entries = told(vm, a, &self.entries, |_, node| Term::atom(node));
        let nodes = a.tuple(&[word(vm, "node_references"), nodes]);
        let entries = a.tuple(&[word(vm, "dist_references"), entries]);
        a.tuple(&[nodes, entries])
    }
}

fn told<'q, K: Copy>(
    vm: &Vm,
    a: &mut Area<'q>,
    counts: &Counts<K>,
    shown: impl Fn(&mut Area<'q>, K) -> Term<'q>,
) -> Term<'q> {
    let mut all = Vec::new();
    for (what, by) in counts {
        let mut sum = 0;
        let mut referrers = Vec::new();
        for (who, kinds) in by {
            let pairs: Vec<_> = kinds
                .iter()
                .map(|(how, n)| {
                    sum += n;
                    let n = a.uint(*n);
                    a.tuple(&[word(vm, how), n])
                })
                .collect();
            let (who, pairs) = (who.term(vm, a), a.list(&pairs));
            referrers.push(a.tuple(&[who, pairs]));
        }
        let (what, referrers) = (shown(a, *what), a.list(&referrers));
        let sum = a.uint(sum);
        all.push(a.tuple(&[what, sum, referrers]));
    }
    a.list(&all)
}

impl Referrer {
    fn term<'q>(self, vm: &Vm, a: &mut Area<'q>) -> Term<'q> {
        let (kind, who) = match self {
            Referrer::Process(pid) => ("process", Term::pid(pid)),
            Referrer::Port(id) => ("port", Term::port(id).expect("ports have numbers that fit")),
            Referrer::Table(number) => ("ets", a.reference(number, None)),
            // SAFETY: a pid or atom.
            Referrer::Receiver(to) => ("process", unsafe { Term::from_word(to) }),
            Referrer::System(what) => ("system", word(vm, what)),
            Referrer::Incarnation(node, creation) => {
                ("node", a.tuple(&[Term::atom(node), Term::small(creation.into())]))
            }
        };
        a.tuple(&[word(vm, kind), who])
    }
}
