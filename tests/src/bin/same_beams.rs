//! `same_beams [APP...]`: compiles the sources of OTP's applications with `erlc +deterministic`, on
//! stock and on Girder by turns, and compares the `.beam` files byte for byte.
#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use tests::otp::Otp;
use tests::run::{End, run};

const USAGE: &str = "usage: same_beams [APP...]
Compiles OTP's sources of APP (stdlib, kernel and compiler if none is named) on stock and on Girder
and compares the results. Sources: Debian's package erlang-src, fetched where it is not installed.
Environment: GIRDER_BIN, GIRDER_OTP_ROOT.";

const APPS: [&str; 3] = ["stdlib", "kernel", "compiler"];
/// How many sources one `erlc` gets: few enough that a busy moment of the machine does not fall on
/// one side alone, many enough that starting does not count.
const AT_A_TIME: usize = 20;
/// How long one `erlc` may take.
const LIMIT: Duration = Duration::from_secs(900);
/// One tick of the system's count of processor time.
const TICK: Duration = Duration::from_millis(10);

/// One application's sources, and where headers are.
struct App {
    /// With its version.
    name: String,
    sources: Vec<PathBuf>,
    options: Vec<String>,
}

/// What both sides took.
#[derive(Default)]
struct Times {
    stock: Took,
    girder: Took,
}

#[derive(Default, Clone, Copy)]
struct Took {
    wall: Duration,
    processor: Duration,
}

impl std::ops::AddAssign for Took {
    fn add_assign(&mut self, more: Took) {
        self.wall += more.wall;
        self.processor += more.processor;
    }
}

fn main() -> ExitCode {
    let mut apps: Vec<String> = std::env::args().skip(1).collect();
    if apps.iter().any(|word| word.starts_with('-')) {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    if apps.is_empty() {
        apps = APPS.map(str::to_string).to_vec();
    }
    match compare(&apps) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("same_beams: {error}");
            ExitCode::from(2)
        }
    }
}

fn compare(apps: &[String]) -> Result<bool, String> {
    let otp = Otp::find()?;
    let girder = match std::env::var_os("GIRDER_BIN") {
        Some(girder) => PathBuf::from(girder),
        None => tests::target().join("release/girder"),
    };
    if !girder.is_file() {
        return Err(format!("{} is not there: build it, or set GIRDER_BIN", girder.display()));
    }
    let work = tests::target().join("same-beams");
    let (mut same, mut all, mut total) = (0, 0, Times::default());
    for app in apps {
        let app = find(&otp, app)?;
        let (stock, ours) =
            (work.join("stock").join(&app.name), work.join("girder").join(&app.name));
        let times = compile(&app, &otp, &girder, &stock, &ours)?;
        let different = differences(&app, &stock, &ours)?;
        println!(
            "{}: {} of {} files are the same; {}",
            app.name,
            app.sources.len() - different.len(),
            app.sources.len(),
            ratios(&times)
        );
        for name in &different {
            println!("  {name}.beam differs");
        }
        same += app.sources.len() - different.len();
        all += app.sources.len();
        total.stock += times.stock;
        total.girder += times.girder;
    }
    println!("together: {same} of {all} files are the same; {}", ratios(&total));
    Ok(same == all)
}

fn ratios(times: &Times) -> String {
    let (stock, girder) = (times.stock, times.girder);
    format!(
        "stock {:.1} s, Girder {:.1} s, stock/Girder {:.2} (of processor time {:.2})",
        stock.wall.as_secs_f64(),
        girder.wall.as_secs_f64(),
        stock.wall.as_secs_f64() / girder.wall.as_secs_f64(),
        stock.processor.as_secs_f64() / girder.processor.as_secs_f64()
    )
}

