//! Making processes.

use super::monitor::{MonitorOptions, note_monitor};
use super::report::report_text;
use super::signal::{SignalKind, Target, Watched};
use super::{Parcel, Priority, Process, Role};
use crate::code::Export;
use crate::dist::process::{RemoteLink, Requested};
use crate::heap::fragment::OffHeap;
use crate::heap::process_heap::{FIRST_BLOCK, next_size};
use crate::heap::{Heap, LiteralRange};
use crate::interp::stubs;
use crate::sched::Worker;
use crate::sync::{Arc, Ordering};
use crate::term::{Atom, Pid, Term, Word, copy};
use crate::trace::seq::Token;
use crate::trace::{events, seq, tracees};
use crate::vm::Vm;

/// What a process is made with; as `spawn_opt` documents them.
#[derive(Default)]
#[expect(missing_docs, reason = "the options by their own names")]
pub struct SpawnOptions {
    pub link: bool,
    pub monitor: Option<MonitorOptions>,
    pub priority: Option<Priority>,
    pub min_heap_size: Option<usize>,
    pub min_bin_vheap_size: Option<usize>,
    pub max_heap_size: Option<MaxHeapSize>,
    pub fullsweep_after: Option<u16>,
    /// `message_queue_data`: `off_heap`.
    pub off_heap_messages: Option<bool>,
    /// The worker that it runs on alone, from 1; 0: any.
    pub scheduler: u8,
    /// Who asks is answered by a message (`spawn_request/5`).
    pub request: bool,
    /// It is one of the machine's own: the machine does not go on without it.
    pub system: bool,
}

/// The `max_heap_size` flag.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MaxHeapSize {
    /// Words; 0: no limit.
    pub size: usize,
    /// Whether to kill the process that goes beyond it.
    pub kill: bool,
    /// Whether to log that.
    pub log: bool,
}

impl Default for MaxHeapSize {
    fn default() -> MaxHeapSize {
        MaxHeapSize { size: 0, kill: true, log: true }
    }
}

/// The function that a process begins with.
#[derive(Clone, Copy)]
pub struct Call<'a, 'p> {
    /// Module.
    pub module: Atom,
    /// Function.
    pub function: Atom,
    /// Its arguments.
    pub args: &'a [Term<'p>],
}

/// A process that has been made.
pub struct Spawned {
    /// Its pid.
    pub pid: Pid,
    /// The number of the monitor's reference, if one was asked for.
    pub monitor: Option<u64>,
    /// What goes with the answer to `spawn_request/5` if there is sequential tracing: the number of
    /// its reference, and the token.
    pub answer: Option<(u64, Arc<Token>)>,
}

/// There are as many processes as there may be, or a function has too many arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemLimit;

/// Fullsweep after that many minor collections, unless asked otherwise (OTP's default).
pub const FULLSWEEP_AFTER: u16 = 65_535;

/// Words of `min_heap_size`, unless asked otherwise (OTP's default).
const DEFAULT_MIN_HEAP: usize = 233;

/// What `min_heap_size` counts as where `words` are asked for: the steps that OTP's documentation
/// of the collector gives (Fibonacci-like, then by a fifth), since programs can read it back.
pub fn heap_size(words: usize) -> usize {
    if words <= DEFAULT_MIN_HEAP {
        return FIRST_BLOCK;
    }
    let words = words.min(1 << 30);
    heap_sizes().find(|size| *size >= words).expect("they grow without end")
}

/// The steps in which heaps grow, as OTP's documentation has them.
pub fn heap_sizes() -> impl Iterator<Item = usize> {
    let steps = std::iter::successors(Some((142, DEFAULT_MIN_HEAP)), |&(below, size)| {
        Some((size, if size < 833_026 { size + below + 1 } else { size + size / 5 }))
    });
    steps.map(|(_, size)| size)
}

/// The first step of so many words or more.
pub fn told_heap_size(words: usize) -> usize {
    let words = words.min(1 << 40);
    heap_sizes().find(|size| *size >= words).expect("they grow without end")
}

/// The `min_heap_size` that is told of a heap with that minimum: first blocks are smaller than
/// OTP's, and that is nobody's business.
pub fn told_min_heap_size(min_words: usize) -> usize {
    min_words.max(DEFAULT_MIN_HEAP)
}

