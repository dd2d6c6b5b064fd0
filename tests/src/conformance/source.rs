//! Where the sources of OTP with its suites are: a tree that `GIRDER_OTP_SOURCE` names, else
//! Debian's source package of the release's version, unpacked under `target/otp-source`. And a
//! release that has `common_test`, whose packages are fetched where they are missing.

use std::path::{Path, PathBuf};

use crate::otp::Otp;

/// The environment variable that names an unpacked source tree.
pub const SOURCE_VARIABLE: &str = "GIRDER_OTP_SOURCE";

/// Applications that suites use, beside those of [`stdlib_beams::fetch::BASE_PACKAGES`].
const PACKAGES: &[&str] = &[
    "erlang-asn1",
    "erlang-common-test",
    "erlang-crypto",
    "erlang-eunit",
    "erlang-inets",
    "erlang-mnesia",
    "erlang-os-mon",
    "erlang-parsetools",
    "erlang-public-key",
    "erlang-runtime-tools",
    "erlang-ssl",
    "erlang-syntax-tools",
    "erlang-tools",
    "erlang-xmerl",
];

/// Finds or fetches the sources that belong to the release.
///
/// # Errors
/// In words: a tree without suites, or none and no way to get one.
pub fn find(otp: &Otp) -> Result<PathBuf, String> {
    let (tree, by) = match std::env::var_os(SOURCE_VARIABLE) {
        Some(tree) => (PathBuf::from(tree), SOURCE_VARIABLE),
        None => (unpacked(otp)?, "the source package"),
    };
    let version = std::fs::read_to_string(tree.join("OTP_VERSION"))
        .map_err(|error| format!("{by}: {}/OTP_VERSION: {error}", tree.display()))?;
    if version.trim() != otp.version() {
        return Err(format!(
            "{by} has OTP {}, but the release in {} is {}",
            version.trim(),
            otp.root().display(),
            otp.version()
        ));
    }
    Ok(tree)
}

fn unpacked(otp: &Otp) -> Result<PathBuf, String> {
    let folder = crate::target().join("otp-source");
    let tree = folder.join(format!("otp-{}", otp.version()));
    if !tree.exists() {
        let mut tell = |line: &str| println!("{line}");
        stdlib_beams::fetch::fetch_source(&folder, &tree, &mut tell).map_err(|error| {
            format!(
                "OTP's suites cannot be fetched ({SOURCE_VARIABLE} may name a source tree): {error}"
            )
        })?;
    }
    Ok(tree)
}

/// The folder with an application's suites.
#[must_use]
pub fn suites(tree: &Path, app: &str) -> PathBuf {
    match app {
        "emulator" => tree.join("erts/emulator/test"),
        _ => tree.join("lib").join(app).join("test"),
    }
}

/// The stock release that runs the suites: the one that is there if it has `common_test`, else
/// the system's packages under `target/otp`, fetched as far as they are missing.
///
/// # Errors
/// In words.
pub fn release() -> Result<Otp, String> {
    let has_common_test = |root: &Path| {
        let entries = std::fs::read_dir(root.join("lib")).into_iter().flatten().flatten();
        entries
            .into_iter()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("common_test-"))
    };
    let otp = Otp::find()?;
    if has_common_test(otp.root()) {
        return Ok(otp);
    }
    let folder = crate::target().join("otp");
    let root = folder.join("usr/lib/erlang");
    if !has_common_test(&root) {
        let packages = PACKAGES.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut tell = |line: &str| println!("{line}");
        stdlib_beams::fetch::fetch(&folder, &packages, &mut tell)
            .map_err(|error| format!("common_test cannot be fetched: {error}"))?;
    }
    Otp::open(&root)
}
