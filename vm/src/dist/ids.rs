//! Pids and references as they are named between nodes: plain data that outlives terms.

use crate::term::external::{PidIds, pid_ids, ref_from_words, ref_words};
use crate::term::layout::Kind;
use crate::term::view::{ExternalView, RefView};
use crate::term::{Area, Atom, Pid, Term, View};
use crate::vm::Vm;

/// A pid of any node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PidId {
    /// Its node.
    pub node: Atom,
    /// The node's incarnation.
    pub creation: u32,
    /// Its numbers.
    pub id: u32,
    /// The second of them.
    pub serial: u32,
}

impl PidId {
    /// A pid of this node, as others know it.
    pub fn local(vm: &Vm, pid: Pid) -> PidId {
        let (node, creation) = vm.nodes.this();
        let PidIds { id, serial } = pid_ids(pid);
        PidId { node, creation, id, serial }
    }

    /// A pid of another node.
    pub fn external(t: Term<'_>) -> Option<PidId> {
        match t.view() {
            View::External(ExternalView { kind: Kind::ExtPid, node, creation, ids: &[id, s] }) => {
                Some(PidId { node, creation, id: id as u32, serial: s as u32 })
            }
            _ => None,
        }
    }

    /// A pid of any node.
    pub fn of(vm: &Vm, t: Term<'_>) -> Option<PidId> {
        match t.as_pid() {
            Some(pid) => Some(PidId::local(vm, pid)),
            None => PidId::external(t),
        }
    }

    /// The term, for who is not of its node.
    pub fn term<'q>(self, a: &mut Area<'q>) -> Term<'q> {
        let ids = [self.id.into(), self.serial.into()];
        a.external(Kind::ExtPid, self.node, self.creation, &ids)
    }
}

/// A reference of any node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RefId {
    /// Its node.
    pub node: Atom,
    /// The node's incarnation.
    pub creation: u32,
    /// Its words, first first.
    words: [u32; 5],
    len: u8,
}

impl RefId {
    /// A reference of another node.
    pub fn external(t: Term<'_>) -> Option<RefId> {
        let View::External(e) = t.view() else { return None };
        if e.kind != Kind::ExtRef || e.ids.len() > 5 {
            return None;
        }
        let mut words = [0; 5];
        for (to, from) in words.iter_mut().zip(e.ids) {
            *to = *from as u32;
        }
        Some(RefId { node: e.node, creation: e.creation, words, len: e.ids.len() as u8 })
    }

    /// A reference of this node, as others know it.
    pub fn local(vm: &Vm, r: &RefView<'_>) -> RefId {
        let (node, creation) = vm.nodes.this();
        let (words, len) = ref_words(r);
        RefId { node, creation, words, len: len as u8 }
    }

    /// The reference of this node of that number, which is an alias of `alias_of`.
    pub fn numbered(vm: &Vm, number: u64, alias_of: Option<Pid>) -> RefId {
        let mut r = RefView::plain(number);
        r.alias_of = alias_of;
        RefId::local(vm, &r)
    }

    /// The term, for who is not of its node.
    pub fn term<'q>(self, a: &mut Area<'q>) -> Term<'q> {
        let ids: smallvec::SmallVec<[u64; 5]> =
            self.words[..usize::from(self.len)].iter().map(|w| u64::from(*w)).collect();
        a.external(Kind::ExtRef, self.node, self.creation, &ids)
    }
}

/// A process of another node, as monitors name it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// By its pid.
    Pid(PidId),
    /// By the name that it has there.
    Name(Atom),
}

impl Who {
    /// The name, if it is by name.
    pub fn name(self) -> Option<Atom> {
        match self {
            Who::Pid(_) => None,
            Who::Name(name) => Some(name),
        }
    }

    /// The term, for who is not of its node.
    pub fn term<'q>(self, a: &mut Area<'q>) -> Term<'q> {
        match self {
            Who::Pid(pid) => pid.term(a),
            Who::Name(name) => Term::atom(name),
        }
    }
}

impl RefId {
    /// The number of a reference of this node.
    pub fn number(&self) -> Option<u64> {
        ref_from_words(&self.words[..usize::from(self.len)]).map(|(number, _)| number)
    }
}
