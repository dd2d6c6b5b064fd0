//! The machine as one value: everything that its processes share.

use crate::code::CodeTable;
use crate::heap::LiteralArena;
use crate::io::poller::Poller;
use crate::io::port::Ports;
use crate::io::socket_set::SocketSet;
use crate::native::NativeDef;
use crate::persistent::PersistentTerms;
use crate::process::registry::Registry;
use crate::process::table::ProcessTable;
use crate::sched::accounts::Accounts;
use crate::sched::active::Active;
use crate::sched::binding::Binding;
use crate::sched::clock::Clock;
use crate::sched::dirty::DirtyWorkers;
use crate::sched::quiescence::Quiescence;
use crate::sched::rest::WallTime;
use crate::sched::standstill::{self, Standstill};
use crate::sched::statistics::Statistics;
use crate::sched::worker::Idle;
use crate::sched::world::World;
use crate::sched::{Worker, WorkerShared};
use crate::settings::Settings;
use crate::sync::{Arc, AtomicU8, AtomicU64, Condvar, Mutex, Ordering, Padded};
use crate::system_flags::SystemFlags;
use crate::term::AtomTable;
use crate::timer::Timers;
use loader::Records;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Where the machine finds modules that are asked for by name.
pub trait CodeSource: Send + Sync {
    /// The bytes of a module's .beam file, and the file's name.
    fn find(&self, module: &str) -> Option<(Vec<u8>, String)>;

    /// Looks in a folder too, before (`first`) or after the others. False if there is none.
    fn add_path(&self, dir: &str, first: bool) -> bool;
}

/// What a machine is made with.
pub struct Config {
    /// Workers (`+S`).
    pub workers: usize,
    /// The most processes at a time (`+P`).
    pub process_limit: usize,
    /// The most atoms (`+t`).
    pub atom_limit: usize,
    /// Seed of random slice lengths, for tests.
    pub slice_seed: Option<u64>,
    /// How often a function is called before it gets native code; `None`: none does.
    pub compile_after: Option<u32>,
    /// The native functions.
    pub natives: &'static [&'static [NativeDef]],
    /// The OTP release whose semantics apply.
    pub release: u32,
    /// Where modules are found.
    pub code_source: Box<dyn CodeSource>,
    /// Modules that need not be verified again.
    pub records: Records,
    /// What else the command line said.
    pub settings: Settings,
}

/// No modules at all.
struct NoCode;

impl CodeSource for NoCode {
    fn find(&self, _: &str) -> Option<(Vec<u8>, String)> {
        None
    }

    fn add_path(&self, _: &str, _: bool) -> bool {
        false
    }
}

impl Config {
    /// A small machine that finds no modules, of the release that tests compare with: for terms
    /// and natives by themselves.
    pub fn bare(natives: &'static [&'static [NativeDef]]) -> Config {
        Config {
            workers: 1,
            process_limit: 1024,
            atom_limit: 100_000,
            slice_seed: None,
            compile_after: Some(crate::jit::CALLS),
            natives,
            release: 25,
            code_source: Box::new(NoCode),
            records: Records::default(),
            settings: Settings::new(1),
        }
    }
}

