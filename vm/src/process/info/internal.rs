//! What a process tells of its links and monitors to OTP's test suites, in the records that they know.

use super::{Info, Watched};
use crate::dist::ids::Who;
use crate::process::signal::Target;
use crate::term::{Atom, PortId, Term};

impl<'q> Info<'_, '_, 'q> {
    /// `{erl_link, process | port, Other, linked | unlinking, Id}`; links have no numbers but those
    /// that are about to go.
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
        self.a.list(&all)
    }

    /// `{erl_monitor, process | port | suspend, origin | target, Ref, Other, Name}`. Who is watched
    /// knows by whom, not by which name, and who is suspended does not know by whom.
    pub(super) fn monitor_list(&mut self) -> Term<'q> {
        let rare = self.p.rare.as_ref();
        let mut set: Vec<_> = rare.map_or(Vec::new(), |rare| {
            rare.monitors.iter().map(|(n, m)| (*n, m.pid, m.port, m.target)).collect()
        });
        set.sort_unstable_by_key(|m| m.0);
        let by = self.p.relations.watchers();
        let mut suspended: Vec<_> =
            rare.map_or(Vec::new(), |rare| rare.suspending.keys().copied().collect());
        suspended.sort_unstable();
        let words = ["erl_monitor", "process", "port", "origin", "target", "suspend"];
        let [tag, process, port, origin, target, suspend] = words.map(|w| self.word(w));
        let mut all = Vec::new();
        for (n, pid, id, watched) in set {
            let reference = self.a.reference(n, None);
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
            let nil = Term::nil();
            all.push(self.a.tuple(&[tag, process, target, reference, Term::pid(pid), nil]));
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
