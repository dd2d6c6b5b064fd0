//! `fetch-otp [DIR [PACKAGE...]]`: unpacks an OTP release from the system's Debian packages.
//!
//! Only the command line is here; the work is in `stdlib_beams::fetch`.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: fetch-otp [--if-missing] [DIR [PACKAGE...]]
Unpacks Erlang/OTP from Debian's packages into DIR (default: target/otp).
  --if-missing  do nothing if there is a release already";

fn main() -> ExitCode {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|argument| argument == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let before = arguments.len();
    arguments.retain(|argument| argument != "--if-missing");
    let if_missing = arguments.len() < before;
    if let Some(unknown) = arguments.iter().find(|a| a.starts_with('-')) {
        eprintln!("fetch-otp: unknown option {unknown}\n{USAGE}");
        return ExitCode::from(2);
    }
    let destination = arguments.first().map_or_else(default_folder, PathBuf::from);
    if if_missing {
        let unpacked = destination.join("usr/lib/erlang");
        match stdlib_beams::OtpRoot::find_near(None, None) {
            Ok(root) => return report(&root),
            Err(stdlib_beams::OtpError::NotFound) => {}
            Err(error) => return fail(&error),
        }
        if let Ok(root) = stdlib_beams::OtpRoot::open(&unpacked) {
            return report(&root);
        }
    }
    let packages = arguments.get(1..).unwrap_or_default();
    let mut tell = |line: &str| println!("{line}");
    match stdlib_beams::fetch::fetch(&destination, packages, &mut tell) {
        Ok(root) => report(&root),
        Err(error) => fail(&error),
    }
}

fn report(root: &stdlib_beams::OtpRoot) -> ExitCode {
    println!("OTP {} in {}", root.release, root.path.display());
    ExitCode::SUCCESS
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("fetch-otp: {error}");
    ExitCode::FAILURE
}

/// `otp` in the target folder this program was built into (TARGET/PROFILE/fetch-otp).
fn default_folder() -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|exe| exe.ancestors().nth(2).map(Path::to_path_buf))
        .unwrap_or_else(|| PathBuf::from("target"))
        .join("otp")
}
