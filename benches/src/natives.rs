//! Natives one by one (`--natives`): the program `natives` prints a line for each, and here these
//! lines of several runs become a table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::machine::{Machine, RunError};
use crate::report::two_places;

/// The module that calls them.
pub const MODULE: &str = "natives";

/// The least nanoseconds of each native on each machine.
pub struct Natives {
    machines: Vec<String>,
    rows: BTreeMap<String, Vec<Option<f64>>>,
}

impl Natives {
    /// Runs the program on all machines by turns, with one scheduler, `pairs` times; only natives
    /// whose names begin with `filter`.
    pub fn measure(
        machines: &[Machine<'_>],
        ebin: &Path,
        pairs: usize,
        filter: &str,
    ) -> Result<Natives, RunError> {
        let names = machines.iter().map(|machine| machine.name.clone()).collect();
        let mut natives = Natives { machines: names, rows: BTreeMap::new() };
        for _ in 0..pairs {
            for (i, machine) in machines.iter().enumerate() {
                for line in machine.lines(ebin, MODULE, filter)? {
                    natives.take(i, &line).ok_or_else(|| RunError::unexpected(&[line]))?;
                }
            }
        }
        Ok(natives)
    }

    /// Takes a line: the native's name and nanoseconds. `None`: it is something else.
    fn take(&mut self, machine: usize, line: &str) -> Option<()> {
        let (name, time) = line.split_once(' ')?;
        let time: f64 = time.parse().ok()?;
        let machines = self.machines.len();
        let row = self.rows.entry(name.to_owned()).or_insert_with(|| vec![None; machines]);
        row[machine] = Some(row[machine].map_or(time, |least| least.min(time)));
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
        for (name, times) in &self.rows {
            let _ = write!(out, "| {name} |");
            for i in 0..opponents {
                let _ = write!(out, " {} |", two_places(ratio(times, i)));
            }
            let time = times[opponents].map_or_else(String::new, |time| format!("{time:.1}"));
            let _ = writeln!(out, " {time} |");
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
        let logarithms: Vec<f64> =
            self.rows.values().filter_map(|times| ratio(times, machine)).map(f64::ln).collect();
        #[expect(clippy::cast_precision_loss, reason = "they are some hundreds")]
        let count = logarithms.len() as f64;
        (count > 0.0).then(|| (logarithms.iter().sum::<f64>() / count).exp())
    }
}

/// How many times as long a machine takes as the last one.
fn ratio(times: &[Option<f64>], machine: usize) -> Option<f64> {
    Some(times[machine]? / times.last().copied()??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_of_all_runs_counts() {
        let machines = ["stock", "Girder"].map(str::to_owned).to_vec();
        let mut natives = Natives { machines, rows: BTreeMap::new() };
        for (machine, line) in
            [(0, "a 8.0"), (1, "a 5.0"), (0, "a 9.0"), (1, "a 4.0"), (0, "b 2.0"), (1, "b 4.0")]
        {
            natives.take(machine, line).expect("it is a line of the program");
        }
        let wanted = "| native | stock | Girder, ns |\n|---|---|---|\n| a | 2.00 | 4.0 |\n\
                      | b | 0.50 | 4.0 |\n| *geometric mean* | 1.00 | |\n";
        assert_eq!(natives.text(), wanted);
        assert_eq!(natives.take(0, "a native failed"), None);
    }
}
