//! Programs as the system starts and buries them.
//!
//! A program is started without a copy of the machine's memory (`posix_spawn`: the thread that
//! starts it waits until the program has taken the place of a child that shares the memory), so
//! that it costs the same however large heaps are.

use crate::sync::Mutex;
use rustix::fd::{AsRawFd, BorrowedFd};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions};
use std::ffi::{CString, c_char, c_int};
use std::mem::MaybeUninit;

/// What is started, and with what.
pub(super) struct Spawn {
    /// The file, relative to the program's own folder.
    pub file: CString,
    /// What it was called and its arguments.
    pub args: Vec<CString>,
    /// `NAME=VALUE`
    pub env: Vec<CString>,
    pub folder: Option<CString>,
}

impl Spawn {
    /// Starts it as the leader of a session of its own, with these of the machine's descriptors as
    /// its own of these numbers, and with no signal blocked. Signals that the machine handles have
    /// their default; those that it ignores stay ignored.
    pub fn start(&self, descriptors: &[(BorrowedFd<'_>, c_int)]) -> Result<Child, Errno> {
        let mut actions = Actions::new()?;
        if let Some(folder) = &self.folder {
            actions.folder(folder)?;
        }
        for (from, to) in descriptors {
            actions.descriptor(*from, *to)?;
        }
        let attributes = Attributes::new()?;
        let args = pointers(&self.args);
        let env = pointers(&self.env);
        let mut pid = 0;
        // SAFETY: both lists end with a null pointer; they and the strings in them, which end with
        // a zero, outlive the call, which returns when the program runs or cannot. `actions` and
        // `attributes` are initialised.
        checked(unsafe {
            libc::posix_spawn(
                &raw mut pid,
                self.file.as_ptr(),
                actions.0.as_ptr(),
                attributes.0.as_ptr(),
                args.as_ptr(),
                env.as_ptr(),
            )
        })?;
        // A process that has been started has a number.
        Pid::from_raw(pid).map(Child).ok_or(Errno::SRCH)
    }
}

/// A list as the system takes it.
fn pointers(strings: &[CString]) -> Vec<*mut c_char> {
    let all = strings.iter().map(|s| s.as_ptr().cast_mut());
    all.chain([std::ptr::null_mut()]).collect()
}

/// The answer of a function that gives the error's number.
fn checked(number: c_int) -> Result<(), Errno> {
    if number == 0 { Ok(()) } else { Err(Errno::from_raw_os_error(number)) }
}

/// What the child does before it becomes the program.
struct Actions(Box<MaybeUninit<libc::posix_spawn_file_actions_t>>);

impl Actions {
    fn new() -> Result<Actions, Errno> {
        let mut new = Box::new(MaybeUninit::uninit());
        // SAFETY: there is room for what is written.
        checked(unsafe { libc::posix_spawn_file_actions_init(new.as_mut_ptr()) })?;
        Ok(Actions(new))
    }

    fn folder(&mut self, folder: &CString) -> Result<(), Errno> {
        // SAFETY: initialised; the name ends with a zero and is copied.
        checked(unsafe {
            libc::posix_spawn_file_actions_addchdir_np(self.0.as_mut_ptr(), folder.as_ptr())
        })
    }

    fn descriptor(&mut self, from: BorrowedFd<'_>, to: c_int) -> Result<(), Errno> {
        // SAFETY: initialised. The numbers are used in the child alone.
        checked(unsafe {
            libc::posix_spawn_file_actions_adddup2(self.0.as_mut_ptr(), from.as_raw_fd(), to)
        })
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised, and not used again.
        unsafe { libc::posix_spawn_file_actions_destroy(self.0.as_mut_ptr()) };
    }
}

/// What the child is.
struct Attributes(Box<MaybeUninit<libc::posix_spawnattr_t>>);

impl Attributes {
    fn new() -> Result<Attributes, Errno> {
        let mut new = Box::new(MaybeUninit::uninit());
        let mut none = MaybeUninit::uninit();
        let mut defaults = MaybeUninit::uninit();
        let flags = libc::POSIX_SPAWN_SETSID
            | libc::POSIX_SPAWN_SETSIGMASK as i16
            | libc::POSIX_SPAWN_SETSIGDEF as i16;
        // SAFETY: there is room for what is written, and what is read has been written before.
        unsafe {
            checked(libc::posix_spawnattr_init(new.as_mut_ptr()))?;
            let attributes = Attributes(new);
            let raw = attributes.0.as_ptr().cast_mut();
            libc::sigemptyset(none.as_mut_ptr());
            libc::sigemptyset(defaults.as_mut_ptr());
            libc::sigaddset(defaults.as_mut_ptr(), libc::SIGTERM);
            checked(libc::posix_spawnattr_setflags(raw, flags))?;
            checked(libc::posix_spawnattr_setsigmask(raw, none.as_ptr()))?;
            checked(libc::posix_spawnattr_setsigdefault(raw, defaults.as_ptr()))?;
            Ok(attributes)
        }
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised, and not used again.
        unsafe { libc::posix_spawnattr_destroy(self.0.as_mut_ptr()) };
    }
}

/// A program that was started and has not been buried. Its number is its own until then.
#[derive(Debug)]
pub(crate) struct Child(Pid);

impl Child {
    pub fn pid(&self) -> Pid {
        self.0
    }

    /// The number that the system knows it by.
    pub fn id(&self) -> u32 {
        self.0.as_raw_nonzero().get().unsigned_abs()
    }

    /// Buries it if it has ended, and gives its exit status: 128 and more for a signal.
    pub fn try_wait(&mut self) -> Result<Option<i32>, Errno> {
        let ended = rustix::process::waitpid(Some(self.0), WaitOptions::NOHANG)?;
        Ok(ended.map(|(_, status)| {
            let by_signal = || 128 + status.terminating_signal().unwrap_or(0);
            status.exit_status().unwrap_or_else(by_signal)
        }))
    }

    /// Ends it and buries it.
    pub fn end(self) {
        let _ = rustix::process::kill_process(self.0, Signal::KILL);
        let wait = || rustix::process::waitpid(Some(self.0), WaitOptions::empty());
        while matches!(wait(), Err(Errno::INTR)) {}
    }
}

/// Signals that stock ignores, as do the programs that it starts: those of arithmetic and of
/// writing to nobody.
pub(super) fn ignore_signals() {
    for signal in [libc::SIGFPE, libc::SIGPIPE] {
        // SAFETY: no handler is set, so that nothing runs in place of anything. One for an
        // instruction that cannot be executed would not be ignored.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Huge pages of the programs that are started: a machine that runs without them
/// (`Settings::restore_huge_pages`) has them while a program is being started, since a program
/// inherits that.
#[derive(Default)]
pub(crate) struct HugePages {
    /// How many programs are being started.
    starting: Mutex<usize>,
}

impl HugePages {
    /// Calls `start` while programs get huge pages.
    pub fn during<R>(&self, start: impl FnOnce() -> Result<R, Errno>) -> Result<R, Errno> {
        use rustix::thread::disable_transparent_huge_pages;
        {
            let mut starting = self.starting.lock();
            if *starting == 0 {
                disable_transparent_huge_pages(false)?;
            }
            *starting += 1;
        }
        let started = start();
        let mut starting = self.starting.lock();
        *starting -= 1;
        if *starting == 0 {
            // The machine works with huge pages too.
            let _ = disable_transparent_huge_pages(true);
        }
        started
    }
}
