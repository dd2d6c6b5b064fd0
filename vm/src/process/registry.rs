//! Registered names.
//!
//! A process that exits takes its name away only if its `named` flag says that it has one, so that
//! nameless processes never touch the lock. The flag is set before the registering side looks
//! whether the process has closed its queue, and read after the exiting side has closed it: one
//! of the two sees the other and takes the name away.

use super::Process;
use crate::sync::{Ordering, RwLock, fence};
use crate::term::{Atom, Pid, PortId, atoms};
use crate::vm::Vm;
use hashbrown::HashMap;

/// What has a registered name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the kinds by their own names")]
pub enum Named {
    Process(Pid),
    Port(PortId),
}

#[derive(Default)]
struct Maps {
    by_name: HashMap<Atom, Named>,
    by_pid: HashMap<Pid, Atom>,
}

/// All registered names of one machine.
#[derive(Default)]
pub struct Registry(RwLock<Maps>);

impl Registry {
    /// What has that name.
    #[inline]
    pub fn whereis(&self, name: Atom) -> Option<Named> {
        self.0.read().by_name.get(&name).copied()
    }

    /// The process of that name.
    pub fn process(&self, name: Atom) -> Option<Pid> {
        match self.whereis(name)? {
            Named::Process(pid) => Some(pid),
            Named::Port(_) => None,
        }
    }

    /// The port of that name.
    pub fn port(&self, name: Atom) -> Option<PortId> {
        match self.whereis(name)? {
            Named::Port(port) => Some(port),
            Named::Process(_) => None,
        }
    }

    /// Gives a port that name, under the port's lock; false if it is taken or not allowed, or the
    /// port has a name.
    pub(crate) fn register_port(&self, name: Atom, port: PortId) -> bool {
        let mut maps = self.0.write();
        let free = name != atoms::UNDEFINED
            && !maps.by_name.contains_key(&name)
            && !maps.by_name.values().any(|n| *n == Named::Port(port));
        if free {
            maps.by_name.insert(name, Named::Port(port));
        }
        free
    }

    /// A port that has a name gives it up.
    pub(crate) fn port_exits(&self, port: PortId) {
        self.0.write().by_name.retain(|_, named| *named != Named::Port(port));
    }

    /// The name of that process.
    pub fn name_of(&self, pid: Pid) -> Option<Atom> {
        self.0.read().by_pid.get(&pid).copied()
    }

    /// All names, in term order.
    pub fn names(&self) -> Vec<Atom> {
        let mut v: Vec<Atom> = self.0.read().by_name.keys().copied().collect();
        v.sort_by(|a, b| a.order(*b));
        v
    }

    /// Gives a process that name; `caller` is on a worker. False if the name is taken or not
    /// allowed, or the process has a name or is not there.
    pub fn register(&self, vm: &Vm, name: Atom, pid: Pid) -> bool {
        if name == atoms::UNDEFINED {
            return false;
        }
        let mut maps = self.0.write();
        let Some(p) = vm.processes.lookup(pid) else { return false };
        if maps.by_name.contains_key(&name) || maps.by_pid.contains_key(&pid) {
            return false;
        }
        // SAFETY: workers may use what they looked up until their next quiescent point; `named`
        // and `queue` are everybody's.
        let (named, queue) = unsafe { (&(*p).named, &(*p).queue) };
        named.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if queue.is_closed() {
            return false;
        }
        maps.by_name.insert(name, Named::Process(pid));
        maps.by_pid.insert(pid, name);
        true
    }

    /// Takes a name away; false if there is none.
    pub fn unregister(&self, vm: &Vm, name: Atom) -> bool {
        let mut maps = self.0.write();
        let pid = match maps.by_name.remove(&name) {
            None => return false,
            Some(Named::Process(pid)) => pid,
            Some(Named::Port(port)) => {
                // The port's lock comes before this one.
                drop(maps);
                vm.ports.unregistered(port);
                return true;
            }
        };
        maps.by_pid.remove(&pid);
        if let Some(p) = vm.processes.lookup(pid) {
            // SAFETY: as in `register`.
            unsafe { (*p).named.store(false, Ordering::Relaxed) };
        }
        true
    }

    /// A process that has closed its queue gives up its name, if it has one.
    pub(super) fn process_exits(&self, p: &Process) -> Option<Atom> {
        // Closing the queue and this load are sequentially consistent, as the fence of who sets it and
        // then looks at the queue: one of the two sees the other.
        if p.named.load(Ordering::SeqCst) {
            let mut maps = self.0.write();
            if let Some(name) = maps.by_pid.remove(&p.pid) {
                maps.by_name.remove(&name);
                return Some(name);
            }
        }
        None
    }
}
