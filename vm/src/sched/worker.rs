//! A worker: the thread that runs processes, one slice after the other.
//!
//! Where the next process comes from, in order: the slot (the process this worker woke last, so
//! that a conversation stays on one core), the worker's own queue, another worker's queue. A
//! worker that finds nothing parks until it is woken or its next timer is due. The last worker to
//! park waits for sockets meanwhile (`io/socket_set.rs`).
//!
//! Waking: whoever puts a process in a queue looks for a parked worker afterwards; a worker that
//! is about to park registers as idle first and looks at all queues once more. Both sides have a
//! full fence in between, so one of them sees the other.

mod balance;
mod giving_way;

use super::accounts::State;
use super::dirty::{DirtyWorkers, Work};
use super::queues::Queues;
use super::rest::{self, Rest};
use super::retired::Retired;
use crate::heap::spares::Spares;
use crate::interp::places::Places;
use crate::io::socket_set::Turn;
use crate::process::{Priority, Process};
use crate::sync::{Arc, AtomicBool, AtomicU64, AtomicUsize, Condvar, Mutex, Ordering, fence};
use crate::term::Word;
use crate::trace::{monitor, profile, tracees};
use crate::vm::Vm;
use std::ptr::null_mut;
use std::time::Duration;

/// X registers that programs use.
pub const X_REGS: usize = 1024;
/// The first of the scratch registers, which only transformed code uses. It is not a multiple of a page's
/// size behind those that are used most: processors take words at such distances for the same.
pub const FIRST_SCRATCH: usize = X_REGS + 64;
/// How many of them there are.
pub const SCRATCH_REGS: usize = 16;
/// Float registers.
pub const FLOAT_REGS: usize = 1024;

/// How many processes in a row may come from the slot while others wait in the queue.
const SLOT_RUNS: u32 = 64;
/// Reductions (with something for each switch) after which timers are looked at again.
const TIMER_WORK: i64 = 4_000;
const SWITCH_WORK: i64 = 20;
/// How long a worker that has work does not look at sockets, in nanoseconds.
const LOOK_AFTER: u64 = 100_000;

/// What other threads see of a worker. No two share a cache line.
#[derive(Default)]
#[repr(align(128))]
pub struct WorkerShared {
    queue: Mutex<Queues>,
    /// Length of the queue, to look at without the lock.
    pub(super) queued: AtomicUsize,
    /// Processes that no other worker may run.
    bound: Mutex<Queues>,
    /// How many they are.
    pub(super) bound_queued: AtomicUsize,
    /// Reductions of the slices it has run; written by the worker alone.
    pub(super) reductions: AtomicU64,
    /// How many slices it has run; written by the worker alone.
    pub(super) switches: AtomicU64,
    /// How many collections there were in them, and on the dirty workers beside it.
    pub(super) collections: AtomicU64,
    /// How many words those have given back.
    pub(super) reclaimed: AtomicU64,
    /// How often it has compared its queue with those of others while it was busy; written by the
    /// worker alone.
    pub(super) balances: AtomicU64,
    /// More urgent work than normal has come.
    urgent: AtomicBool,
    /// It has had such work for long, so that nothing else gets its turn; written by the worker alone.
    overtakes: AtomicBool,
    wake: Mutex<Wake>,
    woken: Condvar,
}

/// How a sleeping worker is woken.
#[derive(Default)]
struct Wake {
    /// Set to wake the worker.
    woken: bool,
    /// It waits for sockets too.
    at_sockets: bool,
    rest: Rest,
}

impl WorkerShared {
    /// Whether the worker sleeps.
    pub(super) fn is_resting(&self) -> bool {
        self.wake.lock().rest.is_resting()
    }

    pub(super) fn reset_rest(&self, vm: &Vm) {
        self.wake.lock().rest.reset(vm);
    }

    /// How long the worker has been busy, and how long that is counted.
    pub(super) fn busy(&self, vm: &Vm) -> (u64, u64) {
        self.wake.lock().rest.busy(vm)
    }
}

