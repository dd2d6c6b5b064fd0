//! Links: the set-up and take-down protocol between two processes.
//!
//! As in the distribution protocol ("link protocol"): an `unlink` counts at once for the process
//! that calls it; it remembers a number until the other end has acknowledged it, and ignores link
//! signals from there until then, since they were sent before the other end knew.

use super::send::deliver;
use super::signal::SignalKind;
use super::{LinkState, Parcel, Process};
use crate::io::port::ports;
use crate::sched::Worker;
use crate::term::{Pid, PortId, Word};
use crate::trace::{events, tracees};

/// There is no such process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoProcess;

/// `link/1`: links `p` to `other`.
pub fn link(w: &mut Worker, p: &mut Process, other: Pid) -> Result<(), NoProcess> {
    if p.trace.any(tracees::PROCS) {
        // SAFETY: the worker owns the process, which is not touched meanwhile.
        unsafe { events::process_event(w, p, "link", Word::from_pid(other)) };
    }
    if other == p.pid {
        return Ok(());
    }
    tracees::hand_on_by_link(w, p, other);
    let from = p.pid;
    let before = p.relations.set_link(other, LinkState::default());
    if before.is_some_and(|l| l.unlinking == 0) {
        return Ok(());
    }
    if deliver(w, other, Parcel::empty(SignalKind::Link { from })).is_err() {
        p.relations.remove_link(other);
        return Err(NoProcess);
    }
    Ok(())
}

/// `unlink/1`
pub fn unlink(w: &mut Worker, p: &mut Process, other: Pid) {
    if p.trace.any(tracees::PROCS) {
        // SAFETY: as in `link`.
        unsafe { events::process_event(w, p, "unlink", Word::from_pid(other)) };
    }
    let from = p.pid;
    if p.relations.link(other).is_none_or(|link| link.unlinking != 0) {
        return;
    }
    let rare = p.rare();
    rare.next_unlink += 1;
    let id = rare.next_unlink;
    p.relations.set_link(other, LinkState { unlinking: id });
    if deliver(w, other, Parcel::empty(SignalKind::Unlink { from, id })).is_err() {
        p.relations.remove_link(other);
    }
}

/// `link/1` to a port.
pub fn link_port(w: &mut Worker, p: &mut Process, port: PortId) -> Result<(), NoProcess> {
    if p.trace.any(tracees::PROCS) {
        // SAFETY: as in `link`.
        unsafe { events::process_event(w, p, "link", Word::from_port(port)) };
    }
    if !ports::link(w, port, p.pid) {
        return Err(NoProcess);
    }
    p.rare().port_links.insert(port);
    Ok(())
}

/// `unlink/1` from a port. An exit signal that is on its way no longer finds the link.
pub fn unlink_port(w: &mut Worker, p: &mut Process, port: PortId) {
    if p.trace.any(tracees::PROCS) {
        // SAFETY: as in `link`.
        unsafe { events::process_event(w, p, "unlink", Word::from_port(port)) };
    }
    ports::unlink(w, port, p.pid);
    if let Some(rare) = &mut p.rare {
        rare.port_links.remove(&port);
    }
}

impl Process {
    /// A link signal came: whether the link is new.
    pub(super) fn linked_by(&mut self, from: Pid) -> bool {
        // If there is a link already it stays as it is: active, or waiting for its end.
        let new = self.relations.link(from).is_none();
        if new {
            self.relations.set_link(from, LinkState::default());
        }
        new
    }

    /// An unlink signal came: answers it. Whether there was a link.
    pub(super) fn unlinked_by(&mut self, w: &mut Worker, from: Pid, id: u64) -> bool {
        let linked = self.relations.link(from).is_some_and(|l| l.unlinking == 0);
        if linked {
            self.relations.remove_link(from);
        }
        let ack = SignalKind::UnlinkAck { from: self.pid, id };
        drop(deliver(w, from, Parcel::empty(ack)));
        linked
    }

    /// The acknowledgement of an unlink came.
    pub(super) fn unlink_acknowledged(&mut self, from: Pid, id: u64) {
        if self.relations.link(from).is_some_and(|l| l.unlinking == id) {
            self.relations.remove_link(from);
        }
    }

    /// Takes the link to `from` away because that process has exited; whether it was active.
    pub(super) fn link_broken(&mut self, from: Pid) -> bool {
        self.relations.remove_link(from).is_some_and(|l| l.unlinking == 0)
    }

    /// The ports that it is linked to, in order.
    pub fn port_links(&self) -> Vec<PortId> {
        self.rare.as_ref().map_or(Vec::new(), |r| r.port_links.iter().copied().collect())
    }

    /// The other ends of all active links to processes, in order.
    pub fn links(&self) -> Vec<Pid> {
        if !self.relations.may_have_links() {
            return Vec::new();
        }
        let active = |(pid, link): (Pid, LinkState)| (link.unlinking == 0).then_some(pid);
        self.relations.links().into_iter().filter_map(active).collect()
    }
}
