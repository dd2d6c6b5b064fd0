//! Dirty workers: threads for natives that block or compute for long.
//!
//! A process that calls such a native is handed over at the call, runs just that native on a
//! dirty worker, and goes back to a worker's queue with the result. A dirty worker is a
//! [`Worker`] without a run queue: what it wakes goes to the workers' queues. They also close
//! the files that processes leave open when they exit, free the tables and large heaps that they
//! leave, and make the collections of large heaps.
//!
//! There are two pools, for natives that compute and for natives that block, as `+SDcpu` and
//! `+SDio` say. The one that began to wait last takes the next job, and one is made where none waits:
//! a machine with little to do has few threads, and their caches warm. One worker at a time is on its
//! way to a job; where that leaves others waiting, it calls the next. So short jobs that come together
//! do not each wake or make a thread that finds nothing left to do.

use super::queues::Queues;
use super::rest::{self, Rest};
use super::worker::After;
use super::{Worker, accounts};
use crate::ets::Remains;
use crate::io::file::{OwnedFiles, close_all};
use crate::native::NativeKind;
use crate::process::Process;
use crate::process::exit::LeftMemory;
use crate::settings::Settings;
use crate::sync::{Arc, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering};
use crate::vm::Vm;
use std::collections::VecDeque;

/// The pools of one machine.
pub struct DirtyWorkers {
    cpu: Pool,
    io: Pool,
}

/// Which pool a process is handed to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Work {
    /// That for natives that compute.
    Cpu,
    /// That for natives that block.
    Io,
}

impl Work {
    /// What a native asks for.
    pub fn of(kind: NativeKind) -> Work {
        if kind == NativeKind::DirtyIo { Work::Io } else { Work::Cpu }
    }
}

struct Pool {
    name: &'static str,
    /// The number of its first worker among all dirty ones.
    first: usize,
    /// One for each worker that there may be.
    came: Box<[Condvar]>,
    /// How many jobs wait, to look at without the lock.
    waiting: AtomicUsize,
    state: Mutex<State>,
}

impl Pool {
    /// Somebody will look for jobs that wait: one who is on the way, or else the worker that began to
    /// wait last; `Some`: a thread is to be made for the worker of that number. Where as many are busy
    /// as may be, whoever comes waits at once, and is there when more may be.
    #[must_use]
    fn call(&self, state: &mut State) -> Option<usize> {
        self.waiting.store(state.waiting(), Ordering::Relaxed);
        if state.coming > 0 || state.waiting() == 0 {
            return None;
        }
        if let Some(i) = state.parked.pop() {
            state.coming += 1;
            self.came[i].notify_one();
            return None;
        }
        let i = state.started;
        (i < self.came.len()).then(|| {
            state.started += 1;
            state.coming += 1;
            i
        })
    }
}

struct State {
    /// Processes whose next instruction calls a dirty native.
    processes: Queues,
    /// What processes have left: open files, objects of tables, memory.
    left: VecDeque<Left>,
    /// Workers that wait, in the order in which they began to.
    parked: Vec<usize>,
    /// How many may do something at a time.
    online: usize,
    /// How many do.
    busy: usize,
    /// How many threads there are.
    started: usize,
    /// How many are on their way to a job: woken, being made, or looking out for one.
    coming: usize,
    /// One for each worker that there may be.
    rests: Box<[Rest]>,
}

impl State {
    fn new(count: usize, online: usize) -> State {
        let rests = (0..count).map(|_| Rest::of_none()).collect();
        let (processes, left) = (Queues::default(), VecDeque::new());
        State { processes, left, parked: Vec::new(), online, busy: 0, started: 0, coming: 0, rests }
    }

    /// How many jobs wait.
    fn waiting(&self) -> usize {
        self.processes.len() + self.left.len()
    }

    fn add(&mut self, job: Job) {
        match job {
            // SAFETY: whoever hands over a process owns it.
            Job::Run(p) => self.processes.push(p, unsafe { (*p).priority }),
            Job::Clear(left) => self.left.push_back(left),
        }
    }

    /// What was left comes first: who opens more files may need those that are closed.
    fn take(&mut self) -> Option<Job> {
        if self.busy >= self.online {
            return None;
        }
        let left = self.left.pop_front().map(Job::Clear);
        let job = left.or_else(|| self.processes.pop().map(Job::Run))?;
        self.busy += 1;
        Some(job)
    }
}

