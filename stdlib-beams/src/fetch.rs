//! Obtains an OTP release as the system's Debian packages, without root and without touching
//! the system's own package state.
//!
//! apt gets state, lists and cache of its own inside the destination; only its configured
//! sources and keys are the system's. What it downloads is unpacked with dpkg-deb, nothing is
//! installed and no package script runs. Not here: finding a release that is already there.

use std::fmt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::root::{OtpError, OtpRoot};

/// What a working release needs: emulator, kernel, stdlib, compiler and the preloaded modules
/// are in `erlang-base`, the header files that programs include in `erlang-dev`.
pub const BASE_PACKAGES: &[&str] = &["erlang-base", "erlang-dev"];

/// Why no release could be obtained.
#[derive(Debug)]
pub enum FetchError {
    /// A program that is part of every Debian system is not there.
    NoProgram {
        /// Its name.
        program: &'static str,
    },
    /// A program ran and failed.
    Failed {
        /// What was being done.
        step: &'static str,
        /// The last lines it printed.
        output: String,
    },
    /// A file or folder could not be written or read.
    File {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        error: std::io::Error,
    },
    /// Everything was unpacked, but the result is not a release.
    Unusable(OtpError),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchError::NoProgram { program } => write!(
                f,
                "{program} is not on this machine: Erlang/OTP can be fetched only where Debian's \
                 package tools are; install Erlang/OTP and set GIRDER_OTP_ROOT to its root instead"
            ),
            FetchError::Failed { step, output } => write!(f, "{step} failed:\n{output}"),
            FetchError::File { path, error } => write!(f, "{}: {error}", path.display()),
            FetchError::Unusable(error) => write!(f, "the packages do not make a release: {error}"),
        }
    }
}

impl std::error::Error for FetchError {}

/// Downloads [`BASE_PACKAGES`] and `more` packages and unpacks them into `destination`
/// (usually `target/otp`); the release is then in `destination/usr/lib/erlang`.
///
/// What is in `destination` stays, so further packages can be added later. `tell` hears one
/// line for each step.
pub fn fetch(
    destination: &Path,
    more: &[String],
    tell: &mut dyn FnMut(&str),
) -> Result<OtpRoot, FetchError> {
    make_folder(destination)?;
    let destination = destination.canonicalize().map_err(|error| file_error(destination, error))?;
    let apt = PrivateApt::new(&destination.join("apt"))?;
    let mut packages: Vec<&str> = BASE_PACKAGES.to_vec();
    packages.extend(more.iter().map(String::as_str));

    tell("reading the package lists");
    apt.run("reading the package lists", &["update"])?;
    tell(&format!("downloading {}", packages.join(", ")));
    let mut download = vec!["download"];
    download.extend(&packages);
    apt.run("downloading the packages", &download)?;

    for package in apt.downloaded()? {
        let name = package.file_name().unwrap_or_default().to_string_lossy();
        tell(&format!("unpacking {name}"));
        let mut unpack = Command::new("dpkg-deb");
        unpack.arg("-x").arg(&package).arg(&destination);
        run("dpkg-deb", "unpacking a package", unpack)?;
    }
    // Nothing but the release is worth keeping.
    std::fs::remove_dir_all(&apt.folder).map_err(|error| file_error(&apt.folder, error))?;
    let root = OtpRoot::open(&destination.join("usr/lib/erlang")).map_err(FetchError::Unusable)?;
    for (program, starts) in [("erl", "erlexec"), ("erlc", "erlc")] {
        write_starter(&destination, &root, program, starts)?;
    }
    Ok(root)
}

/// Downloads Debian's source package of Erlang/OTP to `folder` and unpacks it as `tree`. `tell` hears
/// one line for each step.
pub fn fetch_source(
    folder: &Path,
    tree: &Path,
    tell: &mut dyn FnMut(&str),
) -> Result<(), FetchError> {
    make_folder(folder)?;
    let folder = folder.canonicalize().map_err(|error| file_error(folder, error))?;
    let apt = PrivateApt::new(&folder.join("apt"))?;
    apt.use_sources(Path::new("/etc/apt"))?;
    tell("reading the lists of source packages");
    apt.run("reading the lists of source packages", &["update"])?;
    tell("downloading the source of erlang");
    let download = ["source", "--download-only", "erlang"];
    apt.run("downloading the source package", &download)?;
    let downloaded = apt.downloaded()?;
    let part = |kind: &str| {
        let found = downloaded.iter().find(|file| file.to_string_lossy().contains(kind));
        found.ok_or_else(|| FetchError::Failed {
            step: "downloading the source package",
            output: format!("the source package has no file *{kind}*"),
        })
    };
    let (original, changes) = (part(".orig.tar.")?, part(".debian.tar.")?);
    tell("unpacking it");
    let unpacked = folder.join("unpacked");
    make_folder(&unpacked)?;
    for (archive, levels) in [(original, "--strip-components=1"), (changes, "--strip-components=0")]
    {
        let mut unpack = Command::new("tar");
        unpack.arg("-xf").arg(archive).args([levels, "-C"]).arg(&unpacked);
        run("tar", "unpacking the source package (which needs xz)", unpack)?;
    }
    apply_patches(&unpacked)?;
    // Only what is whole gets the name that is looked for.
    std::fs::rename(&unpacked, tree).map_err(|error| file_error(tree, error))?;
    std::fs::remove_dir_all(&apt.folder).map_err(|error| file_error(&apt.folder, error))
}