/// The idle workers of one machine, by number.
#[derive(Default)]
pub struct Idle {
    count: AtomicUsize,
    /// How many others look out for something to do. Nobody is woken meanwhile; they wake the next
    /// one where they leave something.
    looking_out: AtomicUsize,
    list: Mutex<Vec<usize>>,
}

/// A worker's own state; its thread's alone.
#[repr(C)]
pub struct Worker {
    /// X registers of the running process.
    pub x: [Word; FIRST_SCRATCH + SCRATCH_REGS],
    /// Float registers of the running process.
    pub float: [f64; FLOAT_REGS],
    /// What instructions go to.
    #[cfg(not(debug_assertions))]
    pub(crate) handlers: crate::interp::Handlers,
    /// Calls by name are noted (`interp::saved_calls`).
    #[cfg(not(debug_assertions))]
    pub(crate) saves_calls: bool,
    /// The machine.
    pub vm: Arc<Vm>,
    /// Its number; a dirty worker has that of the worker whose queue it puts processes in.
    pub id: usize,
    /// Its number as a quiescence participant.
    pub participant: usize,
    /// It runs one native for a process, not slices.
    pub dirty: bool,
    /// Where it waits for a process whose native has blocked.
    pub place: Arc<crate::process::aside::Place>,
    /// The running process.
    pub current: *mut Process,
    /// What natives are called with.
    pub(crate) native: crate::native::Kept,
    /// The interpreter's state, while a call outside its loop has it.
    pub spilled: crate::interp::Spilled,
    /// Arguments of a function of a guard that native code calls; its result in place of the first.
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    pub(crate) guard_args: [Word; 3],
    /// What a native has answered that native code has called, while the interpreter is on its way to
    /// deal with it.
    #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
    pub(crate) answer: Option<crate::native::Answer<'static>>,
    /// Where the worker's stack was when the interpreter stopped.
    pub stack_at_stop: usize,
    /// How many registers are live where the running process is about to give up its slice.
    pub live: usize,
    /// Reductions of its slice.
    pub slice: i64,
    /// How many of those that it has used are counted in its own number already.
    pub counted: i64,
    /// What becomes of it, once the interpreter stops.
    pub after: After,
    /// Collections not yet counted in what others see.
    pub collections: u64,
    /// Words that those have given back.
    pub reclaimed: u64,
    /// Where code is that raises exceptions.
    pub(crate) places: Places,
    /// For small messages.
    pub spares: Spares,
    /// Blocks of processes.
    pub retired: Retired,
    /// Bytes that a native writes before it knows how many they are: empty, with room from the last time.
    pub scratch: Vec<u8>,
    /// Functions that have been called by names in registers.
    pub recent_exports: crate::code::RecentExports,
    /// The function that the process made last began with.
    pub last_spawned: Option<&'static crate::code::Export>,
    /// What the running process's message has woken and is still to be made ready.
    pub woken: *mut Process,
    /// The profiler has last been told that it is active.
    told_active: bool,
    /// It has given back what it kept, and has had nothing to do since.
    settled: bool,
    /// It has handed a process to a dirty worker, from where that may come back soon.
    handed_over: bool,
    slot: *mut Process,
    slot_runs: u32,
    /// Who has asked the process whose signals are being handled has its answer.
    pub(crate) answered: bool,
    /// How many processes in a row have given way to those that they have answered.
    given_way: u32,
    /// Urgent work waited when it last looked.
    urgent_before: bool,
    /// It is the turn of a process that no other worker may run.
    bound_turn: bool,
    work: i64,
    /// When it last looked at sockets.
    looked: u64,
    /// When it last compared its queue with others.
    balanced: u64,
    /// What waited here then.
    waited: [usize; 4],
}

impl Worker {
    /// The worker of that number.
    pub fn new(vm: Arc<Vm>, id: usize) -> Box<Worker> {
        Self::make(vm, id, id, false)
    }

    /// The dirty worker of that number.
    pub fn new_dirty(vm: Arc<Vm>, number: usize) -> Box<Worker> {
        let n = vm.workers.len();
        Self::make(vm, number % n, n + 1 + number, true)
    }

