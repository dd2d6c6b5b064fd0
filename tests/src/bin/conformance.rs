//! `conformance [OPTIONS] [APP [SUITE[:CASE]]]`: runs OTP's own suites on Girder and compares what
//! comes of them with what is expected. Only the command line is here.
#![forbid(unsafe_code)]

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tests::conformance::build::Built;
use tests::conformance::expected::{self, Expected};
use tests::conformance::modes::{self, Mode, Modes};
use tests::conformance::results::{Events, Outcomes};
use tests::conformance::run::{Runner, read_events, results_file};
use tests::conformance::suites::{Suite, When};
use tests::conformance::{APPS, Machine, Verdict, build, source, suites, table};

const USAGE: &str = "usage: conformance [OPTIONS] [APP [SUITE[:CASE]]]
Runs OTP's own test suites under common_test on Girder; all that are in
tests/conformance/suites.txt, or those of one application (emulator, stdlib, compiler, kernel).
  --fast        only the representative part
  --stock       on stock erl; nothing is compared
  --mode MODE   zeal or random_slices: those of the suites that tests/conformance/modes.txt names,
                compared with what it says and what is expected normally
  --once        do not run a suite that is not as expected once more
  --missing     only suites without results under target/conformance/results
  --update      run nothing: write the last results to tests/conformance and docs/conformance.md
  --jobs N      so many suites at a time (2)
  --limit SECS  how long a case may give no sign (150; in other modes longer)
Environment: GIRDER_BIN, GIRDER_ZEAL_BIN, GIRDER_TEST_SEED (of the slice lengths), GIRDER_OTP_ROOT,
GIRDER_OTP_SOURCE (an unpacked source tree).";

struct Options {
    machine: Machine,
    fast: bool,
    missing: bool,
    once: bool,
    update: bool,
    jobs: usize,
    limit: Option<Duration>,
    app: Option<String>,
    suite: Option<String>,
    case: Option<String>,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|word| word == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let done = options(&arguments).and_then(|options| {
        let suites = suites::list()?;
        if options.update {
            update(&options, &suites).map(|()| true)
        } else {
            run(&options, &suites)
        }
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("conformance: {error}");
            ExitCode::from(2)
        }
    }
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        machine: Machine::Girder(Mode::Normal),
        fast: false,
        missing: false,
        once: false,
        update: false,
        jobs: 2,
        limit: None,
        app: None,
        suite: None,
        case: None,
    };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().and_then(|value| value.parse::<u32>().ok());
            value.filter(|number| *number > 0).ok_or(format!("{word} needs a number"))
        };
        match word.as_str() {
            "--fast" => options.fast = true,
            "--stock" => options.machine = Machine::Stock,
            "--mode" => {
                let mode = words.next().and_then(|word| Mode::parse(word));
                options.machine = Machine::Girder(mode.ok_or(format!("no such mode\n{USAGE}"))?);
            }
            "--once" => options.once = true,
            "--missing" => options.missing = true,
            "--update" => options.update = true,
            "--jobs" => options.jobs = number()? as usize,
            "--limit" => options.limit = Some(Duration::from_secs(number()?.into())),
            _ if word.starts_with('-') => return Err(format!("unknown option {word}\n{USAGE}")),
            app if options.app.is_none() => options.app = Some(app.to_string()),
            suite if options.suite.is_none() => {
                let (suite, case) = match suite.split_once(':') {
                    Some((suite, case)) => (suite, Some(case.to_string())),
                    None => (suite, None),
                };
                (options.suite, options.case) = (Some(suite.to_string()), case);
            }
            _ => return Err(format!("{word} is too much\n{USAGE}")),
        }
    }
    match &options.app {
        Some(app) if !APPS.contains(&app.as_str()) => Err(format!("no application {app}\n{USAGE}")),
        _ => Ok(options),
    }
}

fn chosen<'a>(options: &Options, suites: &'a [Suite]) -> Result<Vec<&'a Suite>, String> {
    let modes = modes::list()?;
    let normal = matches!(options.machine, Machine::Stock | Machine::Girder(Mode::Normal));
    let chosen: Vec<&Suite> = suites
        .iter()
        .filter(|suite| options.app.as_ref().is_none_or(|app| suite.app == *app))
        .filter(|suite| normal || modes.runs(&suite.app, &suite.name))
        .filter(|suite| match &options.suite {
            Some(name) => suite.name == *name,
            None if options.fast => suite.when == When::Fast,
            None => !matches!(suite.when, When::Out(_)),
        })
        .filter(|suite| {
            let results = results_file(options.machine, &suite.app, &suite.name, None);
            !options.missing || !read_events(&results).ended
        })
        .collect();
    if chosen.is_empty() { Err("there is no such suite".to_string()) } else { Ok(chosen) }
}

