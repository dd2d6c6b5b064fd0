//! The machine as one value: everything that its processes share.

use crate::code::CodeTable;
use crate::heap::LiteralArena;
use crate::io::poller::Poller;
use crate::io::port::Ports;
use crate::native::NativeDef;
use crate::persistent::PersistentTerms;
use crate::process::registry::Registry;
use crate::process::table::ProcessTable;
use crate::sched::dirty::DirtyWorkers;
use crate::sched::quiescence::Quiescence;
use crate::sched::statistics::Statistics;
use crate::sched::worker::Idle;
use crate::sched::world::World;
use crate::sched::{Worker, WorkerShared};
use crate::settings::Settings;
use crate::sync::{Arc, AtomicBool, AtomicU64, Condvar, Mutex, Ordering};
use crate::system_flags::SystemFlags;
use crate::term::AtomTable;
use crate::timer::Timers;
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
    /// The native functions.
    pub natives: &'static [&'static [NativeDef]],
    /// The OTP release whose semantics apply.
    pub release: u32,
    /// Where modules are found.
    pub code_source: Box<dyn CodeSource>,
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
            natives,
            release: 25,
            code_source: Box::new(NoCode),
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
    /// All processes.
    pub processes: ProcessTable,
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
    /// What programs change while it runs.
    pub flags: SystemFlags,
    /// Regular expressions compiled lately.
    pub regexes: crate::regex::Cache,
    /// What waits to be freed.
    pub quiescence: Quiescence,
    /// What is counted.
    pub statistics: Statistics,
    /// What workers show each other.
    pub workers: Box<[WorkerShared]>,
    /// Workers with nothing to do.
    pub idle: Idle,
    /// The OTP release whose semantics apply.
    pub release: u32,
    /// Where modules are found.
    pub code_source: Box<dyn CodeSource>,
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
    /// Processes that wait for a dirty worker.
    pub dirty: DirtyWorkers,
    /// Persistent terms.
    pub persistent: PersistentTerms,
    /// Held by a thread that is no worker while it delivers a signal.
    pub(crate) outside: Mutex<()>,
    references: AtomicU64,
    stopping: AtomicBool,
    exit_status: Mutex<Option<i32>>,
    stopped: Condvar,
}

impl Vm {
    /// A machine without code or processes. Fails if the system gives it no memory.
    pub fn new(config: Config) -> std::io::Result<Arc<Vm>> {
        let atoms = AtomTable::new(config.atom_limit);
        let environment = crate::environment::Environment::inherited();
        let code = CodeTable::new(&atoms, config.natives);
        let dirty = DirtyWorkers::new(&config.settings);
        Ok(Arc::new(Vm {
            literals: LiteralArena::new()?,
            code,
            processes: ProcessTable::new(config.process_limit),
            names: Registry::default(),
            world: World::new(config.slice_seed),
            timers: Timers::new(config.workers),
            ets: crate::ets::Tables::default(),
            signals: crate::io::signals::Signals::default(),
            file_names: crate::io::file_names::FileNames::new(&config.settings, &environment),
            environment,
            flags: SystemFlags::new(&config.settings, config.workers),
            regexes: crate::regex::Cache::default(),
            quiescence: Quiescence::new(config.workers + 1 + dirty.count() + 1),
            statistics: Statistics::default(),
            workers: (0..config.workers).map(|_| WorkerShared::default()).collect(),
            idle: Idle::default(),
            release: config.release,
            code_source: config.code_source,
            settings: config.settings,
            stdout: Mutex::new(std::io::BufWriter::with_capacity(1 << 16, std::io::stdout())),
            terminal: crate::io::terminal::mode::Mode::default(),
            ports: Ports::default(),
            poller: Poller::new()?,
            dirty,
            persistent: PersistentTerms::default(),
            outside: Mutex::new(()),
            references: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
            exit_status: Mutex::new(None),
            stopped: Condvar::new(),
            atoms,
        }))
    }

    /// A number that no reference has had yet.
    pub fn next_reference(&self) -> u64 {
        self.references.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether the machine is to stop.
    #[inline]
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Stops the machine with an exit status; the first call decides.
    pub fn stop(&self, status: i32) {
        let mut s = self.exit_status.lock();
        if s.is_none() {
            *s = Some(status);
        }
        self.stopping.store(true, Ordering::SeqCst);
        self.stopped.notify_all();
        drop(s);
        self.wake_all();
        self.dirty.wake_all();
        self.poller.wake();
    }

    /// Stops the machine because it cannot go on: says why on standard error, leaves a crash dump
    /// and exits with status 1.
    pub fn crash(&self, slogan: &str) {
        crate::crash_dump::announce(self, slogan);
        self.stop(1);
    }

    /// Runs the workers until the machine stops, and gives its exit status. Called once.
    pub fn run(self: &Arc<Vm>) -> std::io::Result<i32> {
        // Where there is no list of descriptors none can be kept from anybody.
        let _ = crate::io::port::child::keep_descriptors();
        DirtyWorkers::start(self)?;
        Poller::start(self)?;
        let threads: Vec<_> = (0..self.workers.len())
            .map(|id| {
                let vm = self.clone();
                std::thread::Builder::new().name(format!("worker {id}")).stack_size(8 << 20).spawn(
                    move || {
                        let run = || Worker::new(vm.clone(), id).run();
                        if catch_unwind(AssertUnwindSafe(run)).is_err() {
                            // What it ran is lost and others may wait for it: a mistake of ours.
                            vm.crash("internal error: a worker has failed");
                        }
                    },
                )
            })
            .collect::<Result<_, _>>()?;
        let mut status = self.exit_status.lock();
        while status.is_none() {
            self.stopped.wait(&mut status);
        }
        let code = status.unwrap_or(0);
        drop(status);
        self.terminal.leave();
        for t in threads {
            let _ = t.join();
        }
        Ok(code)
    }
}