    /// That of the poller's thread, which delivers signals and runs no processes.
    pub fn new_poller(vm: Arc<Vm>) -> Box<Worker> {
        let participant = vm.workers.len() + 1 + vm.dirty.count();
        Self::make(vm, 0, participant, true)
    }

    fn make(vm: Arc<Vm>, id: usize, participant: usize, dirty: bool) -> Box<Worker> {
        super::standstill::enter(&vm, participant);
        Box::new(Worker {
            x: [Word::NIL; FIRST_SCRATCH + SCRATCH_REGS],
            float: [0.0; FLOAT_REGS],
            #[cfg(not(debug_assertions))]
            handlers: crate::interp::HANDLERS,
            #[cfg(not(debug_assertions))]
            saves_calls: false,
            native: crate::native::Kept::new(&vm, dirty),
            vm,
            id,
            participant,
            dirty,
            place: Arc::default(),
            current: null_mut(),
            spilled: crate::interp::Spilled::NOTHING,
            #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
            guard_args: [Word::NIL; 3],
            #[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
            answer: None,
            stack_at_stop: 0,
            live: 0,
            slice: 0,
            counted: 0,
            after: After::Requeue,
            collections: 0,
            reclaimed: 0,
            places: Places::new(),
            spares: Spares::new(),
            retired: Retired::default(),
            scratch: Vec::new(),
            recent_exports: Default::default(),
            last_spawned: None,
            woken: null_mut(),
            told_active: false,
            settled: false,
            handed_over: false,
            slot: null_mut(),
            slot_runs: 0,
            answered: false,
            given_way: 0,
            urgent_before: false,
            bound_turn: false,
            work: 0,
            looked: 0,
            balanced: 0,
            waited: [0; 4],
        })
    }

    /// The machine, apart from the worker: it never has another.
    ///
    /// # Safety
    /// The worker is there for as long as the result is used.
    #[inline(always)]
    pub(crate) unsafe fn machine<'v>(&self) -> &'v Vm {
        // SAFETY: the worker keeps it alive.
        unsafe { &*Arc::as_ptr(&self.vm) }
    }

    fn shared(&self) -> &WorkerShared {
        &self.vm.workers[self.id]
    }

    /// Makes a process ready that this worker has just become the owner of, by waking or making
    /// it. The first of several runs first: a process in the slot stays there.
    #[inline]
    pub fn ready(&mut self, p: *mut Process) {
        if !self.takes_to_slot(p) {
            self.vm.enqueue(self.id, p);
        }
    }

