//! Counting the instructions that a command retires, with valgrind.
//!
//! Cachegrind without its caches counts and does nothing else. Programs that the command becomes
//! (`erl` becomes the emulator) are counted each for itself, in a file of its own; the largest count
//! is that of the machine.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder for what valgrind writes, removed when dropped.
pub struct Logs(PathBuf);

impl Logs {
    /// A new folder.
    pub fn new() -> io::Result<Logs> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("girder-bench-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder)?;
        Ok(Logs(folder))
    }

    /// The largest count.
    pub fn total(&self) -> Option<f64> {
        let logs = std::fs::read_dir(&self.0).ok()?.flatten();
        let counts = logs.filter_map(|log| count(&std::fs::read_to_string(log.path()).ok()?));
        counts.reduce(f64::max)
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        // What stays is a few lines in the system's folder for such.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `command` under valgrind. Stock's JIT writes code through one mapping of a file and runs it in
/// another, so that only valgrind's check of all code notices that it has changed.
pub fn under_valgrind(command: &Command, logs: &Logs) -> Command {
    let mut counted = Command::new("valgrind");
    counted
        .args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"])
        .args(["--smc-check=all", "--trace-children=yes"])
        .arg("--trace-children-skip=*erl_child_setup,*inet_gethost,*epmd")
        .arg(format!("--log-file={}", logs.path().join("%p").display()))
        .arg(command.get_program())
        .args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => counted.env(name, value),
            None => counted.env_remove(name),
        };
    }
    counted
}

/// What a log of cachegrind says.
fn count(log: &str) -> Option<f64> {
    let line = log.lines().find(|line| line.contains("I   refs:"))?;
    line.rsplit(' ').next()?.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_count() {
        let log = "==7== Command: x\n==7== \n==7== I   refs:      68,319,858\n";
        assert_eq!(count(log), Some(68_319_858.0));
        assert_eq!(count("==7== Command: x\n"), None);
    }

    #[test]
    fn the_machine_is_the_largest() {
        let logs = Logs::new().expect("there is a folder");
        for (name, text) in [("1", "I   refs: 12"), ("2", "I   refs: 1,200"), ("3", "none")] {
            std::fs::write(logs.path().join(name), text).expect("it can be written");
        }
        assert_eq!(logs.total(), Some(1200.0));
    }
}
