//! What a process tells of its links and monitors to OTP's test suites, in the records that they know.

use super::{Info, Watched};
use crate::dist::ids::Who;
use crate::dist::told;
use crate::process::MonitorOut;
use crate::process::signal::Target;
use crate::term::{Atom, PortId, Term};
use hashbrown::HashMap;

impl<'q> Info<'_, '_, 'q> {
    /// `{erl_link, process | port | dist_process, Other, linked | unlinking, Id}`; links within the
    /// node have no numbers but those that are about to go.
    pub(super) fn link_list(&mut self) -> Term<'q> {
        let (tag, process) = (self.word("erl_link"), self.word("process"));
        let mut all = Vec::new();
        for (pid, link) in self.p.relations.links() {
            let unlinking = link.unlinking;
            let state = self.word(if unlinking == 0 { "linked" } else { "unlinking" });
            let id = self.a.uint(unlinking);
            all.push(self.a.tuple(&[tag, process, Term::pid(pid), state, id]));
        }
        let (port, linked) = (self.word("port"), self.word("linked"));
        for id in self.p.port_links() {
            let other = port_term(id);
            all.push(self.a.tuple(&[tag, port, other, linked, Term::small(0)]));
        }
        let remote = self.p.rare.as_ref().and_then(|rare| rare.remote.as_ref());
        for (other, link) in remote.iter().flat_map(|remote| &remote.links) {
            let id = told::link_number(self.p.pid, *other);
            let other = other.term(self.a);
            all.push(told::link(self.vm, self.a, other, link.unlinking != 0, id));
        }
        self.a.list(&all)
    }

    /// `{erl_monitor, process | port | dist_process | node | suspend, origin | target, Ref, Other, Name}`.
    /// Who is watched knows by whom, not by which name, which `names` tells: pairs of reference and
    /// name. Who is suspended does not know by whom.
    pub(super) fn monitor_list(&mut self, names: Term<'_>) -> Term<'q> {
        let names: HashMap<u64, Term<'q>> = names
            .list()
            .filter_map(|pair| {
                let [reference, name] = pair.as_tuple_of::<2>()?;
                Some((reference.as_ref()?.number, Term::atom(name.as_atom()?)))
            })
            .collect();
        let rare = self.p.rare.as_ref();
        let mut set: Vec<_> = rare.map_or(Vec::new(), |rare| {
            let alias = |m: &MonitorOut| m.alias_reference.then_some(self.p.pid);
            let told = |(n, m): (&u64, &MonitorOut)| (*n, m.pid, m.port, m.target, alias(m));
            rare.monitors.iter().map(told).collect()
        });
        set.sort_unstable_by_key(|m| m.0);
        let by = self.p.relations.watchers();
        let mut suspended: Vec<_> =
            rare.map_or(Vec::new(), |rare| rare.suspending.keys().copied().collect());
        suspended.sort_unstable();
        let words = ["erl_monitor", "process", "port", "origin", "target", "suspend"];
        let [tag, process, port, origin, target, suspend] = words.map(|w| self.word(w));
        let mut all = Vec::new();
        for (n, pid, id, watched, alias) in set {
            let reference = self.a.reference(n, alias);
            if let Watched::Remote(who, node) = watched {
                let other = if who.name().is_some() { Term::atom(node) } else { who.term(self.a) };
                all.push(told::monitor(self.vm, self.a, "origin", reference, other, who.name()));
                continue;
            }
            let (kind, other) = match (pid, id) {
                (Some(pid), _) => (process, Term::pid(pid)),
                (None, Some(id)) => (port, port_term(id)),
                // What it watches is gone; that it hears of it is on the way.
                (None, None) => continue,
            };
            let name = name_of(watched).map_or(Term::nil(), Term::atom);
            all.push(self.a.tuple(&[tag, kind, origin, reference, other, name]));
        }
        for (n, pid) in by {
            let reference = self.a.reference(n, None);
            let name = names.get(&n).copied().unwrap_or(Term::nil());
            all.push(self.a.tuple(&[tag, process, target, reference, Term::pid(pid), name]));
        }
        let remote = self.p.rare.as_ref().and_then(|rare| rare.remote.as_ref());
        for (reference, (from, name)) in remote.iter().flat_map(|remote| &remote.watchers) {
            let (reference, from) = (reference.term(self.a), from.term(self.a));
            all.push(told::monitor(self.vm, self.a, "target", reference, from, *name));
        }
        for name in remote.iter().flat_map(|remote| &remote.nodes) {
            let Some(count) = self.vm.nodes.find(*name).and_then(|n| n.watched_by(self.p.pid))
            else {
                continue;
            };
            let (node, nil, count) = (self.word("node"), Term::nil(), Term::small(count.into()));
            all.push(self.a.tuple(&[tag, node, origin, nil, Term::atom(*name), count]));
        }
        for pid in suspended {
            let nil = Term::nil();
            all.push(self.a.tuple(&[tag, suspend, origin, nil, Term::pid(pid), nil]));
        }
        self.a.list(&all)
    }
}

fn port_term<'q>(id: PortId) -> Term<'q> {
    Term::port(id).expect("ports have numbers that fit")
}

/// The name by which something is watched, if it is by name.
fn name_of(watched: Watched) -> Option<Atom> {
    match watched {
        Watched::Process(Target::Name(name))
        | Watched::PortName(name)
        | Watched::Remote(Who::Name(name), _) => Some(name),
        Watched::Process(Target::Pid(_))
        | Watched::Port(_)
        | Watched::Remote(Who::Pid(_), _)
        | Watched::Clock => None,
    }
}
