//! Which benchmark programs there are, and compiling them.
//!
//! Invariant: every file of `programs/` is in [`PROGRAMS`] or one of [`OTHERS`]; a test checks it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use stdlib_beams::OtpRoot;

use crate::natives;

/// What a program measures, which decides how its figure is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// One process computing: its time.
    Sequential,
    /// Processes and messages: their time.
    Process,
    /// Processes that compute and have nothing to do with each other: their time, and how much
    /// less it is with more schedulers.
    Parallel,
    /// How late something happens, in microseconds: not a ratio but a bound.
    Lateness,
    /// Resident memory of an idle process, in bytes.
    Memory,
}

impl Group {
    /// Whether machines are compared by the ratio of their figures.
    pub fn has_ratio(self) -> bool {
        matches!(self, Group::Sequential | Group::Process | Group::Parallel)
    }
}

/// One benchmark program.
#[derive(Debug)]
pub struct Program {
    /// The module, whose `main/1` runs it at its usual size.
    pub name: &'static str,
    /// What it measures.
    pub group: Group,
    /// The ratio stock/Girder to reach; for lateness and memory, the figure not to exceed.
    pub target: f64,
    /// What it counts its operations in.
    pub operation: &'static str,
    /// Two sizes whose difference tells the instructions of an operation.
    pub counted: Option<[u64; 2]>,
}

const fn program(
    name: &'static str,
    group: Group,
    target: f64,
    operation: &'static str,
    counted: [u64; 2],
) -> Program {
    Program { name, group, target, operation, counted: Some(counted) }
}

const fn bound(name: &'static str, group: Group, target: f64, operation: &'static str) -> Program {
    Program { name, group, target, operation, counted: None }
}

/// All programs, in the order of the table.
pub const PROGRAMS: &[Program] = &[
    program("ring", Group::Process, 4.0, "hop", [20_000, 120_000]),
    program("ring_100k", Group::Process, 3.0, "hop", [200_000, 400_000]),
    program("ping_pong", Group::Process, 4.0, "round trip", [20_000, 120_000]),
    program("spawn_exit", Group::Process, 3.0, "process", [10_000, 60_000]),
    program("gen_call", Group::Process, 2.0, "call and reply", [5_000, 25_000]),
    program("big_messages", Group::Process, 1.2, "round trip", [100, 600]),
    program("tcp_echo", Group::Process, 1.0, "round trip", [300, 1_300]),
    program("fib", Group::Sequential, 0.5, "call", [20, 30]),
    program("tak", Group::Sequential, 0.5, "call", [1, 4]),
    program("nrev", Group::Sequential, 0.5, "list cell", [20, 120]),
    program("binary_trees", Group::Sequential, 0.5, "node", [10, 14]),
    program("sort", Group::Sequential, 0.5, "element", [2_000, 20_000]),
    program("nbody", Group::Sequential, 1.0, "step", [1_000, 6_000]),
    program("mandelbrot", Group::Sequential, 1.0, "point", [50, 150]),
    program("fannkuch", Group::Sequential, 0.5, "permutation", [6, 8]),
    program("small_maps", Group::Sequential, 0.5, "turn", [20_000, 220_000]),
    program("large_maps", Group::Sequential, 0.5, "operation", [2_000, 22_000]),
    program("binary_parse", Group::Sequential, 0.5, "turn", [1, 5]),
    program("binary_build", Group::Sequential, 0.5, "turn", [1, 5]),
    program("strings", Group::Sequential, 1.0, "turn", [100, 1_100]),
    program("formatting", Group::Sequential, 1.0, "turn", [100, 1_100]),
    program("external_terms", Group::Sequential, 1.0, "term", [10, 110]),
    program("big_integers", Group::Sequential, 0.5, "turn", [1, 5]),
    program("exceptions", Group::Sequential, 0.5, "exception", [5_000, 105_000]),
    program("closures", Group::Sequential, 0.5, "turn", [5, 105]),
    program("ets_set", Group::Sequential, 1.2, "operation", [2_000, 22_000]),
    program("ets_ordered_set", Group::Sequential, 1.2, "operation", [2_000, 22_000]),
    bound("parallel", Group::Parallel, 0.5, "process"),
    bound("timers", Group::Lateness, 5000.0, "timer"),
    bound("timers_natives", Group::Lateness, 50_000.0, "timer"),
    bound("gc_pauses", Group::Lateness, 5000.0, "wake-up or reply"),
    bound("idle", Group::Memory, 900.0, "process"),
];

/// What the programs share, and the one of natives one by one.
const OTHERS: [&str; 2] = ["bench", natives::MODULE];

/// The ratio that the geometric mean of the sequential programs is to reach.
pub const SEQUENTIAL_MEAN_TARGET: f64 = 0.5;

/// The ratio that the geometric mean of all programs that have one is to reach.
pub const MEAN_TARGET: f64 = 1.2;

/// What programs are to reach against a flavour of stock that interprets.
pub const INTERPRETER_TARGET: f64 = 1.0;

/// How much faster two schedulers are to be than one where processes are independent.
pub const SPEED_UP_TARGET: f64 = 1.8;

/// The folder of the programs' sources.
pub fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs")
}

/// Compiles with `otp`'s compiler what has changed since the last time; the `.beam` files are
/// in `into` then. The error is a text for the user.
pub fn compile(otp: &OtpRoot, into: &Path) -> Result<(), String> {
    std::fs::create_dir_all(into).map_err(|error| format!("{}: {error}", into.display()))?;
    let mut stale = Vec::new();
    for name in PROGRAMS.iter().map(|program| program.name).chain(OTHERS) {
        let source = source_folder().join(format!("{name}.erl"));
        let changed =
            modified(&source).ok_or_else(|| format!("{} is not there", source.display()))?;
        if modified(&into.join(format!("{name}.beam"))).is_none_or(|made| made < changed) {
            stale.push(source);
        }
    }
    if stale.is_empty() {
        return Ok(());
    }
    otp.erlc(&["+deterministic"], &stale, into)
        .map_err(|error| format!("the benchmark programs do not compile:\n{error}"))
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_folder() {
        let mut files: Vec<String> = std::fs::read_dir(source_folder())
            .expect("the programs are there")
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        files.sort();
        let mut listed: Vec<String> = PROGRAMS
            .iter()
            .map(|program| program.name)
            .chain(OTHERS)
            .map(|name| format!("{name}.erl"))
            .collect();
        listed.sort();
        assert_eq!(files, listed);
    }

    #[test]
    fn no_program_hides_a_module_of_the_release() {
        let otp = OtpRoot::find(None).expect("the tests need an OTP release: make otp");
        for name in PROGRAMS.iter().map(|program| program.name).chain(OTHERS) {
            assert_eq!(otp.find_module(name), None, "{name}");
        }
    }
}