/// Changes unpacked sources as the distribution does for its packages: what it mends in a library comes
/// with changes to the suites.
fn apply_patches(tree: &Path) -> Result<(), FetchError> {
    let patches = tree.join("debian/patches");
    let series = patches.join("series");
    let names = std::fs::read_to_string(&series).map_err(|error| file_error(&series, error))?;
    let names =
        names.lines().map(str::trim).filter(|name| !name.is_empty() && !name.starts_with('#'));
    let mut apply = Command::new("git");
    apply.arg("apply").args(names.map(|name| patches.join(name))).current_dir(tree);
    // Where the sources lie is no matter of any repository.
    apply.env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree)).env_remove("GIT_DIR");
    run("git", "applying the patches of the source package", apply)
}

/// Writes `bin/PROGRAM`: the release's own `erl` expects to be where its package installs it.
/// Tests that compare with stock find these at the end of the path.
fn write_starter(
    destination: &Path,
    root: &OtpRoot,
    program: &str,
    starts: &str,
) -> Result<(), FetchError> {
    let bin = destination.join("bin");
    make_folder(&bin)?;
    let path = bin.join(program);
    write_file(&path, &starter(&root.erts_version, starts))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
        .map_err(|error| file_error(&path, error))
}

/// A shell script that finds the release relative to itself, so that the folder can be moved.
fn starter(erts_version: &str, starts: &str) -> String {
    format!(
        "#!/bin/sh\n\
         # Stock Erlang, from the packages unpacked beside this.\n\
         ROOTDIR=\"$(cd \"$(dirname \"$0\")/..\" && pwd)/usr/lib/erlang\"\n\
         BINDIR=\"$ROOTDIR/erts-{erts_version}/bin\"\n\
         ERLC_EMULATOR=\"$BINDIR/erlexec\"\n\
         EMU=beam\n\
         PROGNAME=erl\n\
         export ROOTDIR BINDIR ERLC_EMULATOR EMU PROGNAME\n\
         exec \"$BINDIR/{starts}\" \"$@\"\n"
    )
}

/// apt with its own state, so that it needs no rights and finds lists of its own making.
struct PrivateApt {
    folder: PathBuf,
}

impl PrivateApt {
    fn new(folder: &Path) -> Result<PrivateApt, FetchError> {
        // What an interrupted run left could be half a file.
        if folder.exists() {
            std::fs::remove_dir_all(folder).map_err(|error| file_error(folder, error))?;
        }
        for part in ["lists/partial", "archives/partial", "packages"] {
            make_folder(&folder.join(part))?;
        }
        write_file(&folder.join("status"), "")?;
        write_file(&folder.join("apt.conf"), &configuration(folder))?;
        Ok(PrivateApt { folder: folder.to_path_buf() })
    }

    /// Has apt take source packages from where the system's packages come from: the system's own
    /// lists (in `system`) seldom name them.
    fn use_sources(&self, system: &Path) -> Result<(), FetchError> {
        let parts = self.folder.join("sources");
        make_folder(&parts)?;
        let mut files = vec![system.join("sources.list")];
        let entries = std::fs::read_dir(system.join("sources.list.d"));
        files.extend(entries.into_iter().flatten().flatten().map(|entry| entry.path()));
        for file in files {
            let kind = file.extension().unwrap_or_default().to_string_lossy().into_owned();
            if let Ok(text) = std::fs::read_to_string(&file)
                && let Some(text) = sources_of(&kind, &text)
            {
                write_file(&parts.join(file.file_name().unwrap_or_default()), &text)?;
            }
        }
        let setting = format!(
            "Dir::Etc::sourcelist \"/dev/null\";\nDir::Etc::sourceparts \"{}\";\n",
            parts.display()
        );
        let configuration = self.folder.join("apt.conf");
        let before = std::fs::read_to_string(&configuration)
            .map_err(|error| file_error(&configuration, error))?;
        write_file(&configuration, &(before + &setting))
    }

    fn run(&self, step: &'static str, arguments: &[&str]) -> Result<(), FetchError> {
        let mut command = Command::new("apt-get");
        command
            .arg("-q")
            .arg("-c")
            .arg(self.folder.join("apt.conf"))
            .args(arguments)
            .current_dir(self.folder.join("packages"));
        run("apt-get", step, command)
    }

