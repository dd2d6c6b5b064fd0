//! The differential corpus: which programs there are, their compiled modules, what stock prints
//! for each, and which failures are known. Compiled modules and stock's outputs are kept under
//! `target/programs/TOPIC/` and made anew when a source of the topic or the OTP version changes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::otp::Otp;
use crate::run::{End, Ended, run};

/// How long stock may take for one program.
const STOCK_LIMIT: Duration = Duration::from_secs(60);
/// How long stock may take to compile the corpus.
const COMPILE_LIMIT: Duration = Duration::from_secs(600);

/// Compiles `[Include, Options, Source, OutDir, Source, OutDir, ...]`, given as plain arguments.
const COMPILE: &str = "[I, O | Pairs] = init:get_plain_arguments(), \
    F = fun G([S, D | T]) -> case compile:file(S, [report, {i, I}, {outdir, D} | [list_to_atom(X) || X <- string:lexemes(O, \",\")]]) of \
        {ok, _} -> G(T); _ -> halt(1) end; G([]) -> halt(0) end, F(Pairs).";

/// One program of the corpus.
#[derive(Debug, Clone)]
pub struct Program {
    /// The folder under `tests/programs`.
    pub topic: String,
    /// The module, which exports `main/0`.
    pub module: String,
    /// Where its compiled form and those of its topic are.
    pub beams: PathBuf,
    /// What it must do besides printing what stock prints.
    pub pinned: Pinned,
    /// It needs a booted system, started with these words too: its first line is `%% boot WORDS`.
    pub boot: Option<Vec<String>>,
    /// The mode that it is not for, by a line `%% not MODE: WHY` at its head.
    pub not: Option<String>,
}

/// What the file `NAME.expect` beside a program pins: stock cannot be asked how Girder words an
/// uncaught exception.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pinned {
    /// The exit status, on stock and on Girder.
    pub status: i32,
    /// Texts that Girder's standard error must contain.
    pub stderr: Vec<String>,
}

impl Program {
    /// `TOPIC/MODULE`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.topic, self.module)
    }

    /// The words by which an `erl` runs it.
    #[must_use]
    pub fn erl_words(&self) -> Vec<String> {
        let quiet = ["-noshell", "-boot", "no_dot_erlang", "-kernel", "logger_level", "none"];
        let mut words: Vec<String> = quiet.map(str::to_string).to_vec();
        words.extend(["-pa".to_string(), self.beams.to_string_lossy().into_owned()]);
        words.extend(self.boot.iter().flatten().cloned());
        words.push("-eval".to_string());
        words.push(format!(
            "{{P, R}} = spawn_monitor({}, main, []), receive {{'DOWN', R, process, P, normal}} -> halt(0); {{'DOWN', R, process, P, _}} -> halt(1) end.",
            self.module
        ));
        words
    }
}

/// The folder with the Erlang sources.
#[must_use]
pub fn sources() -> PathBuf {
    crate::root().join("tests/programs")
}