/// The sources that belong to the release: beside its modules, else those of the package.
fn find(otp: &Otp, app: &str) -> Result<App, String> {
    let name = app_folder(otp.root(), app)?;
    let of = |root: &Path| root.join("lib").join(&name).join("src");
    let mut root = otp.root().to_path_buf();
    if !of(&root).is_dir() {
        let folder = tests::target().join("otp");
        root = folder.join("usr/lib/erlang");
        if !of(&root).is_dir() {
            let mut tell = |line: &str| println!("{line}");
            stdlib_beams::fetch::fetch(&folder, &["erlang-src".to_string()], &mut tell)
                .map_err(|error| format!("the sources cannot be fetched: {error}"))?;
        }
    }
    let folder = of(&root);
    let entries =
        fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut sources: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension() == Some(OsStr::new("erl")))
        .collect();
    sources.sort();
    if sources.is_empty() {
        return Err(format!("{} has no sources", folder.display()));
    }
    let mut options = vec!["+deterministic".to_string(), "+debug_info".to_string()];
    let mut include =
        |path: PathBuf| options.extend(["-I".to_string(), path.display().to_string()]);
    include(folder.clone());
    for app in ["kernel", "stdlib"] {
        include(root.join("lib").join(app_folder(&root, app)?).join("include"));
    }
    // As its own makefile gives it.
    let version = name.split_once('-').map_or("", |(_, version)| version);
    options.push(format!("-DCOMPILER_VSN=\"{version}\""));
    Ok(App { name, sources, options })
}

/// `APP-VERSION`
fn app_folder(root: &Path, app: &str) -> Result<String, String> {
    let lib = root.join("lib");
    let entries = fs::read_dir(&lib).map_err(|error| format!("{}: {error}", lib.display()))?;
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .find(|name| name.rsplit_once('-').is_some_and(|(name, _)| name == app))
        .ok_or_else(|| format!("{} has no {app}", lib.display()))
}

fn compile(
    app: &App,
    otp: &Otp,
    girder: &Path,
    stock_folder: &Path,
    girder_folder: &Path,
) -> Result<Times, String> {
    for folder in [stock_folder, girder_folder] {
        let _ = fs::remove_dir_all(folder);
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    let mut times = Times::default();
    for (turn, sources) in app.sources.chunks(AT_A_TIME).enumerate() {
        let mut stock = || -> Result<(), String> {
            times.stock += erlc(otp.erlc(), app, sources, stock_folder, "stock")?;
            Ok(())
        };
        let mut ours = || -> Result<(), String> {
            let mut command = Command::new(girder);
            command.arg("erlc").env("GIRDER_OTP_ROOT", otp.root()).env("LC_ALL", "C.UTF-8");
            command.env_remove("ERL_COMPILER_OPTIONS").env_remove("ERL_LIBS");
            command.env_remove("ERL_FLAGS").env_remove("ERL_AFLAGS").env_remove("ERL_ZFLAGS");
            times.girder += erlc(command, app, sources, girder_folder, "Girder")?;
            Ok(())
        };
        // Neither is always the one that finds the files warm.
        if turn % 2 == 0 {
            stock()?;
            ours()?;
        } else {
            ours()?;
            stock()?;
        }
    }
    Ok(times)
}

fn erlc(
    mut command: Command,
    app: &App,
    sources: &[PathBuf],
    folder: &Path,
    machine: &str,
) -> Result<Took, String> {
    command.args(&app.options).arg("-o").arg(folder).args(sources).current_dir(folder);
    let (begun, processor) = (Instant::now(), processor_time());
    let ended = run(&mut command, LIMIT).map_err(|error| format!("{machine}: {error}"))?;
    let took = Took { wall: begun.elapsed(), processor: processor_time() - processor };
    if ended.end != End::Status(0) {
        return Err(format!(
            "erlc on {machine} with sources of {}: {}\n{}{}",
            app.name,
            ended.end,
            String::from_utf8_lossy(&ended.stdout),
            String::from_utf8_lossy(&ended.stderr)
        ));
    }
    Ok(took)
}

/// What the commands that have ended took of the processors: on a busy machine it says more than
/// the clock.
fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name, in parentheses, the state is field 3; 16 and 17 are the children's.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    fields.skip(13).take(2).filter_map(|ticks| ticks.parse::<u32>().ok()).map(|n| TICK * n).sum()
}

/// The modules whose files are not the same, or not there.
fn differences(app: &App, stock: &Path, ours: &Path) -> Result<Vec<String>, String> {
    let mut different = Vec::new();
    for source in &app.sources {
        let module = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let beam = format!("{module}.beam");
        let expected = fs::read(stock.join(&beam))
            .map_err(|error| format!("stock made no {beam}: {error}"))?;
        if fs::read(ours.join(&beam)).ok().as_ref() != Some(&expected) {
            different.push(module);
        }
    }
    Ok(different)
}
