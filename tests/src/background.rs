//! Programs that run beside a test.

use std::process::{Child, Command, Stdio};

/// A program that is killed in the end. It reads and says nothing.
pub struct Background(Child);

impl Background {
    /// Starts it.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(command: &mut Command) -> Background {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Background(quiet.spawn().expect("it can be started"))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