/// Makes a process that nobody knows yet, on a worker or elsewhere.
fn create(
    vm: &Vm,
    mut w: Option<&mut Worker>,
    call: Call<'_, '_>,
    options: &SpawnOptions,
) -> Result<Box<Process>, SystemLimit> {
    let arity = u8::try_from(call.args.len()).map_err(|_| SystemLimit)?;
    let pid = vm.processes.reserve().ok_or(SystemLimit)?;
    let flags = &vm.flags;
    let min = options.min_heap_size.unwrap_or(0).max(flags.min_heap_size.get());
    // The smallest heap may be asked for in any size; nothing sensible is beyond a gigaword.
    let wanted = min.min(1 << 30);
    let fullsweep = options.fullsweep_after.unwrap_or(flags.fullsweep_after.get() as u16);
    let mut p = match w.as_mut().and_then(|w| w.retired.take(&vm.quiescence)) {
        Some(mut p) => {
            p.renew(pid, wanted, fullsweep);
            p
        }
        None => Box::new(Process::new(pid, wanted, fullsweep)),
    };
    let literals = vm.literals.range();
    if !p.copy_arguments(call.args, literals) {
        let size = call.args.iter().map(|a| copy::copied_size(*a, literals)).sum();
        // SAFETY: nothing refers to what the heap holds: nothing.
        unsafe { p.heap.free() };
        p.heap = Heap::new(next_size(wanted.max(size)), fullsweep);
        let fits = p.copy_arguments(call.args, literals);
        assert!(fits, "the heap was made for them");
    }
    p.heap.min_words = heap_size(min) as u32;
    p.live = u16::from(arity);
    let export = match w {
        Some(w) => export(vm, w, call, arity),
        None => vm.code.export(call.module, call.function, arity),
    };
    p.ip = export.code.load(Ordering::Acquire);
    p.cp = stubs::exit_normal_stub();
    if options.system {
        p.role = Role::System;
    }
    p.bound = options.scheduler;
    p.initial_call = Some(export);
    p.priority = options.priority.unwrap_or(Priority::Normal);
    if options.off_heap_messages.unwrap_or(vm.settings.off_heap_messages) {
        p.rare().message_queue_off_heap = true;
    }
    match (options.min_bin_vheap_size, flags.min_bin_vheap_size.get()) {
        (Some(words), _) => p.set_min_bin_vheap_size(words),
        (None, 0) => {}
        // Only what a process asks for itself may not be below the default.
        (None, words) => p.rare().min_bin_vheap_size = words,
    }
    match (options.max_heap_size, flags.max_heap_size()) {
        (Some(max), _) => p.set_max_heap_size(max),
        (None, max) if max != MaxHeapSize::default() => p.set_max_heap_size(max),
        _ => {}
    }
    Ok(p)
}

/// The function that a process begins with: mostly that of the one before.
#[inline]
fn export(vm: &Vm, w: &mut Worker, call: Call<'_, '_>, arity: u8) -> &'static Export {
    let is =
        |e: &&Export| e.function == call.function && e.module == call.module && e.arity == arity;
    w.last_spawned.filter(is).unwrap_or_else(|| {
        let export = vm.code.export(call.module, call.function, arity);
        w.last_spawned = Some(export);
        export
    })
}

/// Makes a process and lets it run.
pub fn spawn(
    w: &mut Worker,
    parent: &mut Process,
    call: Call<'_, '_>,
    mut options: SpawnOptions,
) -> Result<Spawned, SystemLimit> {
    // SAFETY: the worker outlives the call.
    let vm = unsafe { w.machine() };
    let mut p = create(vm, Some(&mut *w), call, &options).inspect_err(|SystemLimit| {
        if vm.processes.is_full() {
            report_text(w, parent, "Too many processes\n\n");
        }
    })?;
    let pid = p.pid;
    // SAFETY: a term of the parent, which is not collected meanwhile.
    unsafe { p.keep_group_leader_of(Term::from_word(parent.group_leader), vm.literals.range()) };
    p.parent = Word::from_pid(parent.pid);
    if options.link {
        p.relations.set_link(parent.pid, super::LinkState::default());
        parent.relations.set_link(pid, super::LinkState::default());
    }
    let aliased = options.monitor.as_ref().is_some_and(|m| m.alias.is_some());
    let monitor = options.monitor.take().map(|monitor| {
        let reference = vm.next_reference();
        p.relations.add_watcher(reference, parent.pid);
        note_monitor(
            parent,
            reference,
            Some(pid),
            None,
            Watched::Process(Target::Pid(pid)),
            monitor,
        );
        reference
    });
    tracees::inherit(vm, parent, &p, options.link);
    let traced = (parent.trace.flags() | p.trace.flags()) & tracees::PROCS != 0;
    let p = Box::into_raw(p);
    let mut answer = None;
    // SAFETY: the pid was reserved for this process; nobody else knows it yet, so this worker
    // owns it and may make it ready.
    unsafe {
        if parent.trace.any(tracees::SEQUENTIAL) {
            let given = [(options.link, "link"), (monitor.is_some(), "monitor")];
            let given: Vec<&str> = given.iter().filter(|o| o.0).map(|o| o.1).collect();
            let number = monitor.unwrap_or_else(|| vm.next_reference());
            let reference = (number, aliased.then_some(parent.pid));
            let token = seq::spawned(w, parent, p, call, &given, reference, options.request);
            answer = token.map(|token| (number, token));
        }
        if traced {
            events::spawned(w, parent, p, call, options.link);
        }
        vm.processes.insert(p);
    }
    w.ready(p);
    Ok(Spawned { pid, monitor, answer })
}

