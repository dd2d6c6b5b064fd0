//! Timers: `receive ... after`, `send_after`, `start_timer`.
//!
//! One wheel a worker. The alarm of a receive lies in the wheel of the worker that ran the
//! process; a timer with a reference in the wheel that the reference's number tells, so that it is
//! found again without a table of its own. A worker sleeps until its own wheel's next tick; who
//! arms something earlier in another's wheel wakes it.
//!
//! A process does not cancel its alarm when the receive ends: the alarm fires for nothing, or
//! serves the next receive. A timer whose receiver has exited counts as gone.

mod wheel;

use crate::io::port::{Ready, ports};
use crate::process::send::deliver;
use crate::process::signal::{SignalKind, Target};
use crate::process::{Parcel, Process};
use crate::sched::Worker;
use crate::sync::{AtomicU64, Mutex, Ordering};
use crate::term::print::Shown;
use crate::term::{Pid, PortId, Term};
use crate::vm::Vm;
use hashbrown::HashMap;
use std::io::{self, Write};
use wheel::{Key, Wheel};

/// Nanoseconds in a tick.
const TICK: u64 = 1_000_000;
/// By how much another worker's wheel must be late for a worker to turn it.
const LATE: u64 = 2 * TICK;
const NEVER: u64 = u64::MAX;

enum Entry {
    /// The receive of a process may have timed out.
    Alarm(Pid),
    /// A message is to be sent.
    Message { number: u64, to: Target, message: Parcel, due: u64 },
    /// A port's device is to be told.
    Port { number: u64, port: PortId },
}

#[derive(Default)]
struct Shard {
    wheel: Wheel<Entry>,
    /// Timers by the number of their reference.
    by_number: HashMap<u64, Key>,
}

#[repr(align(64))]
struct Padded {
    shard: Mutex<Shard>,
    /// When the wheel's next entry may be due, in nanoseconds; `NEVER` if there is none. Written
    /// under the lock.
    next: AtomicU64,
}

/// All timers of one machine.
pub struct Timers {
    shards: Box<[Padded]>,
}

impl Timers {
    /// No timers, for that many workers.
    pub fn new(workers: usize) -> Timers {
        let shard = |_| Padded { shard: Mutex::new(Shard::default()), next: AtomicU64::new(NEVER) };
        Timers { shards: (0..workers.max(1)).map(shard).collect() }
    }

    /// Fires what is due at `now` in the worker's wheel, and in others' that are late (their
    /// worker is busy).
    pub fn expire(&self, worker: &mut Worker, now: u64) {
        let n = self.shards.len();
        for i in 0..n {
            let s = &self.shards[(worker.id + i) % n];
            let patience = if i == 0 { 0 } else { LATE };
            if s.next.load(Ordering::Relaxed).saturating_add(patience) <= now {
                expire_shard(worker, s, now);
            }
        }
    }

    /// When worker `id` is next to look, in the world's nanoseconds.
    pub fn next_due(&self, id: usize) -> Option<u64> {
        let next = self.shards[id].next.load(Ordering::SeqCst);
        (next != NEVER).then_some(next)
    }

    /// Sees to it that the process is told when its `deadline` has come. If it is told earlier, or
    /// for an alarm that an earlier receive left, this is called again.
    ///
    /// # Safety
    /// The worker owns the process, which has a deadline.
    #[inline]
    pub unsafe fn arm_alarm(&self, worker: &mut Worker, p: *mut Process) {
        // SAFETY: the caller's promise.
        let p = unsafe { &mut *p };
        if p.alarm != 0 && p.alarm <= p.deadline {
            return;
        }
        p.alarm = p.deadline;
        let s = &self.shards[worker.id];
        {
            let mut shard = s.shard.lock();
            shard.wheel.insert(tick_of(p.deadline), Entry::Alarm(p.pid));
            publish(s, &shard);
        }
        if worker.dirty {
            worker.vm.wake_worker(worker.id);
        }
    }

    /// Starts a timer that sends `message` at `due` (nanoseconds of the world's clock). Its
    /// reference has number `number`.
    pub fn start(&self, vm: &Vm, number: u64, due: u64, to: Target, message: Parcel) {
        self.insert(vm, number, due, Entry::Message { number, to, message, due });
    }

    fn insert(&self, vm: &Vm, number: u64, due: u64, entry: Entry) {
        let id = (number % self.shards.len() as u64) as usize;
        let s = &self.shards[id];
        let earlier = {
            let mut shard = s.shard.lock();
            let key = shard.wheel.insert(tick_of(due), entry);
            shard.by_number.insert(number, key);
            let before = s.next.load(Ordering::Relaxed);
            publish(s, &shard) < before
        };
        if earlier {
            vm.wake_worker(id);
        }
    }