/// Finds all programs and compiles what is not compiled yet.
///
/// # Errors
/// A text for the user: a source that does not compile, an unreadable folder, a bad `.expect`.
pub fn prepare(otp: &Otp) -> Result<Vec<Program>, String> {
    let include = sources().join("include");
    let header = read(&include.join("t.hrl"))?;
    let mut programs = Vec::new();
    let mut stale: Vec<(PathBuf, PathBuf)> = Vec::new();
    let mut keys = Vec::new();
    for dir in folders(&sources())? {
        let topic = file_name(&dir);
        if topic == "include" {
            continue;
        }
        let files = erl_files(&dir)?;
        let texts = files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
        let beams = crate::target().join("programs").join(&topic);
        let names: Vec<String> = files.iter().map(|file| file_name(file)).collect();
        let pieces = [otp.version().as_bytes(), &header];
        let key = crate::fingerprint(
            pieces
                .into_iter()
                .chain(names.iter().map(String::as_bytes))
                .chain(texts.iter().map(Vec::as_slice)),
        );
        if fs::read_to_string(beams.join("key")).ok().as_deref() != Some(&key) {
            fresh(&beams)?;
            stale.extend(files.iter().map(|file| (file.clone(), beams.clone())));
            keys.push((beams.join("key"), key));
        }
        for (file, text) in files.iter().zip(&texts) {
            if String::from_utf8_lossy(text).contains("\nmain() ->") {
                let module = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                programs.push(Program {
                    boot: boot(text),
                    not: not(text),
                    pinned: pinned(&dir.join(format!("{module}.expect")))?,
                    topic: topic.clone(),
                    module,
                    beams: beams.clone(),
                });
            }
        }
    }
    unique(&programs)?;
    compile(otp, &include, &stale)?;
    for (file, key) in keys {
        fs::write(&file, key).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(programs)
}

/// What stock does with a program; asked once, then kept.
///
/// # Errors
/// When stock does not run it to its pinned exit status in time: the program is wrong, then.
pub fn stock(otp: &Otp, program: &Program) -> Result<Vec<u8>, String> {
    let kept = program.beams.join(format!("{}.stock", program.module));
    if let Ok(output) = fs::read(&kept) {
        return Ok(output);
    }
    let ended = run_stock(otp, program)?;
    if ended.end != End::Status(program.pinned.status) {
        return Err(format!(
            "{}: stock ended with {}, expected status {}:\n{}{}",
            program.name(),
            ended.end,
            program.pinned.status,
            String::from_utf8_lossy(&ended.stdout),
            String::from_utf8_lossy(&ended.stderr)
        ));
    }
    fs::write(&kept, &ended.stdout).map_err(|error| format!("{}: {error}", kept.display()))?;
    Ok(ended.stdout)
}

/// Runs a program on stock, in a process of its own, without asking what is kept.
///
/// # Errors
/// When stock cannot be started.
pub fn run_stock(otp: &Otp, program: &Program) -> Result<Ended, String> {
    let mut command: Command = otp.erl();
    command.current_dir(&program.beams).args(program.erl_words());
    run(&mut command, STOCK_LIMIT).map_err(|error| format!("stock erl does not start: {error}"))
}

/// Known failures: program name to mode (`*` for all) to reason.
pub type Known = BTreeMap<(String, String), String>;

/// Reads `expected-failures.txt`: `TOPIC/MODULE MODE REASON`, `#` starts a comment line.
///
/// # Errors
/// A line without a reason, or one that names no program of the corpus.
pub fn known_failures(programs: &[String]) -> Result<Known, String> {
    let file = sources().join("expected-failures.txt");
    parse_known(&String::from_utf8_lossy(&read(&file)?), programs)
}

fn parse_known(text: &str, programs: &[String]) -> Result<Known, String> {
    let mut known = Known::new();
    for line in
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let mut words = line.splitn(3, char::is_whitespace);
        let (Some(program), Some(mode), Some(reason)) = (words.next(), words.next(), words.next())
        else {
            return Err(format!("expected-failures.txt: \"{line}\" has no mode or no reason"));
        };
        if !programs.iter().any(|name| name == program) {
            return Err(format!("expected-failures.txt: there is no program {program}"));
        }
        known.insert((program.to_string(), mode.to_string()), reason.trim().to_string());
    }
    Ok(known)
}

/// The words behind `%% boot` in the first line.
fn boot(text: &[u8]) -> Option<Vec<String>> {
    let text = String::from_utf8_lossy(text);
    let words = text.lines().next()?.strip_prefix("%% boot")?.split_whitespace();
    Some(words.map(str::to_string).collect())
}

/// The mode in the line `%% not MODE: WHY` of the comment at the head.
fn not(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let mut head = text.lines().take_while(|line| line.starts_with('%'));
    let (mode, _) = head.find_map(|line| line.strip_prefix("%% not ")?.split_once(": "))?;
    Some(mode.to_string())
}

