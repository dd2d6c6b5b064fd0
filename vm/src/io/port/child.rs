//! Starting programs.
//!
//! A program gets its ends of two pipes as standard input and output (or as descriptors 3 and 4)
//! and nothing else of the machine's: every descriptor that the machine opens or was started with
//! is closed on exec.
//! It is the leader of a session of its own, as under stock, so that no terminal's signals reach
//! it. Whoever starts it has it buried by the poller.

use super::Settings;
use super::spawn::{Child, HugePages, Spawn};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{Access, OFlags};
use rustix::io::{Errno, FdFlags};
use rustix::pipe::{PipeFlags, pipe_with};
use std::ffi::CString;

/// What is started.
#[derive(Clone, Copy)]
pub(super) enum Program<'a> {
    /// A command of the shell.
    Shell(&'a [u8]),
    /// An executable file.
    File(&'a [u8]),
}

/// A program that runs, and the machine's ends of its pipes.
pub(super) struct Started {
    pub child: Child,
    /// Its output.
    pub input: Option<OwnedFd>,
    /// Its input.
    pub output: Option<OwnedFd>,
}

/// The lowest number of a pipe's end, so that 3 and 4 are free to be made from it.
const ABOVE_STDIO: i32 = 5;

/// Starts a program. One that cannot be executed although it looks like a program, or whose
/// folder is not there, ends with the system's error as its exit status.
pub(super) fn start(
    program: Program<'_>,
    settings: &Settings,
    huge_pages: Option<&HugePages>,
) -> Result<Started, Errno> {
    if let Program::File(file) = program {
        rustix::fs::access(file, Access::EXEC_OK)?;
    }
    let (input, theirs_out) = pipe()?;
    let (theirs_in, output) = pipe()?;
    for ours in [&input, &output] {
        let flags = rustix::fs::fcntl_getfl(ours)?;
        rustix::fs::fcntl_setfl(ours, flags | OFlags::NONBLOCK)?;
    }
    let spawn = |wanted: Spawn, stderr_to_stdout: bool| {
        let given = descriptors(settings, &theirs_in, &theirs_out, stderr_to_stdout);
        match huge_pages {
            Some(huge_pages) => huge_pages.during(|| wanted.start(&given)),
            None => wanted.start(&given),
        }
    };
    let child = match spawn(wanted(program, settings)?, settings.stderr_to_stdout) {
        Ok(child) => child,
        Err(e @ (Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE)) => return Err(e),
        Err(e) => spawn(failing(e, settings)?, false)?,
    };
    Ok(Started {
        child,
        input: settings.input.then_some(input),
        output: settings.output.then_some(output),
    })
}

/// Keeps descriptors that the machine was started with, other than the standard ones, from the
/// programs that it starts, and ignores the signals that they are to ignore.
pub(crate) fn prepare() -> std::io::Result<()> {
    super::spawn::ignore_signals();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let name = entry?.file_name();
        let Some(number) = name.to_str().and_then(|n| n.parse().ok()).filter(|n| *n > 2) else {
            continue;
        };
        // SAFETY: used for these two calls, which fail if the descriptor has been closed
        // meanwhile; every descriptor is to be closed on exec, whosever it is.
        let fd = unsafe { BorrowedFd::borrow_raw(number) };
        if let Ok(flags) = rustix::io::fcntl_getfd(fd) {
            let _ = rustix::io::fcntl_setfd(fd, flags | FdFlags::CLOEXEC);
        }
    }
    Ok(())
}

fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
    let up = |fd: OwnedFd| {
        if fd.as_raw_fd() >= ABOVE_STDIO {
            Ok(fd)
        } else {
            rustix::io::fcntl_dupfd_cloexec(&fd, ABOVE_STDIO)
        }
    };
    Ok((up(read)?, up(write)?))
}

/// Which of the pipes' ends become which descriptors of the program.
fn descriptors<'a>(
    settings: &Settings,
    theirs_in: &'a OwnedFd,
    theirs_out: &'a OwnedFd,
    stderr_to_stdout: bool,
) -> Vec<(BorrowedFd<'a>, i32)> {
    let (read, write) = if settings.use_stdio { (0, 1) } else { (3, 4) };
    [
        settings.output.then_some((theirs_in.as_fd(), read)),
        settings.input.then_some((theirs_out.as_fd(), write)),
        stderr_to_stdout.then_some((theirs_out.as_fd(), 2)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn wanted(program: Program<'_>, settings: &Settings) -> Result<Spawn, Errno> {
    let (file, args) = match program {
        Program::Shell(line) => {
            let line = [b"exec ", line].concat();
            (string("/bin/sh")?, vec![string("sh")?, string("-c")?, string(line)?])
        }
        Program::File(file) => {
            let called = settings.arg0.as_deref().unwrap_or(file);
            let args = std::iter::once(called).chain(settings.args.iter().map(Vec::as_slice));
            let args = args.map(string).collect::<Result<_, _>>()?;
            // A name without a folder is one of the current folder; no path is searched.
            let name = if file.contains(&b'/') { file.to_vec() } else { [b"./", file].concat() };
            (string(name)?, args)
        }
    };
    let env = settings.env.iter().map(|(k, v)| string([k, &b"="[..], v].concat()));
    let folder = settings.cd.as_deref().map(string).transpose()?;
    Ok(Spawn { file, args, env: env.collect::<Result<_, _>>()?, folder })
}

/// What runs in place of a program that could not be executed, and says so on standard error.
fn failing(e: Errno, settings: &Settings) -> Result<Spawn, Errno> {
    let folder = settings.cd.as_deref().unwrap_or_default();
    let lost = !folder.is_empty() && rustix::fs::access(folder, Access::EXEC_OK).is_err();
    let script = if lost {
        "printf 'spawn: Could not cd to %s\\r\\n' \"$1\" >&2; exit \"$2\""
    } else {
        "exit \"$2\""
    };
    let status = e.raw_os_error().to_string();
    let args = [&b"/bin/sh"[..], b"-c", script.as_bytes(), b"sh", folder, status.as_bytes()];
    Ok(Spawn {
        file: string("/bin/sh")?,
        args: args.into_iter().map(string).collect::<Result<_, _>>()?,
        env: Vec::new(),
        folder: None,
    })
}

/// As the system takes it. Natives let nothing through that has a zero in it.
fn string(bytes: impl Into<Vec<u8>>) -> Result<CString, Errno> {
    CString::new(bytes).map_err(|_| Errno::INVAL)
}
