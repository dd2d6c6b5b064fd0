//! One machine, stock or Girder, running one program; and reading what it printed.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use stdlib_beams::OtpRoot;

use crate::counting;

/// How long one run may take before it is ended.
const LIMIT: Duration = Duration::from_secs(120);

/// How long one may take in which instructions are counted.
const COUNTING_LIMIT: Duration = Duration::from_secs(900);

/// A machine that runs programs.
pub struct Machine<'a> {
    /// What it is called in the table.
    pub name: String,
    kind: Kind<'a>,
}

/// How a machine is started.
enum Kind<'a> {
    /// The emulator of a release.
    Stock(&'a OtpRoot),
    /// A command that takes the words of `erl`, with words of its own.
    Erl(Vec<String>),
    /// The girder program.
    Girder(PathBuf),
}

/// What a program found out.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Microseconds, or bytes for the memory program.
    pub figure: f64,
    /// How many operations that was for.
    pub operations: f64,
    /// Microseconds of processor time of the whole machine, if the program tells.
    pub processor: Option<f64>,
    /// The worst of what `figure` is a percentile of, if the program tells.
    pub worst: Option<f64>,
    /// The result in short: equal on all machines.
    pub checksum: String,
}

/// Why a run gave no figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunError(String);

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RunError {}

impl RunError {
    /// A program has printed what it should not.
    pub fn unexpected(lines: &[String]) -> RunError {
        match lines {
            [] => error("it printed nothing"),
            _ => error(format!("unexpected output: {}", lines.join(" / "))),
        }
    }
}

fn error(text: impl Into<String>) -> RunError {
    RunError(text.into())
}

impl<'a> Machine<'a> {
    /// The machine behind `--against WORDS`, named after its release and flavour; `None` if it
    /// does not run here.
    pub fn erl(words: &str, otp: &'a OtpRoot) -> Option<Machine<'a>> {
        let kind = match words {
            "stock" => Kind::Stock(otp),
            _ => Kind::Erl(words.split_whitespace().map(str::to_owned).collect()),
        };
        let mut machine = Machine { name: String::new(), kind };
        let asked = "io:format(\"OTP ~s ~s\", [erlang:system_info(I) \
                     || I <- [otp_release, emu_flavor]]), halt(0).";
        let output = machine.program().ok()?.args(["-noshell", "-eval", asked]).output().ok()?;
        machine.name = String::from_utf8(output.stdout).ok()?;
        (output.status.success() && !machine.name.is_empty()).then_some(machine)
    }

    /// Girder.
    pub fn girder(program: PathBuf) -> Machine<'a> {
        Machine { name: "Girder".to_owned(), kind: Kind::Girder(program) }
    }

    /// Whether it is Girder.
    pub fn is_girder(&self) -> bool {
        matches!(self.kind, Kind::Girder(_))
    }

    /// Whether it is a stock that interprets.
    pub fn is_interpreter(&self) -> bool {
        !self.is_girder() && self.name.ends_with(" emu")
    }

    fn program(&self) -> Result<Command, RunError> {
        match &self.kind {
            Kind::Stock(otp) => otp.stock_erl().ok_or_else(|| error("the release has no emulator")),
            Kind::Erl(words) => {
                let (program, options) =
                    words.split_first().ok_or_else(|| error("an empty command"))?;
                let mut command = Command::new(program);
                command.args(options);
                Ok(command)
            }
            Kind::Girder(program) => Ok(Command::new(program)),
        }
    }

    /// The command that runs `module:main/1` with `size` (or without arguments).
    fn command(
        &self,
        ebin: &Path,
        module: &str,
        size: Option<&str>,
        options: &[String],
    ) -> Result<Command, RunError> {
        let mut command = self.program()?;
        if self.is_girder() {
            command.arg("run").arg("-pa").arg(ebin).args(options).arg(module);
            if let Some(size) = size {
                command.args(["main", size]);
            }
        } else {
            let arguments = size.map_or(String::new(), |size| format!("{size:?}"));
            command
                .args(options)
                .args(["-noshell", "-pa"])
                .arg(ebin)
                .arg("-eval")
                .arg(format!("{module}:main([{arguments}]), halt(0)."));
        }
        Ok(command)
    }

    /// Runs a program that prints its own time.
    pub fn time(
        &self,
        ebin: &Path,
        module: &str,
        schedulers: Option<u32>,
    ) -> Result<Outcome, RunError> {
        let options: Vec<String> =
            schedulers.map(|count| vec!["+S".to_owned(), count.to_string()]).unwrap_or_default();
        outcome(self.command(ebin, module, None, &options)?, LIMIT)
    }

