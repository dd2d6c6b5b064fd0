//! The poller: one thread that waits until descriptors are ready and lets their ports act.
//!
//! A descriptor is watched only while something is wanted of it, since the system tells of hang-ups
//! whether asked or not. What cannot be waited for (a regular file) counts as always ready. Child
//! processes are watched here too, by a descriptor that becomes readable when they end, so that
//! none is left unburied, port or no port.
//!
//! The thread has a [`Worker`] of its own through which it delivers signals; it runs no processes.

use super::port::spawn::Child;
use super::port::{Ready, ports};
use crate::sched::Worker;
use crate::sched::accounts::State;
use crate::sync::{Arc, Mutex};
use crate::term::PortId;
use crate::vm::Vm;
use hashbrown::HashMap;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;

/// What is wanted of a descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the directions by their own names")]
pub enum Direction {
    Read,
    Write,
}

/// How much is read at a time.
pub const CHUNK: usize = 64 * 1024;

/// How long a port that is ahead of its owner waits, and how much it then reads.
const SLOW: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
const SLOW_CHUNK: usize = 4 * 1024;

/// What a watched descriptor's events are for; the top bits of its data.
const WAKE: u64 = 0;
const READ: u64 = 1;
const WRITE: u64 = 2;
const CHILD: u64 = 3;
const KIND: u32 = 60;

/// What the poller waits for.
pub struct Poller {
    epoll: OwnedFd,
    wake: OwnedFd,
    wanted: Mutex<Wanted>,
}

#[derive(Default)]
struct Wanted {
    /// Ports to look at at once.
    kicked: Vec<PortId>,
    /// Ports whose input is always ready.
    always: Vec<PortId>,
    /// Ports to read a little from, a little later.
    slow: Vec<PortId>,
    /// Child processes by their number.
    children: HashMap<u32, Watched>,
}

struct Watched {
    child: Child,
    /// Readable when the child has ended.
    _ended: OwnedFd,
    port: PortId,
}

impl Poller {
    /// A poller that watches nothing.
    pub fn new() -> std::io::Result<Poller> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&epoll, &wake, EventData::new_u64(WAKE << KIND), EventFlags::IN)?;
        Ok(Poller { epoll, wake, wanted: Mutex::default() })
    }

    /// Lets the poller look at what has changed.
    pub fn wake(&self) {
        // A counter that is full wakes it just as well.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    /// Lets `port` act as soon as possible.
    pub fn kick(&self, port: PortId) {
        let mut wanted = self.wanted.lock();
        if !wanted.kicked.contains(&port) {
            wanted.kicked.push(port);
        }
        drop(wanted);
        self.wake();
    }

    /// Lets `port` read a little more when some time has passed.
    pub fn read_later(&self, port: PortId) {
        self.wanted.lock().slow.push(port);
        self.wake();
    }

    /// Watches a descriptor for `port`.
    pub fn watch(&self, fd: impl AsFd, port: PortId, direction: Direction) -> Result<(), Errno> {
        let (kind, flags) = match direction {
            Direction::Read => (READ, EventFlags::IN),
            Direction::Write => (WRITE, EventFlags::OUT),
        };
        let data = EventData::new_u64(kind << KIND | port.0);
        match epoll::add(&self.epoll, fd.as_fd(), data, flags) {
            Err(Errno::EXIST) => epoll::modify(&self.epoll, fd.as_fd(), data, flags),
            // What cannot be waited for is always ready.
            Err(Errno::PERM) => {
                let mut wanted = self.wanted.lock();
                match direction {
                    Direction::Read => wanted.always.push(port),
                    Direction::Write => wanted.kicked.push(port),
                }
                drop(wanted);
                self.wake();
                Ok(())
            }
            r => r,
        }
    }

    /// No longer watches a descriptor.
    pub fn unwatch(&self, fd: impl AsFd, port: PortId, direction: Direction) {
        if epoll::delete(&self.epoll, fd.as_fd()).is_err() && direction == Direction::Read {
            self.wanted.lock().always.retain(|p| *p != port);
        }
    }

    /// Takes over a child process: buries it when it ends and tells `port` how.
    pub(super) fn adopt(&self, child: Child, port: PortId) -> Result<(), (Child, Errno)> {
        let flags = rustix::process::PidfdFlags::empty();
        let ended = match rustix::process::pidfd_open(child.pid(), flags) {
            Ok(fd) => fd,
            Err(e) => return Err((child, e)),
        };
        let number = child.id();
        let data = EventData::new_u64(CHILD << KIND | u64::from(number));
        // Under the lock, so that the end is not seen before the child is listed.
        let mut wanted = self.wanted.lock();
        if let Err(e) = epoll::add(&self.epoll, &ended, data, EventFlags::IN) {
            return Err((child, e));
        }
        wanted.children.insert(number, Watched { child, _ended: ended, port });
        Ok(())
    }

    /// Starts the poller's thread.
    pub fn start(vm: &Arc<Vm>) -> std::io::Result<()> {
        let vm = vm.clone();
        std::thread::Builder::new()
            .name("poller".to_owned())
            .spawn(move || Thread::new(vm).run())
            .map(drop)
    }
}

