//! Compiles an application's suites with stock: a copy of its test folder under
//! `target/conformance/build/`, with the compiled modules and C programs in it, as OTP's own test
//! runs have it. Made anew when the sources' version or what compiles them changes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::variants::{self, Variant};
use super::{data, source, work};
use crate::otp::Otp;
use crate::run::{End, run};

/// Compiles suites.
const BUILDER: &str = "erl/girder_conf_build.erl";
/// What an application's makefile takes from the suites of another: to, from, file.
const SHARED: &[(&str, &str, &str)] =
    &[("kernel", "stdlib", "error_info_lib.erl"), ("stdlib", "emulator", "erts_test_utils.erl")];
const COMPILE_LIMIT: Duration = Duration::from_secs(1800);

/// Compiled suites.
#[derive(Debug)]
pub struct Built {
    /// Of this application.
    pub app: String,
    /// The folder with them.
    pub folder: PathBuf,
    /// What must be on the code path besides.
    pub paths: Vec<PathBuf>,
}

/// Compiles what the suites of all applications need: our hook and driver, and OTP's `test_server`
/// helpers, which some suites name as a hook of theirs.
///
/// # Errors
/// When they do not compile.
pub fn helpers(otp: &Otp, tree: &Path) -> Result<Vec<PathBuf>, String> {
    let ours = work().join("ebin");
    let theirs = work().join("build/test_server");
    compile_folder(otp, &ours, &[data().join("erl/girder_conf.erl"), data().join(BUILDER)])?;
    let sources = erl_files(&tree.join("lib/common_test/test_server"))?;
    compile_folder(otp, &theirs, &sources)?;
    Ok(vec![ours, theirs])
}

/// Compiles, unless that has been done: another run may be using what is there.
fn compile_folder(otp: &Otp, folder: &Path, sources: &[PathBuf]) -> Result<(), String> {
    let texts: Vec<Vec<u8>> = sources.iter().map(|s| fs::read(s).unwrap_or_default()).collect();
    let version = otp.version().as_bytes();
    let key = crate::fingerprint(std::iter::once(version).chain(texts.iter().map(Vec::as_slice)));
    let kept = folder.join("key");
    if fs::read_to_string(&kept).ok().as_deref() == Some(&key) {
        return Ok(());
    }
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut command = otp.erl();
    command.args(["-noshell", "-eval", "[O | S] = init:get_plain_arguments(), \
        halt(length([E || E <- [compile:file(F, [report, {outdir, O}]) || F <- S], element(1, E) =/= ok, E =/= error])).", "-extra"]);
    command.arg(folder).args(sources);
    let ended = run(&mut command, COMPILE_LIMIT).map_err(|error| format!("stock erl: {error}"))?;
    match ended.end {
        End::Status(0) => fs::write(&kept, key).map_err(|e| format!("{}: {e}", kept.display())),
        end => Err(format!("{end}:\n{}", String::from_utf8_lossy(&ended.stdout))),
    }
}

/// Compiles the suites of an application, unless that has been done. Variants of suites are many:
/// only those among the `wanted`.
///
/// # Errors
/// What has nothing to do with a single suite.
pub fn suites(
    otp: &Otp,
    tree: &Path,
    app: &str,
    helpers: &[PathBuf],
    wanted: &[&str],
) -> Result<Built, String> {
    let built = originals(otp, tree, app, helpers)?;
    let mut variants = variants::list(app, &source::suites(tree, app))?;
    variants.retain(|variant| {
        let beam = built.folder.join(&variant.name).with_extension("beam");
        wanted.contains(&variant.name.as_str()) && !beam.exists()
    });
    variants.sort_by(|a, b| a.options.cmp(&b.options));
    for kind in variants.chunk_by(|a, b| a.options == b.options) {
        compile_variants(otp, tree, &built, kind)?;
    }
    Ok(built)
}

/// Compiles variants with the same options into the folder of the suites that they are made of.
fn compile_variants(
    otp: &Otp,
    tree: &Path,
    built: &Built,
    variants: &[Variant],
) -> Result<(), String> {
    let fail = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    println!("compiling {} variants of suites of {}", variants.len(), built.app);
    let folder = work().join("build").join(format!("{}_variants", built.app));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(|error| fail(&folder, error))?;
    for variant in variants {
        let of = built.folder.join(&variant.of).with_extension("erl");
        let text = fs::read_to_string(&of).map_err(|error| fail(&of, error))?;
        let source = folder.join(&variant.name).with_extension("erl");
        fs::write(&source, variant.source(&text)).map_err(|error| fail(&source, error))?;
    }
    let mut text = options(tree);
    text.push_str(&variants[0].options);
    let suites = built.folder.display();
    text.push_str(&format!("{{i, \"{suites}\"}}.\n{{outdir, \"{suites}\"}}.\n"));
    let file = work().join("build/options");
    fs::write(&file, text).map_err(|error| fail(&file, error))?;
    let output = driver_call(otp, &built.paths, "compile", &[&folder, &file])?;
    report(&output, "does not compile");
    Ok(())
}

