//! What programs change of the machine while it runs (`erlang:system_flag/2`).

use crate::process::spawn::{FULLSWEEP_AFTER, MaxHeapSize, heap_size, told_heap_size};
use crate::settings::Settings;
use crate::sync::{AtomicUsize, Mutex, Ordering};
use crate::term::{Pid, atoms};
use crate::vm::Vm;

/// The longest stack trace that can be asked for.
pub const MAX_BACKTRACE_DEPTH: usize = 64;

/// Where the machine's own messages about processes go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SystemLogger {
    /// To the process registered as `logger`, if there is one.
    Logger,
    /// To that process.
    Process(Pid),
    /// Nowhere but to standard error.
    Undefined,
}

/// A number that can be replaced.
pub struct Number(AtomicUsize);

impl Number {
    fn new(n: usize) -> Number {
        Number(AtomicUsize::new(n))
    }

    /// The number.
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Replaces it; gives what it was.
    pub fn set(&self, n: usize) -> usize {
        self.0.swap(n, Ordering::Relaxed)
    }
}

/// What `loop_limits` are told to be at first.
pub const LOOP_LIMITS: [usize; 3] = [0, 40_000, 40_000];

/// The flags of one machine.
pub struct SystemFlags {
    /// How many items a stack trace has at the most.
    pub backtrace_depth: Number,
    /// What new processes begin with.
    pub fullsweep_after: Number,
    /// In words; 0: the least there is.
    pub min_heap_size: Number,
    /// In words; 0: the default.
    pub min_bin_vheap_size: Number,
    /// What new processes begin with: the size shifted by two, whether to kill, whether to log.
    max_heap_size: Number,
    /// `outstanding_system_requests_limit`
    pub outstanding_system_requests: Number,
    /// Whether test suites may look inside: `available_internal_state`.
    pub internal_state: Number,
    /// How many milliseconds longer a collection takes that is watched: `test_long_gc_sleep`.
    pub test_long_gc_sleep: Number,
    /// `binary_loop_limit`, `re_loop_limit`, `unicode_loop_limit`: told, with no effect.
    pub loop_limits: [Number; 3],
    /// `system_logger`
    pub logger: Mutex<SystemLogger>,
}

impl SystemFlags {
    /// Those that a machine with these settings begins with.
    pub fn new(settings: &Settings, workers: usize) -> SystemFlags {
        let requests = settings.outstanding_system_requests.unwrap_or(2 * workers);
        SystemFlags {
            backtrace_depth: Number::new(8),
            fullsweep_after: Number::new(usize::from(FULLSWEEP_AFTER)),
            min_heap_size: Number::new(match settings.min_heap_size {
                0 => 0,
                words => heap_size(words),
            }),
            min_bin_vheap_size: Number::new(match settings.min_bin_vheap_size {
                0 => 0,
                words => told_heap_size(words),
            }),
            max_heap_size: Number::new(pack(settings.max_heap_size)),
            outstanding_system_requests: Number::new(requests),
            internal_state: Number::new(0),
            test_long_gc_sleep: Number::new(0),
            loop_limits: LOOP_LIMITS.map(Number::new),
            logger: Mutex::new(SystemLogger::Logger),
        }
    }
}

fn pack(max: MaxHeapSize) -> usize {
    max.size << 2 | usize::from(max.kill) << 1 | usize::from(max.log)
}

fn unpack(n: usize) -> MaxHeapSize {
    MaxHeapSize { size: n >> 2, kill: n & 2 != 0, log: n & 1 != 0 }
}

impl SystemFlags {
    /// The `max_heap_size` that new processes begin with.
    pub fn max_heap_size(&self) -> MaxHeapSize {
        unpack(self.max_heap_size.get())
    }

    /// Sets it; gives what it was.
    pub fn set_max_heap_size(&self, max: MaxHeapSize) -> MaxHeapSize {
        unpack(self.max_heap_size.set(pack(max)))
    }
}

impl Vm {
    /// The process that a message of the machine's own is to go to. Where one that was set is gone it
    /// is `logger` from now on.
    pub fn system_logger(&self) -> Option<Pid> {
        let mut logger = self.flags.logger.lock();
        if let SystemLogger::Process(pid) = *logger
            && self.processes.lookup(pid).is_none()
        {
            *logger = SystemLogger::Logger;
        }
        match *logger {
            SystemLogger::Logger => self.names.process(atoms::LOGGER),
            SystemLogger::Process(pid) => Some(pid),
            SystemLogger::Undefined => None,
        }
    }
}
