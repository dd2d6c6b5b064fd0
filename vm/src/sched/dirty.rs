//! Dirty workers: threads for natives that block or compute for long.
//!
//! A process that calls such a native is handed over at the call, runs just that native on a
//! dirty worker, and goes back to a worker's queue with the result. A dirty worker is a
//! [`Worker`] without a run queue: what it wakes goes to the workers' queues.

use super::Worker;
use super::worker::After;
use crate::process::Process;
use crate::sync::{Arc, Condvar, Mutex};
use crate::vm::Vm;
use std::collections::VecDeque;

/// How many there are in a machine.
pub const DIRTY_WORKERS: usize = 8;

/// Processes that wait for a dirty worker.
#[derive(Default)]
pub struct DirtyQueue {
    waiting: Mutex<Waiting>,
    came: Condvar,
}

#[derive(Default)]
struct Waiting(VecDeque<*mut Process>);

// SAFETY: a process in the queue is owned by the queue; taking it out hands over ownership.
unsafe impl Send for Waiting {}

impl DirtyQueue {
    /// Hands over a process whose next instruction calls a dirty native.
    pub fn push(&self, p: *mut Process) {
        self.waiting.lock().0.push_back(p);
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
        let p = {
            let mut waiting = vm.dirty.waiting.lock();
            loop {
                if vm.stopping() {
                    return;
                }
                if let Some(p) = waiting.0.pop_front() {
                    break p;
                }
                vm.dirty.came.wait(&mut waiting);
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
