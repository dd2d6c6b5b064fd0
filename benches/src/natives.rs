//! Natives one by one (`--natives`): the program `natives` prints a line for each, and here these
//! lines of several runs become a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::machine::{Machine, RunError, Running};
use crate::report::{geometric_mean, median, two_places};

/// The module that calls them.
pub const MODULE: &str = "natives";

/// The nanoseconds of each native: for each run of all machines, by machine.
pub struct Natives {
    machines: Vec<String>,
    rows: BTreeMap<String, Vec<Vec<f64>>>,
}

impl Natives {
    /// Runs the program on all machines at once, `pairs` times, with one scheduler; each native on one
    /// machine after the other, so that all meet the same conditions. Only natives whose names begin
    /// with `filter`.
    pub fn measure(
        machines: &[Machine<'_>],
        ebin: &Path,
        pairs: usize,
        filter: &str,
    ) -> Result<Natives, RunError> {
        let names = machines.iter().map(|machine| machine.name.clone()).collect();
        let mut natives = Natives { machines: names, rows: BTreeMap::new() };
        for _ in 0..pairs {
            let mut running = machines
                .iter()
                .map(|machine| machine.start_asked(ebin, MODULE, filter))
                .collect::<Result<Vec<_>, _>>()?;
            loop {
                let lines = running.iter_mut().map(Running::ask).collect::<Result<Vec<_>, _>>()?;
                if lines.iter().all(Option::is_none) {
                    break;
                }
                let lines: Vec<String> = lines.into_iter().flatten().collect();
                natives.take(&lines).ok_or_else(|| RunError::unexpected(&lines))?;
            }
        }
        Ok(natives)
    }

    /// Takes what all machines have printed for a native: its name and nanoseconds. `None`: it is something
    /// else, or not of one native.
    fn take(&mut self, lines: &[String]) -> Option<()> {
        let (name, _) = lines.first()?.split_once(' ')?;
        let time = |line: &String| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok();
        let times: Vec<f64> = lines.iter().map(time).collect::<Option<_>>()?;
        if times.len() != self.machines.len() {
            return None;
        }
        self.rows.entry(name.to_owned()).or_default().push(times);
        Some(())
    }

    /// The table, in Markdown: ratios to the last machine, Girder, and its time.
    pub fn text(&self) -> String {
        let mut out = String::from("| native |");
        let opponents = self.machines.len() - 1;
        for name in &self.machines[..opponents] {
            let _ = write!(out, " {name} |");
        }
        let _ =
            writeln!(out, " {}, ns |\n|{}", self.machines[opponents], "---|".repeat(opponents + 2));
        for (name, runs) in &self.rows {
            let _ = write!(out, "| {name} |");
            for i in 0..opponents {
                let _ = write!(out, " {} |", two_places(ratio(runs, i)));
            }
            let least = runs.iter().map(|times| times[opponents]).reduce(f64::min);
            let _ = writeln!(out, " {:.1} |", least.expect("who is in the table has been run"));
        }
        let _ = write!(out, "| *geometric mean* |");
        for i in 0..opponents {
            let _ = write!(out, " {} |", two_places(self.mean(i)));
        }
        let _ = writeln!(out, " |");
        out
    }

    /// The geometric mean of the ratios to a machine.
    fn mean(&self, machine: usize) -> Option<f64> {
        let ratios: Vec<f64> = self.rows.values().filter_map(|runs| ratio(runs, machine)).collect();
        geometric_mean(&ratios)
    }
}

/// How many times as long a machine takes as the last one: the median of all runs.
fn ratio(runs: &[Vec<f64>], machine: usize) -> Option<f64> {
    let ratios: Vec<f64> =
        runs.iter().filter_map(|times| Some(times[machine] / times.last()?)).collect();
    median(&ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_ratios_and_the_least_time_count() {
        let machines = ["stock", "Girder"].map(str::to_owned).to_vec();
        let mut natives = Natives { machines, rows: BTreeMap::new() };
        let lines = |of: [&str; 2]| of.map(str::to_owned);
        for run in [["a 8.0", "a 4.0"], ["a 5.0", "a 5.0"], ["a 9.0", "a 3.0"], ["b 2.0", "b 4.0"]]
        {
            natives.take(&lines(run)).expect("they are lines of the program");
        }
        let wanted = "| native | stock | Girder, ns |\n|---|---|---|\n| a | 2.00 | 3.0 |\n\
                      | b | 0.50 | 4.0 |\n| *geometric mean* | 1.00 | |\n";
        assert_eq!(natives.text(), wanted);
        for wrong in [["a native failed", "a 4.0"], ["a 4.0", "ab 4.0"], ["a 4.0", "b 4.0"]] {
            assert_eq!(natives.take(&lines(wrong)), None);
        }
        assert_eq!(natives.take(&lines(["a 4.0", "a 4.0"])[..1]), None);
    }
}
