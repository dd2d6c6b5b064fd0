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
//! | `actions` | what match specifications have in tracing alone |
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
pub mod tracees;

use crate::ets::OwnedSpec;
use crate::sync::{Arc, AtomicU32, Mutex, RwLock};
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
    /// Whose calls are measured.
    pub(crate) clocks: Mutex<HashMap<Pid, calls::Clock>>,
    /// The trace control word.
    pub control_word: AtomicU32,
}

impl Tracing {
    /// Sets which messages are traced that are sent (`send`) or that come.
    pub fn set_event(&self, _vm: &Vm, send: bool, event: Event) {
        *(if send { &self.send } else { &self.receive }).write() = event;
    }
}

/// The tracer that a word of a setting names, if it names one.
pub fn exists<'p>(tracer: Word) -> Option<Term<'p>> {
    // SAFETY: such a word is 0 or a pid or port, which are immediate.
    (tracer.is_local_pid() || tracer.is_local_port()).then(|| unsafe { Term::from_word(tracer) })
}

/// A trace pattern of messages.
#[derive(Clone)]
pub enum Event {
    /// None is traced.
    Off,
    /// All are.
    All,
    /// Those that match.
    Matching(Arc<OwnedSpec>),
}

impl Default for Event {
    fn default() -> Event {
        Event::All
    }
}
