//! The arithmetic of the table, and its form as text.

use crate::programs::{
    Group, INTERPRETER_TARGET, MEAN_TARGET, Program, SEQUENTIAL_MEAN_TARGET, SPEED_UP_TARGET,
};

/// What one program came to on one machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The median of its runs.
    pub median: f64,
    /// The worst that any run tells of, if the program tells.
    pub worst: Option<f64>,
}

/// One program's figures.
#[derive(Debug)]
pub struct Row<'a> {
    /// The program.
    pub program: &'a Program,
    /// For each number of schedulers the figure of each machine, as far as there are any.
    pub figures: Vec<Vec<Option<Figure>>>,
    /// Instructions of an operation on each machine.
    pub instructions: Vec<Option<f64>>,
    /// How many operations one run does.
    pub operations: f64,
    /// What went wrong, if something did.
    pub problem: Option<String>,
}

/// A machine as far as the table has to know it.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Whether it is Girder, which the others are compared with.
    pub girder: bool,
    /// Whether it is a stock that interprets.
    pub interpreter: bool,
}

/// All figures of a run.
#[derive(Debug)]
pub struct Table<'a> {
    /// The machines.
    pub machines: Vec<Column>,
    /// The numbers of schedulers; `None` is the machines' own choice.
    pub schedulers: Vec<Option<u32>>,
    /// Whether times were measured.
    pub times: bool,
    /// Whether instructions were counted.
    pub instructions: bool,
    /// The programs.
    pub rows: Vec<Row<'a>>,
}