fn run(options: &Options, suites: &[Suite]) -> Result<bool, String> {
    let chosen = chosen(options, suites)?;
    let otp = source::release()?;
    let tree = source::find(&otp)?;
    let helpers = build::helpers(&otp, &tree)?;
    let mut built = Vec::new();
    for app in APPS.iter().filter(|app| chosen.iter().any(|suite| suite.app == **app)) {
        suites::check(suites, app, &source::suites(&tree, app))?;
        let wanted = chosen.iter().filter(|suite| suite.app == **app);
        let wanted = wanted.map(|suite| suite.name.as_str()).collect::<Vec<_>>();
        built.push(build::suites(&otp, &tree, app, &helpers, &wanted)?);
    }
    let limit = match options.machine {
        Machine::Girder(mode) => mode.limit(),
        Machine::Stock => Mode::Normal.limit(),
    };
    let limit = options.limit.unwrap_or(limit);
    let runner = Runner { otp: &otp, machine: options.machine, limit };
    runner.prepare()?;
    let modes = modes::list()?;
    let queue = Mutex::new(chosen.into_iter());
    let surprises = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..options.jobs {
            scope.spawn(|| {
                loop {
                    let Some(suite) = queue.lock().expect("no panic").next() else { return };
                    let case = options.case.as_deref();
                    let mut found = run_one(&runner, &modes, &built, suite, case);
                    let known = matches!(expected::read(&suite.app, &suite.name), Ok(Some(_)));
                    if known && !options.once && !found.is_empty() {
                        // What depends on the second of the day or on how busy the machine is does
                        // not come twice: the second run counts.
                        found.iter().for_each(|line| println!("  once more: {line}"));
                        found = run_one(&runner, &modes, &built, suite, case);
                    }
                    surprises.lock().expect("no panic").extend(found);
                }
            });
        }
    });
    let surprises = surprises.into_inner().expect("no panic");
    if surprises.is_empty() {
        return Ok(true);
    }
    println!("\nNot as expected:");
    for line in &surprises {
        println!("  {line}");
    }
    Ok(false)
}

/// Runs a suite and tells what was not as expected.
fn run_one(
    runner: &Runner<'_>,
    modes: &Modes,
    built: &[Built],
    suite: &Suite,
    case: Option<&str>,
) -> Vec<String> {
    let built = built.iter().find(|built| built.app == suite.app).expect("it has been built");
    let label = format!("{} {}", suite.app, suite.name);
    let started = Instant::now();
    let events = match runner.suite(built, suite, case) {
        Ok(events) => events,
        Err(error) => return vec![format!("{label}: {error}")],
    };
    println!("{label}: {}, {} s", summary(&events), started.elapsed().as_secs());
    if case.is_some() {
        for (name, outcome) in &events.done {
            println!("  {name}: {} {}", outcome.verdict, outcome.reason);
        }
    }
    let found = match (runner.machine, expected::read(&suite.app, &suite.name)) {
        (_, Err(error)) => vec![error],
        (Machine::Stock, _) => Vec::new(),
        (Machine::Girder(_), Ok(None)) => vec!["nothing is expected of it yet".to_string()],
        (Machine::Girder(mode), Ok(Some(expected))) => {
            let expected = modes.expected(mode, &suite.app, &suite.name, expected);
            let mut surprises = expected.surprises(&events.done);
            if case.is_some() {
                let ran = |line: &String| {
                    let case = |name: &String| line.strip_prefix(name.as_str());
                    events.done.keys().filter_map(case).any(|rest| rest.starts_with(": "))
                };
                surprises.retain(ran);
            }
            surprises
        }
    };
    found.into_iter().map(|line| format!("{label} {line}")).collect()
}

fn summary(events: &Events) -> String {
    let count = |verdict: &Verdict| events.done.values().filter(|o| o.verdict == *verdict).count();
    let verdicts = [
        Verdict::Ok,
        Verdict::Failed,
        Verdict::Skipped,
        Verdict::AutoSkipped,
        Verdict::Hung,
        Verdict::Crashed,
    ];
    let words = verdicts.iter().map(|verdict| (count(verdict), verdict)).filter(|(n, _)| *n > 0);
    let words: Vec<String> = words.map(|(n, verdict)| format!("{n} {verdict}")).collect();
    if words.is_empty() { "no case ran".to_string() } else { words.join(", ") }
}

/// Writes the last results of the chosen suites to the expectations, and the page.
fn update(options: &Options, suites: &[Suite]) -> Result<(), String> {
    for suite in chosen(options, suites)? {
        let last = |machine| -> Option<Outcomes> {
            let events = read_events(&results_file(machine, &suite.app, &suite.name, None));
            (events.ended && !events.done.is_empty()).then_some(events.done)
        };
        let (girder, stock) = (last(Machine::Girder(Mode::Normal)), last(Machine::Stock));
        let before = expected::read(&suite.app, &suite.name)?;
        if girder.is_none() && (before.is_none() || stock.is_none()) {
            continue;
        }
        if before.is_none() && stock.is_none() {
            println!("{} {}: run it with --stock first", suite.app, suite.name);
            continue;
        }
        let after = Expected::updated(before.as_ref(), girder.as_ref(), stock.as_ref());
        let file = expected::file(&suite.app, &suite.name);
        let folder = file.parent().expect("it lies in a folder");
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        std::fs::write(&file, after.text(&suite.app, &suite.name))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    let page = table::page();
    let text = table::made(suites)?;
    std::fs::write(&page, text).map_err(|error| format!("{}: {error}", page.display()))
}
