//! The table of `docs/conformance.md`, made of the expectations: it stands between two marks.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::expected::{self, Counts};
use super::suites::{Suite, When};
use super::{APPS, Verdict};

const BEGIN: &str = "<!-- made by `make conformance ARGS=--update`: do not edit -->";
const END: &str = "<!-- end of what is made -->";

/// The page.
#[must_use]
pub fn page() -> PathBuf {
    crate::root().join("docs/conformance.md")
}

/// The page with the table that belongs to the expectations.
///
/// # Errors
/// A page without the marks, an expectation that cannot be read.
pub fn made(suites: &[Suite]) -> Result<String, String> {
    let page = page();
    let text = fs::read_to_string(&page).map_err(|e| format!("{}: {e}", page.display()))?;
    let (Some(begin), Some(end)) = (text.find(BEGIN), text.find(END)) else {
        return Err(format!("{} has no marks for the table", page.display()));
    };
    let (before, after) = (&text[..begin + BEGIN.len()], &text[end..]);
    Ok(format!("{before}\n\n{}\n{after}", tables(suites)?))
}

fn tables(suites: &[Suite]) -> Result<String, String> {
    let mut sums = String::from(HEAD);
    let mut details = String::new();
    let mut all = Tally::default();
    for app in APPS {
        let mut sum = Tally::default();
        let mut lines = String::from(HEAD);
        for suite in suites.iter().filter(|suite| suite.app == *app) {
            if matches!(suite.when, When::Out(_)) {
                continue;
            }
            match expected::read(app, &suite.name)? {
                Some(expected) => {
                    let foreign = expected.foreign();
                    let mut tally = Tally { counts: expected.counts, foreign, down: 0 };
                    let down = |verdict| matches!(verdict, Some(Verdict::Crashed | Verdict::Hung));
                    let lines_down =
                        expected.lines.values().filter(|l| down(l.girder) && !down(Some(l.stock)));
                    tally.down = lines_down.count();
                    row(&mut lines, &suite.name, &tally);
                    sum.add(&tally);
                }
                None => _ = writeln!(lines, "| {} | not measured | | | | | | |", suite.name),
            }
        }
        row(&mut sums, app, &sum);
        all.add(&sum);
        let _ = write!(details, "\n### {app}\n\n{lines}");
    }
    row(&mut sums, "**all**", &all);
    let mut out = String::from("\n### Not run\n\n| suite | why |\n|---|---|\n");
    for suite in suites {
        if let When::Out(reason) = &suite.when {
            let _ = writeln!(out, "| {} {} | {reason} |", suite.app, suite.name);
        }
    }
    Ok(sums + &details + &out)
}

const HEAD: &str = "| suite | cases | pass on stock | of these code in C | pass on Girder | of stock's | of the rest | hang or crash |\n\
                    |---|---:|---:|---:|---:|---:|---:|---:|\n";

#[derive(Default)]
struct Tally {
    counts: Counts,
    foreign: usize,
    down: usize,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.counts.cases += other.counts.cases;
        self.counts.stock += other.counts.stock;
        self.counts.girder += other.counts.girder;
        self.counts.both += other.counts.both;
        self.foreign += other.foreign;
        self.down += other.down;
    }
}

fn row(text: &mut String, name: &str, tally: &Tally) {
    let Counts { cases, stock, girder, both } = tally.counts;
    let share = |of: usize| match of {
        0 => "-".to_string(),
        _ => format!("{}.{} %", both * 100 / of, both * 1000 / of % 10),
    };
    let (foreign, down) = (tally.foreign, tally.down);
    let (all, rest) = (share(stock), share(stock - foreign));
    let _ = writeln!(
        text,
        "| {name} | {cases} | {stock} | {foreign} | {girder} | {all} | {rest} | {down} |"
    );
}