    /// Starts a program, with an argument and one scheduler, that waits for a line before each that it
    /// prints.
    pub fn start_asked(
        &self,
        ebin: &Path,
        module: &str,
        argument: &str,
    ) -> Result<Running, RunError> {
        let options = ["+S".to_owned(), "1".to_owned()];
        Running::start(self.command(ebin, module, Some(argument), &options)?, Stdio::piped())
    }

    /// Instructions of one operation, with one scheduler: the difference of two sizes, so that
    /// what is done once falls out.
    pub fn instructions(
        &self,
        ebin: &Path,
        module: &str,
        sizes: [u64; 2],
    ) -> Result<f64, RunError> {
        let mut options = vec!["+S".to_owned(), "1".to_owned()];
        if !self.is_girder() {
            // Stock's schedulers would spin while they wait, for as long as it happens to be.
            for flag in ["+sbwt", "+sbwtdcpu", "+sbwtdio"] {
                options.extend([flag.to_owned(), "none".to_owned()]);
            }
        }
        let count = |size: u64| {
            let command = self.command(ebin, module, Some(&size.to_string()), &options)?;
            let logs = counting::Logs::new().map_err(|reason| error(reason.to_string()))?;
            let outcome = outcome(counting::under_valgrind(&command, &logs), COUNTING_LIMIT)?;
            let total = logs.total().ok_or_else(|| error("valgrind has told no count"))?;
            Ok((total, outcome.operations))
        };
        let (small, large) = (count(sizes[0])?, count(sizes[1])?);
        Ok((large.0 - small.0) / (large.1 - small.1))
    }

    /// Resident bytes for each of `count` idle processes: those of the whole machine with
    /// them less those without.
    pub fn idle_memory(
        &self,
        ebin: &Path,
        module: &str,
        count: u64,
        schedulers: Option<u32>,
    ) -> Result<Outcome, RunError> {
        let mut options = vec!["+P".to_owned(), (count * 2).max(1024).to_string()];
        if let Some(schedulers) = schedulers {
            options.extend(["+S".to_owned(), schedulers.to_string()]);
        }
        let resident = |processes: u64| {
            let size = processes.to_string();
            let command = self.command(ebin, module, Some(&size), &options)?;
            let mut running = Running::start(command, Stdio::null())?;
            match running.line(Instant::now() + LIMIT)? {
                Some(line) if line == format!("ready {processes}") => running.resident_bytes(),
                Some(line) => Err(error(format!("unexpected output: {line}"))),
                None => Err(running.complaint()),
            }
        };
        let with = resident(count)?;
        let without = resident(0)?;
        #[expect(clippy::cast_precision_loss, reason = "bytes of memory fit a float exactly")]
        Ok(Outcome {
            figure: with.saturating_sub(without) as f64 / count as f64,
            operations: count as f64,
            processor: None,
            worst: None,
            checksum: String::new(),
        })
    }
}

/// Runs a program to its end that prints its own time.
fn outcome(command: Command, limit: Duration) -> Result<Outcome, RunError> {
    parse(&lines(command, limit)?)
}

/// Runs a program to its end.
fn lines(command: Command, limit: Duration) -> Result<Vec<String>, RunError> {
    let mut running = Running::start(command, Stdio::null())?;
    let deadline = Instant::now() + limit;
    let mut lines = Vec::new();
    while let Some(line) = running.line(deadline)? {
        lines.push(line);
    }
    running.finish(deadline)?;
    Ok(lines)
}

/// A started program whose lines come through a channel, so that waiting has an end.
pub struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
    complaints: mpsc::Receiver<String>,
}

impl Running {
    fn start(mut command: Command, input: Stdio) -> Result<Running, RunError> {
        let mut child = command
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|reason| {
                error(format!("cannot start {}: {reason}", command.get_program().to_string_lossy()))
            })?;
        Ok(Running {
            lines: read_lines(child.stdout.take()),
            complaints: read_lines(child.stderr.take()),
            child,
        })
    }

    /// Asks for a line and waits for it. None at the end of a program that has ended as it should.
    pub fn ask(&mut self) -> Result<Option<String>, RunError> {
        if let Some(input) = &mut self.child.stdin {
            // It may have ended, which is seen below.
            let _ = input.write_all(b"\n");
        }
        let deadline = Instant::now() + LIMIT;
        let line = self.line(deadline)?;
        if line.is_none() {
            self.finish(deadline)?;
        }
        Ok(line)
    }

    /// The next line, or none at the end of the output.
    fn line(&mut self, deadline: Instant) -> Result<Option<String>, RunError> {
        let left = deadline.saturating_duration_since(Instant::now());
        match self.lines.recv_timeout(left) {
            Ok(line) => Ok(Some(line)),
            Err(mpsc::RecvTimeoutError::Disconnected) => Ok(None),
            Err(mpsc::RecvTimeoutError::Timeout) => Err(error("took too long")),
        }
    }

    fn finish(&mut self, deadline: Instant) -> Result<(), RunError> {
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(_)) => return Err(self.complaint()),
                Ok(None) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(2));
                }
                Ok(None) => return Err(error("took too long")),
                Err(reason) => return Err(error(reason.to_string())),
            }
        }
    }

    /// What it said before it ended badly.
    fn complaint(&mut self) -> RunError {
        let first = self
            .complaints
            .recv_timeout(Duration::from_secs(1))
            .unwrap_or_else(|_| "it ended without a word".to_owned());
        error(first.chars().take(100).collect::<String>())
    }

    fn resident_bytes(&self) -> Result<u64, RunError> {
        let path = format!("/proc/{}/status", self.child.id());
        let text =
            std::fs::read_to_string(&path).map_err(|reason| error(format!("{path}: {reason}")))?;
        resident(&text).ok_or_else(|| error(format!("{path} tells no resident memory")))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Ended already, in most cases; then both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of a pipe, read by a thread that ends with the pipe.
fn read_lines<R: Read + Send + 'static>(pipe: Option<R>) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    if let Some(pipe) = pipe {
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
    }
    receive
}

