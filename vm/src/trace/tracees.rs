//! Who is traced, for what and by whom.
//!
//! Flags and tracer of a process are words that everybody may read and set, so that setting them
//! waits for nobody: the process sees them the next time that it looks. They are set under
//! `Tracing::changing`; the tracer before the flags, and taken away after them. Who finds flags and
//! no tracer has come in between, and traces nothing.

use super::{Event, messages};
use crate::process::Process;
use crate::sched::Worker;
use crate::sync::{AtomicU32, Ordering, RwLock, fence};
use crate::term::{Pid, PortId, Word};
use crate::vm::Vm;

/// What is traced of a process or port, as bits.
pub type Flags = u32;

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $atom:literal;)*) => {
        $($(#[$doc])* pub const $name: Flags = 1 << $bit;)*

        /// Flags by name, in the order in which `trace_info` lists them, last first.
        pub const NAMES: &[(&str, Flags)] = &[$(($atom, $name)),*];
    };
}

flags! {
    /// Time stamps as of `erlang:now/0`.
    NOW = 0, "timestamp";
    /// Time stamps that are strictly monotonic.
    STRICT_MONOTONIC = 1, "strict_monotonic_timestamp";
    /// Time stamps of monotonic time.
    MONOTONIC = 2, "monotonic_timestamp";
    /// Messages sent.
    SEND = 3, "send";
    /// Messages that come.
    RECEIVE = 20, "receive";
    /// Those of [`NAMES`] that are traced of a process are handed on to those that it spawns.
    SET_ON_SPAWN = 4, "set_on_spawn";
    /// Function calls.
    CALL = 5, "call";
    /// What happens to the process.
    PROCS = 6, "procs";
    /// As `SET_ON_SPAWN`, once.
    SET_ON_FIRST_SPAWN = 7, "set_on_first_spawn";
    /// As `SET_ON_SPAWN`, for those it links to.
    SET_ON_LINK = 8, "set_on_link";
    /// As `SET_ON_LINK`, once.
    SET_ON_FIRST_LINK = 9, "set_on_first_link";
    /// Slices, and those of ports.
    RUNNING = 10, "running";
    /// Slices of a process that exits.
    EXITING = 11, "exiting";
    /// Collections.
    GARBAGE_COLLECTION = 12, "garbage_collection";
    /// Calls show the arity in place of arguments.
    ARITY = 13, "arity";
    /// Returns from functions that are traced locally.
    RETURN_TO = 14, "return_to";
    /// Nothing of calls is shown.
    SILENT = 15, "silent";
    /// The number of the worker is shown.
    SCHEDULER_ID = 16, "scheduler_id";
    /// What happens to the port.
    PORTS = 17, "ports";
    /// Slices of ports.
    RUNNING_PORTS = 18, "running_ports";
    /// Slices of processes.
    RUNNING_PROCS = 19, "running_procs";
}

/// All that `erlang:trace/3` sets.
pub const ALL: Flags = (1 << 21) - 1;
/// The kinds of time stamps.
pub const TIMESTAMPS: Flags = NOW | STRICT_MONOTONIC | MONOTONIC;
/// What ports have.
pub const OF_PORTS: Flags = MODIFIERS | PORTS | RUNNING_PORTS;
/// What says how something is traced, not what, and what processes and ports share.
pub const MODIFIERS: Flags = SILENT | TIMESTAMPS | SCHEDULER_ID | RECEIVE | SEND;
/// What processes have.
pub const OF_PROCESSES: Flags = ALL & !OF_PORTS | MODIFIERS;

/// The process has asked not to be traced.
pub const SENSITIVE: Flags = 1 << 24;
/// There are, or were, frames on its stack that trace returns.
pub const TRACE_FRAMES: Flags = 1 << 25;
/// What every slice has to look at.
pub const AT_SLICE: Flags = RUNNING | RUNNING_PROCS | EXITING | TIMED | PROFILED | SAVES_CALLS;
/// What every message that it sends has to look at.
pub const AT_SEND: Flags = SEND | SEQUENTIAL | NAMES_ITSELF | SAVES_CALLS;
/// What has to be looked at when signals are taken.
pub const AT_RECEIVE: Flags = RECEIVE;
/// What has to be looked at when a message is taken from the mailbox.
pub const AT_REMOVE: Flags = SEQUENTIAL | SAVES_CALLS;
/// What has to be looked at when the wait for a message is over.
pub const AT_TIMEOUT: Flags = RECEIVE | SAVES_CALLS;
/// The time of its calls is measured.
pub const TIMED: Flags = 1 << 26;
/// It is profiled or watched by the whole system's settings.
pub const PROFILED: Flags = 1 << 27;
/// Its numbers of sequential tracing begin anew.
pub const RESETS_NUMBERS: Flags = 1 << 31;
/// Its messages say who sent them.
pub const NAMES_ITSELF: Flags = 1 << 30;
/// It has a token of sequential tracing.
pub const SEQUENTIAL: Flags = 1 << 28;
/// It keeps what it has called last.
pub const SAVES_CALLS: Flags = 1 << 29;

/// The flag of that name.
pub fn flag(name: &str) -> Option<Flags> {
    if name == "all" {
        return Some(ALL);
    }
    NAMES.iter().find(|n| n.0 == name).map(|n| n.1)
}

/// What new processes or ports are made with.
#[derive(Clone, Copy, Default)]
pub struct Setting {
    /// What is traced.
    pub flags: Flags,
    /// By whom: a pid or port; 0: nobody.
    pub tracer: u64,
}

/// Flags and tracer of one process or port.
#[derive(Default)]
pub struct Tracee {
    flags: AtomicU32,
    /// Index in [`Tracers`].
    tracer: AtomicU32,
}

/// All that ever traced, so that a process needs half a word to name one; the first stands for
/// nobody.
#[derive(Default)]
pub struct Tracers {
    by_index: RwLock<Vec<Word>>,
}

impl Tracers {
    fn index_of(&self, tracer: Word) -> u32 {
        let mut all = self.by_index.write();
        let i = all.iter().position(|t| *t == tracer).unwrap_or_else(|| {
            all.push(tracer);
            all.len() - 1
        });
        i as u32 + 1
    }

    fn at(&self, index: u32) -> Option<Word> {
        self.by_index.read().get((index as usize).checked_sub(1)?).copied()
    }
}

impl Tracee {
    /// The flags.
    #[inline(always)]
    pub fn flags(&self) -> Flags {
        self.flags.load(Ordering::Relaxed)
    }

    /// Whether any of these is set.
    #[inline(always)]
    pub fn any(&self, flags: Flags) -> bool {
        self.flags() & flags != 0
    }

    /// The tracer, a pid or port, if there is one.
    pub fn tracer(&self, vm: &Vm) -> Option<Word> {
        // With the flags just read.
        fence(Ordering::Acquire);
        vm.tracing.tracers.at(self.tracer.load(Ordering::Relaxed))
    }

    /// Sets flags that no tracer goes with.
    pub fn set_internal(&self, flags: Flags, on: bool) {
        if on {
            self.flags.fetch_or(flags, Ordering::Relaxed);
        } else {
            self.flags.fetch_and(!flags, Ordering::Relaxed);
        }
    }

    /// Changes flags; under `Tracing::changing`. False: somebody else traces it already.
    fn change(&self, vm: &Vm, own: Word, on: bool, flags: Flags, tracer: Option<Word>) -> bool {
        if let (Some(new), Some(old)) = (tracer, self.tracer(vm))
            && self.any(ALL)
            && new != old
            && is_enabled(vm, old, own)
        {
            return false;
        }
        self.set(vm, if on { self.flags() | flags } else { self.flags() & !flags }, tracer);
        true
    }

    /// Sets all flags, and the tracer if one is given; under `Tracing::changing`.
    pub(crate) fn set(&self, vm: &Vm, flags: Flags, tracer: Option<Word>) {
        let set = |flags: Flags| {
            let kept = !ALL & self.flags();
            self.flags.store(flags & ALL | kept, Ordering::Release);
        };
        if flags & ALL == 0 {
            set(0);
            self.tracer.store(0, Ordering::Release);
        } else {
            if let Some(tracer) = tracer {
                self.tracer.store(vm.tracing.tracers.index_of(tracer), Ordering::Release);
            }
            set(flags);
        }
    }

    /// Changes flags, and the tracer to the one given, if any; without one nothing is traced. Under
    /// `Tracing::changing`. Whether it makes a difference.
    pub(crate) fn take_over(&self, vm: &Vm, tracer: Option<Word>, off: Flags, on: Flags) -> bool {
        let before = (self.flags(), self.tracer(vm));
        let flags = if tracer.is_some() { before.0 & !off | on } else { 0 };
        self.set(vm, flags, tracer);
        before != (self.flags(), self.tracer(vm))
    }

    fn setting(&self, vm: &Vm, own: Word) -> Setting {
        // Forgets a tracer that is gone.
        self.tracer_for(vm, own, ALL);
        Setting { flags: self.flags() & ALL, tracer: self.tracer(vm).map_or(0, |t| t.0) }
    }

    /// The tracer if these flags are set and it is there and may trace `own`. One that is gone is
    /// forgotten, with all flags.
    pub(crate) fn tracer_for(&self, vm: &Vm, own: Word, flags: Flags) -> Option<Word> {
        let now = self.flags();
        if now & flags == 0 || now & SENSITIVE != 0 {
            return None;
        }
        let tracer = self.tracer(vm)?;
        if is_enabled(vm, tracer, own) {
            return Some(tracer);
        }
        if !messages::is_there(vm, tracer) {
            let _changing = vm.tracing.changing.lock();
            if self.tracer(vm) == Some(tracer) {
                self.set(vm, 0, None);
            }
        }
        None
    }
}

/// Whether that tracer is there, and another than the tracee.
fn is_enabled(vm: &Vm, tracer: Word, own: Word) -> bool {
    tracer != own && messages::is_there(vm, tracer)
}

/// There is no such process or port, or it is traced by somebody else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CannotTrace {
    /// It is not there.
    NotThere,
    /// There can be one tracer only.
    HasTracer,
}

