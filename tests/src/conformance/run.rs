//! Runs one suite in processes of its own: starts the machine, watches the events it writes, and
//! when it goes down or gives no sign for too long, notes that of the case that was under way and
//! goes on behind it with a new process.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::modes::Mode;
use super::results::{self, Events};
use super::suites::{SLOWER, Suite};
use super::{Machine, Verdict, build::Built, work};
use crate::otp::Otp;

/// How often the events are looked at.
const POLL: Duration = Duration::from_millis(100);
/// How long a machine that said it was done may take to stop.
const STOP: Duration = Duration::from_secs(20);
/// How often a suite is gone on with after the machine went down.
const ATTEMPTS: usize = 60;

/// What is needed to run suites.
#[derive(Debug)]
pub struct Runner<'a> {
    /// Stock.
    pub otp: &'a Otp,
    /// What to run.
    pub machine: Machine,
    /// How long a case may give no sign, if its suite is not a slow one.
    pub limit: Duration,
}

/// How a machine ended.
enum Ended {
    /// Having run everything.
    Done,
    /// Otherwise: the verdict about what was under way, and in words.
    Down(Verdict, String),
}

impl Runner<'_> {
    /// Runs a suite, or one case of it, and gives its events.
    ///
    /// # Errors
    /// What has nothing to do with the suite: files, programs that do not start.
    pub fn suite(
        &self,
        built: &Built,
        suite: &Suite,
        case: Option<&str>,
    ) -> Result<Events, String> {
        let name = &suite.name;
        let folder = work().join("run").join(self.machine.to_string()).join(&built.app).join(name);
        fresh(&folder)?;
        fresh(&folder.join("logs"))?;
        let events_file = results_file(self.machine, &built.app, name, case);
        make_parent(&events_file)?;
        write(&events_file, "")?;
        let limit = self.limit * if suite.slow { SLOWER } else { 1 };
        for attempt in 0..ATTEMPTS {
            let before = read_events(&events_file);
            let skip: String = before.done.keys().fold(String::new(), |mut text, name| {
                let (group, case) = name.split_once(':').unwrap_or(("-", name));
                let _ = writeln!(text, "{group}\t{case}");
                text
            });
            write(&folder.join("skip"), &skip)?;
            if attempt > 0 {
                append(&events_file, "again\n")?;
            }
            let output = folder.join(format!("output.{attempt}"));
            let mut command = self.command(built, suite, case, &folder, &events_file)?;
            let log = File::create(&output).map_err(|e| format!("{}: {e}", output.display()))?;
            let errors = log.try_clone().map_err(|e| format!("{}: {e}", output.display()))?;
            command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
            let child = command.spawn().map_err(|error| format!("{}: {error}", self.machine))?;
            let ended = self.watch(child, &events_file, &output, limit);
            let events = read_events(&events_file);
            match ended {
                Ended::Done => {
                    for name in events.left() {
                        let text =
                            results::done(&name, Verdict::Failed, "common_test did not run it");
                        append(&events_file, &text)?;
                    }
                    break;
                }
                Ended::Down(verdict, reason) => {
                    if !blame(&events_file, &events, verdict, &reason)? {
                        break;
                    }
                }
            }
        }
        if !read_events(&events_file).ended {
            // It was given up, and all that is left has its verdict.
            append(&events_file, "end\n")?;
        }
        Ok(read_events(&events_file))
    }

    fn command(
        &self,
        built: &Built,
        suite: &Suite,
        case: Option<&str>,
        folder: &Path,
        events: &Path,
    ) -> Result<Command, String> {
        let (mut command, patience) = match self.machine {
            Machine::Stock => (self.otp.erl(), 1),
            Machine::Girder(mode) => (self.girder_erl(mode), mode.patience()),
        };
        // The release specifications of OTP's own test runs turn them off for kernel.
        let builtin_hooks = if built.app == "kernel" { "false" } else { "true" };
        command
            .current_dir(folder)
            .env_remove("ERL_CRASH_DUMP_BYTES")
            .env("HOME", folder)
            // As OTP's own test runs have it.
            .args(["-boot", "start_sasl", "-sasl", "errlog_type", "error"])
            .args(["-enable-feature", "maybe_expr"]);
        if suite.named {
            // One that no other run on the machine has.
            command.args(["-sname", &format!("{}_{}", suite.name, std::process::id())]);
        }
        command
            .args(["-noshell", "-pa"])
            .args(&built.paths)
            .args(["-run", "girder_conf", "run", "-girder_conf"])
            .arg(&built.folder)
            .arg(&suite.name)
            .arg(folder.join("logs"))
            .arg(events)
            .arg(folder.join("skip"))
            .args([case.unwrap_or("all"), builtin_hooks, &patience.to_string()]);
        Ok(command)
    }

    /// Makes what [`Runner::suite`] starts. Not to be called while suites run.
    ///
    /// # Errors
    /// A program that is not there or does not run.
    pub fn prepare(&self) -> Result<(), String> {
        let Machine::Girder(mode) = self.machine else { return Ok(()) };
        let (girder, bin) = (mode.binary(), self.bin());
        let real = fs::canonicalize(&girder).map_err(|_| {
            let girder = girder.display();
            format!("{girder} is not there: build it, or set GIRDER_BIN or GIRDER_ZEAL_BIN")
        })?;
        if fs::canonicalize(bin.join("erl")).is_ok_and(|linked| linked == real) {
            return Ok(());
        }
        fresh(&bin)?;
        let made = Command::new(&real).arg("install").arg(&bin).output();
        let made = made.map_err(|error| format!("{}: {error}", girder.display()))?;
        if made.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&made.stderr).into_owned())
    }

    fn bin(&self) -> PathBuf {
        work().join("bin").join(self.machine.to_string())
    }

    /// Girder by the name of `erl`, so that programs which start `erl` start Girder.
    fn girder_erl(&self, mode: Mode) -> Command {
        let mut command = Command::new(self.bin().join("erl"));
        command.env("GIRDER_OTP_ROOT", self.otp.root()).env("LC_ALL", "C.UTF-8");
        command.envs(mode.environment());
        for name in ["ROOTDIR", "BINDIR", "ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS", "ERL_LIBS"] {
            command.env_remove(name);
        }
        command
    }

    fn watch(&self, mut child: Child, events: &Path, output: &Path, limit: Duration) -> Ended {
        let (mut seen, mut last) = (0, Instant::now());
        loop {
            let size = fs::metadata(events).map_or(0, |file| file.len());
            if size != seen {
                (seen, last) = (size, Instant::now());
            }
            if let Ok(Some(status)) = child.try_wait() {
                kill_group(child.id());
                if read_events(events).ended {
                    return Ended::Done;
                }
                return Ended::Down(Verdict::Crashed, format!("{status}: {}", last_words(output)));
            }
            let ended = read_events_if_short(last).is_some() && read_events(events).ended;
            if last.elapsed() > limit || ended && last.elapsed() > STOP {
                kill_group(child.id());
                let _ = child.wait();
                if ended {
                    return Ended::Done;
                }
                let reason = format!("no end within {} s", limit.as_secs());
                return Ended::Down(Verdict::Hung, reason);
            }
            thread::sleep(POLL);
        }
    }
}

