//! Where the release that is booted is, and what programs that it starts find in the environment.
//!
//! Not here: what is in a release (`stdlib_beams`).

use super::words::Word;
use super::{bytes, variable};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use stdlib_beams::{OTP_ROOT_VARIABLE, OtpRoot};

/// Where the release and its programs are.
pub struct Places {
    /// The folder that `init` takes as `-root`.
    pub root: Word,
    /// The folder of the release's own programs.
    pub bin: Word,
    /// The name that the program was called by.
    pub progname: Word,
    /// The folder in which `erl` is this program.
    links: Option<Word>,
}

/// A release and where it is, or why there is none.
pub type Found = Result<(OtpRoot, Places), String>;

impl Places {
    /// The release of this machine (`erl`, `erlc`, `escript`), and where its programs are, given
    /// the path that this one was called by.
    pub fn of(link: Option<&Path>) -> Found {
        let release = stdlib_beams::find_release().map_err(|e| e.to_string())?;
        let bin = release.path.join(format!("erts-{}", release.erts_version())).join("bin");
        let links = link.and_then(folder_of).filter(|d| d.join("erl").exists());
        let places = Places {
            root: bytes(&release.path),
            bin: bytes(&bin),
            progname: b"erl".to_vec(),
            links: links.and_then(|d| d.canonicalize().ok()).map(|d| bytes(&d)),
        };
        Ok((release, places))
    }

    /// What the environment says (`erlexec`, which the start scripts of releases call). The root
    /// is the release's own folder, which need not hold all of OTP: what it lacks (the preloaded
    /// modules) comes from this machine's release.
    pub fn of_environment(link: Option<&Path>) -> Found {
        let (found, places) = Places::of(link)?;
        let root = variable("ROOTDIR").unwrap_or(places.root);
        let bin = variable("BINDIR").unwrap_or(places.bin);
        let asked = variable(OTP_ROOT_VARIABLE).is_some_and(|v| !v.is_empty());
        let own = OtpRoot::open(Path::new(OsStr::from_bytes(&root))).ok().filter(|_| !asked);
        let progname = variable("PROGNAME").unwrap_or(places.progname);
        Ok((own.unwrap_or(found), Places { root, bin, progname, ..places }))
    }

    /// What programs expect to find in the environment. The release's own programs are on the
    /// path; where `erl` and its like are links to this program, those come before.
    pub fn environment(&self) -> Vec<(Word, Word)> {
        let old = variable("PATH").unwrap_or_default();
        let first = [self.links.as_ref(), Some(&self.bin)];
        let mut first: Vec<&[u8]> = first.into_iter().flatten().map(Vec::as_slice).collect();
        first.dedup();
        let kept = old.split(|c| *c == b':').filter(|d| !first.contains(d));
        let path: Vec<&[u8]> = first.iter().copied().chain(kept).collect();
        let pair = |k: &str, v: Word| (k.as_bytes().to_vec(), v);
        vec![
            pair("ROOTDIR", self.root.clone()),
            pair("BINDIR", self.bin.clone()),
            pair("EMU", b"beam".to_vec()),
            pair("PROGNAME", self.progname.clone()),
            pair("PATH", path.join(&b':')),
        ]
    }
}

/// The folder of a program that was called by that path, or by that name if it has no folder.
fn folder_of(path: &Path) -> Option<PathBuf> {
    match path.parent().filter(|p| !p.as_os_str().is_empty()) {
        Some(folder) => Some(folder.to_owned()),
        None => std::env::split_paths(&std::env::var_os("PATH")?).find(|d| d.join(path).is_file()),
    }
}
