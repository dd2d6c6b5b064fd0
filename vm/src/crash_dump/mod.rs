//! What is left behind when the machine cannot go on: a few words on standard error, and a file
//! in the form of OTP's crash dumps, which `crashdump_viewer` reads.
//!
//! Here: whether and where it is written, how much, for how long, and in which order. `machine` has
//! what concerns all of it, `process` the processes, `heap` their terms. The break menu shows some
//! of the same. The machine stands still meanwhile (`sched::standstill`); a process that is busy in
//! a native all the same has no heap in the dump.
//!
//! Environment, as in OTP: `ERL_CRASH_DUMP`, `ERL_CRASH_DUMP_SECONDS`, `ERL_CRASH_DUMP_BYTES`.

mod heap;
pub(crate) mod machine;
pub(crate) mod process;

pub(crate) use heap::Written;

use crate::process::Process;
use crate::sched::standstill::Stand;
use crate::vm::{Crash, Vm};
use std::fs::File;
use std::io::{self, BufWriter, Error, ErrorKind, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

/// How long workers are waited for that are busy.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the environment says about dumps.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    /// For how long to write at most.
    seconds: Option<u64>,
    /// How much to write at most.
    bytes: Option<u64>,
}

impl Wanted {
    /// `None`: no dump. `guarded`: `heart` waits to start another machine.
    fn of(seconds: Option<&[u8]>, bytes: Option<&[u8]>, guarded: bool) -> Option<Wanted> {
        let number = |text: &[u8]| {
            let text = std::str::from_utf8(text).ok()?.trim_start();
            let sign = usize::from(text.starts_with(['-', '+']));
            let digits = text[sign..].bytes().take_while(u8::is_ascii_digit).count();
            text[..sign + digits].parse::<i64>().ok()
        };
        // What is no number counts as 0, as in C.
        let seconds = seconds.map(|s| number(s).unwrap_or(0));
        if seconds == Some(0) || seconds.is_none() && guarded {
            return None;
        }
        let bytes = bytes.and_then(|b| std::str::from_utf8(b).ok()?.parse::<u64>().ok());
        let seconds = seconds.and_then(|s| u64::try_from(s).ok());
        (bytes != Some(0)).then_some(Wanted { seconds, bytes })
    }
}

/// The file, as far as there may be more of it.
struct Limited {
    file: BufWriter<File>,
    left: u64,
    end: Option<Instant>,
    /// Counts what is written, to look at the clock now and then.
    since_look: usize,
}

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.since_look += bytes.len();
        if self.since_look > 1 << 16 {
            self.since_look = 0;
            if self.end.is_some_and(|end| Instant::now() >= end) {
                return Err(ErrorKind::TimedOut.into());
            }
        }
        let n = bytes.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.file.write_all(&bytes[..n])?;
        self.left -= n as u64;
        if n < bytes.len() {
            self.file.write_all(b"\n=abort:CRASH DUMP SIZE LIMIT REACHED\n")?;
            return Err(Error::from(ErrorKind::FileTooLarge));
        }
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Says why on standard error, and writes the dump if one is wanted.
pub(crate) fn write(vm: &Vm, crash: &Crash) {
    let mut out = io::stderr().lock();
    // As in OTP: a terminal may be in a mode in which a new line does not begin at the left.
    let nl = "\r\n";
    // Nothing can be done about a standard error that is gone.
    let _ = write!(out, "{}{nl}", crash.slogan.replace('\n', nl));
    let get = |name: &str| vm.environment.get(name.as_bytes());
    let heart = vm.atoms.existing("heart_port").and_then(|name| vm.names.port(name));
    let (seconds, bytes) = (get("ERL_CRASH_DUMP_SECONDS"), get("ERL_CRASH_DUMP_BYTES"));
    let Some(wanted) = Wanted::of(seconds.as_deref(), bytes.as_deref(), heart.is_some()) else {
        return;
    };
    let name = get("ERL_CRASH_DUMP").unwrap_or_else(|| b"erl_crash.dump".to_vec());
    let name = std::ffi::OsString::from_vec(name);
    let shown = name.to_string_lossy().into_owned();
    let _ = write!(out, "{nl}Crash dump is being written to: {shown}...");
    let _ = out.flush();
    let file = File::options().write(true).create(true).truncate(true).mode(0o640).open(&name);
    let Ok(file) = file else { return };
    let mut file = Limited {
        file: BufWriter::with_capacity(1 << 16, file),
        left: wanted.bytes.unwrap_or(u64::MAX),
        end: wanted.seconds.map(|s| Instant::now() + Duration::from_secs(s)),
        since_look: 0,
    };
    let written = dump(vm, crash, &mut file);
    let flushed = file.flush();
    if written.and(flushed).is_ok() {
        let _ = write!(out, "done{nl}");
    }
}

