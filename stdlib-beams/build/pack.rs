//! Packs the release that was found at build time, for `src/embedded.rs` to unpack: a compressed
//! archive of what programs need of it, and a table of its files.
//!
//! The paths are those below the release's root, so that what is unpacked is a root too. Left out
//! are programs, sources, documentation, and what compilers keep of the source in a module (the
//! chunk `Dbgi`, which is more than half of the size): as in the releases that systems are made
//! of. The same release gives the same bytes.
//!
//! Its modules are verified meanwhile, and what the verifier found out is put on record for
//! [`Records`](loader::Records), so that starting the release need not do it again.

use crate::root::OtpRoot;
use flate2::{Compression, write::GzEncoder};
use md5::{Digest, Md5};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What is packed, as far as the release has it.
const APPS: [&str; 10] = [
    "erts",
    "kernel",
    "stdlib",
    "compiler",
    "sasl",
    "syntax_tools",
    "parsetools",
    "runtime_tools",
    "tools",
    "eunit",
];

/// The time of all files, in seconds since 1970. One that is written to later gets another, which
/// is how a changed file is noticed.
const TIME: u64 = 1_000_000_000;

/// Writes the archive and the table, in Rust, to `out`.
pub fn write(otp: &OtpRoot, out: &Path) -> Result<(), String> {
    let files = files(otp)?;
    let programs = format!("erts-{}/bin", otp.erts_version());
    let mut table = String::from("static FILES: &[(&str, u64)] = &[\n");
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    let mut recorder = loader::Recorder::default();
    let mut add = |path: &str, kind: tar::EntryType, data: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(if kind.is_dir() { 0o755 } else { 0o644 });
        header.set_mtime(TIME);
        header.set_size(data.len() as u64);
        archive.append_data(&mut header, path, data).map_err(|error| format!("{path}: {error}"))
    };
    add(&programs, tar::EntryType::Directory, &[])?;
    for (path, file) in &files {
        let bytes = read(file)?;
        let is_module = path.ends_with(".beam");
        let bytes = if is_module { without_debug_info(&bytes) } else { bytes };
        if is_module {
            // What cannot be loaded has no record, and says so when somebody loads it.
            let _ = recorder.add(&bytes);
        }
        add(path, tar::EntryType::Regular, &bytes)?;
        let _ = writeln!(table, "    ({path:?}, {}),", bytes.len());
    }
    let packed = archive.into_inner().and_then(GzEncoder::finish).map_err(|e| e.to_string())?;
    let hash = Md5::digest(&packed).iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    let write = |name: &str, bytes: &[u8]| {
        let file = out.join(name);
        let written = std::fs::write(&file, bytes);
        written.map_err(|error| format!("{}: {error}", file.display())).map(|()| file)
    };
    let pack = write("otp.tar.gz", &packed)?;
    let records = write("records", &recorder.finish())?;
    let _ = writeln!(table, "];");
    let _ = writeln!(table, "const NAME: &str = \"otp-{}-{hash}\";", otp.release);
    let _ = writeln!(table, "const PROGRAMS: &str = {programs:?};");
    let _ = writeln!(table, "const TIME: i64 = {TIME};");
    let _ = writeln!(table, "static PACK: &[u8] = include_bytes!({pack:?});");
    let _ = writeln!(table, "static RECORDS: &[u8] = include_bytes!({records:?});");
    write("pack.rs", table.as_bytes()).map(|_| ())
}

/// The files to pack, by their path below the root.
fn files(otp: &OtpRoot) -> Result<BTreeMap<String, PathBuf>, String> {
    let mut found = Vec::new();
    for ebin in APPS.iter().filter_map(|app| otp.apps.get(*app)) {
        found.extend(with_extensions(ebin, &["beam", "app", "appup"]));
        if let Some(app) = ebin.parent() {
            found.extend(with_extensions(&app.join("include"), &["hrl"]));
        }
    }
    found.extend(with_extensions(&otp.path.join("bin"), &["boot"]));
    let releases = otp.path.join("releases");
    let version = releases.join(otp.release.to_string()).join("OTP_VERSION");
    found.extend([releases.join("start_erl.data"), version].into_iter().filter(|f| f.is_file()));
    let path_of = |file: PathBuf| {
        let below = file.strip_prefix(&otp.path).ok().and_then(Path::to_str).map(str::to_owned);
        below
            .map(|b| (b, file.clone()))
            .ok_or_else(|| format!("{}: a strange path", file.display()))
    };
    let files: BTreeMap<_, _> = found.into_iter().map(path_of).collect::<Result<_, _>>()?;
    if files.contains_key("bin/start.boot") {
        Ok(files)
    } else {
        Err(format!("{} has no bin/start.boot to boot with", otp.path.display()))
    }
}

/// The files of a folder, if there is one, that have one of these extensions.
fn with_extensions(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let wanted = |path: &PathBuf| {
        let extension = path.extension().and_then(|e| e.to_str());
        extension.is_some_and(|e| extensions.contains(&e)) && path.is_file()
    };
    entries.flatten().map(|entry| entry.path()).filter(wanted).collect()
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

/// A module without its `Dbgi` chunk. What is not a plain .beam file is left as it is.
fn without_debug_info(beam: &[u8]) -> Vec<u8> {
    let strip = || {
        let mut rest = beam.strip_prefix(b"FOR1")?.get(4..)?.strip_prefix(b"BEAM")?;
        let mut kept = b"BEAM".to_vec();
        while !rest.is_empty() {
            let size = u32::from_be_bytes(rest.get(4..8)?.try_into().ok()?) as usize;
            // Chunks begin at multiples of four; the last one's padding may be missing.
            let end = (8 + size.next_multiple_of(4)).min(rest.len());
            let chunk = rest.get(..end).filter(|_| 8 + size <= rest.len())?;
            if !chunk.starts_with(b"Dbgi") {
                kept.extend_from_slice(chunk);
                kept.resize(kept.len().next_multiple_of(4), 0);
            }
            rest = &rest[end..];
        }
        Some([b"FOR1".as_slice(), &u32::try_from(kept.len()).ok()?.to_be_bytes(), &kept].concat())
    };
    strip().unwrap_or_else(|| beam.to_vec())
}