/// What a dirty worker is asked to do.
enum Job {
    /// Run a process whose next instruction calls a dirty native.
    Run(*mut Process),
    /// Clear away what a process has left.
    Clear(Left),
}

/// What a process has left.
enum Left {
    /// Open files, which are to be closed.
    Files(OwnedFiles),
    /// Objects of a table, which are to be freed.
    Objects(Remains),
    /// Heap and messages, which are to be freed.
    Memory(Box<LeftMemory>),
}

impl Left {
    fn clear(self, vm: &Vm) {
        match self {
            Left::Files(files) => close_all(files),
            Left::Objects(remains) => remains.free(&vm.ets),
            Left::Memory(memory) => memory.free(),
        }
    }
}

impl DirtyWorkers {
    /// As many as the settings say, none of them started.
    pub fn new(settings: &Settings) -> DirtyWorkers {
        let pool = |name, first, count: usize, online: usize| Pool {
            name,
            first,
            came: (0..count.max(1)).map(|_| Condvar::new()).collect(),
            waiting: AtomicUsize::new(0),
            state: Mutex::new(State::new(count.max(1), online.max(1))),
        };
        let online = settings.dirty_cpu_schedulers_online;
        let cpu = pool("dirty CPU worker", 0, settings.dirty_cpu_schedulers, online);
        let online = settings.dirty_io_schedulers;
        let io = pool("dirty I/O worker", cpu.came.len(), settings.dirty_io_schedulers, online);
        DirtyWorkers { cpu, io }
    }

    /// How many there may be.
    pub fn count(&self) -> usize {
        let (cpu, io) = self.counts();
        cpu + io
    }

    /// How many there may be of each kind.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.cpu.came.len(), self.io.came.len())
    }

    /// How many may compute at a time (`dirty_cpu_schedulers_online`).
    pub fn cpu_online(&self) -> usize {
        self.cpu.state.lock().online
    }

    /// Sets how many may; gives how many might before. What is being done goes on.
    pub fn set_cpu_online(&self, online: usize) -> usize {
        let mut state = self.cpu.state.lock();
        let old = std::mem::replace(&mut state.online, online);
        for _ in old..online {
            let Some(i) = state.parked.pop() else { break };
            state.coming += 1;
            self.cpu.came[i].notify_one();
        }
        old
    }

    /// Whether each has nothing to do.
    pub(super) fn resting(&self) -> Vec<bool> {
        let of = |pool: &Pool| -> Vec<bool> {
            pool.state.lock().rests.iter().map(Rest::is_resting).collect()
        };
        [of(&self.cpu), of(&self.io)].concat()
    }

    fn pool(&self, work: Work) -> &Pool {
        match work {
            Work::Cpu => &self.cpu,
            Work::Io => &self.io,
        }
    }

    /// Starts the first of each pool, so that there is one whatever the system allows later.
    pub fn start(vm: &Arc<Vm>) -> std::io::Result<()> {
        for work in [Work::Cpu, Work::Io] {
            let mut state = vm.dirty.pool(work).state.lock();
            (state.started, state.coming) = (1, 1);
            drop(state);
            spawn(vm, work, 0)?;
        }
        Ok(())
    }

    /// Hands over a process whose next instruction calls a dirty native.
    pub fn push(vm: &Arc<Vm>, work: Work, p: *mut Process) {
        push(vm, work, Job::Run(p));
    }

    /// Hands over the files that a process has left open.
    pub fn push_close(vm: &Arc<Vm>, files: OwnedFiles) {
        push(vm, Work::Io, Job::Clear(Left::Files(files)));
    }

    /// Hands over the objects of a table that nobody can see any more.
    pub fn push_free(vm: &Arc<Vm>, remains: Remains) {
        push(vm, Work::Cpu, Job::Clear(Left::Objects(remains)));
    }

    /// Hands over the memory of a process that is gone.
    pub fn push_memory(vm: &Arc<Vm>, memory: LeftMemory) {
        push(vm, Work::Cpu, Job::Clear(Left::Memory(Box::new(memory))));
    }

    /// How many jobs wait in each pool, and how many are being done.
    pub(super) fn loads(&self) -> [(usize, usize); 2] {
        [&self.cpu, &self.io].map(|pool| {
            let state = pool.state.lock();
            (state.waiting(), state.rests.iter().filter(|r| !r.is_resting()).count())
        })
    }

    pub(super) fn reset_rests(&self, vm: &Vm) {
        for pool in [&self.cpu, &self.io] {
            pool.state.lock().rests.iter_mut().for_each(|r| r.reset(vm));
        }
    }

    /// Adds how long each has been busy, and how long that is counted.
    pub(super) fn busy(&self, vm: &Vm, io: bool, times: &mut Vec<(u64, u64)>) {
        let pools = [Some(&self.cpu), io.then_some(&self.io)];
        for pool in pools.into_iter().flatten() {
            times.extend(pool.state.lock().rests.iter().map(|r| r.busy(vm)));
        }
    }

    /// Wakes all dirty workers, so that they see that the machine stops.
    pub fn wake_all(&self) {
        for pool in [&self.cpu, &self.io] {
            let _held = pool.state.lock();
            for came in &pool.came {
                came.notify_all();
            }
        }
    }
}

