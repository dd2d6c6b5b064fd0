//! What natives can do about other nodes.

use super::{Native, Raise};
use crate::dist::connection::{self, Refused};
use crate::dist::ids::PidId;
use crate::dist::node::{Controller, Handle, Node};
use crate::dist::process::{Linked, SpawnRequest, Wanted};
use crate::dist::send::Went;
use crate::dist::watch::{Watching, Wish};
use crate::dist::{carrier, process, send, watch};
use crate::sync::Arc;
use crate::term::{Atom, Pid, Term};

impl<'p> Native<'p> {
    /// Links the calling process to one of another node.
    pub fn link_remote(&mut self, other: PidId) -> Linked {
        let (w, p) = self.both();
        process::link(w, p, other)
    }

    /// Takes such a link away.
    pub fn unlink_remote(&mut self, other: PidId) {
        let (w, p) = self.both();
        process::unlink(w, p, other);
    }

    /// Sends an exit signal to a process of another node. If that fails there is nobody to tell.
    pub fn exit_remote(&mut self, to: PidId, reason: Term<'p>) -> Result<(), Raise<'p>> {
        let (w, p) = self.both();
        match send::exit(w, p, to, reason) {
            Went::TooLarge => Err(Raise::system_limit()),
            Went::Sent | Went::ThenSuspended | Went::NotConnected => Ok(()),
        }
    }

    /// Sets the group leader of a process of another node.
    pub fn set_remote_group_leader(&mut self, leader: PidId, to: PidId) {
        let (w, p) = self.both();
        send::group_leader(w, p, leader, to);
    }

    /// Asks for a process on another node; the reference of the request.
    pub fn spawn_remote(
        &mut self,
        wanted: &Wanted<'p>,
        alias: bool,
        request: impl FnOnce(Arc<Node>) -> SpawnRequest,
    ) -> Term<'p> {
        let (w, p) = self.both();
        let me = p.pid;
        let n = process::spawn(w, p, wanted, request);
        // An answer that is there already comes as if from the other node.
        self.area.reference(n, alias.then_some(me))
    }

    /// Takes no more interest in the answer to such a request; whether it had not come.
    pub fn abandon_spawn(&mut self, reference: u64) -> bool {
        self.handle_signals();
        process::abandon_spawn(self.both().1, reference)
    }

    /// `monitor_node(Node, true)`.
    pub fn monitor_node(&mut self, name: Atom, passive: bool) -> Watching {
        let (w, p) = self.both();
        watch::monitor_node(w, p, name, passive)
    }

    /// `monitor_node(Node, false)`.
    pub fn demonitor_node(&mut self, name: Atom) {
        let (w, p) = self.both();
        watch::demonitor_node(w, p, name);
    }

    /// Hears of all nodes, or no longer; how often it did before.
    pub fn monitor_nodes(&mut self, wish: Wish, on: bool) -> u32 {
        let (w, p) = self.both();
        watch::monitor_nodes(w, p, wish, on)
    }

    /// `setnode/2`
    pub fn set_node(&mut self, name: Atom, creation: u32) -> Result<(), Refused> {
        connection::set_this_node(self.both().0, name, creation)
    }

    /// The connection of a node, as a term. It becomes pending if there is none.
    pub fn new_connection(&mut self, name: Atom) -> Result<Term<'p>, Refused> {
        let (node, number) = connection::new_connection(self.vm, name)?;
        Ok(self.connection_term(&node, number))
    }

    fn connection_term(&mut self, node: &Arc<Node>, number: u32) -> Term<'p> {
        Handle::term(node, number, &mut self.area)
    }

    /// Gives up a connection that is pending; whether it was up.
    pub fn abort_connection(&mut self, node: &Arc<Node>, number: u32) -> bool {
        connection::abort(self.both().0, node, Some(number))
    }

    /// A connection is up; as a term.
    pub fn connected(
        &mut self,
        name: Atom,
        controller: Controller,
        flags: u64,
        creation: u32,
    ) -> Result<Term<'p>, Refused> {
        let (w, p) = self.both();
        let me = p.pid;
        let (node, number) = connection::come_up(w, name, controller, (flags, creation), me)?;
        Ok(self.connection_term(&node, number))
    }

    /// Takes a packet that a controller has read; false if it is none of the protocol, and the
    /// connection is closed.
    pub fn carried(&mut self, node: &Arc<Node>, number: u32, packet: &[u8]) -> bool {
        carrier::take(self.both().0, node, number, packet)
    }

    /// The next packet that a controller is to write.
    pub fn to_carry(&mut self, node: &Arc<Node>, number: u32) -> Option<Vec<u8>> {
        carrier::fetch(self.both().0, node, number)
    }

    /// Has a controller told when there is something to write.
    pub fn notify_carrier(&mut self, node: &Arc<Node>, number: u32, pid: Pid) {
        carrier::notify(self.both().0, node, number, pid);
    }
}
