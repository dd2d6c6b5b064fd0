//! Runs one command to its end or to its time limit and keeps what it printed.
//! A command past its limit is killed and reported as such, never waited for.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often a running command is asked whether it has ended.
const POLL: Duration = Duration::from_millis(3);

/// How a command ended and what it printed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How it ended.
    pub end: End,
    /// Standard output, whole.
    pub stdout: Vec<u8>,
    /// Standard error, whole.
    pub stderr: Vec<u8>,
}

/// The end of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It exited with this status.
    Status(i32),
    /// A signal ended it, or the system could not tell.
    Abnormal(String),
    /// It was still running at the limit and was killed.
    TimedOut(Duration),
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            End::Status(status) => write!(f, "exit status {status}"),
            End::Abnormal(what) => write!(f, "{what}"),
            End::TimedOut(limit) => write!(f, "no end within {} s, killed", limit.as_secs()),
        }
    }
}

/// Runs `command` with nothing on standard input, for at most `limit`.
///
/// # Errors
/// When the command cannot be started at all.
pub fn run(command: &mut Command, limit: Duration) -> std::io::Result<Ended> {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let end = wait(&mut child, limit)?;
    Ok(Ended { end, stdout: finish(stdout), stderr: finish(stderr) })
}

fn wait(child: &mut Child, limit: Duration) -> std::io::Result<End> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(how(status));
        }
        if started.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(End::TimedOut(limit));
        }
        thread::sleep(POLL);
    }
}

fn how(status: ExitStatus) -> End {
    match status.code() {
        Some(code) => End::Status(code),
        None => End::Abnormal(status.to_string()),
    }
}

/// Pipes are read while the command runs, or a full pipe would stop it.
fn drain(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<Vec<u8>> {
    let mut pipe = pipe.expect("the pipe was asked for");
    thread::spawn(move || {
        let mut all = Vec::new();
        // A read error ends the text here; the comparison will show what is missing.
        let _ = pipe.read_to_end(&mut all);
        all
    })
}

fn finish(reader: JoinHandle<Vec<u8>>) -> Vec<u8> {
    reader.join().expect("reading a pipe does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_both_outputs_are_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let ended = run(&mut command, Duration::from_secs(10)).expect("sh runs");
        assert_eq!(ended.end, End::Status(3));
        assert_eq!(ended.stdout, b"out\n");
        assert_eq!(ended.stderr, b"err\n");
    }

    #[test]
    fn a_command_past_its_limit_is_killed() {
        let limit = Duration::from_millis(50);
        let ended = run(Command::new("sleep").arg("60"), limit).expect("sleep runs");
        assert_eq!(ended.end, End::TimedOut(limit));
    }
}