/// Calls `f` with what is traced of a process; `None` if it is not there.
///
/// The caller is on a worker, or a participant of quiescence otherwise.
pub fn with_tracee<R>(vm: &Vm, pid: Pid, f: impl FnOnce(&Tracee) -> R) -> Option<R> {
    let p = vm.processes.lookup(pid)?;
    // SAFETY: workers may use what they looked up until their next quiescent point; `trace` and
    // `queue` are everybody's.
    let (trace, queue) = unsafe { (&(*p).trace, &(*p).queue) };
    if queue.is_closed() { None } else { Some(f(trace)) }
}

/// `erlang:trace/3` of one process.
pub fn trace_process(
    vm: &Vm,
    pid: Pid,
    on: bool,
    flags: Flags,
    tracer: Option<Word>,
) -> Result<(), CannotTrace> {
    let _changing = vm.tracing.changing.lock();
    let done = with_tracee(vm, pid, |t| t.change(vm, Word::from_pid(pid), on, flags, tracer));
    match done {
        None => Err(CannotTrace::NotThere),
        Some(false) => Err(CannotTrace::HasTracer),
        Some(true) => Ok(()),
    }
}

/// As [`trace_process`], of a port.
pub fn trace_port(
    vm: &Vm,
    port: PortId,
    on: bool,
    flags: Flags,
    tracer: Option<Word>,
) -> Result<(), CannotTrace> {
    let _changing = vm.tracing.changing.lock();
    let port = vm.ports.find(port).ok_or(CannotTrace::NotThere)?;
    if port.trace.change(vm, Word::from_port(port.id), on, flags, tracer) {
        Ok(())
    } else {
        Err(CannotTrace::HasTracer)
    }
}

