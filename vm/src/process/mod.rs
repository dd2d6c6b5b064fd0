//! Processes: the control block, its signals, mailbox, links, monitors and timers.
//!
//! # Who may touch a process
//! `queue`, `pid`, `role`, `named`, `tables` and `trace` are for everybody. Everything else belongs to the owner:
//! the worker that took the process from a run queue (see `signal` for how ownership passes).
//! Others never make a reference to more than one of those six fields, so owner and others never
//! alias. The block itself is freed when no worker can still hold its address (see
//! `sched::quiescence`).

pub mod aside;
pub mod dictionary;
pub mod exit;
pub mod few;
pub mod flags;
pub mod info;
pub mod link;
pub mod literals;
pub mod mailbox;
pub mod monitor;
pub mod parcel;
pub mod receive;
pub mod registry;
pub mod relations;
pub mod report;
pub mod roots;
pub mod send;
pub mod signal;
pub mod spawn;
pub mod spawn_options;
pub mod suspend;
pub mod table;

pub use parcel::Parcel;

use crate::code::Export;
use crate::heap::Heap;
use crate::heap::process_heap::{FIRST_BLOCK, next_size};
use crate::heap::words::prefetch_line;
use crate::term::{Atom, Pid, PortId, Word};
use few::Few;
use hashbrown::HashMap;
use mailbox::Mailbox;
use relations::Relations;
use signal::{InQueue, Watched};
use std::ptr::NonNull;

/// Priorities, most urgent first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "the priorities by their own names")]
pub enum Priority {
    Max,
    High,
    Normal,
    Low,
}

/// What the end of a process means to the machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Nothing.
    Ordinary,
    /// It is one of the machine's own, which does not go on without it.
    System,
    /// The machine stops.
    Root,
}

/// A collection that is asked for. Of two, the later in this list is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Collection {
    /// Of everything, but only if it refers to literals that are given up.
    Literals,
    /// Of the young heap, unless more is due.
    Minor,
    /// Of everything.
    Major,
    /// Of everything; then the process sleeps until there is a message (`hibernate`).
    Hibernate,
}

impl Collection {
    /// What is asked for by one of the first two.
    pub fn of(major: bool) -> Collection {
        if major { Collection::Major } else { Collection::Minor }
    }
}

/// Registers saved inline while a process does not run; more go to a vector.
pub const INLINE_REGS: usize = 4;

/// A process. What a message hop touches comes first (`HOT_LINES`).
#[repr(C, align(64))]
pub struct Process {
    /// Where others leave signals; also the scheduling state.
    pub queue: InQueue,
    /// Its pid.
    pub pid: Pid,
    /// What is traced of it. Everybody's.
    pub trace: crate::trace::tracees::Tracee,
    /// What its end means to the machine. Set when it is made and never changed: everybody's.
    pub role: Role,
    /// It has a registered name; set and cleared under the registry's lock. Everybody's too.
    pub named: crate::sync::AtomicBool,
    /// It owns an ETS table or keeps one fixed, or did; set under a lock of `ets`. Everybody's.
    pub tables: crate::sync::AtomicBool,
    /// A collection is to be made before it goes on.
    pub collection_request: Option<Collection>,
    /// The worker that it runs on alone (`process_flag(scheduler, N)`), from 1; 0: any.
    pub bound: u8,
    /// It is on its way out, with `exit_reason`; it will not run code again.
    pub exiting: bool,
    /// Its slice is to end before it goes on.
    pub yielding: bool,
    /// How often others have suspended it; and whether a native of it blocks (see `aside`).
    pub suspended: u16,
    /// How many X registers are saved in `regs` and `more_regs`.
    pub live: u16,
    /// It waits in a receive (and may have been woken since by a signal not yet handled).
    pub waiting: bool,
    /// `process_flag(trap_exit)`.
    pub trap_exit: bool,
    /// A message is being looked at: a collection must keep the mailbox's current message.
    pub peeking: bool,
    /// Its priority.
    pub priority: Priority,
    /// Where it goes on.
    pub ip: *const u64,
    /// Where the running function returns to.
    pub cp: *const u64,
    /// When the receive it waits in times out, in the world's nanoseconds; 0: no timeout set.
    pub deadline: u64,
    /// Reductions it has used.
    pub reductions: u64,
    /// Its messages.
    pub mailbox: Mailbox,
    /// Heap and stack.
    pub heap: Heap,
    /// The process that it has last sent a message to, which may be gone: an address to ask the cache
    /// for, and no more.
    pub sent_to: *const Process,
    /// X registers while it does not run.
    pub regs: [Word; INLINE_REGS],
    /// X registers beyond those, if ever there were some.
    pub more_regs: Option<Box<MoreRegs>>,
    /// When the wheel will next tell it that time has passed; 0: not at all.
    pub alarm: u64,
    /// Its group leader: a pid, if of another node one of its heap.
    pub group_leader: Word,
    /// Why it exits, once `exiting`; lies in its heap or a fragment.
    pub exit_reason: Word,
    /// The function it was started with.
    pub initial_call: Option<&'static Export>,
    /// Who started it: a pid as `group_leader`, or `undefined`.
    pub parent: Word,
    /// Its links, and who watches it.
    pub relations: Relations,
    /// What only some processes have.
    pub rare: Option<Box<Rare>>,
}

