//! The sockets that something is wanted of, and waiting for them.
//!
//! Not the poller's thread waits for sockets but the workers do: one that runs out of work looks
//! at them, and the last one to go to sleep sleeps here instead. So what came in is read by the
//! worker that runs the process which gets it, without waking another thread. A worker that has
//! work looks every now and then.
//!
//! One worker at a time waits or looks, and acts on what it finds, under the lock `turn`. It comes
//! before the locks of ports. Sockets are watched level-triggered, so nothing is lost if a device
//! leaves something unread.

use super::port::{Ready, ports};
use crate::sched::Worker;
use crate::sched::accounts::State;
use crate::sync::{AtomicUsize, Mutex, MutexGuard, Ordering};
use crate::term::PortId;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::event::{EventfdFlags, Timespec, eventfd};
use rustix::fd::{AsFd, OwnedFd};
use rustix::io::Errno;
use std::time::Duration;

/// What is wanted of a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "the directions by their own names")]
pub struct Interest {
    pub read: bool,
    pub write: bool,
}

impl Interest {
    fn flags(self) -> EventFlags {
        let mut flags = EventFlags::empty();
        flags.set(EventFlags::IN, self.read);
        flags.set(EventFlags::OUT, self.write);
        flags
    }
}

/// Events that are taken at once.
const EVENTS: usize = 64;

/// Which port (or `WAKE`) is ready, and for what.
type Event = (u64, EventFlags);

/// No port has this number.
const WAKE: u64 = u64::MAX;

/// The sockets of one machine.
pub struct SocketSet {
    epoll: OwnedFd,
    wake: OwnedFd,
    /// How many are watched.
    armed: AtomicUsize,
    turn: Mutex<Vec<Event>>,
}

/// The right to wait and to look, and what was found; nobody else looks until it is acted on.
pub struct Turn<'a>(MutexGuard<'a, Vec<Event>>);

impl Turn<'_> {
    /// Whether waiting has found nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl SocketSet {
    /// No sockets.
    pub fn new() -> std::io::Result<SocketSet> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&epoll, &wake, EventData::new_u64(WAKE), EventFlags::IN)?;
        let turn = Mutex::new(Vec::with_capacity(EVENTS));
        Ok(SocketSet { epoll, wake, armed: AtomicUsize::new(0), turn })
    }

    /// Whether there is anything to wait for.
    #[inline]
    pub fn is_armed(&self) -> bool {
        self.armed.load(Ordering::SeqCst) > 0
    }

    /// Changes what is wanted of a socket of `port`. What nothing is wanted of is not watched, since
    /// the system would tell of its end again and again.
    pub fn change(
        &self,
        w: &Worker,
        fd: impl AsFd,
        port: PortId,
        old: Interest,
        new: Interest,
    ) -> Result<(), Errno> {
        let data = EventData::new_u64(port.0);
        match (old == Interest::default(), new == Interest::default()) {
            _ if old == new => Ok(()),
            (true, _) => {
                epoll::add(&self.epoll, fd.as_fd(), data, new.flags())?;
                if self.armed.fetch_add(1, Ordering::SeqCst) == 0 && w.dirty {
                    // All workers may sleep elsewhere.
                    w.vm.wake_worker(0);
                }
                Ok(())
            }
            (_, true) => {
                self.armed.fetch_sub(1, Ordering::SeqCst);
                epoll::delete(&self.epoll, fd.as_fd())
            }
            _ => epoll::modify(&self.epoll, fd.as_fd(), data, new.flags()),
        }
    }

    /// Wakes the worker that waits here, or lets the next one not wait.
    pub fn wake(&self) {
        // A counter that is full wakes it just as well.
        let _ = rustix::io::write(&self.wake, &1u64.to_ne_bytes());
    }

    /// The right to wait and to look, if nobody else has it.
    pub fn turn(&self) -> Option<Turn<'_>> {
        self.turn.try_lock().map(Turn)
    }

    /// Waits until a socket is ready, it is woken, or that much time has passed.
    pub fn wait(&self, turn: &mut Turn<'_>, timeout: Option<Duration>) {
        self.wait_for(&mut turn.0, timeout);
    }

    /// Lets ports act whose sockets are ready, if nobody else does; false if there are none.
    pub fn look(&self, w: &mut Worker) -> bool {
        let Some(mut turn) = self.turn() else { return false };
        let before = w.enters(State::CheckIo);
        self.wait(&mut turn, Some(Duration::ZERO));
        let acted = self.act(w, turn);
        w.leaves(before);
        acted
    }

    fn wait_for(&self, events: &mut Vec<Event>, timeout: Option<Duration>) {
        events.clear();
        let timeout = timeout
            .map(|t| Timespec { tv_sec: t.as_secs() as i64, tv_nsec: i64::from(t.subsec_nanos()) });
        let mut found = Vec::with_capacity(EVENTS);
        let room = rustix::buffer::spare_capacity(&mut found);
        match epoll::wait(&self.epoll, room, timeout.as_ref()) {
            Ok(_) => events.extend(found.iter().map(|event: &epoll::Event| {
                let epoll::Event { flags, data, .. } = *event;
                (data.u64(), flags)
            })),
            Err(Errno::INTR) => {}
            // The descriptor is ours and the buffer is whole.
            Err(e) => panic!("sockets cannot be waited for: {e}"),
        }
    }

    /// Lets the ports of what was found act; false if there was nothing.
    pub fn act(&self, w: &mut Worker, turn: Turn<'_>) -> bool {
        let events = turn.0;
        for &(number, flags) in events.iter() {
            if number == WAKE {
                let mut counter = [0; 8];
                let _ = rustix::io::read(&self.wake, &mut counter);
                continue;
            }
            let port = PortId(number);
            // The end and errors are found by whichever direction is wanted.
            let end = EventFlags::HUP | EventFlags::ERR;
            if flags.intersects(EventFlags::OUT | end) {
                ports::ready(w, port, Ready::Write, &mut []);
            }
            if flags.intersects(EventFlags::IN | end) {
                ports::ready(w, port, Ready::Read, &mut []);
            }
        }
        !events.is_empty()
    }
}
