//! Finds the stock Erlang that is the oracle, and builds its command lines.
//! Looked for in this order: `GIRDER_OTP_ROOT`, `erl` on the path, `target/otp` (where the
//! build unpacks the system's packages when there is no installed Erlang).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::run::{End, run};

/// A stock Erlang/OTP release that can be run.
#[derive(Debug, Clone)]
pub struct Otp {
    root: PathBuf,
    release: String,
    version: String,
}

impl Otp {
    /// Finds one.
    ///
    /// # Errors
    /// A sentence for the user when there is none, or it does not run.
    pub fn find() -> Result<Otp, String> {
        Otp::open(&find_root()?)
    }

    /// The one in this root folder.
    ///
    /// # Errors
    /// A sentence for the user when it does not run.
    pub fn open(root: &Path) -> Result<Otp, String> {
        let root = root.to_path_buf();
        if erts_bin(&root).is_none() {
            return Err(format!("{} has no erts-*/bin/erlexec", root.display()));
        }
        let mut otp = Otp { root, release: String::new(), version: String::new() };
        let mut ask = otp.erl();
        ask.args(["-noshell", "-eval", "io:put_chars(erlang:system_info(otp_release)), halt()."]);
        let ended = run(&mut ask, Duration::from_secs(60))
            .map_err(|error| format!("{}: {error}", otp.root.display()))?;
        if ended.end != End::Status(0) {
            return Err(format!("stock erl in {} does not run: {}", otp.root.display(), ended.end));
        }
        otp.release = String::from_utf8_lossy(&ended.stdout).trim().to_string();
        let version = otp.root.join("releases").join(&otp.release).join("OTP_VERSION");
        otp.version = std::fs::read_to_string(version)
            .map_or_else(|_| otp.release.clone(), |text| text.trim().to_string());
        Ok(otp)
    }

    /// The root folder: the one with `lib`, `releases` and `erts-*`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The release number, such as `25`.
    #[must_use]
    pub fn release(&self) -> &str {
        &self.release
    }

    /// The whole version, such as `25.2.3`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// `erl`, untouched by the environment of whoever runs the tests. Started through `erlexec`, which needs no installation: an unpacked release will do.
    #[must_use]
    pub fn erl(&self) -> Command {
        self.program("erlexec")
    }

    /// `erlc`, as [`Otp::erl`].
    #[must_use]
    pub fn erlc(&self) -> Command {
        let mut command = self.program("erlc");
        command.env("ERLC_EMULATOR", self.program("erlexec").get_program());
        command.env_remove("ERLC_USE_SERVER").env_remove("ERL_COMPILER_OPTIONS");
        command
    }

    fn program(&self, name: &str) -> Command {
        let bin = erts_bin(&self.root).expect("find_root saw it");
        let mut command = Command::new(bin.join(name));
        command
            .env("ROOTDIR", &self.root)
            .env("BINDIR", &bin)
            .env("EMU", "beam")
            .env("PROGNAME", "erl")
            .env("LC_ALL", "C.UTF-8")
            .env("ERL_CRASH_DUMP_BYTES", "0")
            .env_remove("ERL_FLAGS")
            .env_remove("ERL_AFLAGS")
            .env_remove("ERL_ZFLAGS")
            .env_remove("ERL_LIBS");
        command
    }
}

fn find_root() -> Result<PathBuf, String> {
    if let Some(root) = std::env::var_os("GIRDER_OTP_ROOT") {
        let root = PathBuf::from(root);
        return match erts_bin(&root) {
            Some(_) => Ok(root),
            None => Err(format!(
                "GIRDER_OTP_ROOT is {}, which has no erts-*/bin/erlexec",
                root.display()
            )),
        };
    }
    if let Some(root) = root_beside_path() {
        return Ok(root);
    }
    let unpacked = crate::target().join("otp");
    ["usr/lib/erlang", "lib/erlang", "."]
        .iter()
        .map(|below| unpacked.join(below))
        .find(|root| erts_bin(root).is_some())
        .ok_or_else(|| "no stock Erlang: set GIRDER_OTP_ROOT, put erl on the path, or unpack a release under target/otp".to_string())
}

/// `erl` on the path is a link to, or lies in, `ROOT/bin/erl`.
fn root_beside_path() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter_map(|dir| dir.join("erl").canonicalize().ok())
        .filter_map(|erl| erl.parent()?.parent().map(Path::to_path_buf))
        .find(|root| erts_bin(root).is_some())
}

fn erts_bin(root: &Path) -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root)
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("erts-"))
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("erlexec").is_file())
        .collect();
    found.sort();
    found.pop()
}