impl Table<'_> {
    /// Where Girder is among the machines, if it is.
    fn girder(&self) -> Option<usize> {
        self.machines.iter().position(|machine| machine.girder)
    }

    /// The machines that Girder is compared with.
    pub fn opponents(&self) -> impl Iterator<Item = (usize, &Column)> {
        self.machines.iter().enumerate().filter(|(_, machine)| !machine.girder)
    }

    /// The figure of `machine` divided by Girder's: above 1 means that Girder is better.
    pub fn ratio(&self, row: &Row<'_>, setting: usize, machine: usize) -> Option<f64> {
        let of = &row.figures[setting];
        Some(of[machine]?.median / of[self.girder()?]?.median)
    }

    /// The geometric mean of a group's ratios, or of all, and of how many.
    pub fn mean(
        &self,
        group: Option<Group>,
        setting: usize,
        machine: usize,
    ) -> Option<(f64, usize)> {
        let ratios: Vec<f64> = self
            .rows
            .iter()
            .filter(|row| match group {
                Some(group) => row.program.group == group,
                None => matches!(row.program.group, Group::Sequential | Group::Process),
            })
            .filter_map(|row| self.ratio(row, setting, machine))
            .collect();
        Some((geometric_mean(&ratios)?, ratios.len()))
    }

    /// What a column of setting and machine is called.
    pub fn title(&self, setting: usize, machine: usize) -> String {
        let name = &self.machines[machine].name;
        match self.schedulers[setting] {
            Some(count) => format!("+S {count} {name}"),
            None => name.clone(),
        }
    }

    /// The comparisons in which Girder does not reach the program's target.
    fn missed(&self, row: &Row<'_>) -> Vec<String> {
        let mut missed = Vec::new();
        for setting in 0..self.schedulers.len() {
            if row.program.group.has_ratio() {
                for (index, machine) in self.opponents() {
                    let target =
                        if machine.interpreter { INTERPRETER_TARGET } else { row.program.target };
                    if self.ratio(row, setting, index).is_some_and(|ratio| ratio < target) {
                        missed.push(self.title(setting, index));
                    }
                }
            } else if let Some(girder) = self.girder() {
                let figure = row.figures[setting][girder];
                if figure.is_some_and(|figure| figure.median > row.program.target) {
                    missed.push(self.title(setting, girder));
                }
            }
        }
        missed
    }

    /// As text, with means.
    pub fn text(&self) -> String {
        let mut lines = vec![self.heading()];
        lines.extend(self.rows.iter().map(|row| self.line(row)));
        let mut text = aligned(&lines);
        for line in self.means().into_iter().chain(self.speed_ups()) {
            text.push('\n');
            text.push_str(&line);
        }
        text
    }

    fn heading(&self) -> Vec<String> {
        let mut heading = vec!["program".to_owned()];
        if self.times {
            for setting in 0..self.schedulers.len() {
                let titles = (0..self.machines.len()).map(|machine| self.title(setting, machine));
                heading.extend(titles);
                heading.extend(self.opponents().map(|_| "ratio".to_owned()));
            }
        }
        if self.instructions {
            let names = self.machines.iter().map(|machine| format!("{} instr/op", machine.name));
            heading.extend(names);
        }
        heading.extend(["target".to_owned(), String::new()]);
        heading
    }

    fn line(&self, row: &Row<'_>) -> Vec<String> {
        let mut line = vec![row.program.name.to_owned()];
        if self.times {
            for setting in 0..self.schedulers.len() {
                line.extend(row.figures[setting].iter().map(|figure| row.text(*figure)));
                line.extend(
                    self.opponents()
                        .map(|(machine, _)| two_places(self.ratio(row, setting, machine))),
                );
            }
        }
        if self.instructions {
            line.extend(row.instructions.iter().map(|count| whole(*count)));
        }
        line.push(row.target());
        let missed = self.missed(row);
        line.push(match &row.problem {
            Some(problem) => problem.clone(),
            None if !self.times => String::new(),
            None if missed.is_empty() => row.unit().to_owned(),
            None => format!("{}, target missed: {}", row.unit(), missed.join(", ")),
        });
        line
    }

    fn means(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (group, name, target) in [
            (Some(Group::Sequential), "sequential", Some(SEQUENTIAL_MEAN_TARGET)),
            (Some(Group::Process), "processes", None),
            (None, "both", Some(MEAN_TARGET)),
        ] {
            for setting in 0..self.schedulers.len() {
                for (machine, column) in self.opponents() {
                    let Some((mean, count)) = self.mean(group, setting, machine) else { continue };
                    if count > 1 {
                        let target = target.filter(|_| !column.interpreter);
                        let target =
                            target.map_or(String::new(), |target| format!(" (target {target:.2})"));
                        lines.push(format!(
                            "geometric mean, {name}, {}: {mean:.2}{target}, of {count}",
                            self.title(setting, machine)
                        ));
                    }
                }
            }
        }
        lines
    }

    /// How much faster more schedulers than the first number are, where processes are independent.
    fn speed_ups(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for row in self.rows.iter().filter(|row| row.program.group == Group::Parallel) {
            for (machine, column) in self.machines.iter().enumerate() {
                for setting in 1..self.schedulers.len() {
                    let figure = |setting: usize| row.figures[setting][machine];
                    let (Some(one), Some(more)) = (figure(0), figure(setting)) else { continue };
                    let target = if column.girder {
                        format!(" (target {SPEED_UP_TARGET:.2})")
                    } else {
                        String::new()
                    };
                    lines.push(format!(
                        "{}, time of the first column / that of {}: {:.2}{target}",
                        row.program.name,
                        self.title(setting, machine),
                        one.median / more.median,
                    ));
                }
            }
        }
        lines
    }
}

impl Row<'_> {
    /// What its figures are in.
    pub fn unit(&self) -> &'static str {
        match self.program.group {
            Group::Sequential | Group::Process | Group::Parallel => "ms",
            Group::Lateness => "us late (p99, worst)",
            Group::Memory => "bytes/process",
        }
    }

    /// A figure in the row's unit, and per operation where that says something.
    pub fn text(&self, figure: Option<Figure>) -> String {
        let Some(Figure { median, worst }) = figure else {
            return "-".to_owned();
        };
        match self.program.group {
            Group::Process => {
                format!("{:.1} ({:.0} ns/op)", median / 1e3, median * 1e3 / self.operations)
            }
            Group::Sequential | Group::Parallel => format!("{:.1}", median / 1e3),
            Group::Lateness | Group::Memory => match worst {
                Some(worst) => format!("{median:.0}, {worst:.0}"),
                None => format!("{median:.0}"),
            },
        }
    }

    fn target(&self) -> String {
        let target = self.program.target;
        if self.program.group.has_ratio() {
            format!(">= {target:.2}")
        } else {
            format!("<= {target:.0}")
        }
    }
}

/// A ratio as text.
pub fn two_places(number: Option<f64>) -> String {
    number.map_or("-".to_owned(), |number| format!("{number:.2}"))
}

