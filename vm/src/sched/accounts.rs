//! Microstate accounting: on what threads spend their time, by kinds of work, while somebody wants to
//! know (`system_flag(microstate_accounting)`).
//!
//! A thread says what it goes over to where it does so: between slices and around them (on the way
//! that watched slices take), where it begins and ends to wait, around collections, and around what
//! ports do. Switched off that is a look at one byte where something long begins in any case, and
//! nothing for slices and collections, which look at whether they are watched anyway.

use crate::sync::{AtomicBool, Mutex, Ordering, Padded};
use crate::vm::Vm;

/// What a thread does, in the order of the names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// What belongs to no process: balancing queues, clearing away what processes have left.
    Aux,
    /// Looking for what has become ready outside.
    CheckIo,
    /// Running processes.
    Emulator,
    /// Collecting garbage.
    Gc,
    /// Anything else.
    Other,
    /// What a port does.
    Port,
    /// Nothing.
    Sleep,
}

/// The names of the states.
pub const NAMES: [&str; 7] = ["aux", "check_io", "emulator", "gc", "other", "port", "sleep"];

/// One thread's account. Times are nanoseconds.
struct Account {
    state: State,
    since: u64,
    times: [u64; NAMES.len()],
}

impl Account {
    fn enter(&mut self, now: u64, state: State) -> State {
        self.times[self.state as usize] += now.saturating_sub(self.since);
        self.since = now;
        std::mem::replace(&mut self.state, state)
    }
}

/// The accounts of all threads.
pub struct Accounts {
    on: AtomicBool,
    /// By number of the participant.
    threads: Box<[Padded<Mutex<Account>>]>,
}

/// What is told of one thread.
pub struct Told {
    /// Its kind.
    pub kind: &'static str,
    /// Its number among those.
    pub id: usize,
    /// How long it was in each state, in nanoseconds.
    pub times: [u64; NAMES.len()],
}

impl Accounts {
    /// Switched off, for that many participants.
    pub fn new(participants: usize) -> Accounts {
        let account = |_| Account { state: State::Sleep, since: 0, times: [0; NAMES.len()] };
        let threads = (0..participants).map(account).map(|a| Padded(Mutex::new(a))).collect();
        Accounts { on: AtomicBool::new(false), threads }
    }

    /// Whether accounts are kept.
    #[inline(always)]
    pub(crate) fn are_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    /// Participant `number`, which is the calling thread, goes over to `state`; what it was in.
    #[cold]
    fn enter(&self, vm: &Vm, number: usize, state: State) -> State {
        self.threads[number].0.lock().enter(vm.world.now(), state)
    }
}

impl super::Worker {
    /// The thread goes over to `state`. What it was in, for [`Worker::leaves`](Self::leaves).
    #[inline(always)]
    pub(crate) fn enters(&self, state: State) -> Option<State> {
        let accounts = &self.vm.accounts;
        accounts.are_on().then(|| accounts.enter(&self.vm, self.participant, state))
    }

    /// The thread goes back to what it was in.
    #[inline(always)]
    pub(crate) fn leaves(&self, before: Option<State>) {
        if let Some(state) = before {
            self.enters(state);
        }
    }
}

impl Vm {
    /// Keeps accounts from now on, or no longer; whether they were kept.
    pub fn set_accounts(&self, on: bool) -> bool {
        let accounts = &self.accounts;
        let mut threads: Vec<_> = accounts.threads.iter().map(|t| t.0.lock()).collect();
        let was = accounts.on.load(Ordering::SeqCst);
        if on == was {
            return was;
        }
        let now = self.world.now();
        if on {
            // They say so themselves when they go over to something else.
            let workers = self.workers.iter().map(super::WorkerShared::is_resting);
            let resting: Vec<bool> = workers.chain([true]).chain(self.dirty.resting()).collect();
            for (i, account) in threads.iter_mut().enumerate() {
                let rests = resting.get(i).copied().unwrap_or(true);
                account.state = if rests { State::Sleep } else { State::Emulator };
                account.since = now;
            }
        } else {
            for account in &mut threads {
                let state = account.state;
                account.enter(now, state);
            }
        }
        accounts.on.store(on, Ordering::SeqCst);
        self.tracing.watch_collections(crate::trace::monitor::ACCOUNTED, on);
        self.set_slices_accounted(on);
        was
    }

    /// Sets all times to zero; whether accounts are kept.
    pub fn reset_accounts(&self) -> bool {
        let now = self.world.now();
        for account in &self.accounts.threads {
            let mut account = account.0.lock();
            (account.since, account.times) = (now, [0; NAMES.len()]);
        }
        self.accounts.are_on()
    }

    /// The accounts of all threads.
    pub fn told_accounts(&self) -> Vec<Told> {
        let now = self.world.now();
        let (cpu, io) = self.dirty.counts();
        let workers = (1..=self.workers.len()).map(|id| ("scheduler", id));
        let dirty = (1..=cpu).map(|id| ("dirty_cpu_scheduler", id));
        let dirty = dirty.chain((1..=io).map(|id| ("dirty_io_scheduler", id)));
        // One participant, the main thread, does no work.
        let named =
            workers.map(Some).chain([None]).chain(dirty.map(Some)).chain([Some(("poll", 0))]);
        let threads = self.accounts.threads.iter().zip(named);
        let on = self.accounts.are_on();
        threads
            .filter_map(|(account, name)| {
                let (kind, id) = name?;
                let mut account = account.0.lock();
                if on {
                    let (state, now) = (account.state, now.max(account.since));
                    account.enter(now, state);
                }
                Some(Told { kind, id, times: account.times })
            })
            .collect()
    }
}
