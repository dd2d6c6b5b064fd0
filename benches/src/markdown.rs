//! The figures as they stand in `docs/benchmarks.md`: ratios and bounds in one place, instructions in
//! another, each between two lines. What a run has not measured stays as it is.

use std::fmt::Write as _;

use crate::programs::Group;
use crate::report::{Table, two_places, whole};

/// `document` with the table's figures in place of those that it has; `heading` says what kind of
/// run they are from. The error is a text for the user.
pub fn replace(document: &str, table: &Table<'_>, heading: &str) -> Result<String, String> {
    let mut document = document.to_owned();
    if table.times {
        let mut text = format!("{heading}\n\n");
        ratios(table, &mut text);
        bounds(table, &mut text);
        document = put(&document, "times", &text)?;
    }
    if table.instructions {
        let mut text = String::new();
        instructions(table, &mut text);
        document = put(&document, "instructions", &text)?;
    }
    Ok(document)
}

/// `document` with `text` between the two lines that are called `what`. The error is a text for the user.
pub fn put(document: &str, what: &str, text: &str) -> Result<String, String> {
    let begin = format!("<!-- {what}: written by `make figures` -->");
    let end = format!("<!-- end of {what} -->");
    let missing = || format!("there is no line {begin} with a line {end} behind it");
    let (before, rest) = document.split_once(&begin).ok_or_else(missing)?;
    let (_, after) = rest.split_once(&end).ok_or_else(missing)?;
    Ok(format!("{before}{begin}\n\n{}\n\n{end}{after}", text.trim()))
}

fn ratios(table: &Table<'_>, out: &mut String) {
    let mut titles = vec!["program".to_owned()];
    for setting in 0..table.schedulers.len() {
        titles.extend(table.opponents().map(|(machine, _)| table.title(setting, machine)));
    }
    line(out, &titles);
    rule(out, titles.len());
    for row in table.rows.iter().filter(|row| row.program.group.has_ratio()) {
        let mut cells = vec![row.program.name.to_owned()];
        for setting in 0..table.schedulers.len() {
            let ratio = |(machine, _)| two_places(table.ratio(row, setting, machine));
            cells.extend(table.opponents().map(ratio));
        }
        line(out, &cells);
    }
    for (group, name) in [
        (Some(Group::Process), "*mean of processes*"),
        (Some(Group::Sequential), "*mean of sequential*"),
        (None, "*mean of both*"),
    ] {
        let mut cells = vec![name.to_owned()];
        for setting in 0..table.schedulers.len() {
            let mean = |(machine, _)| two_places(table.mean(group, setting, machine).map(|m| m.0));
            cells.extend(table.opponents().map(mean));
        }
        line(out, &cells);
    }
}

fn instructions(table: &Table<'_>, out: &mut String) {
    let mut titles = vec!["program".to_owned(), "an operation is a".to_owned()];
    titles.extend(table.machines.iter().map(|machine| machine.name.clone()));
    line(out, &titles);
    rule(out, titles.len());
    for row in &table.rows {
        let mut cells = vec![row.program.name.to_owned(), row.program.operation.to_owned()];
        cells.extend(row.instructions.iter().map(|count| match count {
            Some(_) => whole(*count),
            None => "no count".to_owned(),
        }));
        line(out, &cells);
    }
}

fn bounds(table: &Table<'_>, out: &mut String) {
    let mut rows = table.rows.iter().filter(|row| !row.program.group.has_ratio()).peekable();
    if rows.peek().is_none() {
        return;
    }
    let mut titles = vec!["bound".to_owned(), "in".to_owned(), "at most".to_owned()];
    for setting in 0..table.schedulers.len() {
        titles.extend((0..table.machines.len()).map(|machine| table.title(setting, machine)));
    }
    out.push('\n');
    line(out, &titles);
    rule(out, titles.len());
    for row in rows {
        let mut cells = vec![
            row.program.name.to_owned(),
            row.unit().to_owned(),
            whole(Some(row.program.target)),
        ];
        for of in &row.figures {
            cells.extend(of.iter().map(|figure| row.text(*figure)));
        }
        line(out, &cells);
    }
}

fn line(out: &mut String, cells: &[String]) {
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn rule(out: &mut String, columns: usize) {
    let _ = writeln!(out, "|{}", "---|".repeat(columns));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{program, table};

    const DOCUMENT: &str = "a
<!-- times: written by `make figures` -->
old
<!-- end of times -->
b
<!-- instructions: written by `make figures` -->
old
<!-- end of instructions -->
c
";

    #[test]
    fn what_was_measured_is_replaced_and_nothing_else() {
        let timed = program("ring", Group::Process, 2.0);
        let bound = program("idle", Group::Memory, 900.0);
        let mut table = table(&[(&timed, &[[4.0, 6.0, 2.0]]), (&bound, &[[9.0, 8.0, 7.0]])]);
        let times = replace(DOCUMENT, &table, "Heading.").expect("it has the lines");
        for part in [
            "a\n<!-- times: written by `make figures` -->\n\nHeading.\n\n| program | +S 1 jit |",
            "\n| ring | 2.00 | 3.00 |\n",
            "\n| idle | bytes/process | 900 | 9 | 8 | 7 |\n\n<!-- end of times -->\nb\n",
            "`make figures` -->\nold\n<!-- end of instructions -->\nc\n",
        ] {
            assert!(times.contains(part), "{times}");
        }
        table.times = false;
        table.instructions = true;
        table.rows[0].instructions = vec![Some(1500.0), None, Some(12.0)];
        let both = replace(&times, &table, "").expect("it has the lines");
        assert!(both.contains("\n| ring | turn | 1,500 | no count | 12.0 |\n"), "{both}");
        assert!(!both.contains("old"), "{both}");
        assert_eq!(replace(&both, &table, "").expect("it has the lines"), both);
        replace("a\nb\n", &table, "").expect_err("it has no lines");
    }
}
