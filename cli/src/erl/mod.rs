//! `girder erl`, `girder erlc`, `girder escript` and `girder erlexec`: a machine that boots an OTP
//! release, by the words that stock's programs of these names take.
//!
//! Here: from words to a running machine. What words mean is in `words`, `sort` and `flags`; where
//! the release is, in `places`; `erlc` and `escript` (`tools`) are command lines for `erl`.

mod flags;
mod memory_flags;
mod places;
mod refusal;
mod sort;
mod tools;
mod topology_flags;
mod words;

use crate::code_path::CodePath;
use flags::Flags;
use places::{Found, Places};
use refusal::{Refusal, bad_flag};
use rustix::process::setsid;
use sort::{Show, Sorted};
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use stdlib_beams::OtpRoot;
use vm::native::with_detached;
use vm::term::Term;
use vm::{Config, Vm};
use words::Word;

/// The programs that this one can be.
pub const PROGRAMS: [&str; 4] = ["erl", "erlc", "escript", "erlexec"];

/// How a program was called.
pub struct Call {
    /// Which of [`PROGRAMS`].
    pub program: String,
    /// The path it was called by, if it was called by its own name.
    pub link: Option<PathBuf>,
    /// Its words.
    pub words: Vec<OsString>,
}

/// What a machine is started with.
struct Start {
    words: Vec<Word>,
    /// Variables of the environment that are set for the machine.
    environment: Vec<(Word, Word)>,
    link: Option<PathBuf>,
}

/// Runs the program and gives its exit status.
pub fn run(call: Call) -> Result<u8, String> {
    let words: Vec<Word> = call.words.into_iter().map(OsString::into_vec).collect();
    let start = Start { words, environment: Vec::new(), link: call.link };
    let result = match call.program.as_str() {
        "erlc" => tools::erlc(start).and_then(|s| boot(s, Places::of)),
        "escript" => tools::escript(start).and_then(|s| boot(s, Places::of)),
        "erlexec" => boot(start, Places::of_environment),
        _ => boot(start, Places::of),
    };
    match result {
        Ok(status) => Ok(status),
        Err(Failure::Refused(Refusal(why))) => {
            eprintln!("{why}");
            Ok(1)
        }
        Err(Failure::Failed(why)) => Err(why),
    }
}

/// Why a machine did not start.
enum Failure {
    /// Its command line is wrong.
    Refused(Refusal),
    /// It could not be made.
    Failed(String),
}

impl From<Refusal> for Failure {
    fn from(r: Refusal) -> Failure {
        Failure::Refused(r)
    }
}

impl From<String> for Failure {
    fn from(why: String) -> Failure {
        Failure::Failed(why)
    }
}

fn variable(name: &str) -> Option<Word> {
    std::env::var_os(name).map(OsString::into_vec)
}

fn bytes(path: &Path) -> Word {
    path.as_os_str().as_bytes().to_vec()
}

/// Set for the second start of a machine that runs detached.
const DETACHED: &str = "GIRDER_DETACHED";

/// Boots the release that `find` finds, given the path that the program was called by.
fn boot(start: Start, find: fn(Option<&Path>) -> Found) -> Result<u8, Failure> {
    if variable(DETACHED).is_some() {
        // It fails only for the leader of a group, which is as detached as it can be.
        let _ = setsid();
    }
    let sorted = sort::sort(words::merge(start.words, variable)?)?;
    if sorted.only_show == Some(Show::Name) {
        println!("beam.smp");
        return Ok(0);
    }
    let (release, places) = find(start.link.as_deref())?;
    let init = init_words(&places, &sorted);
    let all = [&sorted.flags[..], &[b"--".to_vec()], &init].concat();
    if let Some(show) = sorted.only_show {
        return Ok(show_words(show, &all));
    }
    if sorted.show {
        let all: Vec<_> = all.iter().map(|w| String::from_utf8_lossy(w)).collect();
        println!("Executing: beam.smp {}\n", all.join(" "));
    }
    let processors = vm::processors::Processors::look();
    let processors = flags::Count { all: processors.configured(), usable: processors.usable() };
    let given = |name: &str| {
        let mut all = sorted.environment.iter().rev();
        all.find(|(n, _)| n == name.as_bytes()).map(|(_, v)| v.clone()).or_else(|| variable(name))
    };
    let flags = flags::parse(&sorted.flags, processors, given)?;
    if flags.version {
        eprintln!("Erlang (SMP,ASYNC_THREADS) (BEAM) emulator version {}", release.erts_version());
        return Ok(0);
    }
    if sorted.start_epmd {
        start_epmd(&places, sorted.epmd.as_deref())?;
    }
    if sorted.detached && variable(DETACHED).is_none() {
        return detach();
    }
    let mut environment = places.environment();
    environment.extend(start.environment);
    environment.extend(sorted.environment);
    let compile_after = if sorted.interpreted { None } else { crate::run::compile_after()? };
    run_machine(flags, compile_after, release, &init, environment)
}

