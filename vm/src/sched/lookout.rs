//! Looking out: a thread that expects something to do at once looks for it for a while before it
//! sleeps. To wake one that sleeps takes longer than most natives that are done on another thread.

use crate::vm::Vm;

/// How long, in nanoseconds.
const PATIENCE: u64 = 20_000;

impl Vm {
    /// Waits until `came`, not for long; whether it did. At once where there is a single processor:
    /// whoever is waited for needs it.
    pub(super) fn look_out(&self, came: impl Fn() -> bool) -> bool {
        if !self.looks_out {
            return false;
        }
        let until = self.world.now() + PATIENCE;
        loop {
            for _ in 0..16 {
                if came() {
                    return true;
                }
                std::hint::spin_loop();
            }
            if self.world.now() >= until {
                return false;
            }
        }
    }
}