    /// The quick way of [`Worker::ready`]. False: it takes the long one.
    #[inline(always)]
    #[expect(
        clippy::not_unsafe_ptr_arg_deref,
        reason = "only parts of the machine that own a process have its address"
    )]
    pub fn takes_to_slot(&mut self, p: *mut Process) -> bool {
        // A dirty worker runs nothing from its slot.
        // SAFETY: the caller owns the process.
        let normal = !self.dirty && unsafe { (*p).priority == Priority::Normal && (*p).bound == 0 };
        let takes = normal && self.slot.is_null();
        if takes {
            self.slot = p;
        }
        takes
    }

    /// Lets a process that has been asked for something by one of that priority run no later than
    /// one of that priority would: who waits for an answer is not to wait for those between them.
    #[cold]
    pub(crate) fn elevate(&mut self, p: *mut Process, priority: Priority) {
        if std::ptr::eq(self.slot, p) {
            self.slot = null_mut();
            self.vm.enqueue(self.id, p);
        }
        for (id, w) in self.vm.workers.iter().enumerate() {
            let in_queue = {
                let mut q = w.queue.lock();
                let found = q.elevate(p, priority);
                w.urgent.store(q.has_urgent(), Ordering::Relaxed);
                found
            };
            if in_queue || w.bound.lock().elevate(p, priority) {
                self.vm.wake_worker(id);
                return;
            }
        }
    }

    /// Counts the reductions that the running process, which is in a native, has used so far.
    pub fn count_reductions(&mut self, p: &mut Process) {
        let used = self.slice - self.spilled.reds();
        p.reductions += (used - self.counted).max(0) as u64;
        self.counted = used;
    }

    /// Puts a process whose slice is over at the end of the queue. If it is alone there, this
    /// worker goes on with it at once, and wakes nobody for it.
    fn requeue(&mut self, p: *mut Process) {
        // SAFETY: the process is this worker's.
        if unsafe { self.vm.home(self.id, p) } != (self.id, false) {
            self.vm.enqueue(self.id, p);
        } else if self.vm.push_to_queue(self.id, p) > 1 || !self.slot.is_null() {
            self.vm.wake_for_queue();
        }
    }

    #[inline(always)]
    fn next(&mut self) -> Option<*mut Process> {
        let its_turn = self.slot_runs < SLOT_RUNS;
        if !self.slot.is_null() && its_turn && !self.shared().urgent.load(Ordering::Relaxed) {
            self.slot_runs += 1;
            return Some(std::mem::replace(&mut self.slot, null_mut()));
        }
        self.next_otherwise()
    }

    /// As [`Worker::next`] where it is not the turn of the slot's process, if there is one.
    #[inline(never)]
    fn next_otherwise(&mut self) -> Option<*mut Process> {
        if !self.slot.is_null() {
            let p = std::mem::replace(&mut self.slot, null_mut());
            if !self.others_wait() {
                self.slot_runs = 0;
                return Some(p);
            }
            // The others' turn: the slot's process queues up like them.
            self.vm.enqueue(self.id, p);
        }
        self.slot_runs = 0;
        if self.shared().bound_queued.load(Ordering::Relaxed) > 0 {
            return self.next_of_both();
        }
        self.vm.dequeue(self.id)
    }

    /// Whether a process waits in a queue of this worker.
    fn others_wait(&self) -> bool {
        let w = self.shared();
        w.queued.load(Ordering::Relaxed) > 0 || w.bound_queued.load(Ordering::Relaxed) > 0
    }

    /// The next process where some are ready that only this worker may run: the more urgent one,
    /// and of those that are neither max nor high one of each kind in turn.
    #[cold]
    fn next_of_both(&mut self) -> Option<*mut Process> {
        let w = self.shared();
        let (bound, free) = (w.bound.lock().urgency(), w.queue.lock().urgency());
        let bound_first = match bound.cmp(&free) {
            std::cmp::Ordering::Less => true,
            std::cmp::Ordering::Greater => false,
            std::cmp::Ordering::Equal => {
                self.bound_turn = !self.bound_turn;
                self.bound_turn
            }
        };
        let free = || self.vm.dequeue(self.id);
        let bound = || self.vm.dequeue_bound(self.id);
        if bound_first { bound().or_else(free) } else { free().or_else(bound) }
    }

    /// Gives all processes of the queue and the slot to workers that may run them.
    pub(super) fn hand_over(&mut self) {
        let slot = std::mem::replace(&mut self.slot, null_mut());
        if !slot.is_null() {
            self.vm.enqueue(self.id, slot);
        }
        // All are taken first: if it may run processes again by now, they come back.
        let next = || self.vm.dequeue(self.id).or_else(|| self.vm.dequeue_bound(self.id));
        let all: Vec<_> = std::iter::from_fn(next).collect();
        for p in all {
            self.vm.enqueue(self.id, p);
        }
    }

    /// Runs processes until the machine stops.
    pub fn run(&mut self) {
        let vm = self.vm.clone();
        vm.quiescence.online(self.id);
        loop {
            if !vm.interrupted() {
                self.turn::<false>(&vm);
            } else if vm.stopping() {
                break;
            } else if vm.workers_are_held() {
                vm.stand(self.id);
            } else if self.is_aside() {
                self.stand_aside();
            } else {
                self.turn::<true>(&vm);
            }
        }
        vm.quiescence.offline(self.id);
    }

    /// Runs a process, or waits for one; somebody may be told of that if it is `watched`.
    #[inline(always)]
    fn turn<const WATCHED: bool>(&mut self, vm: &Arc<Vm>) {
        if WATCHED {
            self.enters(State::Other);
        }
        vm.quiescence.quiescent(self.id);
        if self.work >= TIMER_WORK {
            self.work = 0;
            let now = self.expire_timers();
            let before = if WATCHED { self.enters(State::Aux) } else { None };
            self.pass_on_overtaken();
            if now >= self.balanced + balance::BALANCE_AFTER {
                self.balanced = now;
                self.balance();
                super::clock::check(self);
            }
            if WATCHED {
                self.leaves(before);
            }
            if vm.sockets.is_armed() && now >= self.looked + LOOK_AFTER {
                self.looked = now;
                self.look_at_sockets();
            }
        }
        let Some(p) = self.next() else {
            self.expire_timers();
            if self.slot.is_null() && vm.workers[self.id].queued.load(Ordering::Relaxed) == 0 {
                match vm.steal(self.id) {
                    Some(p) => self.run_slice::<WATCHED>(p),
                    None if std::mem::take(&mut self.handed_over) && self.looks_out(vm) => {}
                    None if self.is_last_idle() || !self.look_at_sockets() => self.park(),
                    None => {}
                }
            }
            return;
        };
        self.run_slice::<WATCHED>(p);
    }

    #[inline(always)]
    fn run_slice<const WATCHED: bool>(&mut self, p: *mut Process) {
        self.vm.standstill.runs(self.id, p);
        let (used, after) =
            if WATCHED { self.run_watched_slice(p) } else { crate::interp::run_slice(self, p) };
        self.current = null_mut();
        self.work += used + SWITCH_WORK;
        self.count_collections();
        let shared = self.shared();
        let add = |to: &AtomicU64, n| to.store(to.load(Ordering::Relaxed) + n, Ordering::Relaxed);
        add(&shared.reductions, used as u64);
        add(&shared.switches, 1);
        match after {
            After::Requeue => self.requeue(p),
            After::Dirty(work) => {
                DirtyWorkers::push(&self.vm, work, p);
                self.handed_over = true;
            }
            After::Gone => {}
        }
    }

    /// Shows others the collections of the last slice.
    pub(super) fn count_collections(&mut self) {
        if self.collections > 0 {
            let n = std::mem::take(&mut self.collections);
            self.shared().collections.fetch_add(n, Ordering::Relaxed);
            let words = std::mem::take(&mut self.reclaimed);
            self.shared().reclaimed.fetch_add(words, Ordering::Relaxed);
        }
    }

    /// As the interpreter's, while somebody is told of slices.
    #[cold]
    fn run_watched_slice(&mut self, p: *mut Process) -> (i64, After) {
        // SAFETY: the worker owns the process.
        let (pid, from, waited, trace) = unsafe { ((*p).pid, (*p).ip, (*p).waiting, &(*p).trace) };
        trace.set_internal(tracees::PROFILED, self.vm.slices_watched());
        let begin = self.vm.world.now();
        if !self.told_active && profile::counts(&self.vm, pid) {
            self.told_active = true;
            profile::worker(self, true);
        }
        // A process that has not run yet becomes active now too.
        // SAFETY: the worker owns the process.
        if waited || unsafe { (*p).reductions == 0 } {
            // SAFETY: as above.
            unsafe { profile::process(self, p, true) };
        }
        let before = self.enters(State::Emulator);
        let done = crate::interp::run_slice(self, p);
        self.leaves(before);
        let took = self.vm.world.now() - begin;
        let to = match done.1 {
            // SAFETY: after these it is still the worker's.
            After::Requeue | After::Dirty(_) => unsafe { (*p).ip },
            After::Gone => std::ptr::null(),
        };
        monitor::slice(self, pid, took, from, to);
        done
    }

    pub(super) fn expire_timers(&mut self) -> u64 {
        let now = self.vm.world.now();
        let vm = self.vm.clone();
        vm.timers.expire(self, now);
        now
    }

    /// Whether all other workers sleep, so that this one would wait for sockets.
    fn is_last_idle(&self) -> bool {
        self.vm.idle.count.load(Ordering::SeqCst) + 1 >= self.vm.active.count()
    }

    /// Looks out for a process, where no other worker has anything to do; whether one came.
    fn looks_out(&mut self, vm: &Vm) -> bool {
        if !self.is_last_idle() {
            return false;
        }
        vm.idle.looking_out.fetch_add(1, Ordering::SeqCst);
        let found = vm.look_out(|| vm.processes_wait() > 0);
        vm.idle.looking_out.fetch_sub(1, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        // This one takes one, unless it has been told to stand aside meanwhile. (If it is told later,
        // all workers are woken then.)
        if vm.processes_wait() > usize::from(!self.is_aside()) {
            vm.wake_for_queue();
        }
        found
    }

    /// Lets sockets act that are ready; false if there is none.
    fn look_at_sockets(&mut self) -> bool {
        let vm = self.vm.clone();
        vm.sockets.is_armed() && vm.sockets.look(self)
    }

    /// Sleeps until it is woken or its next timer is due, and no longer than `most`. If it waits
    /// for sockets meanwhile, because `last`, it has their turn then.
    pub(super) fn sleep<'v>(&mut self, vm: &'v Vm, most: Duration, last: bool) -> Option<Turn<'v>> {
        let shared = &vm.workers[self.id];
        let before = self.enters(State::Sleep);
        vm.quiescence.offline(self.id);
        let due = vm.timers.next_due(self.id).map_or(Duration::MAX, |due| {
            Duration::from_nanos(due.saturating_sub(vm.world.now()) + 1)
        });
        let mut wait = due.min(most);
        let settles = !self.settled && wait > rest::SETTLES_AFTER;
        if settles {
            wait = rest::SETTLES_AFTER;
        }
        let timeout = Some(wait).filter(|t| *t != Duration::MAX);
        let mut nothing_came = false;
        let mut turn = None;
        let mut wake = shared.wake.lock();
        wake.rest.begin(vm);
        if !wake.woken && last && vm.sockets.is_armed() {
            // Who has the turn waits already, or will come by here.
            turn = vm.sockets.turn();
        }
        if let Some(turn) = &mut turn {
            wake.at_sockets = true;
            drop(wake);
            vm.sockets.wait(turn, timeout);
            nothing_came = turn.is_empty();
            wake = shared.wake.lock();
            wake.at_sockets = false;
        } else if !wake.woken {
            match timeout {
                Some(t) => nothing_came = shared.woken.wait_for(&mut wake, t).timed_out(),
                None => shared.woken.wait(&mut wake),
            }
        }
        let woken = std::mem::take(&mut wake.woken);
        wake.rest.end(vm);
        drop(wake);
        self.settled = settles && nothing_came && !woken;
        if self.settled {
            self.retired.give_back(&vm.quiescence);
            self.spares.settle();
            rest::settle();
        }
        vm.quiescence.online(self.id);
        self.leaves(before);
        turn
    }

    /// Sleeps until there is something to do. The last worker to sleep waits for sockets.
    fn park(&mut self) {
        let vm = self.vm.clone();
        if std::mem::take(&mut self.told_active) {
            profile::worker(self, false);
            // Whoever has been told may now be this worker's to run.
            if !self.slot.is_null() {
                return;
            }
        }
        let shared = &vm.workers[self.id];
        let last = {
            let mut list = vm.idle.list.lock();
            list.push(self.id);
            vm.idle.count.fetch_add(1, Ordering::SeqCst) + 1 >= vm.active.count()
        };
        let mut turn = None;
        fence(Ordering::SeqCst);
        let nothing = vm.processes_wait() == 0 && shared.bound_queued.load(Ordering::SeqCst) == 0;
        if nothing && !vm.stopping() {
            turn = self.sleep(&vm, Duration::MAX, last);
        }
        {
            let mut list = vm.idle.list.lock();
            if let Some(i) = list.iter().position(|id| *id == self.id) {
                list.swap_remove(i);
                vm.idle.count.fetch_sub(1, Ordering::SeqCst);
            }
        }
        if let Some(turn) = turn {
            vm.sockets.act(self, turn);
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.retired.hand_over(&self.vm.quiescence);
    }
}

