//! The table of ports, and the ways in: from the poller, from links and monitors.

use super::device::{self, Ready};
use super::exit::{How, exit};
use super::spawn::HugePages;
use super::{Life, Port, State};
use crate::sched::Worker;
use crate::sync::{Arc, AtomicU64, AtomicUsize, Mutex, Ordering, RwLock};
use crate::term::{Atom, Pid, PortId, Term, Word};
use crate::trace::events;
use crate::vm::Vm;
use std::collections::BTreeMap;

/// All ports of one machine.
#[derive(Default)]
pub struct Ports {
    pub(super) table: RwLock<BTreeMap<PortId, Arc<Port>>>,
    last: AtomicU64,
    /// Bytes that came from all devices and went to them.
    input: AtomicU64,
    output: AtomicU64,
    /// How many ports the machine waits for before it stops.
    unwritten: AtomicUsize,
    /// The exit status, once the machine is to stop when everything is written.
    halting: Mutex<Option<i32>>,
    pub(super) huge_pages: HugePages,
}

impl Ports {
    /// A number that no port has had yet.
    pub(super) fn next(&self) -> PortId {
        PortId(self.last.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// The number that the next port gets.
    pub fn next_number(&self) -> u64 {
        self.last.load(Ordering::Relaxed) + 1
    }

    /// Goes on with numbers whose low `bits` bits are those of `number`: later ones.
    pub fn skip_to(&self, number: u64, bits: u32) {
        let mask = (1 << bits) - 1;
        let ahead = |last: u64| Some(last + (number.wrapping_sub(1).wrapping_sub(last) & mask));
        let _ = self.last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, ahead);
    }

    /// Puts a port in the table, if there are less than `limit`.
    pub(super) fn insert(&self, port: Arc<Port>, limit: usize) -> bool {
        let mut table = self.table.write();
        if table.len() >= limit {
            return false;
        }
        table.insert(port.id, port);
        true
    }

    pub(super) fn remove(&self, id: PortId) {
        self.table.write().remove(&id);
    }

    pub(crate) fn find(&self, id: PortId) -> Option<Arc<Port>> {
        self.table.read().get(&id).cloned()
    }

    /// Calls `f` with a port that is open, under its lock.
    pub(super) fn with<R>(
        &self,
        id: PortId,
        f: impl FnOnce(&Arc<Port>, &mut State) -> R,
    ) -> Option<R> {
        let port = self.find(id)?;
        let mut state = port.state.lock();
        (state.life == Life::Open).then(|| f(&port, &mut state))
    }

    /// Whether there is such a port, as far as can be told without its lock.
    pub(crate) fn is_open(&self, id: PortId) -> bool {
        self.table.read().contains_key(&id)
    }

    /// The ports that are open, in order.
    pub fn all(&self) -> Vec<PortId> {
        // Not under the table's lock: it comes after those of ports.
        let ports: Vec<Arc<Port>> = self.table.read().values().cloned().collect();
        ports.iter().filter(|p| p.state.lock().life == Life::Open).map(|p| p.id).collect()
    }

    /// How many ports there are.
    pub fn count(&self) -> usize {
        self.table.read().len()
    }

    pub(super) fn count_input(&self, bytes: usize) {
        self.input.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn count_output(&self, bytes: usize) {
        self.output.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Bytes that came from all devices and that went to them, since the machine started.
    pub fn bytes(&self) -> (u64, u64) {
        (self.input.load(Ordering::Relaxed), self.output.load(Ordering::Relaxed))
    }

    /// Gives a port a registered name; false if that cannot be.
    pub fn register(&self, vm: &Vm, name: Atom, id: PortId) -> bool {
        self.with(id, |_, state| {
            let ok = vm.names.register_port(name, id);
            if ok {
                state.registered = Some(name);
            }
            ok
        })
        .unwrap_or(false)
    }

    /// A port has lost its registered name.
    pub fn unregistered(&self, id: PortId) {
        self.with(id, |_, state| state.registered = None);
    }

    /// Stops the machine with that status once all ports have written what they were given.
    pub fn halt(&self, w: &mut Worker, status: i32) {
        let vm = w.vm.clone();
        *self.halting.lock() = Some(status);
        // One more than there are, so that nothing stops before all have been looked at.
        self.unwritten.fetch_add(1, Ordering::SeqCst);
        let ports: Vec<Arc<Port>> = self.table.read().values().cloned().collect();
        for port in ports {
            let mut state = port.state.lock();
            if state.halting || state.device.as_ref().is_none_or(|d| d.queued() == 0) {
                continue;
            }
            state.halting = true;
            self.unwritten.fetch_add(1, Ordering::SeqCst);
            device::call(w, &port, &mut state, |d, cx| d.flush(cx));
        }
        self.halted(&vm);
    }

    /// A port that the machine waits for is gone.
    pub(super) fn halted(&self, vm: &Vm) {
        if self.unwritten.fetch_sub(1, Ordering::SeqCst) == 1
            && let Some(status) = *self.halting.lock()
        {
            vm.stop(status);
        }
    }

    /// Whether the machine is about to stop, and ports take nothing more.
    pub fn halting(&self) -> bool {
        self.unwritten.load(Ordering::Relaxed) > 0
    }

    /// A process has received a message that took `size` bytes.
    pub(crate) fn received(&self, vm: &Vm, id: PortId, size: u32) {
        let Some(port) = self.find(id) else { return };
        let before = port.unread.fetch_sub(size as usize, Ordering::Relaxed);
        let now = before.saturating_sub(size as usize);
        if now < super::stream::MOST_UNREAD / 2 && port.slow.swap(false, Ordering::Relaxed) {
            vm.poller.kick(id);
        }
    }
}

/// Lets the device of a port go on.
pub fn ready(w: &mut Worker, id: PortId, ready: Ready, buffer: &mut [u8]) {
    let Some(port) = w.vm.ports.find(id) else { return };
    let mut state = port.state.lock();
    device::call(w, &port, &mut state, |d, cx| d.ready(cx, ready, buffer));
}

/// Links a process to a port; false if there is none.
pub fn link(w: &mut Worker, id: PortId, from: Pid) -> bool {
    let vm = w.vm.clone();
    let linked = vm.ports.with(id, |port, state| {
        if state.links.insert(from) {
            events::port_event(w, port, "getting_linked", Word::from_pid(from));
        }
    });
    linked.is_some()
}

/// Takes a link away.
pub fn unlink(w: &mut Worker, id: PortId, from: Pid) {
    let vm = w.vm.clone();
    vm.ports.with(id, |port, state| {
        if state.links.remove(&from) {
            events::port_event(w, port, "getting_unlinked", Word::from_pid(from));
        }
    });
}

/// A linked process has exited.
pub fn link_broken(w: &mut Worker, id: PortId, from: Pid, reason: Term<'_>) {
    let vm = w.vm.clone();
    vm.ports.with(id, |port, state| {
        let normal = reason.is_atom(crate::term::atoms::NORMAL);
        if state.links.remove(&from) && (!normal || state.owner == from) {
            exit(w, port, state, reason, How::Flush);
        }
    });
}

/// Sets a monitor; false if there is no such port.
pub fn monitor(w: &mut Worker, id: PortId, from: Pid, reference: u64) -> bool {
    let vm = w.vm.clone();
    vm.ports.with(id, |_, state| state.watchers.insert(reference, from)).is_some()
}

/// Takes a monitor away.
pub fn demonitor(w: &mut Worker, id: PortId, reference: u64) {
    let vm = w.vm.clone();
    vm.ports.with(id, |_, state| state.watchers.remove(&reference));
}
