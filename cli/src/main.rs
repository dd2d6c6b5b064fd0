//! The girder binary: reads the command line and runs what it asks for.
//!
//! Here: the commands and what they print when they fail. Not here: the machine.
#![forbid(unsafe_code)]

mod code_path;
mod run;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Prints a .beam file readably.
    Disasm {
        /// The file.
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run { words } => run::run(&words),
        Command::Disasm { file } => disasm(&file),
    };
    match result {
        Ok(status) => ExitCode::from(status),
        Err(message) => {
            eprintln!("girder: {message}");
            ExitCode::from(1)
        }
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