fn pinned(file: &Path) -> Result<Pinned, String> {
    let mut pinned = Pinned::default();
    if !file.exists() {
        return Ok(pinned);
    }
    for line in String::from_utf8_lossy(&read(file)?).lines() {
        match line.split_once(' ') {
            Some(("status", number)) => {
                pinned.status = number
                    .parse()
                    .map_err(|_| format!("{}: \"{line}\" is no status", file.display()))?;
            }
            Some(("stderr", text)) => pinned.stderr.push(text.to_string()),
            _ => {
                return Err(format!(
                    "{}: \"{line}\" is neither \"status N\" nor \"stderr TEXT\"",
                    file.display()
                ));
            }
        }
    }
    Ok(pinned)
}

fn compile(otp: &Otp, include: &Path, stale: &[(PathBuf, PathBuf)]) -> Result<(), String> {
    if stale.is_empty() {
        return Ok(());
    }
    // Newer compilers warn of more; the corpus is kept free of the warnings of one release.
    let options = if otp.release() == "25" { "warnings_as_errors" } else { "" };
    let mut command = otp.erl();
    command
        .args(["-noshell", "-boot", "no_dot_erlang", "-eval", COMPILE, "-extra"])
        .arg(include)
        .arg(options);
    for (source, beams) in stale {
        command.arg(source).arg(beams);
    }
    let ended = run(&mut command, COMPILE_LIMIT)
        .map_err(|error| format!("stock erl does not start: {error}"))?;
    if ended.end == End::Status(0) {
        return Ok(());
    }
    Err(format!(
        "the corpus does not compile ({}):\n{}{}",
        ended.end,
        String::from_utf8_lossy(&ended.stdout),
        String::from_utf8_lossy(&ended.stderr)
    ))
}

/// Modules share one name space on the machine that runs them: a name may occur once.
fn unique(programs: &[Program]) -> Result<(), String> {
    let mut seen = BTreeMap::new();
    for program in programs {
        if let Some(other) = seen.insert(&program.module, &program.topic) {
            return Err(format!(
                "module {} is in {other} and in {}",
                program.module, program.topic
            ));
        }
    }
    Ok(())
}

fn fresh(dir: &Path) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {error}", dir.display());
    if dir.exists() {
        fs::remove_dir_all(dir).map_err(fail)?;
    }
    fs::create_dir_all(dir).map_err(fail)
}

fn folders(dir: &Path) -> Result<Vec<PathBuf>, String> {
    Ok(entries(dir)?.into_iter().filter(|path| path.is_dir()).collect())
}

fn erl_files(dir: &Path) -> Result<Vec<PathBuf>, String> {
    Ok(entries(dir)?
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "erl"))
        .collect())
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let listed = fs::read_dir(dir).map_err(|error| format!("{}: {error}", dir.display()))?;
    let mut paths: Vec<PathBuf> = listed.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_says_what_a_program_needs() {
        assert_eq!(boot(b"%% boot\n-module(a)."), Some(Vec::new()));
        assert_eq!(boot(b"%% boot +P 2000\n"), Some(vec!["+P".to_string(), "2000".to_string()]));
        assert_eq!(boot(b"-module(a).\n%% boot\n"), None);
    }

    #[test]
    fn a_known_failure_needs_a_reason_and_a_program() {
        let programs = ["maps/map_small".to_string()];
        let known = parse_known("# note\n\nmaps/map_small zeal too slow\n", &programs)
            .expect("it is well formed");
        let key = ("maps/map_small".to_string(), "zeal".to_string());
        assert_eq!(known.get(&key).map(String::as_str), Some("too slow"));
        assert!(parse_known("maps/map_small zeal", &programs).is_err());
        assert!(parse_known("maps/gone * a reason", &programs).is_err());
    }
}
