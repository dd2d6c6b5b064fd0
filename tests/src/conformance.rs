//! OTP's own test suites, unmodified, run under the release's own `common_test` on Girder and on
//! stock, and compared with what `tests/conformance/` expects. What a case does and whether it
//! passes is for `common_test` to say; here are only processes, files and comparisons.

pub mod build;
pub mod expected;
pub mod modes;
pub mod results;
pub mod run;
pub mod source;
pub mod suites;
pub mod table;
pub mod variants;

use std::fmt;
use std::path::PathBuf;

use modes::Mode;

/// The applications whose suites are run.
pub const APPS: &[&str] = &["emulator", "stdlib", "compiler", "kernel"];

/// What runs a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// The oracle.
    Stock,
    /// The machine under test.
    Girder(Mode),
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Machine::Stock => f.write_str("stock"),
            Machine::Girder(Mode::Normal) => f.write_str("girder"),
            Machine::Girder(mode) => write!(f, "girder_{mode}"),
        }
    }
}

/// What became of a case, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It passed.
    Ok,
    /// It said itself that it cannot run here.
    Skipped,
    /// What it needs failed: `init_per_suite`, `init_per_group`, `init_per_testcase`.
    AutoSkipped,
    /// It failed.
    Failed,
    /// It gave no sign until the limit, and the machine was killed.
    Hung,
    /// The machine went down.
    Crashed,
    /// The suite has no such case on this machine.
    Absent,
}

impl Verdict {
    const ALL: [(Verdict, &str); 7] = [
        (Verdict::Ok, "ok"),
        (Verdict::Skipped, "skipped"),
        (Verdict::AutoSkipped, "auto_skipped"),
        (Verdict::Failed, "failed"),
        (Verdict::Hung, "hung"),
        (Verdict::Crashed, "crashed"),
        (Verdict::Absent, "absent"),
    ];

    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(word: &str) -> Option<Verdict> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(verdict, _)| *verdict)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, name) =
            Self::ALL.iter().find(|(verdict, _)| verdict == self).expect("all are there");
        f.write_str(name)
    }
}

/// Where the data files are: `tests/conformance`.
#[must_use]
pub fn data() -> PathBuf {
    crate::root().join("tests/conformance")
}

/// Where everything that is built and written goes: `target/conformance`.
#[must_use]
pub fn work() -> PathBuf {
    crate::target().join("conformance")
}
