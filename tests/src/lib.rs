//! Support for the test corpora: finding stock Erlang, running programs with a time limit,
//! comparing outputs. The tests themselves are under `tests/`, the Erlang programs under
//! `programs/`. Nothing here depends on the machine: it sees the built `girder` binary only.
#![forbid(unsafe_code)]

pub mod background;
pub mod conformance;
pub mod corpus;
pub mod diff;
pub mod otp;
pub mod run;

use std::path::{Path, PathBuf};

/// The workspace's root folder.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests crate lies inside the workspace")
        .to_path_buf()
}

/// The folder that build products go to: `CARGO_TARGET_DIR`, else `target`.
#[must_use]
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// FNV-1a over several pieces: a name for cached results, not a defence against anybody.
#[must_use]
pub fn fingerprint<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut eat = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    for piece in pieces {
        piece.len().to_le_bytes().into_iter().for_each(&mut eat);
        piece.iter().copied().for_each(&mut eat);
    }
    format!("{hash:016x}")
}
