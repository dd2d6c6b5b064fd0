//! What is kept of the links and monitors of a connection, in the records that OTP's test suites know
//! (`erts_debug:get_internal_state/1`). What processes keep of them is in `process/info/internal.rs`.

use super::ids::PidId;
use super::node::Node;
use crate::term::{Area, Atom, Pid, Term};
use crate::vm::Vm;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

fn word<'q>(vm: &Vm, name: &str) -> Term<'q> {
    Term::atom(vm.atoms.intern(name).expect("the machine's own names fit the atom table"))
}

/// A number by which a link to another node is known to both who keep it here: the process and the
/// node.
pub(crate) fn link_number(here: Pid, there: PidId) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one((here.0, there)) >> 4
}

/// `{erl_link, dist_process, Other, linked | unlinking, Id}`
pub(crate) fn link<'q>(
    vm: &Vm,
    a: &mut Area<'q>,
    other: Term<'q>,
    unlinking: bool,
    id: u64,
) -> Term<'q> {
    let state = word(vm, if unlinking { "unlinking" } else { "linked" });
    let id = a.uint(id);
    a.tuple(&[word(vm, "erl_link"), word(vm, "dist_process"), other, state, id])
}

/// `{erl_monitor, dist_process, origin | target, Ref, Other, Name | []}`
pub(crate) fn monitor<'q>(
    vm: &Vm,
    a: &mut Area<'q>,
    direction: &str,
    reference: Term<'q>,
    other: Term<'q>,
    name: Option<Atom>,
) -> Term<'q> {
    let (tag, kind) = (word(vm, "erl_monitor"), word(vm, "dist_process"));
    let name = name.map_or(Term::nil(), Term::atom);
    a.tuple(&[tag, kind, word(vm, direction), reference, other, name])
}

impl Node {
    /// Its links.
    pub fn link_list<'q>(&self, vm: &Vm, a: &mut Area<'q>) -> Term<'q> {
        let state = self.state.lock();
        let all: Vec<_> = state
            .links
            .iter()
            .map(|(&(here, there), unlinking)| {
                link(vm, a, Term::pid(here), *unlinking != 0, link_number(here, there))
            })
            .collect();
        a.list(&all)
    }

    /// Its monitors: of what processes here watch, what others watch here, and who watches the node.
    pub fn monitor_list<'q>(&self, vm: &Vm, a: &mut Area<'q>) -> Term<'q> {
        let state = self.state.lock();
        let mut all = Vec::new();
        for (number, watching) in &state.watching {
            let reference = a.reference(*number, None);
            all.push(monitor(vm, a, "target", reference, Term::pid(watching.by), watching.name));
        }
        for (reference, watched) in &state.watched {
            let reference = reference.term(a);
            all.push(monitor(vm, a, "origin", reference, Term::pid(watched.pid), watched.name));
        }
        let [tag, node, target] = ["erl_monitor", "node", "target"].map(|name| word(vm, name));
        for pid in state.watchers.keys() {
            all.push(a.tuple(&[tag, node, target, Term::nil(), Term::pid(*pid), Term::nil()]));
        }
        a.list(&all)
    }

    /// How often a process watches the node, if it does.
    pub(crate) fn watched_by(&self, pid: Pid) -> Option<u32> {
        self.state.lock().watchers.get(&pid).copied()
    }
}
