//! `bench`: runs the benchmark programs on stock `erl` and on Girder by turns and prints a
//! table of ratios.
//!
//! Only the command line and the order of runs are here.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use benches::chart;
use benches::machine::{self, Machine, Outcome, RunError};
use benches::programs::{self, Group, PROGRAMS, Program};
use benches::report::{self, Row};
use stdlib_beams::OtpRoot;

const USAGE: &str = "usage: bench [options]
Runs the same .beam files on stock erl and on Girder by turns and prints medians and
their ratio, stock / Girder: above 1 means that Girder is faster.
  --filter TEXT         only programs whose name begins with TEXT
  --pairs N             runs on each machine (default 3)
  --schedulers N        scheduler threads of both machines (default: their own choice)
  --stock-flavor NAME   stock's emulator flavour, as in erl -emu_flavor (jit, emu)
  --girder FILE         the girder program (default: $GIRDER_BIN, else beside this one)
  --otp-root DIR        the OTP release (default: as girder finds it)
  --stock-only          leave Girder out
  --processes N         idle processes for the memory figure (default 1000000)
  --chart FILE          draw the ratios, as an SVG file";

struct Options {
    filter: String,
    pairs: usize,
    schedulers: Option<u32>,
    flavour: Option<String>,
    girder: Option<PathBuf>,
    otp_root: Option<PathBuf>,
    stock_only: bool,
    processes: u64,
    chart: Option<PathBuf>,
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        filter: String::new(),
        pairs: 3,
        schedulers: None,
        flavour: None,
        girder: std::env::var_os("GIRDER_BIN").map(PathBuf::from),
        otp_root: None,
        stock_only: false,
        processes: 1_000_000,
        chart: None,
    };
    while let Some(name) = arguments.next() {
        if name == "--stock-only" {
            options.stock_only = true;
            continue;
        }
        let mut value = || arguments.next().ok_or_else(|| format!("{name} wants a value"));
        match name.as_str() {
            "--filter" => options.filter = value()?,
            "--pairs" => options.pairs = number(&name, &value()?)?,
            "--schedulers" => options.schedulers = Some(number(&name, &value()?)?),
            "--stock-flavor" => options.flavour = Some(value()?),
            "--girder" => options.girder = Some(value()?.into()),
            "--otp-root" => options.otp_root = Some(value()?.into()),
            "--processes" => options.processes = number(&name, &value()?)?,
            "--chart" => options.chart = Some(value()?.into()),
            _ => return Err(format!("unknown option {name}")),
        }
    }
    Ok(options)
}

fn number<N: std::str::FromStr + PartialOrd + From<u8>>(
    name: &str,
    text: &str,
) -> Result<N, String> {
    text.parse()
        .ok()
        .filter(|number| *number >= N::from(1))
        .ok_or_else(|| format!("{name} wants a number of at least 1, not {text}"))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let result = options(arguments.into_iter())
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

    let stock = Machine::Stock { otp: &otp, flavour: options.flavour.clone() };
    let mut machines = vec![];
    if machine::stock_works(&otp) {
        machines.push(stock);
    } else {
        println!("there is no stock erl that runs here: only Girder's figures");
    }
    if !options.stock_only {
        let program = options.girder.clone().unwrap_or_else(|| target.join("release/girder"));
        if !program.is_file() {
            return Err(format!("{} is not there: make girder", program.display()));
        }
        machines.push(Machine::Girder { program });
    }

    let chosen: Vec<&Program> =
        PROGRAMS.iter().filter(|program| program.name.starts_with(&options.filter)).collect();
    if chosen.is_empty() {
        return Err(format!("no program's name begins with {}", options.filter));
    }
    let rows: Vec<Row<'_>> = chosen
        .into_iter()
        .map(|program| {
            eprintln!("running {}", program.name);
            measure(program, &machines, &ebin, options)
        })
        .collect();
    let runs = match options.pairs {
        1 => "1 run".to_owned(),
        pairs => format!("{pairs} runs by turns"),
    };
    println!("OTP {}, medians of {runs}", otp.release);
    println!("{}", report::table(&rows));
    if let Some(file) = &options.chart {
        let heading = format!("time of OTP {} / time of Girder, medians of {runs}", otp.release);
        std::fs::write(file, chart::svg(&rows, &heading))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(rows.iter().all(|row| row.problem.is_none()))
}

/// The medians of one program: stock, Girder, stock, Girder... so that both meet the same
/// conditions.
fn measure<'a>(
    program: &'a Program,
    machines: &[Machine<'_>],
    ebin: &Path,
    options: &Options,
) -> Row<'a> {
    let mut figures: Vec<Vec<f64>> = vec![Vec::new(); machines.len()];
    let mut failed = vec![false; machines.len()];
    let mut checksum: Option<String> = None;
    let mut row = Row { program, stock: None, girder: None, operations: 1.0, problem: None };
    // Memory hardly varies and a million processes take their time.
    let pairs = match program.group {
        Group::Memory => 1,
        _ => options.pairs,
    };
    'runs: for _ in 0..pairs {
        for (index, machine) in machines.iter().enumerate() {
            if failed[index] {
                continue;
            }
            match once(machine, program, ebin, options) {
                Ok(outcome) => {
                    figures[index].push(outcome.figure);
                    row.operations = outcome.operations;
                    let first = checksum.get_or_insert_with(|| outcome.checksum.clone());
                    if *first != outcome.checksum {
                        row.problem = Some(format!(
                            "results differ: {first} and {} on {}",
                            outcome.checksum,
                            machine.name()
                        ));
                        break 'runs;
                    }
                }
                Err(error) => {
                    failed[index] = true;
                    figures[index].clear();
                    row.problem = Some(format!("{}: {error}", machine.name()));
                }
            }
        }
    }
    for (machine, figures) in machines.iter().zip(&figures) {
        let median = report::median(figures);
        match machine {
            Machine::Stock { .. } => row.stock = median,
            Machine::Girder { .. } => row.girder = median,
        }
    }
    row
}

fn once(
    machine: &Machine<'_>,
    program: &Program,
    ebin: &Path,
    options: &Options,
) -> Result<Outcome, RunError> {
    match program.group {
        Group::Memory => {
            machine.idle_memory(ebin, program.name, options.processes, options.schedulers)
        }
        _ => machine.time(ebin, program.name, options.schedulers),
    }
}