    /// Cancels a timer and gives when it was due; `None` if there is no such timer any more.
    pub fn cancel(&self, vm: &Vm, number: u64) -> Option<u64> {
        let s = self.shard_of(number);
        let mut shard = s.shard.lock();
        let key = shard.by_number.remove(&number)?;
        let entry = shard.wheel.remove(key);
        publish(s, &shard);
        match entry {
            Entry::Message { to, due, .. } => is_there(vm, to).then_some(due),
            Entry::Port { .. } | Entry::Alarm(_) => None,
        }
    }

    /// Starts a timer that tells a port's device at `due` (nanoseconds of the world's clock). It
    /// has the number of a reference that nobody else has.
    pub fn start_for_port(&self, vm: &Vm, number: u64, due: u64, port: PortId) {
        self.insert(vm, number, due, Entry::Port { number, port });
    }

    /// When a timer is due; `None` if there is no such timer any more.
    pub fn read(&self, vm: &Vm, number: u64) -> Option<u64> {
        let shard = self.shard_of(number).shard.lock();
        let key = *shard.by_number.get(&number)?;
        match shard.wheel.get(key) {
            Entry::Message { to, due, .. } => is_there(vm, *to).then_some(*due),
            Entry::Port { .. } | Entry::Alarm(_) => None,
        }
    }

    /// Writes what is to be sent to whom, and when, for crash dumps.
    pub(crate) fn report(&self, vm: &Vm, out: &mut impl Write) -> io::Result<()> {
        let now = vm.world.now();
        for s in &self.shards {
            let shard = s.shard.lock();
            for key in shard.by_number.values() {
                let Entry::Message { to, message, due, .. } = shard.wheel.get(*key) else {
                    continue;
                };
                let to = match *to {
                    Target::Pid(pid) => Term::pid(pid),
                    Target::Name(name) => Term::atom(name),
                };
                writeln!(out, "=timer:{}", Shown(to, 1000))?;
                writeln!(out, "Message: {}", Shown(message.term(), 100_000))?;
                writeln!(out, "Time left: {}", due.saturating_sub(now) / 1_000_000)?;
            }
        }
        Ok(())
    }

    /// Calls `f` with receiver and message of each timer whose receiver is there.
    pub(crate) fn each_message(&self, vm: &Vm, mut f: impl FnMut(Term<'_>, Term<'_>)) {
        for s in &self.shards {
            let shard = s.shard.lock();
            for key in shard.by_number.values() {
                if let Entry::Message { to, message, .. } = shard.wheel.get(*key)
                    && is_there(vm, *to)
                {
                    let to = match *to {
                        Target::Pid(pid) => Term::pid(pid),
                        Target::Name(name) => Term::atom(name),
                    };
                    f(to, message.term());
                }
            }
        }
    }

    fn shard_of(&self, number: u64) -> &Padded {
        &self.shards[(number % self.shards.len() as u64) as usize]
    }
}

/// Timers to a name stay when nobody has it.
fn is_there(vm: &Vm, to: Target) -> bool {
    match to {
        Target::Pid(pid) => vm.processes.lookup(pid).is_some(),
        Target::Name(_) => true,
    }
}

/// The first tick at or after `due`.
fn tick_of(due: u64) -> u64 {
    due.div_ceil(TICK)
}

fn publish(s: &Padded, shard: &Shard) -> u64 {
    let next = shard.wheel.next_tick().map_or(NEVER, |t| t.saturating_mul(TICK));
    s.next.store(next, Ordering::SeqCst);
    next
}

#[cold]
fn expire_shard(worker: &mut Worker, s: &Padded, now: u64) {
    let mut due = Vec::new();
    {
        let mut shard = s.shard.lock();
        shard.wheel.advance(now / TICK, &mut due);
        for entry in &due {
            if let Entry::Message { number, .. } | Entry::Port { number, .. } = entry {
                shard.by_number.remove(number);
            }
        }
        publish(s, &shard);
    }
    for entry in due {
        match entry {
            // A process that has exited needs no telling.
            Entry::Alarm(pid) => drop(deliver(worker, pid, Parcel::empty(SignalKind::Timeout))),
            Entry::Port { number, port } => {
                ports::ready(worker, port, Ready::Timer(number), &mut []);
            }
            Entry::Message { to: Target::Pid(pid), message, .. } => {
                drop(deliver(worker, pid, message));
            }
            Entry::Message { to: Target::Name(name), message, .. } => {
                if let Some(pid) = worker.vm.names.process(name) {
                    drop(deliver(worker, pid, message));
                }
            }
        }
    }
}
