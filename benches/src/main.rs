//! `bench`: runs the benchmark programs on stock `erl` and on Girder by turns and prints a
//! table of ratios.
//!
//! Only the command line and the order of runs are here.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::ExitCode;

use benches::machine::{Machine, Outcome, RunError};
use benches::natives::Natives;
use benches::options::{Options, USAGE};
use benches::programs::{self, Group, PROGRAMS, Program};
use benches::report::{self, Column, Figure, Row, Table};
use benches::{chart, markdown};
use stdlib_beams::OtpRoot;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let result = Options::read(arguments.into_iter())
        .map_err(|message| format!("{message}\n{USAGE}"))
        .and_then(|options| run(&options));
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("bench: {message}");
            ExitCode::from(2)
        }
    }
}

/// Whether every program ran and gave equal results.
fn run(options: &Options) -> Result<bool, String> {
    let exe = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = exe.ancestors().nth(2).unwrap_or(Path::new("target"));
    let otp = OtpRoot::find(options.otp_root.as_deref()).map_err(|error| error.to_string())?;
    let ebin = target.join("bench-ebin");
    programs::compile(&otp, &ebin)?;

    let mut machines = Vec::new();
    for words in &options.against {
        match Machine::erl(words, &otp) {
            Some(machine) => machines.push(machine),
            None if words == "stock" => {
                println!("there is no stock erl that runs here: only Girder's figures");
            }
            None => return Err(format!("{words} does not run, at least not as erl does")),
        }
    }
    if !options.stock_only {
        let program = options.girder.clone().unwrap_or_else(|| target.join("release/girder"));
        if !program.is_file() {
            return Err(format!("{} is not there: make girder", program.display()));
        }
        machines.push(Machine::girder(program));
    }

    if options.natives {
        let natives = Natives::measure(&machines, &ebin, options.pairs, &options.filter)
            .map_err(|error| error.to_string())?;
        return show_natives(&natives, options);
    }
    let chosen: Vec<&Program> =
        PROGRAMS.iter().filter(|program| program.name.starts_with(&options.filter)).collect();
    if chosen.is_empty() {
        return Err(format!("no program's name begins with {}", options.filter));
    }
    let measured = |program: &'static Program| {
        eprintln!("running {}", program.name);
        measure(program, &machines, &ebin, options)
    };
    let column = |machine: &Machine<'_>| Column {
        name: machine.name.clone(),
        girder: machine.is_girder(),
        interpreter: machine.is_interpreter(),
    };
    let table = Table {
        rows: chosen.into_iter().map(measured).collect(),
        machines: machines.iter().map(column).collect(),
        schedulers: options.schedulers.clone(),
        times: options.pairs > 0,
        instructions: options.instructions,
    };
    show(&table, options)?;
    Ok(table.rows.iter().all(|row| row.problem.is_none()))
}

/// Prints the table of natives and writes it where that was asked for.
fn show_natives(natives: &Natives, options: &Options) -> Result<bool, String> {
    let text = natives.text();
    println!("{text}");
    if let Some(file) = &options.docs {
        let changed = |document: &str| markdown::put(document, "natives", &text);
        rewrite(file, changed)?;
    }
    Ok(true)
}

/// Changes a document. The error is a text for the user.
fn rewrite(file: &Path, change: impl Fn(&str) -> Result<String, String>) -> Result<(), String> {
    std::fs::read_to_string(file)
        .map_err(|error| error.to_string())
        .and_then(|document| change(&document))
        .and_then(|document| std::fs::write(file, document).map_err(|error| error.to_string()))
        .map_err(|error| format!("{}: {error}", file.display()))
}