    fn downloaded(&self) -> Result<Vec<PathBuf>, FetchError> {
        let folder = self.folder.join("packages");
        let entries = std::fs::read_dir(&folder).map_err(|error| file_error(&folder, error))?;
        let mut packages: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        packages.sort();
        Ok(packages)
    }
}

/// apt's settings: every file it writes is below `folder`. The system's hooks are cleared
/// because they clean up the system's own cache; the sandbox user is root, that is none,
/// because apt's own user may not write here.
fn configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        "#clear APT::Update::Pre-Invoke;\n\
         #clear APT::Update::Post-Invoke;\n\
         #clear APT::Update::Post-Invoke-Success;\n\
         #clear Acquire::IndexTargets::deb::DEP-11;\n\
         Dir::State \"{folder}\";\n\
         Dir::State::Lists \"{folder}/lists\";\n\
         Dir::State::status \"{folder}/status\";\n\
         Dir::Cache \"{folder}\";\n\
         Dir::Cache::Archives \"{folder}/archives\";\n\
         Dir::Cache::pkgcache \"\";\n\
         Dir::Cache::srcpkgcache \"\";\n\
         Dir::Log \"{folder}\";\n\
         APT::Sandbox::User \"root\";\n\
         Acquire::Languages \"none\";\n\
         Acquire::Retries \"3\";\n"
    )
}

/// A list of sources, with source packages in place of packages; `None` for what is no such list.
fn sources_of(kind: &str, text: &str) -> Option<String> {
    let line = |line: &str| match kind {
        "list" => line.strip_prefix("deb ").map(|rest| format!("deb-src {rest}\n")),
        _ if line.starts_with("Types:") => Some("Types: deb-src\n".to_string()),
        _ => Some(format!("{line}\n")),
    };
    matches!(kind, "list" | "sources").then(|| text.lines().filter_map(line).collect())
}

fn run(program: &'static str, step: &'static str, mut command: Command) -> Result<(), FetchError> {
    let output = command.stdin(Stdio::null()).env("LC_ALL", "C").output().map_err(|error| {
        match error.kind() {
            std::io::ErrorKind::NotFound => FetchError::NoProgram { program },
            _ => file_error(Path::new(program), error),
        }
    })?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines[lines.len().saturating_sub(12)..].join("\n");
    Err(FetchError::Failed { step, output: last })
}

fn make_folder(path: &Path) -> Result<(), FetchError> {
    std::fs::create_dir_all(path).map_err(|error| file_error(path, error))
}

fn write_file(path: &Path, text: &str) -> Result<(), FetchError> {
    std::fs::write(path, text).map_err(|error| file_error(path, error))
}

fn file_error(path: &Path, error: std::io::Error) -> FetchError {
    FetchError::File { path: path.to_path_buf(), error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_of_the_configuration_is_private() {
        let text = configuration(Path::new("/x/apt"));
        for line in text.lines().filter(|line| line.starts_with("Dir::")) {
            assert!(line.contains("\"/x/apt") || line.ends_with("\"\";"), "{line}");
        }
    }

    #[test]
    fn lists_of_sources_name_source_packages() {
        let text = "# a\ndeb http://x bookworm main\ndeb-src http://y bookworm main\n";
        assert_eq!(sources_of("list", text).as_deref(), Some("deb-src http://x bookworm main\n"));
        let text = "Types: deb\nURIs: http://x\n";
        let expected = "Types: deb-src\nURIs: http://x\n";
        assert_eq!(sources_of("sources", text).as_deref(), Some(expected));
        assert_eq!(sources_of("disabled", text), None);
    }

    #[test]
    fn a_starter_runs_the_program_beside_it() {
        let folder = std::env::temp_dir().join(format!("girder-starter-{}", std::process::id()));
        let programs = folder.join("usr/lib/erlang/erts-1.2/bin");
        make_folder(&programs).expect("writable");
        make_folder(&folder.join("bin")).expect("writable");
        for (path, text) in [
            (programs.join("erlexec"), "#!/bin/sh\necho \"$PROGNAME $1 ${BINDIR#$ROOTDIR}\"\n"),
            (folder.join("bin/erl"), &starter("1.2", "erlexec")),
        ] {
            write_file(&path, text).expect("writable");
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("ours");
        }
        let out = Command::new("sh").arg(folder.join("bin/erl")).arg("a b").output();
        std::fs::remove_dir_all(&folder).expect("ours");
        assert_eq!(out.expect("sh runs").stdout, b"erl a b /erts-1.2/bin\n");
    }

    #[test]
    fn a_failing_program_is_quoted_and_a_missing_one_named() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo why >&2; exit 3"]);
        let error = run("sh", "a step", command).expect_err("it exits with 3");
        assert_eq!(error.to_string(), "a step failed:\nout\nwhy");
        let error = run("apt-get", "a step", Command::new("/nonexistent/apt-get"))
            .expect_err("there is none");
        assert!(error.to_string().starts_with("apt-get is not on this"), "{error}");
    }
}
