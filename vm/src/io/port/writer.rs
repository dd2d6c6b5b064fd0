//! Writing to descriptors that must not be made non-blocking, since others share them (standard
//! output): a thread for each does it, in the order things were given to it.

use crate::sync::{Arc, Condvar, Mutex};
use crate::term::PortId;
use crate::vm::Vm;
use rustix::fd::OwnedFd;
use rustix::io::Errno;

/// What is to be written to one descriptor.
pub(in crate::io) struct Writer {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    queue: Vec<u8>,
    /// Bytes that the thread has taken and not yet written.
    writing: usize,
    error: Option<Errno>,
    /// The port is gone.
    closed: bool,
    /// The port wants to look when the queue is no longer than that.
    tell_at: Option<usize>,
}

impl Writer {
    /// Starts the thread that writes to `fd` for `port`. It ends when the port is gone.
    pub fn start(vm: &Arc<Vm>, fd: OwnedFd, port: PortId) -> Result<Arc<Writer>, Errno> {
        let writer = Arc::new(Writer {
            state: Mutex::new(State {
                queue: Vec::new(),
                writing: 0,
                error: None,
                closed: false,
                tell_at: None,
            }),
            changed: Condvar::new(),
        });
        let (its_vm, w) = (vm.clone(), writer.clone());
        let thread = std::thread::Builder::new().name("port writer".to_owned());
        match vm.unbound(|| thread.spawn(move || w.run(&its_vm, &fd, port))) {
            Ok(_) => Ok(writer),
            Err(e) => Err(Errno::from_io_error(&e).unwrap_or(Errno::AGAIN)),
        }
    }

    /// Adds to what is to be written; gives how much that is now.
    pub fn push(&self, bytes: &[u8]) -> usize {
        let mut state = self.state.lock();
        let idle = state.queue.is_empty();
        state.queue.extend_from_slice(bytes);
        let size = state.queue.len() + state.writing;
        drop(state);
        if idle {
            self.changed.notify_one();
        }
        size
    }

    /// Lets the port look once no more than `size` bytes are left, which may be so already.
    pub fn tell_at(&self, vm: &Vm, port: PortId, size: usize) {
        let mut state = self.state.lock();
        state.tell_at = Some(size);
        self.tell(&mut state, vm, port);
    }

    /// How much there is to write, and what went wrong.
    pub fn look(&self) -> (usize, Option<Errno>) {
        let state = self.state.lock();
        (state.queue.len() + state.writing, state.error)
    }

    /// The port is gone; what is not written is lost.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.changed.notify_one();
    }

    fn run(&self, vm: &Vm, fd: &OwnedFd, port: PortId) {
        let mut state = self.state.lock();
        loop {
            while state.queue.is_empty() && !state.closed {
                self.changed.wait(&mut state);
            }
            if state.closed {
                return;
            }
            let bytes = std::mem::take(&mut state.queue);
            state.writing = bytes.len();
            drop(state);
            let mut rest = &bytes[..];
            let mut error = None;
            while !rest.is_empty() && error.is_none() {
                match rustix::io::write(fd, rest) {
                    Ok(n) => rest = &rest[n..],
                    Err(Errno::INTR) => {}
                    Err(Errno::AGAIN) => wait_writable(fd),
                    Err(e) => error = Some(e),
                }
                let mut state = self.state.lock();
                state.writing = rest.len();
                self.tell(&mut state, vm, port);
                if state.closed {
                    return;
                }
            }
            state = self.state.lock();
            if error.is_some() {
                state.error = error;
                state.writing = 0;
                state.queue.clear();
                drop(state);
                vm.poller.kick(port);
                return;
            }
        }
    }

    fn tell(&self, state: &mut State, vm: &Vm, port: PortId) {
        if state.tell_at.is_some_and(|n| state.queue.len() + state.writing <= n) {
            state.tell_at = None;
            vm.poller.kick(port);
        }
    }
}

/// Somebody else has made the descriptor non-blocking.
fn wait_writable(fd: &OwnedFd) {
    use rustix::event::{PollFd, PollFlags, poll};
    let _ = poll(&mut [PollFd::new(fd, PollFlags::OUT)], None);
}
