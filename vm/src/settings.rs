//! What the command line said that programs can read back, or that natives act on.
//!
//! Values are those of OTP's emulator flags, with its defaults. What decides the machine's own
//! shape (workers, limits of tables) is in [`Config`](crate::Config).

use crate::io::file_names::{Encoding, Invalid};
use crate::process::spawn::MaxHeapSize;
use crate::topology::{BindType, Topology};

/// How warnings of the error logger are told (`+W`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the levels by their own names")]
pub enum WarningMap {
    Error,
    Info,
    Warning,
}

/// The time warp mode (`+C`). Time is never warped here; programs can read what was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the modes by their own names")]
pub enum TimeWarp {
    No,
    Single,
    Multi,
}

/// What `^C` does (`+B`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BreakKey {
    /// Brings up the break menu.
    Menu,
    /// Nothing (`+Bi`).
    Ignored,
    /// Ends the machine (`+Bd`).
    Ends,
    /// Interrupts the shell's command (`+Bc`).
    Shell,
}

/// What the command line said.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Schedulers online (the second number of `+S`).
    pub schedulers_online: usize,
    /// Dirty CPU schedulers that are told (`+SDcpu`).
    pub dirty_cpu_schedulers: usize,
    /// Those of them online.
    pub dirty_cpu_schedulers_online: usize,
    /// Dirty I/O schedulers that are told (`+SDio`).
    pub dirty_io_schedulers: usize,
    /// Async threads that are told (`+A`).
    pub async_threads: usize,
    /// The most ports at a time (`+Q`).
    pub port_limit: usize,
    /// The most ETS tables that are told (`+e`).
    pub ets_limit: usize,
    /// Words of `+hms`; 0: the least there is.
    pub min_heap_size: usize,
    /// Words of `+hmbs`; 0: the default.
    pub min_bin_vheap_size: usize,
    /// What new processes begin with (`+hmax`, `+hmaxk`, `+hmaxel`).
    pub max_heap_size: MaxHeapSize,
    /// Messages of new processes lie off their heaps (`+hmqd`).
    pub off_heap_messages: bool,
    /// `+R`
    pub compat_release: Option<u32>,
    /// Kilobytes of `+zdbbl`.
    pub dist_buf_busy_limit: usize,
    /// Seconds of `+zdntgc`; `None`: infinity.
    pub delayed_node_table_gc: Option<u32>,
    /// `+zosrl`
    pub outstanding_system_requests: Option<usize>,
    /// `+W`
    pub warnings: WarningMap,
    /// `+pc unicode`: which characters are printable.
    pub printable_unicode: bool,
    /// How names of files are written; `None`: as the locale says (`+fn`).
    pub name_encoding: Option<Encoding>,
    /// What is done with names that are not written so.
    pub invalid_names: Invalid,
    /// `+c`
    pub time_correction: bool,
    /// `+C`
    pub time_warp: TimeWarp,
    /// `+T`
    pub modified_timing_level: Option<u8>,
    /// `+B`
    pub break_key: BreakKey,
    /// `+spp`
    pub port_parallelism: bool,
    /// `+sct`
    pub topology: Option<Topology>,
    /// The system is not asked for one (`+ssrct`, `+sct`).
    pub topology_unread: bool,
    /// `+sbt`, `+stbt`
    pub bind_type: BindType,
    /// The machine runs without huge pages, and child programs are to have them again.
    pub restore_huge_pages: bool,
    /// The program that stands in for `inet_gethost` where the release does not have it. It is
    /// called by that name.
    pub resolver: Option<Vec<u8>>,
}

impl Settings {
    /// The defaults of a machine with so many workers.
    pub fn new(workers: usize) -> Settings {
        Settings {
            schedulers_online: workers,
            dirty_cpu_schedulers: workers,
            dirty_cpu_schedulers_online: workers,
            dirty_io_schedulers: 10,
            async_threads: 1,
            port_limit: 65_536,
            ets_limit: 8_192,
            min_heap_size: 0,
            min_bin_vheap_size: 0,
            max_heap_size: MaxHeapSize::default(),
            off_heap_messages: false,
            compat_release: None,
            dist_buf_busy_limit: 1_024,
            delayed_node_table_gc: Some(60),
            outstanding_system_requests: None,
            warnings: WarningMap::Warning,
            printable_unicode: false,
            name_encoding: None,
            invalid_names: Invalid::Warning,
            time_correction: true,
            time_warp: TimeWarp::No,
            modified_timing_level: None,
            break_key: BreakKey::Menu,
            port_parallelism: false,
            topology: None,
            topology_unread: false,
            bind_type: BindType::Unbound,
            restore_huge_pages: false,
            resolver: None,
        }
    }
}
