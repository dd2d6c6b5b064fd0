//! Timers: `receive ... after`, `send_after`, `start_timer`.

use crate::sched::Worker;

/// All timers of one machine.
pub struct Timers {}

impl Timers {
    /// No timers.
    #[expect(clippy::new_without_default, reason = "made once, by the machine")]
    pub fn new() -> Timers {
        Timers {}
    }

    /// Fires what is due at `now`.
    pub fn expire(&self, _worker: &mut Worker, _now: u64) {}

    /// When the next timer is due, in the world's nanoseconds.
    pub fn next_due(&self) -> Option<u64> {
        None
    }
}