/// The poller's thread.
struct Thread {
    vm: Arc<Vm>,
    worker: Box<Worker>,
    buffer: Vec<u8>,
}

impl Thread {
    fn new(vm: Arc<Vm>) -> Thread {
        Thread { worker: Worker::new_poller(vm.clone()), vm, buffer: vec![0; CHUNK] }
    }

    fn run(&mut self) {
        let vm = self.vm.clone();
        let poller = &vm.poller;
        let mut events = Vec::with_capacity(256);
        while !vm.stopping() {
            let timeout = {
                let wanted = poller.wanted.lock();
                if !wanted.always.is_empty() || !wanted.kicked.is_empty() {
                    Some(Timespec { tv_sec: 0, tv_nsec: 0 })
                } else if !wanted.slow.is_empty() {
                    Some(SLOW)
                } else {
                    None
                }
            };
            events.clear();
            let buffer = rustix::buffer::spare_capacity(&mut events);
            self.worker.enters(State::Sleep);
            match epoll::wait(&poller.epoll, buffer, timeout.as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                // The descriptor is ours and the buffer is whole.
                Err(e) => panic!("the poller cannot wait: {e}"),
            }
            self.worker.enters(State::CheckIo);
            vm.quiescence.online(self.worker.participant);
            let later = if events.is_empty() && timeout == Some(SLOW) {
                std::mem::take(&mut poller.wanted.lock().slow)
            } else {
                Vec::new()
            };
            for event in &events {
                let data = event.data;
                self.event(data.u64());
            }
            let (kicked, always) = {
                let mut wanted = poller.wanted.lock();
                (std::mem::take(&mut wanted.kicked), wanted.always.clone())
            };
            for port in kicked {
                self.ready(port, Ready::Look);
            }
            for port in always {
                self.ready(port, Ready::Read);
            }
            for port in later {
                self.ready_with(port, Ready::Read, SLOW_CHUNK);
            }
            vm.quiescence.offline(self.worker.participant);
        }
    }

    fn event(&mut self, data: u64) {
        let number = data & ((1 << KIND) - 1);
        match data >> KIND {
            READ => self.ready(PortId(number), Ready::Read),
            WRITE => self.ready(PortId(number), Ready::Write),
            CHILD => self.child_ended(number as u32),
            _ => {
                let mut counter = [0; 8];
                let _ = rustix::io::read(&self.vm.poller.wake, &mut counter);
            }
        }
    }

    fn ready(&mut self, port: PortId, ready: Ready) {
        self.ready_with(port, ready, CHUNK);
    }

    fn ready_with(&mut self, port: PortId, ready: Ready, most: usize) {
        // What a port wakes runs where the port's other work is, as far as that can be told.
        self.worker.id = port.0 as usize % self.vm.workers.len();
        ports::ready(&mut self.worker, port, ready, &mut self.buffer[..most]);
    }

    fn child_ended(&mut self, number: u32) {
        let ended = {
            let mut wanted = self.vm.poller.wanted.lock();
            let Some(watched) = wanted.children.get_mut(&number) else { return };
            match watched.child.try_wait() {
                Ok(ended) => ended,
                // Somebody else has buried it; nobody will ever know how it ended.
                Err(_) => Some(0),
            }
            .and_then(|status| wanted.children.remove(&number).map(|w| (w.port, status)))
        };
        if let Some((port, status)) = ended {
            self.ready(port, Ready::ChildEnded(status));
        }
    }
}