/// As [`trace_all`], of ports.
pub fn trace_all_ports(vm: &Vm, on: bool, flags: Flags, tracer: Option<Word>) -> usize {
    let traced = |id: &PortId| trace_port(vm, *id, on, flags, tracer).is_ok();
    vm.ports.all().iter().filter(|id| traced(id)).count()
}

/// What is traced of a process; a tracer that is gone is forgotten. `None`: it is not there.
pub fn process_setting(vm: &Vm, pid: Pid) -> Option<Setting> {
    with_tracee(vm, pid, |t| t.setting(vm, Word::from_pid(pid)))
}

/// As [`process_setting`], of a port.
pub fn port_setting(vm: &Vm, port: PortId) -> Option<Setting> {
    let port = vm.ports.find(port)?;
    Some(port.trace.setting(vm, Word::from_port(port.id)))
}

/// `erlang:trace/3` of all processes that there are: how many.
pub fn trace_all(vm: &Vm, on: bool, flags: Flags, tracer: Option<Word>) -> usize {
    vm.processes
        .pids()
        .into_iter()
        .filter(|pid| trace_process(vm, *pid, on, flags, tracer).is_ok())
        .count()
}

/// `erlang:trace/3` of what is to come.
pub fn trace_new(setting: &mut Setting, on: bool, flags: Flags, tracer: Option<Word>) {
    if on {
        setting.flags |= flags;
        setting.tracer = tracer.map_or(setting.tracer, |t| t.0);
    } else {
        setting.flags &= !flags;
    }
    if setting.flags == 0 {
        setting.tracer = 0;
    }
}

