//! Every program of `tests/programs` on stock `erl` and on Girder: same output, same exit status,
//! in every mode. A failure that `expected-failures.txt` does not name fails the test, and so does
//! a named one that passes.
//!
//! Environment: `GIRDER_BIN` (default `target/release/girder`), `GIRDER_ZEAL_BIN` (default
//! `target/zeal/release/girder`), `GIRDER_OTP_ROOT`, `GIRDER_TEST_MODES` (comma-separated, default
//! all), `GIRDER_TEST_ONLY` (part of `TOPIC/MODULE`), `GIRDER_TEST_SEED` (of the slice lengths).
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tests::corpus::{self, Known, Program};
use tests::diff::diff;
use tests::otp::Otp;
use tests::run::{End, Ended, run};

/// Programs run at a time.
const PARALLEL: usize = 2;
const LIMIT: Duration = Duration::from_secs(15);
const ZEAL_LIMIT: Duration = Duration::from_secs(90);
/// How many programs that are not known to fail may run into the limit in one mode before the
/// rest of the mode is given up: a machine that hangs must not hold the tests for hours.
const MAX_HUNG: usize = 8;

/// The corpus, found and compiled once for all modes.
static CORPUS: LazyLock<Result<Corpus, String>> = LazyLock::new(Corpus::prepare);
/// One mode at a time: two would share two cores and run into their time limits.
static TURN: Mutex<()> = Mutex::new(());

struct Corpus {
    otp: Otp,
    programs: Vec<Program>,
    known: Known,
}

impl Corpus {
    fn prepare() -> Result<Corpus, String> {
        let otp = Otp::find()?;
        let all = corpus::prepare(&otp)?;
        let known = corpus::known_failures(&all.iter().map(Program::name).collect::<Vec<_>>())?;
        let only = std::env::var("GIRDER_TEST_ONLY").unwrap_or_default();
        let programs: Vec<Program> =
            all.into_iter().filter(|program| program.name().contains(&only)).collect();
        if programs.is_empty() {
            return Err(format!("no program's name contains \"{only}\""));
        }
        Ok(Corpus { otp, programs, known })
    }

    /// Whether `expected-failures.txt` names the program in this mode or in all.
    fn expects_failure(&self, mode: &Mode, program: &Program) -> bool {
        ["*", mode.name]
            .iter()
            .any(|name| self.known.contains_key(&(program.name(), (*name).to_string())))
    }
}

/// How Girder is run.
struct Mode {
    name: &'static str,
    binary: PathBuf,
    arguments: &'static [&'static str],
    environment: Vec<(&'static str, String)>,
    limit: Duration,
}

impl Mode {
    fn normal() -> Mode {
        Mode {
            name: "normal",
            binary: binary("GIRDER_BIN", "release/girder"),
            arguments: &[],
            environment: Vec::new(),
            limit: LIMIT,
        }
    }

    fn command(&self, corpus: &Corpus, program: &Program) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .current_dir(&program.beams)
            .env("LC_ALL", "C.UTF-8")
            .env("GIRDER_OTP_ROOT", corpus.otp.root())
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        if program.boot.is_some() {
            command.arg("erl").args(self.arguments).args(program.erl_words());
        } else {
            command
                .arg("run")
                .arg("-pa")
                .arg(&program.beams)
                .args(self.arguments)
                .args([&program.module, "main"]);
        }
        command
    }
}

fn binary(variable: &str, default: &str) -> PathBuf {
    match std::env::var_os(variable) {
        Some(path) => tests::root().join(path),
        None => tests::target().join(default),
    }
}

/// Which functions get native code: after how many calls.
fn compile_after(calls: &str) -> (&'static str, String) {
    ("GIRDER_COMPILE_AFTER", calls.to_owned())
}

#[test]
fn normal() {
    check(&Mode::normal());
}

#[test]
fn one_worker() {
    // By the interpreter alone.
    let environment = vec![compile_after("never")];
    check(&Mode { name: "one_worker", arguments: &["+S", "1"], environment, ..Mode::normal() });
}

#[test]
fn four_workers() {
    let environment = vec![compile_after("1")];
    check(&Mode { name: "four_workers", arguments: &["+S", "4"], environment, ..Mode::normal() });
}

#[test]
fn random_slices() {
    let seed = std::env::var("GIRDER_TEST_SEED").unwrap_or_else(|_| "1".to_string());
    check(&Mode {
        name: "random_slices",
        environment: vec![("GIRDER_SLICE", format!("random:{seed}")), compile_after("1")],
        ..Mode::normal()
    });
}