/// Prints the table and writes the files that were asked for.
fn show(table: &Table<'_>, options: &Options) -> Result<(), String> {
    let time = if options.processor_time { "processor time" } else { "time" };
    let what = match options.pairs {
        0 => "Instructions only".to_owned(),
        1 => format!("Ratios of {time}, 1 run"),
        pairs => format!("Ratios of {time}, medians of {pairs} runs by turns"),
    };
    println!("{what}\n{}", table.text());
    if let Some(file) = &options.chart {
        let machine = table.title(table.schedulers.len() - 1, 0);
        let heading =
            format!("{time} of {machine} / {time} of Girder, medians of {} runs", options.pairs);
        std::fs::write(file, chart::svg(table, &heading))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    if let Some(file) = &options.docs {
        rewrite(file, |document| markdown::replace(document, table, &format!("{what}.")))?;
    }
    Ok(())
}

/// One program's figures on all machines.
fn measure<'a>(
    program: &'a Program,
    machines: &[Machine<'_>],
    ebin: &Path,
    options: &Options,
) -> Row<'a> {
    let mut row = Row {
        program,
        figures: vec![vec![None; machines.len()]; options.schedulers.len()],
        instructions: vec![None; machines.len()],
        operations: 1.0,
        problem: None,
    };
    time(&mut row, machines, ebin, options);
    if let Some(sizes) = program.counted.filter(|_| options.instructions) {
        for (machine, count) in machines.iter().zip(&mut row.instructions) {
            match machine.instructions(ebin, program.name, sizes) {
                Ok(found) => *count = Some(found),
                Err(error) => {
                    row.problem = Some(format!("{}, counting: {error}", machine.name));
                }
            }
        }
    }
    row
}

/// The medians of one program: stock, Girder, stock, Girder... so that both meet the same
/// conditions.
fn time(row: &mut Row<'_>, machines: &[Machine<'_>], ebin: &Path, options: &Options) {
    let mut runs: Vec<Vec<Vec<Outcome>>> =
        vec![vec![Vec::new(); machines.len()]; options.schedulers.len()];
    let mut failed = vec![false; machines.len()];
    let mut checksum: Option<String> = None;
    // Memory hardly varies and a million processes take their time.
    let pairs = match row.program.group {
        Group::Memory => options.pairs.min(1),
        _ => options.pairs,
    };
    'runs: for _ in 0..pairs {
        for (schedulers, of) in options.schedulers.iter().zip(&mut runs) {
            for ((machine, outcomes), failed) in machines.iter().zip(of).zip(&mut failed) {
                if *failed {
                    continue;
                }
                match once(machine, row.program, ebin, *schedulers, options) {
                    Ok(outcome) => {
                        row.operations = outcome.operations;
                        let first = checksum.get_or_insert_with(|| outcome.checksum.clone());
                        if *first != outcome.checksum {
                            row.problem = Some(format!(
                                "results differ: {first} and {} on {}",
                                outcome.checksum, machine.name
                            ));
                            break 'runs;
                        }
                        outcomes.push(outcome);
                    }
                    Err(error) => {
                        *failed = true;
                        row.problem = Some(format!("{}: {error}", machine.name));
                    }
                }
            }
        }
    }
    for (figures, of) in row.figures.iter_mut().zip(&runs) {
        for (machine, outcomes) in of.iter().enumerate().filter(|(machine, _)| !failed[*machine]) {
            figures[machine] = figure(outcomes, options.processor_time);
        }
    }
}

/// What several runs come to.
fn figure(outcomes: &[Outcome], processor_time: bool) -> Option<Figure> {
    let of = |outcome: &Outcome| match outcome.processor {
        Some(processor) if processor_time => processor,
        _ => outcome.figure,
    };
    let figures: Vec<f64> = outcomes.iter().map(of).collect();
    let worst = outcomes.iter().filter_map(|outcome| outcome.worst).reduce(f64::max);
    Some(Figure { median: report::median(&figures)?, worst })
}

fn once(
    machine: &Machine<'_>,
    program: &Program,
    ebin: &Path,
    schedulers: Option<u32>,
    options: &Options,
) -> Result<Outcome, RunError> {
    match program.group {
        Group::Memory => machine.idle_memory(ebin, program.name, options.processes, schedulers),
        _ => machine.time(ebin, program.name, schedulers),
    }
}
