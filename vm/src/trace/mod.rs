//! Tracing: `erlang:trace/3` and what belongs to it.
//!
//! One concern a file:
//!
//! | file | what |
//! |---|---|
//! | `tracees` | who is traced, for what and by whom; default settings of new processes |
//! | `messages` | trace messages: their form, time stamps, delivery |
//! | `events` | what is traced beside calls: messages, processes, collections, scheduling |
//! | `calls` | what a breakpoint does, and what returns and exceptions do |
//! | `seq` | sequential tracing: tokens that go with messages |
//! | `monitor` | `system_monitor` |
//! | `profile` | `system_profile` |
//! | `actions` | what match specifications have in tracing alone |
//! | `saved_calls` | `process_flag(save_calls)` |
//!
//! Breakpoints themselves, and how code is changed, are in `code::breakpoints`; the instruction's
//! side, with the frames on the stack, in `interp::breakpoint`.
//!
//! # What it costs when nothing is traced
//! Calls: nothing, since code is changed. Everything else: a test of [`tracees::Flags`], one word
//! that lies in a cache line of the process that is read in any case, once for each message sent,
//! each batch of signals taken and each slice.
//!
//! # Order
//! What a process does is reported by the worker that does it, before the effect can be seen by
//! others: the message to the tracer is pushed first. So trace messages of one tracee are in the
//! order of its doing, and one who learns of an effect finds its report on the way.

pub mod actions;
pub mod calls;
pub mod events;
pub mod messages;
pub mod monitor;
pub mod profile;
pub mod saved_calls;
pub mod seq;
pub mod tracees;

use crate::ets::OwnedSpec;
use crate::sync::{
    Arc, AtomicBool, AtomicI64, AtomicU8, AtomicU32, AtomicU64, Mutex, Ordering, RwLock,
};
use crate::term::{Pid, Term, Word};
use crate::vm::Vm;
use hashbrown::HashMap;
use tracees::Setting;

/// What one machine traces, beside the flags of processes and the breakpoints of code.
#[derive(Default)]
pub struct Tracing {
    /// Held while flags or tracers of processes or ports are set.
    pub(crate) changing: Mutex<()>,
    /// Those who trace, or did.
    pub(crate) tracers: tracees::Tracers,
    /// What processes are made with.
    pub new_processes: RwLock<Setting>,
    /// What ports are opened with.
    pub new_ports: RwLock<Setting>,
    /// Which messages that are sent are traced.
    pub send: RwLock<Event>,
    /// Which messages that come are traced.
    pub receive: RwLock<Event>,
    /// Whether a pattern asks who sent them.
    pub(crate) names_senders: AtomicBool,
    /// Whose calls are measured.
    pub(crate) clocks: Mutex<HashMap<Pid, calls::Clock>>,
    /// Who is told of sequential tracing: a pid or port; 0: nobody.
    sequential: AtomicU64,
    /// What the system's monitor is told.
    monitor: RwLock<monitor::Settings>,
    /// Whether that concerns collections.
    pub(crate) watches_collections: AtomicU8,
    /// How many workers the profiler has been told to be active.
    active_workers: AtomicI64,
    /// What the system's profiler is told.
    profile: RwLock<profile::Settings>,
    /// The trace control word.
    pub control_word: AtomicU32,
}

impl Tracing {
    /// Who is told of sequential tracing: nobody, once that one is gone.
    pub fn sequential_tracer(&self, vm: &Vm) -> Option<Word> {
        let tracer = Word(self.sequential.load(Ordering::Relaxed));
        Some(tracer).filter(|w| w.0 != 0 && messages::is_there(vm, *w))
    }

    /// Sets that: a pid or port; who it was.
    pub fn set_sequential_tracer(&self, vm: &Vm, tracer: Option<Word>) -> Option<Word> {
        let old = self.sequential_tracer(vm);
        self.sequential.store(tracer.map_or(0, |w| w.0), Ordering::Relaxed);
        old
    }

    /// Sets which messages are traced that are sent (`send`) or that come.
    pub fn set_event(&self, vm: &Vm, send: bool, event: Event) {
        if send {
            *self.send.write() = event;
        } else {
            let matching = matches!(event, Event::Matching(_));
            *self.receive.write() = event;
            self.names_senders.store(matching, Ordering::Relaxed);
            tracees::name_senders(vm, matching);
        }
    }
}

/// The tracer that a word of a setting names, if it names one.
pub fn exists<'p>(tracer: Word) -> Option<Term<'p>> {
    // SAFETY: such a word is 0 or a pid or port, which are immediate.
    (tracer.is_local_pid() || tracer.is_local_port()).then(|| unsafe { Term::from_word(tracer) })
}

/// A trace pattern of messages.
#[derive(Clone, Default)]
pub enum Event {
    /// None is traced.
    Off,
    /// All are.
    #[default]
    All,
    /// Those that match.
    Matching(Arc<OwnedSpec>),
}