impl Process {
    /// Copies the arguments that it begins with to its fresh heap. False: there is no room, and
    /// nothing has been done.
    fn copy_arguments(&mut self, args: &[Term<'_>], literals: LiteralRange) -> bool {
        let mut off_heap = OffHeap::EMPTY;
        let (mut hp, end) = (self.heap.top, self.heap.stop);
        for (i, arg) in args.iter().enumerate() {
            // SAFETY: the words between top and stop are free.
            let copy = unsafe { copy::try_copy_to(*arg, &mut hp, end, &mut off_heap, literals) };
            let Some(word) = copy else {
                // SAFETY: the objects have just been made, and nothing refers to them.
                unsafe { off_heap.release_all() };
                self.more_regs = None;
                return false;
            };
            match self.regs.get_mut(i) {
                Some(r) => *r = word,
                None => self.more_regs.get_or_insert_default().0.push(word),
            }
        }
        self.heap.top = hp;
        // SAFETY: the objects have just been made in this heap.
        unsafe { self.heap.adopt_off_heap(off_heap) };
        true
    }

    /// Takes a copy of a group leader.
    fn keep_group_leader_of(&mut self, leader: Term<'_>, literals: LiteralRange) {
        self.group_leader =
            if leader.is_immediate() { leader.word() } else { self.keep(leader, literals) };
    }

    /// A copy of a term beside its heap.
    fn keep(&mut self, t: Term<'_>, literals: LiteralRange) -> Word {
        let parcel = Parcel::copy(SignalKind::Data, t, literals);
        let word = parcel.term().word();
        // SAFETY: the fragment, which holds the copy, is given up.
        unsafe { self.heap.adopt(parcel.into_raw()) };
        word
    }
}

/// Makes a process that another node has asked for, and lets it run. `note` is called when its pid is
/// known and nobody else can know it, `traced` when it is complete and nobody else has it.
pub fn spawn_for_other(
    w: &mut Worker,
    call: Call<'_, '_>,
    options: &SpawnOptions,
    requested: &Requested<'_>,
    note: impl FnOnce(Pid),
    traced: impl FnOnce(&mut Worker, *mut Process),
) -> Result<Pid, SystemLimit> {
    let vm = w.vm.clone();
    let mut p = create(&vm, Some(&mut *w), call, options)?;
    let pid = p.pid;
    let literals = vm.literals.range();
    p.keep_group_leader_of(requested.leader, literals);
    let from = Parcel::build(SignalKind::Data, 8, literals, |a| requested.from.term(a));
    p.parent = p.keep(from.term(), literals);
    if requested.link {
        let link = RemoteLink { unlinking: 0, connection: requested.connection };
        p.remote().links.insert(requested.from, link);
    }
    if requested.monitor {
        p.remote().watchers.insert(requested.reference, (requested.from, None));
    }
    note(pid);
    let p = Box::into_raw(p);
    traced(w, p);
    // SAFETY: as in `spawn`.
    unsafe { vm.processes.insert(p) };
    w.ready(p);
    Ok(pid)
}

/// Makes a process from a thread that is no worker: the first of a machine. Its group leader is
/// `group_leader`, or else itself.
pub fn spawn_root(
    vm: &Vm,
    call: Call<'_, '_>,
    group_leader: Option<Pid>,
) -> Result<Pid, SystemLimit> {
    let mut p = create(vm, None, call, &SpawnOptions::default())?;
    p.role = Role::Root;
    Ok(enqueue_first(vm, p, group_leader))
}

/// Makes one of the processes that a machine has before any other: `options.system` holds. The
/// first has no `parent`.
pub fn spawn_system(
    vm: &Vm,
    call: Call<'_, '_>,
    parent: Option<Pid>,
    options: SpawnOptions,
) -> Result<Pid, SystemLimit> {
    let options = SpawnOptions { system: true, ..options };
    let mut p = create(vm, None, call, &options)?;
    if let Some(parent) = parent {
        p.parent = Word::from_pid(parent);
    }
    Ok(enqueue_first(vm, p, parent))
}

/// Lets a process run that belongs to no other. Its group leader is `leader`, or else itself.
fn enqueue_first(vm: &Vm, mut p: Box<Process>, leader: Option<Pid>) -> Pid {
    let pid = p.pid;
    p.group_leader = Word::from_pid(leader.unwrap_or(pid));
    let p = Box::into_raw(p);
    // SAFETY: as in `spawn`; the process is the caller's to enqueue.
    unsafe { vm.processes.insert(p) };
    vm.enqueue(0, p);
    pid
}