fn originals(otp: &Otp, tree: &Path, app: &str, helpers: &[PathBuf]) -> Result<Built, String> {
    let folder = work().join("build").join(format!("{app}_test"));
    let built = Built { app: app.to_string(), folder: folder.clone(), paths: helpers.to_vec() };
    let builder = fs::read(data().join(BUILDER)).unwrap_or_default();
    let options = options(tree);
    let shared: Vec<_> = SHARED.iter().filter(|(to, _, _)| *to == app).collect();
    let files = shared.iter().map(|(_, _, file)| file.as_bytes());
    let parts = [otp.version().as_bytes(), &builder, options.as_bytes()];
    let key = crate::fingerprint(parts.into_iter().chain(files));
    let kept = work().join("build").join(format!("{app}.key"));
    if fs::read_to_string(&kept).ok().as_deref() == Some(&key) {
        return Ok(built);
    }
    println!("compiling the suites of {app}");
    let _ = fs::remove_file(&kept);
    let from = source::suites(tree, app);
    let copied = Command::new("sh")
        .args([
            "-c",
            "rm -rf \"$2\" && mkdir -p \"${2%/*}\" && cp -RL \"$1\" \"$2\" && chmod -R u+w \"$2\"",
            "sh",
        ])
        .arg(&from)
        .arg(&folder)
        .output()
        .map_err(|error| format!("sh: {error}"))?;
    if !copied.status.success() {
        return Err(String::from_utf8_lossy(&copied.stderr).into_owned());
    }
    for (_, of, file) in shared {
        let from = source::suites(tree, of).join(file);
        fs::copy(&from, folder.join(file)).map_err(|e| format!("{}: {e}", from.display()))?;
    }
    let options_file = work().join("build/options");
    fs::write(&options_file, &options).map_err(|e| format!("{}: {e}", options_file.display()))?;
    let output = driver_call(otp, helpers, "compile", &[&folder, &options_file])?;
    report(&output, "does not compile");
    let output = driver_call(otp, helpers, "make", &[&folder])?;
    report(&output, "cannot be built");
    fs::write(&kept, key).map_err(|error| format!("{}: {error}", kept.display()))?;
    Ok(built)
}

/// The options that OTP's own makefiles compile suites with.
fn options(tree: &Path) -> String {
    let include = [
        "lib/kernel/include",
        "lib/kernel/src",
        "lib/kernel/test",
        "lib/stdlib/include",
        "lib/common_test/include",
        "lib/common_test/src",
        "lib/snmp/include",
        "erts/emulator/test",
    ];
    let mut text = "debug_info.\nnowarn_export_all.\n".to_string();
    for folder in include {
        text.push_str(&format!("{{i, \"{}\"}}.\n", tree.join(folder).display()));
    }
    text
}

fn driver_call(
    otp: &Otp,
    helpers: &[PathBuf],
    function: &str,
    arguments: &[&Path],
) -> Result<String, String> {
    let mut command = otp.erl();
    // C programs are built by makefiles that call `erlc`.
    let mut path = otp.root().join("bin").into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    command.env("PATH", path).args(["-noshell", "-pa"]).args(helpers);
    command.args(["-run", "girder_conf_build", function, "-girder_conf"]).args(arguments);
    let ended = run(&mut command, COMPILE_LIMIT).map_err(|error| format!("stock erl: {error}"))?;
    let output = String::from_utf8_lossy(&ended.stdout).into_owned();
    match ended.end {
        End::Status(0) => Ok(output),
        end => Err(format!("{function}: {end}:\n{output}")),
    }
}

/// Failures are told and no more: a suite without its C program has cases that fail on stock too.
fn report(output: &str, what: &str) {
    for line in output.lines().filter_map(|line| line.strip_prefix("failed\t")) {
        println!("  {what}: {}", line.chars().take(200).collect::<String>());
    }
}

fn erl_files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries =
        fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?.flatten();
    let files = entries.map(|entry| entry.path());
    Ok(files.filter(|file| file.extension().is_some_and(|end| end == "erl")).collect())
}