/// A count as text, with a place behind the point if it is small.
pub fn whole(number: Option<f64>) -> String {
    match number {
        Some(number) if number.abs() < 100.0 => format!("{number:.1}"),
        Some(number) => {
            let digits = format!("{number:.0}");
            let mut text = String::new();
            for (i, digit) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i) % 3 == 0 {
                    text.push(',');
                }
                text.push(digit);
            }
            text
        }
        None => "-".to_owned(),
    }
}

/// Lines whose cells stand below each other; the first and last columns to the left.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let texts = lines.iter().map(|line| {
        let cells = line.iter().zip(&widths).enumerate().map(|(i, (cell, width))| {
            if i == 0 || i + 1 == columns {
                format!("{cell:<width$}")
            } else {
                format!("{cell:>width$}")
            }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    texts.collect::<Vec<_>>().join("\n")
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

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A program for tests.
    pub(crate) fn program(name: &'static str, group: Group, target: f64) -> Program {
        Program { name, group, target, operation: "turn", counted: None }
    }

    /// A table with stock's JIT, its interpreter and Girder, where one operation is done; `figures`
    /// are theirs with one scheduler, then with two, and so on.
    pub(crate) fn table<'a>(rows: &[(&'a Program, &[[f64; 3]])]) -> Table<'a> {
        let column =
            |name: &str, girder, interpreter| Column { name: name.to_owned(), girder, interpreter };
        let settings = rows.first().map_or(0, |row| row.1.len());
        Table {
            machines: vec![
                column("jit", false, false),
                column("emu", false, true),
                column("Girder", true, false),
            ],
            schedulers: (1..=u32::try_from(settings).unwrap_or(1)).map(Some).collect(),
            times: true,
            instructions: false,
            rows: rows
                .iter()
                .map(|&(program, figures)| Row {
                    program,
                    figures: figures
                        .iter()
                        .map(|of| of.map(|median| Some(Figure { median, worst: None })).to_vec())
                        .collect(),
                    instructions: vec![None; 3],
                    operations: 1.0,
                    problem: None,
                })
                .collect(),
        }
    }

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
    fn a_row_is_judged_by_its_kind_and_by_what_it_is_compared_with() {
        let timed = program("ring", Group::Process, 2.0);
        let table_of = table(&[(&timed, &[[300.0, 300.0, 100.0], [300.0, 150.0, 200.0]])]);
        let row = &table_of.rows[0];
        assert_eq!(table_of.ratio(row, 0, 0), Some(3.0));
        assert_eq!(table_of.missed(row), ["+S 2 jit", "+S 2 emu"]);
        let bound = program("idle", Group::Memory, 900.0);
        let table_of = table(&[(&bound, &[[1.0, 1.0, 900.0], [1.0, 1.0, 901.0]])]);
        assert_eq!(table_of.missed(&table_of.rows[0]), ["+S 2 Girder"]);
    }

    #[test]
    fn the_text_has_every_column_means_and_speed_ups() {
        let one = program("one", Group::Sequential, 1.0);
        let two = program("two", Group::Process, 1.0);
        let parallel = program("parallel", Group::Parallel, 0.5);
        let figures: &[[f64; 3]] = &[[4e3, 8e3, 2e3], [4e3, 8e3, 1e3]];
        let text = table(&[(&one, figures), (&two, figures), (&parallel, figures)]).text();
        let words = |n: usize| -> Vec<&str> {
            text.lines().nth(n).unwrap_or("").split_whitespace().collect()
        };
        assert_eq!(
            words(1),
            [
                "one", "4.0", "8.0", "2.0", "2.00", "4.00", "4.0", "8.0", "1.0", "4.00", "8.00",
                ">=", "1.00", "ms"
            ]
        );
        assert!(text.contains("geometric mean, both, +S 2 emu: 8.00, of 2"), "{text}");
        let faster = "parallel, time of the first column / that of +S 2 Girder: 2.00 (target 1.80)";
        assert!(text.contains(faster), "{text}");
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(whole(Some(1_234_567.4)), "1,234,567");
        assert_eq!(whole(Some(999.6)), "1,000");
        assert_eq!(whole(Some(12.34)), "12.3");
        assert_eq!(whole(None), "-");
    }
}