/// X registers beyond [`INLINE_REGS`] while a process does not run.
#[derive(Default)]
pub struct MoreRegs(pub Vec<Word>);

/// How many cache lines of a process a message hop touches.
const HOT_LINES: usize = 3;
const _: () = assert!(std::mem::offset_of!(Process, heap) + Heap::HOT_BYTES <= HOT_LINES * 64);

/// Asks for the cache lines that a message to the process and its next slice will touch.
#[inline(always)]
pub fn prefetch(p: *const Process) {
    for line in 0..HOT_LINES {
        prefetch_line(p.cast::<u8>().wrapping_add(line * 64));
    }
}

/// Asks for the lines of heap and stack that the next slice of a process will touch.
///
/// # Safety
/// The caller owns the process.
#[inline(always)]
pub unsafe fn prefetch_heap(p: *const Process) {
    // SAFETY: the caller's promise.
    unsafe {
        prefetch_line((*p).heap.stop.cast());
        prefetch_line((*p).heap.top.cast());
    }
}

/// The state of one link.
#[derive(Clone, Copy, Debug, Default)]
pub struct LinkState {
    /// Not 0: `unlink` was called and the acknowledgement of this id is still to come; until then
    /// the link counts as gone.
    pub unlinking: u64,
}

/// A monitor that this process has set.
pub struct MonitorOut {
    /// What it watches: the process found when it was set.
    pub pid: Option<Pid>,
    /// The port that it watches.
    pub port: Option<PortId>,
    /// How it was named: a name if it was set by name.
    pub target: Watched,
    /// What stands for `'DOWN'` in the message, if something else does.
    pub tag: Option<Parcel>,
    /// How the reference works as an alias, if it still does.
    pub alias: AliasMode,
    /// Whether the reference was made as an alias: then its term says so.
    pub alias_reference: bool,
}

/// How a reference is an alias of its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AliasMode {
    /// It is none.
    None,
    /// Until `unalias`.
    Explicit,
    /// Until the monitor is removed or fires, or `unalias`.
    Demonitor,
    /// As `Demonitor`, and also until the first message through it.
    ReplyDemonitor,
}

/// What only some processes have: kept apart so that an idle process is small.
#[derive(Default)]
pub struct Rare {
    /// Process dictionary.
    pub dictionary: dictionary::Dictionary,
    /// Links to ports. They are set and taken away under the port's lock, so there is nothing to
    /// wait for.
    pub port_links: std::collections::BTreeSet<PortId>,
    /// Monitors set by this process, by reference number.
    pub monitors: Few<u64, MonitorOut>,
    /// Aliases that are no monitors, by reference number.
    pub aliases: Few<u64, AliasMode>,
    /// `max_heap_size` in words; 0: none.
    pub max_heap_size: usize,
    /// `max_heap_size`: do not kill.
    pub max_heap_spares: bool,
    /// `max_heap_size`: do not log.
    pub max_heap_silent: bool,
    /// `min_bin_vheap_size` in words as set; 0: default.
    pub min_bin_vheap_size: usize,
    /// `error_handler` module, if not the default.
    pub error_handler: Option<Atom>,
    /// `process_flag(save_calls)`.
    pub saved_calls: Option<Box<crate::trace::saved_calls::SavedCalls>>,
    /// `message_queue_data` is `off_heap`.
    pub message_queue_off_heap: bool,
    /// `process_flag(sensitive)`.
    pub sensitive: bool,
    /// It may do with ETS tables what their owners may.
    pub ets_super_user: bool,
    /// Where its dirty worker waits for it, while others may have it.
    pub aside: Option<crate::sync::Arc<aside::Place>>,
    /// Whom this process has suspended, and how often.
    pub suspending: HashMap<Pid, u32>,
    /// Numbers for `unlink`.
    pub next_unlink: u64,
    /// Signals that came behind one that made it exit.
    pub unhandled: Option<NonNull<crate::heap::Fragment>>,
    /// Who has asked for a collection, with the request.
    pub collection_answers: Vec<(Pid, Parcel)>,
    /// Who has asked whether it refers to literals that are given up, with the request.
    pub literal_requests: Vec<(Pid, Parcel)>,
    /// Its part in sequential tracing.
    pub sequential: crate::trace::seq::State,
    /// What it has to do with other nodes.
    pub remote: Option<Box<crate::dist::Remote>>,
    /// Open files.
    pub files: crate::io::file::OwnedFiles,
}

