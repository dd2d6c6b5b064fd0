//! Compiles Girder's own Erlang modules (`src/erl/`) with the compiler of the OTP release found,
//! and packs that release for embedding (`build/pack.rs`).
//!
//! Only that: obtaining a release is `fetch-otp`'s business, which is built without the features
//! for these steps. Nothing outside OUT_DIR is written.
#![forbid(unsafe_code)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[path = "src/root.rs"]
#[expect(dead_code, reason = "the build needs only a part of what the crate offers")]
mod root;

#[cfg(feature = "pack")]
#[path = "build/pack.rs"]
mod pack;

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=src/erl");
    println!("cargo::rerun-if-changed=src/root.rs");
    println!("cargo::rerun-if-env-changed={}", root::OTP_ROOT_VARIABLE);
    println!("cargo::rerun-if-changed=build");
    if cfg!(not(any(feature = "own-modules", feature = "pack"))) {
        return ExitCode::SUCCESS;
    }
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            for line in message.lines() {
                println!("cargo::error={line}");
            }
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    let variable = |name| std::env::var_os(name).ok_or_else(|| format!("{name} is not set"));
    let out = PathBuf::from(variable("OUT_DIR")?);
    let otp = root::OtpRoot::find_near(None, Some(&out)).map_err(|error| error.to_string())?;
    // Another release means another compiler.
    println!("cargo::rerun-if-changed={}", otp.path.display());
    #[cfg(feature = "pack")]
    pack::write(&otp, &out)?;
    if cfg!(not(feature = "own-modules")) {
        return Ok(());
    }
    let sources = sources(&PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("src/erl"))?;
    // Without +deterministic the .beam would hold the path it was compiled in.
    otp.erlc(&["+deterministic", "+warnings_as_errors"], &sources, &out)?;
    let mut table = String::from("static OWN_MODULES: &[(&str, &[u8])] = &[\n");
    for source in &sources {
        let name = source
            .file_stem()
            .and_then(|stem| stem.to_str())
            .ok_or_else(|| format!("{} has no plain name", source.display()))?;
        let beam = out.join(format!("{name}.beam"));
        if !beam.is_file() {
            return Err(format!("the compiler made no {}", beam.display()));
        }
        let _ = writeln!(table, "    ({name:?}, include_bytes!({beam:?})),");
    }
    table.push_str("];\n");
    let file = out.join("own_modules.rs");
    std::fs::write(&file, table).map_err(|error| format!("{}: {error}", file.display()))
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries =
        std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut sources: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "erl"))
        .collect();
    sources.sort();
    Ok(sources)
}