/// What becomes of a process after its slice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum After {
    /// It is ready to go on.
    Requeue,
    /// It sleeps or has exited; it is no longer the worker's.
    Gone,
    /// Its next instruction calls a dirty native.
    Dirty(Work),
}

impl Vm {
    /// Puts an owned process at the end of worker `id`'s queue and wakes a parked worker for it.
    pub(crate) fn enqueue(&self, id: usize, p: *mut Process) {
        // SAFETY: the caller owns the process.
        let (id, bound) = unsafe { self.home(id, p) };
        if bound {
            // SAFETY: as above.
            let priority = unsafe { (*p).priority };
            let w = &self.workers[id];
            let mut q = w.bound.lock();
            q.push(p, priority);
            w.bound_queued.store(q.len(), Ordering::SeqCst);
            drop(q);
            self.wake_worker(id);
        } else {
            self.push_to_queue(id, p);
            self.wake_for_queue();
        }
    }

    fn dequeue_bound(&self, id: usize) -> Option<*mut Process> {
        let w = &self.workers[id];
        if w.bound_queued.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut q = w.bound.lock();
        let p = q.pop();
        w.bound_queued.store(q.len(), Ordering::Relaxed);
        p
    }

    /// Puts an owned process at the end of worker `id`'s queue; how many there are then.
    fn push_to_queue(&self, id: usize, p: *mut Process) -> usize {
        let w = &self.workers[id];
        // SAFETY: the caller owns the process.
        let priority = unsafe { (*p).priority };
        let mut q = w.queue.lock();
        q.push(p, priority);
        w.queued.store(q.len(), Ordering::SeqCst);
        if priority < Priority::Normal {
            w.urgent.store(true, Ordering::Relaxed);
        }
        q.len()
    }

