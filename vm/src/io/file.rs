//! Open files: what a magic reference of `prim_file` refers to.
//!
//! A file belongs to the process that opened it, which keeps it open: it is closed when that
//! process closes it or exits, and never by a collection (closing may block). Whoever uses the
//! file holds the descriptor for as long as that takes, so the number is never closed, and never
//! given to another file, under a running operation: closing takes the descriptor away from the
//! file, and who holds it last closes it.

use crate::process::Process;
use crate::sync::{Arc, Mutex};
use rustix::fd::{BorrowedFd, IntoRawFd, OwnedFd};
use rustix::io::Errno;

/// An open file, or one that has been closed.
pub struct File {
    descriptor: Mutex<Option<Arc<OwnedFd>>>,
}

impl File {
    /// A file of that descriptor, which is its own.
    pub fn new(fd: OwnedFd) -> Arc<File> {
        Arc::new(File { descriptor: Mutex::new(Some(Arc::new(fd))) })
    }

    /// The descriptor, for one operation: `einval` if the file is closed.
    pub fn descriptor(&self) -> Result<Arc<OwnedFd>, Errno> {
        self.descriptor.lock().clone().ok_or(Errno::INVAL)
    }

    /// Closes it: `einval` if that has been done. If another operation is running the descriptor
    /// is closed when that is done.
    pub fn close(&self) -> Result<(), Errno> {
        let fd = self.descriptor.lock().take().ok_or(Errno::INVAL)?;
        match Arc::into_inner(fd) {
            // SAFETY: the descriptor is ours alone, and given up here.
            Some(fd) => unsafe { rustix::io::try_close(fd.into_raw_fd()) },
            None => Ok(()),
        }
    }
}

/// A copy of a descriptor that some part of the program has open: `ebadf` if there is none of that
/// number.
pub fn duplicate(number: i32) -> Result<OwnedFd, Errno> {
    if number < 0 {
        return Err(Errno::BADF);
    }
    // SAFETY: used for this one call, which changes nothing of the file and fails if there is no
    // such descriptor; whatever it was at that moment is what was asked for.
    let fd = unsafe { BorrowedFd::borrow_raw(number) };
    rustix::io::fcntl_dupfd_cloexec(fd, 3)
}

/// The open files of a process.
#[derive(Default)]
pub struct OwnedFiles(Vec<Arc<File>>);

impl OwnedFiles {
    /// Adds one.
    pub fn add(&mut self, file: Arc<File>) {
        self.0.push(file);
    }

    /// Takes one out that has been closed.
    pub fn remove(&mut self, file: &File) {
        if let Some(i) = self.0.iter().rposition(|f| std::ptr::eq(&**f, file)) {
            self.0.swap_remove(i);
        }
    }
}

/// What is left open by a process that exits, if anything is.
pub fn process_exits(p: &mut Process) -> Option<OwnedFiles> {
    let files = std::mem::take(&mut p.rare.as_mut()?.files);
    (!files.0.is_empty()).then_some(files)
}

/// Closes what a process has left open.
pub fn close_all(files: OwnedFiles) {
    for file in files.0 {
        // Nobody is left who could be told of an error.
        let _ = file.close();
    }
}