/// `VmRSS` of a Linux status file, in bytes.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// The two lines every program prints: `NAME FIGURE OPERATIONS`, perhaps `runtime MILLISECONDS` or
/// `worst MICROSECONDS` behind it, and `checksum TERM`.
fn parse(lines: &[String]) -> Result<Outcome, RunError> {
    let unexpected = || RunError::unexpected(lines);
    let [result, checksum] = lines else {
        return Err(unexpected());
    };
    let words: Vec<&str> = result.split(' ').collect();
    let [_name, figure, operations, more @ ..] = &words[..] else {
        return Err(unexpected());
    };
    let number = |text: &str| text.parse::<f64>().map_err(|_| unexpected());
    let mut outcome = Outcome {
        figure: number(figure)?,
        operations: number(operations)?,
        processor: None,
        worst: None,
        checksum: checksum.strip_prefix("checksum ").ok_or_else(unexpected)?.to_owned(),
    };
    for pair in more.chunks(2) {
        match pair {
            ["runtime", ms] => outcome.processor = Some(number(ms)? * 1e3),
            ["worst", us] => outcome.worst = Some(number(us)?),
            _ => return Err(unexpected()),
        }
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn reads_a_result() {
        let outcome = parse(&lines("ring_1k 250000 1000000\nchecksum {1,0}")).expect("it is one");
        assert_eq!(outcome.figure, 250_000.0);
        assert_eq!(outcome.operations, 1_000_000.0);
        assert_eq!(outcome.checksum, "{1,0}");
        assert_eq!((outcome.processor, outcome.worst), (None, None));
        let outcome = parse(&lines("x 9 1 runtime 12 worst 40\nchecksum 1")).expect("it is one");
        assert_eq!((outcome.processor, outcome.worst), (Some(12_000.0), Some(40.0)));
        for wrong in [
            "",
            "fib 1 1",
            "fib one 1\nchecksum 0",
            "fib 1 1\nsum 0",
            "fib 1 1 runtime\nchecksum 0",
        ] {
            parse(&lines(wrong)).expect_err(wrong);
        }
    }

    #[test]
    fn reads_resident_memory() {
        let status = "Name:\tx\nVmPeak:\t 9 kB\nVmRSS:\t    1200 kB\n";
        assert_eq!(resident(status), Some(1_228_800));
        assert_eq!(resident("Name:\tx\n"), None);
    }

    #[test]
    fn quotes_a_program_that_fails() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo fib 1 1; echo broken >&2; exit 1"]);
        let mut running = Running::start(command, Stdio::null()).expect("there is a shell");
        let deadline = Instant::now() + LIMIT;
        assert_eq!(running.line(deadline), Ok(Some("fib 1 1".to_owned())));
        assert_eq!(running.line(deadline), Ok(None));
        assert_eq!(running.finish(deadline), Err(error("broken")));
    }

    #[test]
    fn asks_a_program_for_each_line() {
        let asked = |text: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", text]);
            Running::start(command, Stdio::piped()).expect("there is a shell")
        };
        let mut running = asked("read a; echo one; read a; echo two");
        assert_eq!(running.ask(), Ok(Some("one".to_owned())));
        assert_eq!(running.ask(), Ok(Some("two".to_owned())));
        assert_eq!(running.ask(), Ok(None));
        let mut running = asked("read a; echo one; echo broken >&2; exit 1");
        assert_eq!(running.ask(), Ok(Some("one".to_owned())));
        assert_eq!(running.ask(), Err(error("broken")));
    }
}
