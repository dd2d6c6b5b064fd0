//! Dirty workers: threads for natives that block or compute for long.
//!
//! A process that calls such a native is handed over at the call, runs just that native on a
//! dirty worker, and goes back to a worker's queue with the result. A dirty worker is a
//! [`Worker`] without a run queue: what it wakes goes to the workers' queues. They also close
//! the files that processes leave open when they exit.

use super::Worker;
use super::worker::After;
use crate::io::file::{OwnedFiles, close_all};
use crate::process::Process;
use crate::sync::{Arc, Condvar, Mutex};
use crate::vm::Vm;
use std::collections::VecDeque;

/// How many there are in a machine.
pub const DIRTY_WORKERS: usize = 8;

/// What waits for a dirty worker.
#[derive(Default)]
pub struct DirtyQueue {
    waiting: Mutex<Waiting>,
    came: Condvar,
}

#[derive(Default)]
struct Waiting(VecDeque<Job>);

/// What a dirty worker is asked to do.
enum Job {
    /// Run a process whose next instruction calls a dirty native.
    Run(*mut Process),
    /// Close the files that a process has left open.
    Close(OwnedFiles),
}

// SAFETY: a process in the queue is owned by the queue; taking it out hands over ownership.
unsafe impl Send for Waiting {}

impl DirtyQueue {
    /// Hands over a process whose next instruction calls a dirty native.
    pub fn push(&self, p: *mut Process) {
        self.push_job(Job::Run(p));
    }

    /// Hands over the files that a process has left open.
    pub fn push_close(&self, files: OwnedFiles) {
        self.push_job(Job::Close(files));
    }

    fn push_job(&self, job: Job) {
        self.waiting.lock().0.push_back(job);
        self.came.notify_one();
    }

    /// Wakes all dirty workers, so that they see that the machine stops.
    pub fn wake_all(&self) {
        let _held = self.waiting.lock();
        self.came.notify_all();
    }
}

/// Starts the dirty workers. Those that are in a blocking native when the machine stops are left
/// behind with their thread.
pub fn start(vm: &Arc<Vm>) -> std::io::Result<()> {
    for i in 0..DIRTY_WORKERS {
        let vm = vm.clone();
        std::thread::Builder::new()
            .name(format!("dirty worker {i}"))
            .stack_size(8 << 20)
            .spawn(move || run(&mut Worker::new_dirty(vm, i)))?;
    }
    Ok(())
}

fn run(w: &mut Worker) {
    let vm = w.vm.clone();
    loop {
        let job = {
            let mut waiting = vm.dirty.waiting.lock();
            loop {
                if vm.stopping() {
                    return;
                }
                if let Some(job) = waiting.0.pop_front() {
                    break job;
                }
                vm.dirty.came.wait(&mut waiting);
            }
        };
        let p = match job {
            Job::Run(p) => p,
            Job::Close(files) => {
                close_all(files);
                continue;
            }
        };
        vm.quiescence.online(w.participant);
        let (_, after) = crate::interp::run_slice(w, p);
        match after {
            After::Requeue => vm.enqueue(w.id, p),
            After::Dirty => vm.dirty.push(p),
            After::Gone => {}
        }
        vm.quiescence.offline(w.participant);
    }
}
