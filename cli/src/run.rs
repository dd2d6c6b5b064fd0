//! `girder run`: one program, without booting a release.

use crate::code_path::CodePath;
use std::path::{Path, PathBuf};
use vm::boot::{COLLECTOR, spawn_collector};
use vm::native::with_detached;
use vm::process::spawn::{Call, spawn_root};
use vm::settings::Settings;
use vm::term::{Area, Term};
use vm::vm::CodeSource;
use vm::{Config, Vm};

/// Modules that must be there before the first call by name can be answered.
const FIRST: [&str; 13] = [
    "erlang",
    "erts_internal",
    "erts_code_purger",
    COLLECTOR,
    "error_handler",
    "init",
    "code",
    "code_server",
    "maps",
    "unicode",
    "girder_code",
    "girder_stdio",
    "girder_run",
];

/// Those of them that stock has within the emulator.
const PRELOADED: [&str; 5] = ["erlang", "erts_internal", "erts_code_purger", COLLECTOR, "init"];

/// The words of the command line, understood.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    folders: Vec<PathBuf>,
    workers: Option<usize>,
    process_limit: usize,
    atom_limit: usize,
    target: String,
    function: Option<String>,
    args: Vec<String>,
}

const PROCESS_LIMIT: usize = 262_144;
const ATOM_LIMIT: usize = 1_048_576;

fn parse(words: &[String]) -> Result<Options, String> {
    let mut o = Options {
        folders: Vec::new(),
        workers: None,
        process_limit: PROCESS_LIMIT,
        atom_limit: ATOM_LIMIT,
        target: String::new(),
        function: None,
        args: Vec::new(),
    };
    let mut rest = words.iter();
    let target = loop {
        let word = rest.next().ok_or("which module? (see girder run --help)")?;
        let mut value = |what: &str| {
            rest.next().cloned().ok_or_else(|| format!("{word} needs {what} after it"))
        };
        match word.as_str() {
            "-pa" => o.folders.push(value("a folder")?.into()),
            "+S" => {
                // N:M sets how many are online too; all of ours are.
                let v = value("a number")?;
                let n = v.split(':').next().unwrap_or_default();
                o.workers = Some(number(word, n, 1, 1024)?);
            }
            "+P" => o.process_limit = number(word, &value("a number")?, 1024, 134_217_727)?,
            "+t" => o.atom_limit = number(word, &value("a number")?, 8192, 1 << 31)?,
            "--" => break rest.next().ok_or("which module? (see girder run --help)")?,
            w if w.starts_with('-') || w.starts_with('+') => {
                return Err(format!("unknown option {w} (see girder run --help)"));
            }
            _ => break word,
        }
    };
    o.target = target.clone();
    o.function = rest.next().cloned();
    o.args = rest.cloned().collect();
    Ok(o)
}

fn number(option: &str, text: &str, min: usize, max: usize) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|n| (min..=max).contains(n))
        .ok_or_else(|| format!("{option} takes a number from {min} to {max}, not {text}"))
}