/// One machine. There is no state outside it, so that two can live in one program.
pub struct Vm {
    /// All atoms.
    pub atoms: AtomTable,
    /// Terms outside process heaps.
    pub literals: LiteralArena,
    /// Code and function names.
    pub code: CodeTable,
    /// What makes native code of it.
    pub jit: crate::jit::Jit,
    /// All processes.
    pub processes: ProcessTable,
    /// Other nodes, and this one's name.
    pub nodes: crate::dist::Nodes,
    /// Registered names.
    pub names: Registry,
    /// Clocks and the like.
    pub world: World,
    /// Timers.
    pub timers: Timers,
    /// ETS tables.
    pub ets: crate::ets::Tables,
    /// Environment variables.
    pub environment: crate::environment::Environment,
    /// What is done with signals of the operating system.
    pub signals: crate::io::signals::Signals,
    /// How names of files are read and written.
    pub file_names: crate::io::file_names::FileNames,
    /// The computer's processors, and which workers are bound to them.
    pub(crate) binding: Binding,
    /// Threads look out for what they expect before they sleep: there are several processors.
    pub(crate) looks_out: bool,
    /// What programs change while it runs.
    pub flags: SystemFlags,
    /// Regular expressions compiled lately.
    pub regexes: crate::regex::Cache,
    /// What waits to be freed.
    pub quiescence: Quiescence,
    /// What there is to the time offset.
    pub clock: Clock,
    /// What is counted.
    pub statistics: Statistics,
    /// Whether it is counted how long workers are busy.
    pub wall_time: WallTime,
    /// What workers show each other.
    pub workers: Box<[WorkerShared]>,
    /// Workers with nothing to do.
    pub idle: Idle,
    /// The OTP release whose semantics apply.
    pub release: u32,
    /// Where modules are found.
    pub code_source: Box<dyn CodeSource>,
    /// Modules that need not be verified again.
    pub(crate) records: Records,
    /// What the command line said.
    pub settings: Settings,
    /// Standard output, kept back until it is flushed or much has come.
    pub stdout: Mutex<std::io::BufWriter<std::io::Stdout>>,
    /// The mode of the terminal.
    pub terminal: crate::io::terminal::mode::Mode,
    /// All ports.
    pub ports: Ports,
    /// What waits for descriptors.
    pub poller: Poller,
    /// How workers wait for sockets.
    pub sockets: SocketSet,
    /// Processes that wait for a dirty worker.
    pub dirty: DirtyWorkers,
    /// Magic references that have been text or bytes.
    pub magic_refs: crate::heap::magic_refs::MagicRefs,
    /// Literal areas that nobody needs any more.
    pub given_up: crate::heap::given_up::GivenUp,
    /// Persistent terms.
    pub persistent: PersistentTerms,
    /// What is traced.
    pub tracing: crate::trace::Tracing,
    /// Held by a thread that is no worker while it delivers a signal.
    pub(crate) outside: Mutex<()>,
    /// Who stands while others look at processes.
    pub(crate) standstill: Standstill,
    /// On what threads spend their time.
    pub(crate) accounts: Accounts,
    /// Which workers run processes.
    pub(crate) active: Active,
    references: Padded<AtomicU64>,
    /// What workers look at between slices: `STOPPING` and the like.
    interrupts: AtomicU8,
    ending: Mutex<Ending>,
    stopped: Condvar,
    /// Memory given back when there is no other, so that a crash dump can be written.
    reserve: Mutex<Vec<u8>>,
}

/// The machine stops.
const STOPPING: u8 = 1;
/// Workers are to stand still.
const HELD: u8 = 2;
/// Not all workers run processes.
const NARROWED: u8 = 4;
/// Slices are measured (`system_monitor`).
const MONITORED: u8 = 8;
/// Slices are told of (`system_profile`).
const PROFILED: u8 = 16;
/// Threads say what they do (`sched::accounts`).
const ACCOUNTED: u8 = 32;
/// Bytes kept for when memory is exhausted.
const RESERVE: usize = 8 << 20;

/// How the machine ends, once that is decided.
#[derive(Default)]
struct Ending {
    status: Option<i32>,
    crash: Option<Crash>,
    /// Somebody waits for it.
    awaited: bool,
}

/// Why the machine cannot go on.
pub(crate) struct Crash {
    /// In words.
    pub slogan: String,
    /// Which thread says so.
    pub thread: String,
}