impl Process {
    /// A process that has not run, with a heap of at least `words` words.
    pub fn new(pid: Pid, words: usize, fullsweep_after: u16) -> Process {
        let words = if words <= FIRST_BLOCK { FIRST_BLOCK } else { next_size(words) };
        Process {
            queue: InQueue::new(),
            pid,
            role: Role::Ordinary,
            named: crate::sync::AtomicBool::new(false),
            tables: crate::sync::AtomicBool::new(false),
            trace: crate::trace::tracees::Tracee::default(),
            collection_request: None,
            yielding: false,
            waiting: false,
            heap: Heap::new(words, fullsweep_after),
            ip: std::ptr::null(),
            cp: std::ptr::null(),
            live: 0,
            trap_exit: false,
            peeking: false,
            priority: Priority::Normal,
            suspended: 0,
            bound: 0,
            exiting: false,
            regs: [Word::NIL; INLINE_REGS],
            sent_to: std::ptr::null(),
            more_regs: None,
            mailbox: Mailbox::new(),
            deadline: 0,
            alarm: 0,
            reductions: 0,
            group_leader: Word::NIL,
            exit_reason: Word::NIL,
            initial_call: None,
            parent: Word::from_atom(crate::term::atoms::UNDEFINED),
            relations: Relations::default(),
            rare: None,
        }
    }

    /// Makes a process as [`Process::new`] does, of one that has exited: nobody can have its address
    /// any more, and what it had has been freed but for its heap's first block.
    pub fn renew(&mut self, new_pid: Pid, words: usize, fullsweep: u16) {
        let words = if words <= FIRST_BLOCK { FIRST_BLOCK } else { next_size(words) };
        // All fields by name, so that none is forgotten.
        let Process {
            queue,
            pid,
            trace,
            role,
            named,
            tables,
            collection_request,
            bound,
            exiting,
            yielding,
            suspended,
            live,
            waiting,
            trap_exit,
            peeking,
            priority,
            ip,
            cp,
            deadline,
            reductions,
            mailbox,
            heap,
            // No more than a guess.
            sent_to: _,
            regs: _,
            more_regs,
            alarm,
            group_leader,
            exit_reason,
            initial_call,
            parent,
            relations,
            rare,
        } = self;
        debug_assert!(more_regs.is_none() && relations.is_empty() && rare.is_none());
        debug_assert!(mailbox.len == 0);
        *queue = InQueue::new();
        *pid = new_pid;
        *trace = crate::trace::tracees::Tracee::default();
        *role = Role::Ordinary;
        *named = crate::sync::AtomicBool::new(false);
        *tables = crate::sync::AtomicBool::new(false);
        *collection_request = None;
        (*bound, *suspended, *live) = (0, 0, 0);
        (*exiting, *yielding, *waiting, *trap_exit, *peeking) = (false, false, false, false, false);
        *priority = Priority::Normal;
        (*ip, *cp) = (std::ptr::null(), std::ptr::null());
        (*deadline, *alarm, *reductions) = (0, 0, 0);
        heap.renew(words, fullsweep);
        *group_leader = Word::NIL;
        *exit_reason = Word::NIL;
        *initial_call = None;
        *parent = Word::from_atom(crate::term::atoms::UNDEFINED);
    }

    /// The X registers that are saved beyond `regs`.
    pub fn more_regs(&mut self) -> &mut [Word] {
        self.more_regs.as_mut().map_or(&mut [], |more| &mut more.0)
    }

    /// The function it was started with.
    pub fn initial_function(&self) -> (Atom, Atom, u8) {
        let empty = crate::term::atoms::EMPTY;
        self.initial_call.map_or((empty, empty, 0), |e| (e.module, e.function, e.arity))
    }

    /// Whether something is to be done about it before it goes on: after natives.
    #[inline(always)]
    pub fn wants_attention(&self) -> bool {
        self.exiting | self.yielding | (self.suspended > 0) | self.collection_request.is_some()
    }

    /// Asks for a collection before it goes on.
    pub fn request_collection(&mut self, kind: Collection) {
        self.collection_request = self.collection_request.max(Some(kind));
    }

    /// Words of the messages that count as part of its heap (`message_queue_data`).
    pub fn on_heap_message_words(&self) -> usize {
        let off_heap = self.rare.as_ref().is_some_and(|rare| rare.message_queue_off_heap);
        if off_heap { 0 } else { self.mailbox.words() }
    }

    /// What only some processes have, made if it is not there yet.
    pub fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }
}

const _: () = assert!(size_of::<Process>() <= 384);
