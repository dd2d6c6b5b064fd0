//! Workers bound to logical processors (`+sbt`), and the topology that tells in which order.
//!
//! Only workers that run processes are bound, each to a processor that the program may use, as long as
//! there are any. Threads and programs that a bound worker starts are not bound: see `Vm::unbound`.

use crate::processors::Processors;
use crate::settings::Settings;
use crate::sync::{AtomicBool, Mutex, Ordering};
use crate::topology::{BindType, Topology};
use crate::vm::Vm;
use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// What is known of processors, and which workers are bound to which.
pub struct Binding {
    /// Some may be bound.
    on: AtomicBool,
    state: Mutex<State>,
}

struct State {
    processors: Processors,
    /// The topology that the system tells; `None`: nobody has wanted to know.
    detected: Option<Option<Topology>>,
    defined: Option<Topology>,
    how: BindType,
    /// Of each worker, its thread, once it has begun.
    threads: Box<[Option<Pid>]>,
    /// Of each worker, the processor it is bound to.
    bound: Box<[Option<i32>]>,
}

impl State {
    fn detected(&mut self) -> Option<&Topology> {
        let (all, online) = (self.processors.configured(), self.processors.online());
        self.detected.get_or_insert_with(|| Topology::detect(all, online)).as_ref()
    }

    fn used(&mut self) -> Option<&Topology> {
        if self.defined.is_some() { self.defined.as_ref() } else { self.detected() }
    }

    /// Binds the first `count` workers, and no others.
    fn apply(&mut self, count: usize) {
        let how = self.how;
        let order = match self.used() {
            Some(topology) if how != BindType::Unbound => topology.order(how),
            _ => Vec::new(),
        };
        let mut free = order.into_iter().filter(|cpu| self.processors.may_use(*cpu));
        let mut wanted = vec![None; self.bound.len()];
        wanted.iter_mut().take(count).for_each(|of| *of = free.next());
        drop(free);
        for (i, wanted) in wanted.into_iter().enumerate() {
            let Some(thread) = self.threads[i].filter(|_| self.bound[i] != wanted) else {
                continue;
            };
            let set = match wanted {
                Some(cpu) => {
                    let mut one = CpuSet::new();
                    one.set(cpu as usize);
                    Some(one)
                }
                None => self.processors.allowed(),
            };
            let done = set.is_some_and(|set| sched_setaffinity(Some(thread), &set).is_ok());
            self.bound[i] = wanted.filter(|_| done);
        }
    }
}

impl Binding {
    /// What the command line asks for. Nobody is bound before there are threads.
    pub fn new(settings: &Settings, workers: usize) -> Binding {
        let state = State {
            processors: Processors::look(),
            detected: settings.topology_unread.then_some(None),
            defined: settings.topology.clone(),
            how: settings.bind_type,
            threads: vec![None; workers].into(),
            bound: vec![None; workers].into(),
        };
        let on = AtomicBool::new(state.how != BindType::Unbound);
        Binding { on, state: Mutex::new(state) }
    }

    /// How many processors this program may use.
    pub fn processors(&self) -> usize {
        self.state.lock().processors.available()
    }

    fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }
}

impl Vm {
    /// The processors, as they were looked at last.
    pub fn processors(&self) -> Processors {
        self.binding.state.lock().processors.clone()
    }

    /// Looks at them again; tells whether anything is otherwise.
    pub fn look_at_processors(&self) -> bool {
        let mut state = self.binding.state.lock();
        let mut changed = state.processors.look_again();
        if let (Some(before), false) = (state.detected.clone(), self.settings.topology_unread) {
            state.detected = None;
            changed |= state.detected() != before.as_ref();
        }
        if changed && self.binding.is_on() {
            state.apply(self.active.count());
        }
        changed
    }

    /// The topology that the system tells.
    pub fn detected_topology(&self) -> Option<Topology> {
        self.binding.state.lock().detected().cloned()
    }

    /// The topology that the user has said.
    pub fn defined_topology(&self) -> Option<Topology> {
        self.binding.state.lock().defined.clone()
    }

    /// The one of them that counts.
    pub fn used_topology(&self) -> Option<Topology> {
        self.binding.state.lock().used().cloned()
    }

    /// Says what the topology is, or that the system's is right.
    pub fn define_topology(&self, topology: Option<Topology>) {
        let mut state = self.binding.state.lock();
        state.defined = topology;
        if self.binding.is_on() {
            state.apply(self.active.count());
        }
    }

    /// How workers are bound.
    pub fn bind_type(&self) -> BindType {
        self.binding.state.lock().how
    }

    /// Binds them so; gives how they were bound. `None`: there is no topology.
    pub fn set_bind_type(&self, how: BindType) -> Option<BindType> {
        let mut state = self.binding.state.lock();
        state.used()?;
        let old = std::mem::replace(&mut state.how, how);
        // From here on no thread is started bound.
        self.binding.on.store(true, Ordering::Relaxed);
        state.apply(self.active.count());
        Some(old)
    }

    /// The processors that workers are bound to.
    pub fn bound_workers(&self) -> Vec<Option<i32>> {
        self.binding.state.lock().bound.to_vec()
    }

    /// The thread of a worker begins.
    pub(crate) fn worker_begins(&self, id: usize) {
        let mut state = self.binding.state.lock();
        state.threads[id] = Some(rustix::thread::gettid());
        if self.binding.is_on() {
            state.apply(self.active.count());
        }
    }

    /// Other workers run processes.
    pub(super) fn bind_again(&self) {
        if self.binding.is_on() {
            self.binding.state.lock().apply(self.active.count());
        }
    }

    /// Starts something which would be bound as the calling thread is, and is not to be.
    pub(crate) fn unbound<T>(&self, start: impl FnOnce() -> T) -> T {
        if !self.binding.is_on() {
            return start();
        }
        // Held meanwhile: nobody else binds the thread.
        let state = self.binding.state.lock();
        let mine = sched_getaffinity(None).ok();
        if let (Some(_), Some(all)) = (mine, state.processors.allowed()) {
            let _ = sched_setaffinity(None, &all);
        }
        let started = start();
        if let Some(mine) = mine {
            let _ = sched_setaffinity(None, &mine);
        }
        started
    }
}