impl Vm {
    /// A machine without code or processes. Fails if the system gives it no memory.
    pub fn new(config: Config) -> std::io::Result<Arc<Vm>> {
        let atoms = AtomTable::new(config.atom_limit);
        let environment = crate::environment::Environment::inherited();
        let code = CodeTable::new(&atoms, config.natives);
        let dirty = DirtyWorkers::new(&config.settings);
        let online = config.settings.schedulers_online.clamp(1, config.workers);
        let binding = Binding::new(&config.settings, config.workers);
        // Workers, those outside, dirty workers, the poller, and whoever looks at processes while
        // all others stand.
        let participants = config.workers + 1 + dirty.count() + 2;
        Ok(Arc::new(Vm {
            literals: LiteralArena::new()?,
            code,
            jit: crate::jit::Jit::new(config.compile_after),
            processes: ProcessTable::new(config.process_limit),
            nodes: crate::dist::Nodes::new(&config.settings),
            names: Registry::default(),
            world: World::new(config.slice_seed),
            timers: Timers::new(config.workers),
            ets: crate::ets::Tables::default(),
            signals: crate::io::signals::Signals::default(),
            file_names: crate::io::file_names::FileNames::new(&config.settings, &environment),
            environment,
            looks_out: binding.processors() > 1,
            binding,
            flags: SystemFlags::new(&config.settings, config.workers),
            regexes: crate::regex::Cache::default(),
            quiescence: Quiescence::new(participants),
            clock: Clock::default(),
            standstill: Standstill::new(config.workers, participants),
            accounts: Accounts::new(participants),
            active: Active::new(online),
            statistics: Statistics::default(),
            wall_time: WallTime::default(),
            workers: (0..config.workers).map(|_| WorkerShared::default()).collect(),
            idle: Idle::default(),
            release: config.release,
            code_source: config.code_source,
            records: config.records,
            settings: config.settings,
            stdout: Mutex::new(std::io::BufWriter::with_capacity(1 << 16, std::io::stdout())),
            terminal: crate::io::terminal::mode::Mode::default(),
            ports: Ports::default(),
            poller: Poller::new()?,
            sockets: SocketSet::new()?,
            dirty,
            given_up: crate::heap::given_up::GivenUp::default(),
            magic_refs: crate::heap::magic_refs::MagicRefs::default(),
            persistent: PersistentTerms::default(),
            tracing: crate::trace::Tracing::default(),
            outside: Mutex::new(()),
            references: Padded(AtomicU64::new(1)),
            interrupts: AtomicU8::new(if online < config.workers { NARROWED } else { 0 }),
            ending: Mutex::default(),
            stopped: Condvar::new(),
            reserve: Mutex::new(Vec::with_capacity(RESERVE)),
            atoms,
        }))
    }

