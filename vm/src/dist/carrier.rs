//! Connections that a process carries: it fetches what is to go out and hands in what has come.

use super::node::{Channel, Controller, Node};
use super::send::{busy_limit, hand_to_process, no_longer_busy, notify_process};
use super::{connection, input};
use crate::heap::LiteralRange;
use crate::process::Parcel;
use crate::process::send::deliver;
use crate::process::signal::SignalKind;
use crate::sched::Worker;
use crate::sync::{Arc, Ordering};
use crate::term::{Pid, Term, Word, atoms};

/// Takes a packet that has come; false: the peer does not keep to the protocol, and the connection
/// is lost.
pub fn take(w: &mut Worker, node: &Arc<Node>, number: u32, packet: &[u8]) -> bool {
    let Some(channel) = node.channel(number) else { return true };
    let Controller::Process(pid) = channel.controller else { return true };
    let turn = channel.turn.lock();
    let taken = input::packet(w, &channel, packet);
    match taken {
        Ok(answers) => {
            for answer in answers {
                hand_to_process(w, &channel, pid, answer);
            }
            true
        }
        Err(_) => {
            drop(turn);
            connection::go_down(w, &channel, Term::atom(atoms::KILLED));
            let kind = SignalKind::Exit { from: Word::from_pid(pid), linked: false };
            drop(deliver(w, pid, Parcel::copy(kind, Term::atom(atoms::KILL), LiteralRange::NONE)));
            false
        }
    }
}

/// The next packet to write.
pub fn fetch(w: &mut Worker, node: &Arc<Node>, number: u32) -> Option<Vec<u8>> {
    let channel = node.channel(number)?;
    let (packet, left) = {
        let mut outbox = channel.outbox.lock();
        let packet = outbox.packets.pop_front()?;
        outbox.bytes -= packet.len();
        (packet, outbox.bytes)
    };
    if channel.busy.load(Ordering::Relaxed) && left <= busy_limit(&w.vm) / 2 {
        no_longer_busy(w, &channel);
    }
    Some(packet)
}

/// Has the controller told when there is something to write, now or once later.
pub fn notify(w: &mut Worker, node: &Arc<Node>, number: u32, pid: Pid) {
    let Some(channel) = node.channel(number) else { return };
    let now = {
        let mut outbox = channel.outbox.lock();
        outbox.notify = outbox.packets.is_empty();
        !outbox.notify
    };
    if now {
        notify_process(w, pid);
    }
}

impl Channel {
    /// Whether the controller wants to be told how long packets are; sets it if asked.
    pub fn with_size(&self, set: Option<bool>) -> bool {
        let mut outbox = self.outbox.lock();
        let old = outbox.with_size;
        outbox.with_size = set.unwrap_or(old);
        old
    }

    /// Who may hand in what has come, if not the controller.
    pub fn input_handler(&self) -> Option<Pid> {
        self.outbox.lock().input_handler
    }

    /// Says who hands in what has come.
    pub fn set_input_handler(&self, pid: Pid) {
        self.outbox.lock().input_handler = Some(pid);
    }

    /// Packets that have come, that have gone, and bytes that wait to.
    pub fn traffic(&self) -> (u64, u64, usize) {
        let waiting = self.outbox.lock().bytes;
        (self.received.load(Ordering::Relaxed), self.sent.load(Ordering::Relaxed), waiting)
    }
}
