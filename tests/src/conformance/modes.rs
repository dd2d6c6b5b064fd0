//! The ways of running Girder that ought to make no difference, and `tests/conformance/modes.txt`:
//! which suites are run so, and the cases whose verdict is another one there, with the reason.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::expected::{Expected, Line};
use super::{APPS, Verdict, data};

/// How Girder is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// As a user runs it.
    Normal,
    /// The build that collects garbage at every reserve point and poisons what it left.
    Zeal,
    /// Slices of random lengths, most of them short.
    RandomSlices,
}

impl Mode {
    const ALL: [(Mode, &str); 3] =
        [(Mode::Normal, "normal"), (Mode::Zeal, "zeal"), (Mode::RandomSlices, "random_slices")];

    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(word: &str) -> Option<Mode> {
        Self::ALL.iter().find(|(_, name)| *name == word).map(|(mode, _)| *mode)
    }

    /// The program that is run, unless the environment names another.
    #[must_use]
    pub fn binary(self) -> PathBuf {
        let (variable, default) = match self {
            Mode::Normal | Mode::RandomSlices => ("GIRDER_BIN", "release/girder"),
            Mode::Zeal => ("GIRDER_ZEAL_BIN", "zeal/release/girder"),
        };
        match std::env::var_os(variable) {
            Some(path) => crate::root().join(path),
            None => crate::target().join(default),
        }
    }

    /// What its environment has besides: in other modes than the normal one every function has native
    /// code.
    #[must_use]
    pub fn environment(self) -> Vec<(&'static str, String)> {
        let native = ("GIRDER_COMPILE_AFTER", "1".to_string());
        match self {
            Mode::Normal => Vec::new(),
            Mode::Zeal => vec![native],
            Mode::RandomSlices => {
                let seed = std::env::var("GIRDER_TEST_SEED").unwrap_or_else(|_| "1".to_string());
                vec![native, ("GIRDER_SLICE", format!("random:{seed}"))]
            }
        }
    }

    /// How many times longer than usually a case may take.
    #[must_use]
    pub fn patience(self) -> u32 {
        match self {
            Mode::Normal => 1,
            Mode::RandomSlices => 2,
            Mode::Zeal => 4,
        }
    }

    /// How long a case may give no sign, if that has not been said.
    #[must_use]
    pub fn limit(self) -> Duration {
        Duration::from_secs(150) * self.patience()
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, name) = Self::ALL.iter().find(|(mode, _)| mode == self).expect("all are there");
        f.write_str(name)
    }
}

/// What `modes.txt` says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// Suites that are run in every mode, by application and name.
    suites: Vec<(String, String)>,
    /// By mode, application and suite: cases with their verdict there (`None`: either) and why.
    other: BTreeMap<(Mode, String, String), Vec<Other>>,
}

/// A case, its verdict (`None`: it may pass or not), and why.
type Other = (String, Option<Verdict>, String);

/// Reads it.
///
/// # Errors
/// A line that is not of the form.
pub fn list() -> Result<Modes, String> {
    let file = data().join("modes.txt");
    let text =
        std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    parse(&text).map_err(|line| format!("{}: \"{line}\"", file.display()))
}

fn parse(text: &str) -> Result<Modes, String> {
    let mut modes = Modes::default();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        modes.add(line).ok_or(line)?;
    }
    Ok(modes)
}

impl Modes {
    fn add(&mut self, line: &str) -> Option<()> {
        let mut words = line.splitn(6, ' ');
        let (first, app, suite) = (words.next()?, words.next()?, words.next()?);
        if !APPS.contains(&app) {
            return None;
        }
        let (app, suite) = (app.to_string(), suite.to_string());
        if first == "run" {
            self.suites.push((app, suite));
            return words.next().is_none().then_some(());
        }
        let mode = Mode::parse(first)?;
        let (case, verdict, reason) = (words.next()?, words.next()?, words.next()?);
        let verdict = match verdict {
            "flaky" => None,
            verdict => Some(Verdict::parse(verdict)?),
        };
        let known = self.runs(&app, &suite) && mode != Mode::Normal && !reason.trim().is_empty();
        let cases = self.other.entry((mode, app, suite)).or_default();
        cases.push((case.to_string(), verdict, reason.to_string()));
        known.then_some(())
    }

    /// Whether a suite is run in every mode.
    #[must_use]
    pub fn runs(&self, app: &str, suite: &str) -> bool {
        self.suites.iter().any(|(a, s)| a == app && s == suite)
    }

    /// The suites that are run in every mode, by application and name.
    #[must_use]
    pub fn suites(&self) -> &[(String, String)] {
        &self.suites
    }

    /// What is expected in a mode of a suite of which this is expected normally.
    #[must_use]
    pub fn expected(&self, mode: Mode, app: &str, suite: &str, normally: Expected) -> Expected {
        let mut expected = normally;
        let other = self.other.get(&(mode, app.to_string(), suite.to_string()));
        for (case, verdict, reason) in other.into_iter().flatten() {
            let stock = expected.lines.get(case).map_or(Verdict::Ok, |line| line.stock);
            let line = Line { girder: *verdict, stock, reason: reason.clone() };
            expected.lines.insert(case.clone(), line);
        }
        expected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_may_have_verdicts_of_its_own() {
        let text =
            "# note\nrun stdlib lists_SUITE\nzeal stdlib lists_SUITE a hung too slow there\n";
        let modes = parse(text).expect("well formed");
        assert!(modes.runs("stdlib", "lists_SUITE") && !modes.runs("stdlib", "maps_SUITE"));
        let expected =
            |mode| modes.expected(mode, "stdlib", "lists_SUITE", Expected::default()).lines;
        assert_eq!(expected(Mode::Zeal)["a"].girder, Some(Verdict::Hung));
        assert!(expected(Mode::RandomSlices).is_empty());
    }

    #[test]
    fn differences_need_a_suite_that_is_run_and_a_reason() {
        assert!(parse("zeal stdlib lists_SUITE a hung too slow there").is_err());
        assert!(parse("run stdlib lists_SUITE\nzeal stdlib lists_SUITE a hung").is_err());
        assert!(parse("run stdlib lists_SUITE\nnormal stdlib lists_SUITE a hung why").is_err());
        assert!(parse("run nothing lists_SUITE").is_err());
    }
}