/// What is said of nodes, as text.
pub fn distribution(vm: &Vm) -> String {
    let mut text = Vec::new();
    // A buffer takes everything.
    let _ = machine::distribution(vm, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn dump(vm: &Vm, crash: &Crash, out: &mut Limited) -> io::Result<()> {
    machine::head(vm, crash, out)?;
    let stand = vm.stand_still(PATIENCE);
    machine::schedulers(vm, &stand, out)?;
    machine::info(vm, out)?;
    for p in process::all(vm) {
        process::info(vm, &stand, p, process::For::Dump, out)?;
    }
    vm.ports.report(out)?;
    vm.ets.report(out, false)?;
    vm.timers.report(vm, out)?;
    machine::distribution(vm, out)?;
    machine::modules(vm, out)?;
    machine::funs(vm, out)?;
    let mut terms = heap::Terms::new(vm);
    for p in process::all(vm) {
        terms.process(&stand, p, out)?;
    }
    terms.rest(out)?;
    machine::atoms(vm, out)?;
    out.write_all(b"=end\n")
}

/// What `erlang:system_info/1` tells as text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Report {
    /// `info`: memory and tables.
    Info,
    /// `procs`: all processes.
    Processes,
}

/// How long a native that asks for a report waits for those that are busy.
const SHORT_PATIENCE: Duration = Duration::from_millis(100);

/// Some of what a dump says, for the process `p` that runs on the dirty worker which is that
/// participant. Its state is saved, so that it may be looked at like any other.
pub(crate) fn report(vm: &Vm, participant: usize, p: *mut Process, what: Report) -> Vec<u8> {
    let mut text = Vec::new();
    let written = standing(vm, participant, p, |stand| match what {
        Report::Info => machine::info(vm, &mut text),
        Report::Processes => process::all(vm)
            .into_iter()
            .try_for_each(|found| process::info(vm, stand, found, process::For::Menu, &mut text)),
    });
    written.expect("memory takes all that is written to it");
    text
}

/// Calls `f` while the machine stands. For the process and participant as [`report`].
pub(crate) fn standing<R>(
    vm: &Vm,
    participant: usize,
    p: *mut Process,
    f: impl FnOnce(&Stand<'_>) -> R,
) -> R {
    vm.dirty_ran(participant);
    let stand = vm.stand_still(SHORT_PATIENCE);
    let found = f(&stand);
    drop(stand);
    vm.dirty_runs(participant, p);
    found
}

/// Has the whole machine stand for so long. For the process and participant as [`report`].
pub(crate) fn hold(vm: &Vm, participant: usize, p: *mut Process, time: Duration) {
    standing(vm, participant, p, |_| std::thread::sleep(time));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The environment is read as OTP documents it.
    #[test]
    fn what_the_environment_asks_for() {
        let wanted = |seconds, bytes| Some(Wanted { seconds, bytes });
        assert_eq!(Wanted::of(None, None, false), wanted(None, None));
        assert_eq!(Wanted::of(None, None, true), None);
        assert_eq!(Wanted::of(Some(b"0"), None, false), None);
        assert_eq!(Wanted::of(Some(b"never"), None, false), None);
        assert_eq!(Wanted::of(Some(b"-1"), None, true), wanted(None, None));
        assert_eq!(Wanted::of(Some(b"5"), Some(b"1000"), true), wanted(Some(5), Some(1000)));
        assert_eq!(Wanted::of(None, Some(b"0"), false), None);
        assert_eq!(Wanted::of(None, Some(b"12x"), false), wanted(None, None));
    }
}
