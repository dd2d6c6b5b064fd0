//! The girder binary: reads the command line and runs what it asks for.
//!
//! Here: the commands and what they print when they fail. Not here: the machine.
#![forbid(unsafe_code)]

mod code_path;
mod erl;
mod resolver;
mod run;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: vm::allocator::Allocator = vm::allocator::Allocator;

/// A BEAM virtual machine.
#[derive(Parser)]
#[command(name = "girder", version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs a program: loads its module and calls a function of it.
    ///
    /// Without FUNCTION, main/1 with [], else main/0, else start/0. With FUNCTION and no
    /// arguments, FUNCTION/0; with arguments, FUNCTION/1 with the list of them as strings.
    #[command(
        override_usage = "girder run [-pa DIR]... [+S N] [+P N] FILE.beam|MODULE [FUNCTION [ARGS...]]"
    )]
    Run {
        /// Options, the module, the function and its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        words: Vec<String>,
    },
    /// Boots the OTP release and behaves as stock's erl, with the same words.
    Erl {
        /// As erl takes them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<std::ffi::OsString>,
    },
    /// Compiles, as stock's erlc.
    Erlc {
        /// As erlc takes them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<std::ffi::OsString>,
    },
    /// Runs a script, as stock's escript.
    Escript {
        /// As escript takes them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<std::ffi::OsString>,
    },
    /// Boots a release as the environment says (ROOTDIR, BINDIR), as stock's erlexec.
    Erlexec {
        /// As erl takes them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<std::ffi::OsString>,
    },
    /// Makes links erl, erlc, escript and erlexec to this program in a folder.
    Install {
        /// The folder, made if it is not there.
        folder: PathBuf,
    },
    /// Prints a .beam file readably.
    Disasm {
        /// The file.
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let result = match (resolver::call(), erl_call()) {
        (Some(words), _) => resolver::serve(&words),
        (None, Some(call)) => erl::run(call),
        (None, None) => command(),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            eprintln!("girder: {message}");
            ExitCode::from(1)
        }
    }
}

/// The call of `erl` and its like, by a link of that name or as the first word. Their words have
/// rules of their own, so nothing else looks at them.
fn erl_call() -> Option<erl::Call> {
    let mut words = std::env::args_os();
    let path = words.next()?;
    if let Some(program) = erl::program_of(&path) {
        let link = Some(PathBuf::from(path));
        return Some(erl::Call { program: program.to_owned(), link, words: words.collect() });
    }
    let program = words.next()?.to_str()?.to_owned();
    erl::PROGRAMS.contains(&program.as_str()).then(|| erl::Call {
        program,
        link: None,
        words: words.collect(),
    })
}

fn command() -> Result<u8, String> {
    let called = |program: &str, words| {
        erl::run(erl::Call { program: program.to_owned(), link: None, words })
    };
    match Cli::parse().command {
        Command::Run { words } => run::run(&words),
        Command::Erl { words } => called("erl", words),
        Command::Erlc { words } => called("erlc", words),
        Command::Escript { words } => called("escript", words),
        Command::Erlexec { words } => called("erlexec", words),
        Command::Install { folder } => erl::install(&folder),
        Command::Disasm { file } => disasm(&file),
    }
}

fn disasm(file: &std::path::Path) -> Result<u8, String> {
    use std::io::Write;
    let bytes = std::fs::read(file).map_err(|e| format!("cannot read {}: {e}", file.display()))?;
    let module = loader::decode(&bytes).map_err(|e| format!("{}: {e}", file.display()))?;
    match std::io::stdout().write_all(loader::disasm::disassemble(&module).as_bytes()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(format!("cannot print: {e}")),
        _ => Ok(0),
    }
}
