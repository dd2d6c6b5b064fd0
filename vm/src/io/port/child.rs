//! Starting programs.
//!
//! A program gets its ends of two pipes as standard input and output (or as descriptors 3 and 4)
//! and nothing else of the machine's: every descriptor that the machine opens or was started with
//! is closed on exec.
//! It is the leader of a session of its own, as under stock, so that no terminal's signals reach
//! it. Whoever starts it has it buried by the poller.

use super::Settings;
use rustix::fd::{AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{Access, OFlags};
use rustix::io::{Errno, FdFlags};
use rustix::pipe::{PipeFlags, pipe_with};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

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
    restore_huge_pages: bool,
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
    let spawn =
        |command: Command| spawn(command, settings, &theirs_in, &theirs_out, restore_huge_pages);
    let mut wanted = command(program, settings);
    wanted.envs(settings.env.iter().map(|(k, v)| (OsStr::from_bytes(k), OsStr::from_bytes(v))));
    if settings.stderr_to_stdout {
        wanted.stderr(theirs_out.try_clone().map_err(|_| Errno::MFILE)?);
    }
    let child = match spawn(wanted) {
        Ok(child) => child,
        Err(e) => {
            let e = Errno::from_io_error(&e).unwrap_or(Errno::IO);
            if matches!(e, Errno::AGAIN | Errno::NOMEM | Errno::MFILE | Errno::NFILE) {
                return Err(e);
            }
            spawn(failing(e, settings))
                .map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?
        }
    };
    Ok(Started {
        child,
        input: settings.input.then_some(input),
        output: settings.output.then_some(output),
    })
}

/// Keeps descriptors that the machine was started with, other than the standard ones, from the
/// programs that it starts.
pub(crate) fn keep_descriptors() -> std::io::Result<()> {
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

/// Without its environment.
fn command(program: Program<'_>, settings: &Settings) -> Command {
    let mut c;
    match program {
        Program::Shell(line) => {
            c = Command::new("/bin/sh");
            c.arg0("sh").arg("-c").arg(OsStr::from_bytes(&[b"exec ", line].concat()));
        }
        Program::File(file) => {
            // A name without a folder is one of the current folder; no path is searched.
            let name = if file.contains(&b'/') { file.to_vec() } else { [b"./", file].concat() };
            c = Command::new(OsStr::from_bytes(&name));
            c.arg0(OsStr::from_bytes(settings.arg0.as_deref().unwrap_or(file)));
            c.args(settings.args.iter().map(|a| OsStr::from_bytes(a)));
        }
    }
    c.env_clear();
    if let Some(folder) = &settings.cd {
        c.current_dir(OsStr::from_bytes(folder));
    }
    c
}

/// What runs in place of a program that could not be executed, and says so on standard error.
fn failing(e: Errno, settings: &Settings) -> Command {
    let mut c = Command::new("/bin/sh");
    let folder = settings.cd.as_deref().unwrap_or_default();
    let lost = !folder.is_empty() && rustix::fs::access(folder, Access::EXEC_OK).is_err();
    let script = if lost {
        "printf 'spawn: Could not cd to %s\\r\\n' \"$1\" >&2; exit \"$2\""
    } else {
        "exit \"$2\""
    };
    c.arg("-c").arg(script).arg("sh").arg(OsStr::from_bytes(folder));
    c.arg(e.raw_os_error().to_string());
    c.env_clear();
    c
}

fn spawn(
    mut c: Command,
    settings: &Settings,
    theirs_in: &OwnedFd,
    theirs_out: &OwnedFd,
    restore_huge_pages: bool,
) -> std::io::Result<Child> {
    let give = |fd: &OwnedFd| -> std::io::Result<Stdio> { Ok(fd.try_clone()?.into()) };
    let stdio = settings.use_stdio;
    if stdio && settings.output {
        c.stdin(give(theirs_in)?);
    }
    if stdio && settings.input {
        c.stdout(give(theirs_out)?);
    }
    let three = (!stdio && settings.output).then(|| theirs_in.try_clone()).transpose()?;
    let four = (!stdio && settings.input).then(|| theirs_out.try_clone()).transpose()?;
    let prepare = move || {
        rustix::process::setsid()?;
        if restore_huge_pages {
            rustix::thread::disable_transparent_huge_pages(false)?;
        }
        if let Some(fd) = &three {
            super::fixed_descriptor(fd, 3)?;
        }
        if let Some(fd) = &four {
            super::fixed_descriptor(fd, 4)?;
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure makes system calls only: no allocation, no lock.
    unsafe { c.pre_exec(prepare) };
    c.spawn()
}