    /// The version of the emulator that the release comes with.
    pub fn erts_version(&self) -> &'static str {
        erts_version(self.release)
    }

    /// What the machine calls itself, a line.
    pub fn system_version(&self) -> String {
        let (release, n) = (self.release, self.workers.len());
        let erts = self.erts_version();
        format!("Erlang/OTP {release} [erts-{erts}] [64-bit] [smp:{n}:{n}] [girder]\n")
    }

    /// A number that no reference has had yet.
    pub fn next_reference(&self) -> u64 {
        self.references.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether workers are to do something else than run processes.
    #[inline]
    pub(crate) fn interrupted(&self) -> bool {
        self.interrupts.load(Ordering::Relaxed) != 0
    }

    /// Whether the machine is to stop.
    #[inline]
    pub fn stopping(&self) -> bool {
        self.interrupts.load(Ordering::Relaxed) & STOPPING != 0
    }

    /// Whether not all workers run processes.
    #[inline]
    pub(crate) fn narrowed(&self) -> bool {
        self.interrupts.load(Ordering::Relaxed) & NARROWED != 0
    }

    pub(crate) fn set_narrowed(&self, narrowed: bool) {
        if narrowed {
            self.interrupts.fetch_or(NARROWED, Ordering::SeqCst);
        } else {
            self.interrupts.fetch_and(!NARROWED, Ordering::SeqCst);
        }
    }

    pub(crate) fn workers_are_held(&self) -> bool {
        self.interrupts.load(Ordering::SeqCst) & HELD != 0
    }

    pub(crate) fn hold_workers(&self) {
        self.interrupts.fetch_or(HELD, Ordering::SeqCst);
    }

    pub(crate) fn release_workers(&self) {
        self.interrupts.fetch_and(!HELD, Ordering::SeqCst);
    }

    /// Whether slices are to be looked at.
    pub(crate) fn slices_watched(&self) -> bool {
        self.interrupts.load(Ordering::Relaxed) & (MONITORED | PROFILED) != 0
    }

    /// Makes workers say what they do, or no longer.
    pub(crate) fn set_slices_accounted(&self, on: bool) {
        if on {
            self.interrupts.fetch_or(ACCOUNTED, Ordering::SeqCst);
        } else {
            self.interrupts.fetch_and(!ACCOUNTED, Ordering::SeqCst);
        }
    }

    /// Makes workers look at slices, for the profiler or the monitor, or no longer.
    pub(crate) fn set_slices_watched(&self, on: bool, profiler: bool) {
        let bit = if profiler { PROFILED } else { MONITORED };
        if on {
            self.interrupts.fetch_or(bit, Ordering::SeqCst);
        } else {
            self.interrupts.fetch_and(!bit, Ordering::SeqCst);
        }
    }

    /// Stops the machine with an exit status; the first call decides.
    pub fn stop(&self, status: i32) {
        let mut ending = self.ending.lock();
        if ending.crash.is_none() {
            self.end(&mut ending, status);
        }
    }

    fn end(&self, ending: &mut Ending, status: i32) {
        if ending.status.is_none() {
            ending.status = Some(status);
        }
        crate::allocator::program_ends();
        self.interrupts.fetch_or(STOPPING, Ordering::SeqCst);
        self.stopped.notify_all();
        self.standstill.notify();
        self.wake_all();
        self.dirty.wake_all();
        self.poller.wake();
    }

    /// Stops the machine because it cannot go on: says why on standard error, leaves a crash dump
    /// and exits with status 1. A worker that calls it waits for that.
    pub fn crash(&self, slogan: &str) {
        self.crash_here(slogan, true);
    }

    /// As [`Vm::crash`]. `whole`: what the calling worker runs may be looked at.
    fn crash_here(&self, slogan: &str, whole: bool) {
        let me = standstill::participant().filter(|(vm, _)| std::ptr::eq(&raw const **vm, self));
        {
            let mut ending = self.ending.lock();
            if !ending.awaited {
                return;
            }
            if ending.status.is_none() && ending.crash.is_none() {
                let thread = match &me {
                    Some((_, n)) if *n < self.workers.len() => format!("scheduler:{}", n + 1),
                    _ => std::thread::current().name().unwrap_or("unnamed").to_owned(),
                };
                ending.crash = Some(Crash { slogan: slogan.to_owned(), thread });
            }
        }
        self.stopped.notify_all();
        if let Some((_, n)) = me {
            self.halt_here(n, whole);
        }
    }

    /// Runs the workers until the machine stops, and gives its exit status. Called once.
    pub fn run(self: &Arc<Vm>) -> std::io::Result<i32> {
        self.ending.lock().awaited = true;
        // Where there is no list of descriptors none can be kept from anybody.
        let _ = crate::io::port::child::prepare();
        DirtyWorkers::start(self)?;
        Poller::start(self)?;
        let threads: Vec<_> = (0..self.workers.len())
            .map(|id| {
                let vm = self.clone();
                std::thread::Builder::new().name(format!("worker {id}")).stack_size(8 << 20).spawn(
                    move || {
                        vm.worker_begins(id);
                        let run = || Worker::new(vm.clone(), id).run();
                        if catch_unwind(AssertUnwindSafe(run)).is_err() {
                            // What it ran is lost and others may wait for it: a mistake of ours.
                            vm.crash_here("internal error: a worker has failed", false);
                        }
                    },
                )
            })
            .collect::<Result<_, _>>()?;
        let mut ending = self.ending.lock();
        let code = loop {
            if let Some(status) = ending.status {
                break status;
            }
            if let Some(crash) = ending.crash.take() {
                // It is still there for whoever else would end the machine.
                ending.crash = Some(Crash { slogan: String::new(), thread: String::new() });
                drop(ending);
                self.terminal.leave();
                crate::crash_dump::write(self, &crash);
                self.end(&mut self.ending.lock(), 1);
                // Some threads will never end: those that got no memory.
                return Ok(1);
            }
            self.stopped.wait(&mut ending);
        };
        drop(ending);
        self.terminal.leave();
        for t in threads {
            let _ = t.join();
        }
        Ok(code)
    }
}

/// What memory was wanted for, where there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wanted {
    Heap,
    Fragment,
    Binary,
    Object,
}

/// Ends the machine that the calling thread works for, for which the system has no more memory.
#[cold]
#[inline(never)]
pub(crate) fn out_of_memory(wanted: Wanted, layout: std::alloc::Layout) -> ! {
    let Some((vm, _)) = standstill::participant() else { std::alloc::handle_alloc_error(layout) };
    *vm.reserve.lock() = Vec::new();
    // In OTP's words.
    let (allocator, kind) = match wanted {
        Wanted::Heap => ("eheap_alloc", "heap"),
        Wanted::Fragment => ("eheap_alloc", "heap_frag"),
        Wanted::Binary => ("binary_alloc", "binary"),
        Wanted::Object => ("ets_alloc", "db_term"),
    };
    let bytes = layout.size();
    let slogan =
        format!("{allocator}: Cannot allocate {bytes} bytes of memory (of type \"{kind}\").");
    vm.crash_here(&slogan, false);
    loop {
        std::thread::park();
    }
}

/// The version of ERTS that belongs to an OTP release: what its programs expect to see.
fn erts_version(release: u32) -> &'static str {
    match release {
        ..=25 => "13.1.5",
        26 => "14.2",
        27 => "15.2",
        28 => "16.1",
        _ => "17.0",
    }
}
