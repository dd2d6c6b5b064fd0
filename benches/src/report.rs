//! The arithmetic and the form of the table.

use crate::programs::{Group, Program, SEQUENTIAL_MEAN_TARGET};

/// One line of the table: the medians of both machines, as far as there are any.
#[derive(Debug)]
pub struct Row<'a> {
    /// The program.
    pub program: &'a Program,
    /// Stock's figure.
    pub stock: Option<f64>,
    /// Girder's figure.
    pub girder: Option<f64>,
    /// How many operations one run does.
    pub operations: f64,
    /// What went wrong, if something did.
    pub problem: Option<String>,
}

impl Row<'_> {
    /// Stock's figure divided by Girder's: above 1 means that Girder is better.
    pub fn ratio(&self) -> Option<f64> {
        Some(self.stock? / self.girder?)
    }

    /// Whether Girder reaches the target; unknown without figures.
    pub fn reached(&self) -> Option<bool> {
        match self.program.group {
            Group::Sequential | Group::Process => Some(self.ratio()? >= self.program.target),
            Group::Lateness | Group::Memory => Some(self.girder? <= self.program.target),
        }
    }

    fn unit(&self) -> &'static str {
        match self.program.group {
            Group::Sequential | Group::Process => "ms",
            Group::Lateness => "us late (p99)",
            Group::Memory => "bytes/process",
        }
    }

    /// A figure in the row's unit, and per operation where that says something.
    fn figure(&self, figure: Option<f64>) -> String {
        let Some(figure) = figure else {
            return "-".to_owned();
        };
        match self.program.group {
            Group::Process => {
                format!("{:.1} ({:.0} ns/op)", figure / 1e3, figure * 1e3 / self.operations)
            }
            Group::Sequential => format!("{:.1}", figure / 1e3),
            Group::Lateness | Group::Memory => format!("{figure:.0}"),
        }
    }

    fn target(&self) -> String {
        let target = self.program.target;
        match self.program.group {
            Group::Sequential | Group::Process => format!(">= {target:.2}"),
            Group::Lateness | Group::Memory => format!("<= {target:.0}"),
        }
    }
}

/// The middle of `figures`, the mean of the two middle ones if their number is even.
pub fn median(figures: &[f64]) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(sorted[middle - 1], upper))
}

/// The geometric mean, of nothing none.
pub fn geometric_mean(ratios: &[f64]) -> Option<f64> {
    if ratios.is_empty() {
        return None;
    }
    let count = u32::try_from(ratios.len()).map_or(f64::INFINITY, f64::from);
    Some((ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / count).exp())
}

/// The whole table as text.
pub fn table(rows: &[Row<'_>]) -> String {
    let mut lines = vec![line("program", "stock", "Girder", "ratio", "target", "")];
    for row in rows {
        let ratio = row.ratio().map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
        let verdict = match (&row.problem, row.reached()) {
            (Some(problem), _) => problem.clone(),
            (None, Some(false)) => format!("{}, below target", row.unit()),
            (None, _) => row.unit().to_owned(),
        };
        lines.push(line(
            row.program.name,
            &row.figure(row.stock),
            &row.figure(row.girder),
            &ratio,
            &row.target(),
            &verdict,
        ));
    }
    for (group, name, target) in [
        (Group::Sequential, "geometric mean, sequential", Some(SEQUENTIAL_MEAN_TARGET)),
        (Group::Process, "geometric mean, processes", None),
    ] {
        let ratios: Vec<f64> =
            rows.iter().filter(|row| row.program.group == group).filter_map(Row::ratio).collect();
        if let Some(mean) = geometric_mean(&ratios).filter(|_| ratios.len() > 1) {
            let target = target.map_or(String::new(), |target| format!(" (target {target:.2})"));
            lines.push(format!("{name}: {mean:.2}{target}, of {}", ratios.len()));
        }
    }
    lines.join("\n")
}

fn line(name: &str, stock: &str, girder: &str, ratio: &str, target: &str, note: &str) -> String {
    format!("{name:<15} {stock:>22} {girder:>22} {ratio:>7} {target:>8}  {note}")
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_means() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(geometric_mean(&[]), None);
        let mean = geometric_mean(&[2.0, 0.5, 8.0, 2.0]).expect("there are ratios");
        assert!((mean - 2.0).abs() < 1e-12, "{mean}");
    }

    #[test]
    fn a_row_is_judged_by_its_kind() {
        let program = |group, target| Program { name: "x", group, target };
        let timed = program(Group::Process, 2.0);
        let mut row = Row {
            program: &timed,
            stock: Some(300.0),
            girder: Some(100.0),
            operations: 100.0,
            problem: None,
        };
        assert_eq!(row.ratio(), Some(3.0));
        assert_eq!(row.reached(), Some(true));
        row.girder = Some(200.0);
        assert_eq!(row.reached(), Some(false));
        assert!(table(&[row]).contains("below target"));
        let bound = program(Group::Memory, 1300.0);
        let row = Row {
            program: &bound,
            stock: None,
            girder: Some(1300.0),
            operations: 1e6,
            problem: None,
        };
        assert_eq!(row.reached(), Some(true), "a bound needs no stock figure");
        assert_eq!(row.ratio(), None);
    }
}
