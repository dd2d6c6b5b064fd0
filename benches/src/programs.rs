//! Which benchmark programs there are, and compiling them.
//!
//! Invariant: every file of `programs/` is in [`PROGRAMS`] or is `bench.erl`; a test checks it.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use stdlib_beams::OtpRoot;

/// What a program measures, which decides how its figure is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// One process computing: its time.
    Sequential,
    /// Processes and messages: their time.
    Process,
    /// How late timers fire, in microseconds: not a ratio but a bound.
    Lateness,
    /// Resident memory of an idle process, in bytes.
    Memory,
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
}

const fn program(name: &'static str, group: Group, target: f64) -> Program {
    Program { name, group, target }
}

/// All programs, in the order of the table.
pub const PROGRAMS: &[Program] = &[
    program("ring", Group::Process, 2.0),
    program("ring_100k", Group::Process, 2.0),
    program("ping_pong", Group::Process, 2.0),
    program("spawn_exit", Group::Process, 1.5),
    program("gen_call", Group::Process, 0.25),
    program("big_messages", Group::Process, 0.25),
    program("tcp_echo", Group::Process, 1.0),
    program("fib", Group::Sequential, 0.25),
    program("tak", Group::Sequential, 0.25),
    program("nrev", Group::Sequential, 0.25),
    program("binary_trees", Group::Sequential, 0.25),
    program("sort", Group::Sequential, 0.25),
    program("nbody", Group::Sequential, 0.7),
    program("mandelbrot", Group::Sequential, 0.7),
    program("fannkuch", Group::Sequential, 0.25),
    program("small_maps", Group::Sequential, 0.25),
    program("large_maps", Group::Sequential, 0.25),
    program("binary_parse", Group::Sequential, 0.25),
    program("binary_build", Group::Sequential, 0.25),
    program("strings", Group::Sequential, 0.25),
    program("formatting", Group::Sequential, 0.25),
    program("external_terms", Group::Sequential, 0.25),
    program("big_integers", Group::Sequential, 0.25),
    program("exceptions", Group::Sequential, 0.25),
    program("closures", Group::Sequential, 0.25),
    program("ets_set", Group::Sequential, 0.25),
    program("ets_ordered_set", Group::Sequential, 0.25),
    program("timers", Group::Lateness, 5000.0),
    program("timers_natives", Group::Lateness, 50_000.0),
    program("idle", Group::Memory, 1300.0),
];

/// The ratio that the geometric mean of the sequential programs is to reach.
pub const SEQUENTIAL_MEAN_TARGET: f64 = 0.5;

/// The folder of the programs' sources.
pub fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs")
}

/// Compiles with `otp`'s compiler what has changed since the last time; the `.beam` files are
/// in `into` then. The error is a text for the user.
pub fn compile(otp: &OtpRoot, into: &Path) -> Result<(), String> {
    std::fs::create_dir_all(into).map_err(|error| format!("{}: {error}", into.display()))?;
    let mut stale = Vec::new();
    for name in PROGRAMS.iter().map(|program| program.name).chain(["bench"]) {
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
            .chain(["bench"])
            .map(|name| format!("{name}.erl"))
            .collect();
        listed.sort();
        assert_eq!(files, listed);
    }

    #[test]
    fn no_program_hides_a_module_of_the_release() {
        let otp = OtpRoot::find(None).expect("the tests need an OTP release: make otp");
        for program in PROGRAMS {
            assert_eq!(otp.find_module(program.name), None, "{}", program.name);
        }
        assert_eq!(otp.find_module("bench"), None);
    }
}
