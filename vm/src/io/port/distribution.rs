//! Ports that carry connections between nodes: packets in and out. What they say is none of their
//! business (`crate::dist`).

use super::device;
use crate::dist::node::Channel;
use crate::dist::{input, send};
use crate::sched::Worker;
use crate::sync::{Arc, Ordering};
use crate::term::{Pid, PortId};

/// What a port begins with when it carries a connection: what has waited to be sent, and who for that.
type Start = (Arc<Channel>, Vec<Vec<u8>>, Vec<Pid>);

/// Makes a port the controller of the connection that `connect` makes, under the port's lock; gives
/// what that gave. `None`: it cannot be one, or there is none.
pub(crate) fn attach(
    w: &mut Worker,
    id: PortId,
    connect: impl FnOnce(&mut Worker) -> Option<Start>,
) -> Option<(Arc<Channel>, Vec<Pid>)> {
    let vm = w.vm.clone();
    vm.ports.with(id, |port, state| {
        let can = state.device.as_ref().is_some_and(|d| d.carries_packets());
        if !can || state.channel.is_some() {
            return None;
        }
        let (channel, packets, suspended) = connect(w)?;
        state.channel = Some(channel.clone());
        device::call(w, port, state, |d, cx| {
            for packet in packets {
                d.packet(cx, packet);
            }
        });
        Some((channel, suspended))
    })?
}

/// Writes a packet for a process, which is to be suspended if much waits to be written: whether it
/// is. Nothing happens if the port does not carry that connection any more.
pub(crate) fn write(
    w: &mut Worker,
    id: PortId,
    channel: &Arc<Channel>,
    packet: Vec<u8>,
    sender: Option<Pid>,
) -> bool {
    let vm = w.vm.clone();
    let suspended = vm.ports.with(id, |port, state| {
        if !state.channel.as_ref().is_some_and(|c| Arc::ptr_eq(c, channel)) {
            return false;
        }
        state.output += packet.len() as u64;
        vm.ports.count_output(packet.len());
        device::call(w, port, state, |d, cx| d.packet(cx, packet));
        let Some(sender) = sender.filter(|_| channel.busy.load(Ordering::Relaxed)) else {
            return false;
        };
        channel.suspend(sender);
        true
    });
    suspended.unwrap_or(false)
}

impl device::Context<'_> {
    /// The connection that the port carries.
    pub fn channel(&self) -> Option<Arc<Channel>> {
        self.state.channel.clone()
    }

    /// Takes a packet of a connection; gives the packets that answer it. `None`: the peer does not keep
    /// to the protocol, and the port is to end.
    pub fn take_packet(&mut self, channel: &Arc<Channel>, packet: &[u8]) -> Option<Vec<Vec<u8>>> {
        self.count_input(packet.len());
        if let Ok(answers) = input::packet(self.w, channel, packet) {
            return Some(answers);
        }
        self.kill();
        None
    }

    /// Tells how much waits to be written, after that has changed.
    pub fn waits_to_be_written(&mut self, bytes: usize) {
        let Some(channel) = &self.state.channel else { return };
        let limit = send::busy_limit(&self.w.vm);
        let busy = channel.busy.load(Ordering::Relaxed);
        if bytes > limit {
            channel.busy.store(true, Ordering::Relaxed);
        } else if busy && bytes <= limit / 2 {
            let channel = channel.clone();
            send::no_longer_busy(self.w, &channel);
        }
    }
}