/// Runs the program and gives its exit status.
pub fn run(words: &[String]) -> Result<u8, String> {
    let mut o = parse(words)?;
    let module = if o.target.ends_with(".beam") || o.target.contains('/') {
        let (folder, module) = program_file(Path::new(&o.target))?;
        o.folders.insert(0, folder);
        module
    } else {
        // As stock does: the current folder is on the path.
        o.folders.push(PathBuf::from("."));
        o.target.clone()
    };
    let release = stdlib_beams::find_release().map_err(|e| e.to_string())?;
    let code_path = CodePath::new(o.folders.clone(), release);
    check_module(&code_path, &module)?;
    let first: Vec<Vec<u8>> = FIRST
        .iter()
        .map(|name| {
            code_path
                .find(name)
                .map(|(bytes, _)| bytes)
                .ok_or_else(|| format!("the OTP release has no module {name}"))
        })
        .collect::<Result<_, _>>()?;

    let workers =
        o.workers.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let config = Config {
        workers,
        settings: Settings {
            restore_huge_pages: vm::pages::are_changed(),
            resolver: crate::resolver::own_path(),
            ..Settings::new(workers)
        },
        process_limit: o.process_limit,
        atom_limit: o.atom_limit,
        slice_seed: slice_seed()?,
        compile_after: compile_after()?,
        natives: bifs::tables(),
        release: 25,
        code_source: Box::new(code_path),
        records: stdlib_beams::records(),
    };
    let vm = Vm::new(config).map_err(|e| format!("the machine could not start: {e}"))?;
    for (name, bytes) in FIRST.iter().zip(&first) {
        let load = if PRELOADED.contains(name) { Vm::load_preloaded } else { Vm::load_module };
        load(&vm, bytes).map_err(|e| format!("{name} could not be loaded: {e}"))?;
    }
    let (function, args) = (o.function.clone(), o.args.clone());
    with_detached(&vm, |cx| {
        let module = cx.atom(&module).map_err(|_| "the module's name is too long")?;
        let function = cx
            .atom(function.as_deref().unwrap_or("$default"))
            .map_err(|_| "the function's name is too long")?;
        let args = if args.is_empty() {
            cx.atom("none").unwrap_or(Term::nil())
        } else {
            strings(cx, &args)
        };
        let args = &[module, function, args];
        let name = |s| vm.atoms.intern(s).map_err(|_| "the atom table is full");
        let call = Call { module: name("girder_run")?, function: name("start")?, args };
        spawn_root(&vm, call, None)
            .and_then(|_| spawn_collector(&vm))
            .map_err(|_| "the process table is full")
    })?;
    let status = vm.run().map_err(|e| format!("the workers could not be started: {e}"))?;
    Ok(status as u8)
}

fn strings<'p>(area: &mut Area<'p>, words: &[String]) -> Term<'p> {
    let list: Vec<Term<'p>> = words.iter().map(|s| area.string(s)).collect();
    area.list(&list)
}

/// The folder and module name of a .beam file given by its path.
fn program_file(path: &Path) -> Result<(PathBuf, String), String> {
    let bytes = std::fs::read(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let module = loader::decode(&bytes).map_err(|e| format!("{}: {e}", path.display()))?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((folder.to_owned(), module.name().to_owned()))
}

/// Says what is wrong with the program's module in one line, before the machine starts.
fn check_module(path: &CodePath, module: &str) -> Result<(), String> {
    let Some((bytes, file)) = path.find(module) else {
        return Err(format!("the module {module} was not found"));
    };
    loader::load(&bytes).map(drop).map_err(|e| format!("{file}: {e}"))
}

/// For tests: `GIRDER_COMPILE_AFTER=CALLS` gives functions native code after so many calls,
/// `GIRDER_COMPILE_AFTER=never` gives none.
pub fn compile_after() -> Result<Option<u32>, String> {
    match std::env::var("GIRDER_COMPILE_AFTER") {
        Err(_) => Ok(Some(vm::jit::CALLS)),
        Ok(v) if v == "never" => Ok(None),
        Ok(v) => match v.parse() {
            Ok(calls) if calls > 0 => Ok(Some(calls)),
            _ => Err(format!("GIRDER_COMPILE_AFTER is a number of calls or `never`, not {v}")),
        },
    }
}

/// For tests: `GIRDER_SLICE=random:SEED` gives slices random lengths.
pub fn slice_seed() -> Result<Option<u64>, String> {
    match std::env::var("GIRDER_SLICE") {
        Err(_) => Ok(None),
        Ok(v) => v
            .strip_prefix("random:")
            .and_then(|s| s.parse().ok())
            .map(Some)
            .ok_or_else(|| format!("GIRDER_SLICE is random:SEED with a number, not {v}")),
    }
}