/// Starts the port mapper, by which nodes find each other, unless it runs: its program knows.
/// Where there is no such program one may run all the same; else `net_kernel` says what is missing.
fn start_epmd(places: &Places, command: Option<&[u8]>) -> Result<(), Failure> {
    let own = Path::new(OsStr::from_bytes(&places.bin)).join("epmd");
    let command = match command {
        Some(command) => command.to_vec(),
        None if own.is_file() => [b"\"", bytes(&own).as_slice(), b"\" -daemon"].concat(),
        None => b"epmd -daemon 2>/dev/null".to_vec(),
    };
    let shell =
        std::process::Command::new("/bin/sh").arg("-c").arg(OsStr::from_bytes(&command)).status();
    let code = shell.ok().and_then(|s| s.code()).unwrap_or(-1);
    // What the shell says when it knows no such program.
    let unknown = code == 127 && !own.is_file();
    if code != 0 && !unknown {
        let command = String::from_utf8_lossy(&command);
        return Err(Failure::Failed(format!("Error spawning {command} (error {code})")));
    }
    Ok(())
}

/// Starts the same once more, without a terminal, and leaves it alone.
fn detach() -> Result<u8, Failure> {
    use std::process::Stdio;
    let exe = std::env::current_exe().map_err(|e| format!("cannot start again: {e}"))?;
    let mut arguments = std::env::args_os();
    let mut again = std::process::Command::new(exe);
    // By the same name, so that it is the same program.
    if let Some(name) = arguments.next() {
        std::os::unix::process::CommandExt::arg0(&mut again, name);
    }
    again
        .args(arguments)
        .env(DETACHED, "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("cannot start again: {e}"))?;
    Ok(0)
}

fn show_words(show: Show, all: &[Word]) -> u8 {
    let mut out = std::io::stdout().lock();
    let mut print = || -> std::io::Result<()> {
        match show {
            Show::Quoted => {
                write!(out, "\"beam.smp\" ")?;
                for w in all {
                    out.write_all(&[b"\"", w.as_slice(), b"\" "].concat())?;
                }
                out.write_all(b"\n")
            }
            _ => all.iter().try_for_each(|w| out.write_all(&[w, &b"\n"[..]].concat())),
        }
    };
    u8::from(print().is_err())
}

/// What `init` gets.
fn init_words(places: &Places, sorted: &Sorted) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut option = |name: &str, value: Word| words.extend([name.as_bytes().to_vec(), value]);
    option("-root", places.root.clone());
    option("-bindir", places.bin.clone());
    option("-progname", places.progname.clone());
    words.push(b"--".to_vec());
    for (name, from) in [("-home", "HOME"), ("-epmd_port", "ERL_EPMD_PORT")] {
        if let Some(value) = variable(from) {
            words.extend([name.as_bytes().to_vec(), value]);
        }
    }
    words.push(b"--".to_vec());
    words.extend(sorted.init.iter().cloned());
    words
}

fn run_machine(
    flags: Flags,
    compile_after: Option<u32>,
    release: OtpRoot,
    init: &[Word],
    environment: Vec<(Word, Word)>,
) -> Result<u8, Failure> {
    let preloaded: Vec<(&str, PathBuf)> = vm::boot::PRELOADED
        .iter()
        .map(|name| {
            let found = release.find_preloaded(name);
            found.map(|path| (*name, path)).ok_or(format!("the OTP release has no module {name}"))
        })
        .collect::<Result<_, _>>()?;
    let config = Config {
        workers: flags.workers,
        process_limit: flags.process_limit,
        atom_limit: flags.atom_limit,
        slice_seed: crate::run::slice_seed()?,
        compile_after,
        natives: bifs::tables(),
        release: release.release,
        settings: vm::settings::Settings {
            restore_huge_pages: vm::pages::are_changed(),
            resolver: crate::resolver::own_path(),
            ..flags.settings
        },
        code_source: Box::new(CodePath::new(Vec::new(), release)),
        records: stdlib_beams::records(),
    };
    let vm = Vm::new(config).map_err(|e| format!("the machine could not start: {e}"))?;
    for (name, value) in environment {
        vm.environment.put(name, value);
    }
    vm.environment.unset(DETACHED.as_bytes());
    for (name, path) in preloaded {
        let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        vm.load_preloaded(&bytes).map_err(|e| format!("{name} could not be loaded: {e}"))?;
    }
    let module = vm.atoms.intern(&flags.init).map_err(|_| bad_flag("too long a name"))?;
    with_detached(&vm, |cx| {
        let words: Vec<Term<'_>> = init.iter().map(|w| cx.binary(w)).collect();
        let words = cx.list(&words);
        vm::boot::spawn_first(&vm, module, words)
    })
    .map_err(|_| "the process table is full".to_owned())?;
    vm.signals.handle_at_boot(&vm);
    let status = vm.run().map_err(|e| format!("the workers could not be started: {e}"))?;
    Ok(status as u8)
}

/// Makes links by which this program is each of [`PROGRAMS`] in a folder.
pub fn install(folder: &Path) -> Result<u8, String> {
    let exe = std::env::current_exe().map_err(|e| format!("cannot find myself: {e}"))?;
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for program in PROGRAMS {
        let link = folder.join(program);
        if link.read_link().is_ok_and(|to| to == exe) {
            continue;
        }
        std::os::unix::fs::symlink(&exe, &link).map_err(|e| format!("{}: {e}", link.display()))?;
    }
    Ok(0)
}

/// The program that a path names, if it is one of [`PROGRAMS`].
pub fn program_of(path: &OsStr) -> Option<&'static str> {
    let name = Path::new(path).file_name()?.to_str()?;
    PROGRAMS.into_iter().find(|p| *p == name)
}