#[test]
fn zeal() {
    check(&Mode {
        name: "zeal",
        binary: binary("GIRDER_ZEAL_BIN", "zeal/release/girder"),
        limit: ZEAL_LIMIT,
        environment: vec![compile_after("1")],
        ..Mode::normal()
    });
}

fn check(mode: &Mode) {
    if let Ok(modes) = std::env::var("GIRDER_TEST_MODES")
        && !modes.split(',').any(|name| name.trim() == mode.name)
    {
        println!("{}: not among GIRDER_TEST_MODES={modes}, not run", mode.name);
        return;
    }
    // Another mode's failure poisons the lock and means nothing here.
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let corpus = CORPUS.as_ref().unwrap_or_else(|why| panic!("{why}"));
    assert!(
        mode.binary.is_file(),
        "{} is not there: build it, or name another with GIRDER_BIN or GIRDER_ZEAL_BIN",
        mode.binary.display()
    );
    let started = Instant::now();
    let programs: Vec<&Program> =
        corpus.programs.iter().filter(|p| p.not.as_deref() != Some(mode.name)).collect();
    let failures = run_all(corpus, &programs, mode);
    let verdict = judge(corpus, mode, &failures);
    println!(
        "{}: {} programs, {} agree with stock OTP {}, {} s",
        mode.name,
        programs.len(),
        programs.len() - failures.len(),
        corpus.otp.version(),
        started.elapsed().as_secs()
    );
    assert!(verdict.is_empty(), "mode {}:\n{}", mode.name, verdict.join("\n"));
}

/// Runs all programs; what did not agree, by program, with its difference. What is not run because
/// too many hung counts as failed.
fn run_all(corpus: &Corpus, programs: &[&Program], mode: &Mode) -> BTreeMap<String, String> {
    let next = AtomicUsize::new(0);
    let hung = AtomicUsize::new(0);
    let failures = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = if hung.load(Ordering::Relaxed) < MAX_HUNG {
                        compare(corpus, mode, program)
                    } else {
                        Err(Failure::of(format!("    not run: {MAX_HUNG} programs hung before\n")))
                    };
                    if let Err(Failure { why, hangs }) = outcome {
                        println!("== {} [{}]\n{why}", program.name(), mode.name);
                        if hangs && !corpus.expects_failure(mode, program) {
                            hung.fetch_add(1, Ordering::Relaxed);
                        }
                        failures
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .insert(program.name(), why);
                    }
                }
            });
        }
    });
    failures.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Why a program does not agree.
struct Failure {
    why: String,
    /// Whether it ran into its time limit.
    hangs: bool,
}

impl Failure {
    fn of(why: String) -> Failure {
        Failure { why, hangs: false }
    }
}

fn compare(corpus: &Corpus, mode: &Mode, program: &Program) -> Result<(), Failure> {
    let expected = corpus::stock(&corpus.otp, program).map_err(Failure::of)?;
    let actual = run(&mut mode.command(corpus, program), mode.limit).map_err(|error| {
        Failure::of(format!("    {} does not start: {error}", mode.binary.display()))
    })?;
    let mut why = String::new();
    if actual.end != End::Status(program.pinned.status) {
        why.push_str(&format!("    {}, expected status {}\n", actual.end, program.pinned.status));
    }
    let stderr = String::from_utf8_lossy(&actual.stderr);
    for text in &program.pinned.stderr {
        if !stderr.contains(text) {
            why.push_str(&format!("    standard error does not contain \"{text}\"\n"));
        }
    }
    if let Some(difference) = diff(&expected, &actual.stdout) {
        why.push_str(&difference);
    }
    if why.is_empty() {
        return Ok(());
    }
    let hangs = matches!(actual.end, End::TimedOut(_));
    Err(Failure { why: why + &last_words(&actual), hangs })
}

/// The end of what Girder wrote to standard error.
fn last_words(ended: &Ended) -> String {
    let stderr = String::from_utf8_lossy(&ended.stderr);
    let lines: Vec<&str> = stderr.lines().collect();
    lines[lines.len().saturating_sub(12)..]
        .iter()
        .map(|line| format!("    standard error: {line}\n"))
        .collect()
}

/// What is wrong with this set of failures, given those that are known.
fn judge(corpus: &Corpus, mode: &Mode, failures: &BTreeMap<String, String>) -> Vec<String> {
    let mut verdict = Vec::new();
    for program in &corpus.programs {
        let name = program.name();
        match (failures.contains_key(&name), corpus.expects_failure(mode, program)) {
            (true, false) => verdict.push(format!("  {name} fails")),
            (false, true) => verdict.push(format!(
                "  {name} passes but expected-failures.txt names it: remove the line"
            )),
            _ => {}
        }
    }
    verdict
}