/// Nothing is worth reading until the machine has been silent for a while.
fn read_events_if_short(last: Instant) -> Option<()> {
    (last.elapsed() > STOP).then_some(())
}

/// Gives the case under way its verdict. Where it was no case but a function that others need,
/// all that are left get it, and there is no going on.
fn blame(file: &Path, events: &Events, verdict: Verdict, reason: &str) -> Result<bool, String> {
    if let (None, Some(case)) = (&events.function, events.in_flight.last()) {
        append(file, &results::done(case, verdict, reason))?;
        return Ok(true);
    }
    let place = events.function.as_deref().unwrap_or("between cases");
    for case in events.left() {
        append(file, &results::done(&case, verdict, &format!("{place}: {reason}")))?;
    }
    Ok(false)
}

/// Where the events of a suite are kept. A single case does not disturb those of the whole suite.
#[must_use]
pub fn results_file(machine: Machine, app: &str, suite: &str, case: Option<&str>) -> PathBuf {
    let folder = work().join("results").join(machine.to_string()).join(app);
    match case {
        None => folder.join(format!("{suite}.events")),
        Some(case) => folder.join(format!("{suite}.{case}.events")),
    }
}

/// Reads the events of a suite, whatever their bytes.
#[must_use]
pub fn read_events(file: &Path) -> Events {
    Events::parse(&String::from_utf8_lossy(&fs::read(file).unwrap_or_default()))
}

/// What the machine said last: the message of a panic, else its last line.
fn last_words(output: &Path) -> String {
    let text = fs::read(output).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let words = lines.iter().rev().find(|line| line.contains("panicked")).or(lines.last());
    words.unwrap_or(&"").chars().take(200).collect::<String>().replace('\t', " ")
}

/// The machine and the programs it started.
fn kill_group(group: u32) {
    let _ = Command::new("kill")
        .args(["-KILL", "--", &format!("-{group}")])
        .stderr(Stdio::null())
        .status();
}

fn fresh(folder: &Path) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(fail)?;
    }
    fs::create_dir_all(folder).map_err(fail)
}

fn make_parent(file: &Path) -> Result<(), String> {
    let folder = file.parent().expect("it is below the target folder");
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

fn write(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
}

fn append(file: &Path, text: &str) -> Result<(), String> {
    OpenOptions::new()
        .append(true)
        .open(file)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| format!("{}: {error}", file.display()))
}