/// Messages of all processes say who sent them, or no longer.
pub(crate) fn name_senders(vm: &Vm, on: bool) {
    for pid in vm.processes.pids() {
        with_tracee(vm, pid, |t| t.set_internal(NAMES_ITSELF, on));
    }
}

/// A port has been opened: what all new ones are traced for.
pub(crate) fn port_opened(vm: &Vm, port: &crate::io::port::Port) {
    let new = new_setting(vm, &vm.tracing.new_ports);
    if new.flags != 0 {
        port.trace.set(vm, new.flags, Some(Word(new.tracer)));
    }
}

/// Takes the tokens of sequential tracing away from all processes.
pub fn reset_tokens(vm: &Vm) {
    for pid in vm.processes.pids() {
        with_tracee(vm, pid, |t| {
            t.set_internal(SEQUENTIAL, false);
            t.set_internal(RESETS_NUMBERS, true);
        });
    }
}

/// The settings of what is to come; a tracer that is gone is forgotten.
pub fn new_setting(vm: &Vm, of: &RwLock<Setting>) -> Setting {
    let setting = *of.read();
    if setting.tracer != 0 && !messages::is_there(vm, Word(setting.tracer)) {
        *of.write() = Setting::default();
        return Setting::default();
    }
    setting
}

/// What a new process is traced for: by the settings for all, then by its parent's. Nobody else
/// knows it yet.
pub fn inherit(vm: &Vm, parent: &Process, child: &Process, linked: bool) {
    const ON_SPAWN: Flags = SET_ON_SPAWN | SET_ON_FIRST_SPAWN;
    const ON_LINK: Flags = SET_ON_LINK | SET_ON_FIRST_LINK;
    let new = new_setting(vm, &vm.tracing.new_processes);
    // Whoever changes that lock looks for processes afterwards.
    if matches!(*vm.tracing.receive.read(), Event::Matching(_)) {
        child.trace.set_internal(NAMES_ITSELF, true);
    }
    if new.flags != 0 {
        child.trace.set(vm, new.flags, Some(Word(new.tracer)));
    }
    let flags = parent.trace.flags();
    let handed_on = flags & ON_SPAWN != 0 || linked && flags & ON_LINK != 0;
    if !handed_on {
        return;
    }
    let own = Word::from_pid(parent.pid);
    let Some(tracer) = parent.trace.tracer_for(vm, own, ALL) else { return };
    let _changing = vm.tracing.changing.lock();
    let mut childs = child.trace.flags() | flags & ALL;
    if flags & SET_ON_FIRST_SPAWN != 0 {
        parent.trace.set(vm, parent.trace.flags() & !ON_SPAWN, None);
        childs &= !ON_SPAWN;
    }
    if linked && flags & SET_ON_FIRST_LINK != 0 {
        parent.trace.set(vm, parent.trace.flags() & !ON_LINK, None);
        childs &= !ON_LINK;
    }
    child.trace.set(vm, childs, Some(tracer));
}

/// `p` links to another process: what is traced of it is handed on.
pub fn hand_on_by_link(w: &Worker, p: &Process, other: Pid) {
    let flags = p.trace.flags();
    if flags & (SET_ON_LINK | SET_ON_FIRST_LINK) == 0 {
        return;
    }
    let Some(tracer) = p.trace.tracer(&w.vm) else { return };
    let _changing = w.vm.tracing.changing.lock();
    let mut handed = flags & ALL;
    if flags & SET_ON_FIRST_LINK != 0 {
        handed &= !(SET_ON_LINK | SET_ON_FIRST_LINK);
        p.trace.set(&w.vm, p.trace.flags() & !(SET_ON_LINK | SET_ON_FIRST_LINK), None);
    }
    with_tracee(&w.vm, other, |t| t.set(&w.vm, t.flags() | handed, Some(tracer)));
}