    /// Wakes a parked worker, after something has been put in a queue.
    fn wake_for_queue(&self) {
        fence(Ordering::SeqCst);
        let idle = self.idle.count.load(Ordering::SeqCst) > 0;
        if idle && self.idle.looking_out.load(Ordering::SeqCst) == 0 {
            self.wake_one();
        }
    }

    /// How many processes wait in worker `id`'s queue, by priority.
    pub(crate) fn queue_lengths(&self, id: usize) -> [usize; 4] {
        self.workers[id].queue.lock().lengths()
    }

    /// Whether all workers but the calling one have nothing to do, as far as that can be told.
    pub(crate) fn others_idle(&self) -> bool {
        self.idle.count.load(Ordering::SeqCst) + 1 >= self.active.count()
            && self.processes_wait() == 0
    }

    /// How many processes wait in the workers' queues.
    fn processes_wait(&self) -> usize {
        self.workers.iter().map(|w| w.queued.load(Ordering::SeqCst)).sum()
    }

    fn dequeue(&self, id: usize) -> Option<*mut Process> {
        let w = &self.workers[id];
        if w.queued.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut q = w.queue.lock();
        let p = q.pop();
        w.queued.store(q.len(), Ordering::Relaxed);
        w.urgent.store(q.has_urgent(), Ordering::Relaxed);
        p
    }

    fn steal(&self, thief: usize) -> Option<*mut Process> {
        let n = self.workers.len();
        (1..n).find_map(|i| self.dequeue((thief + i) % n))
    }

    fn wake_one(&self) {
        let id = {
            let mut list = self.idle.list.lock();
            let id = list.pop();
            if id.is_some() {
                self.idle.count.fetch_sub(1, Ordering::SeqCst);
            }
            id
        };
        if let Some(id) = id {
            self.wake_worker(id);
        }
    }

    /// Wakes a worker if it sleeps, or else the next time that it goes to sleep.
    pub(crate) fn wake_worker(&self, id: usize) {
        let mut wake = self.workers[id].wake.lock();
        wake.woken = true;
        if wake.at_sockets {
            self.sockets.wake();
        } else {
            self.workers[id].woken.notify_one();
        }
    }

    /// Wakes all workers, so that they see that the machine stops.
    pub fn wake_all(&self) {
        for id in 0..self.workers.len() {
            self.wake_worker(id);
        }
    }
}