fn push(vm: &Arc<Vm>, work: Work, job: Job) {
    let pool = vm.dirty.pool(work);
    let mut state = pool.state.lock();
    state.add(job);
    let to_make = pool.call(&mut state);
    drop(state);
    make(vm, work, to_make);
}

/// Makes the thread that [`Pool::call`] asks for.
fn make(vm: &Arc<Vm>, work: Work, to_make: Option<usize>) {
    let Some(i) = to_make else { return };
    if spawn(vm, work, i).is_err() {
        // Those that there are do the work. Its number stays given away, since no two workers may
        // have the same.
        vm.dirty.pool(work).state.lock().coming -= 1;
    }
}

/// Starts a dirty worker. One that is in a blocking native when the machine stops is left behind
/// with its thread.
fn spawn(vm: &Arc<Vm>, work: Work, i: usize) -> std::io::Result<()> {
    let pool = vm.dirty.pool(work);
    let number = pool.first + i;
    let thread = std::thread::Builder::new().name(format!("{} {i}", pool.name));
    let made = vm.clone();
    let body = move || run(&mut Worker::new_dirty(made, number), work, i);
    vm.unbound(|| thread.stack_size(8 << 20).spawn(body)).map(drop)
}

/// The next job; `None` when the machine stops.
fn next(vm: &Arc<Vm>, work: Work, i: usize) -> Option<Job> {
    let pool = vm.dirty.pool(work);
    let mut state = pool.state.lock();
    let (mut looked, mut settled) = (false, false);
    if state.rests[i].is_resting() {
        // It has just been made.
        state.coming -= 1;
    } else {
        state.rests[i].begin(vm);
        state.busy -= 1;
    }
    loop {
        if vm.stopping() {
            return None;
        }
        if let Some(job) = state.take() {
            state.rests[i].end(vm);
            let to_make = pool.call(&mut state);
            drop(state);
            make(vm, work, to_make);
            return Some(job);
        }
        if !looked {
            looked = true;
            state.coming += 1;
            let came = || pool.waiting.load(Ordering::Relaxed) > 0;
            MutexGuard::unlocked(&mut state, || vm.look_out(came));
            state.coming -= 1;
            continue;
        }
        state.parked.push(i);
        if settled {
            pool.came[i].wait(&mut state);
        } else if pool.came[i].wait_for(&mut state, rest::SETTLES_AFTER).timed_out() {
            // Whoever wants to wake it meanwhile leaves the job for the next look at the list.
            MutexGuard::unlocked(&mut state, rest::settle);
            settled = true;
        }
        // Whoever woke it has taken it off the list, but for the end of the machine.
        match state.parked.iter().position(|p| *p == i) {
            Some(at) => drop(state.parked.remove(at)),
            None => state.coming -= 1,
        }
    }
}

fn run(w: &mut Worker, work: Work, i: usize) {
    let vm = w.vm.clone();
    loop {
        w.enters(accounts::State::Sleep);
        let Some(job) = next(&vm, work, i) else { break };
        let p = match job {
            Job::Run(p) => p,
            Job::Clear(left) => {
                w.enters(accounts::State::Aux);
                left.clear(&vm);
                continue;
            }
        };
        w.enters(accounts::State::Emulator);
        vm.dirty_runs(w.participant, p);
        vm.quiescence.online(w.participant);
        let (_, after) = crate::interp::run_slice(w, p);
        w.current = std::ptr::null_mut();
        w.count_collections();
        vm.dirty_ran(w.participant);
        match after {
            After::Requeue => vm.enqueue(w.id, p),
            After::Dirty(work) => push(&vm, work, Job::Run(p)),
            After::Gone => {}
        }
        vm.quiescence.offline(w.participant);
    }
}
