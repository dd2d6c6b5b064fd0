//! tmp
use crate::process::Process;
use crate::sched::Worker;
use crate::sched::worker::After;
/// Runs.
pub fn run_slice(_w: &mut Worker, _p: *mut Process) -> (i64, After) {
    todo!()
}
