//! The release that `build.rs` has packed into this program (`build/pack.rs`), and where it is
//! unpacked to.
//!
//! It is unpacked once, to a folder of the user's cache that is named after the release and the
//! pack, and from then on it is a root like any other. Invariant: such a folder comes into being
//! complete, by renaming, so that programs that start at the same time do not see half of one.
//! What somebody has removed or changed later is noticed by the files' sizes and times, and the
//! folder is replaced.

use crate::root::{OtpError, OtpRoot};
use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

include!(concat!(env!("OUT_DIR"), "/pack.rs"));

/// What is on record of the modules of the embedded release, which are those of the release that it
/// was packed from.
pub fn records() -> loader::Records {
    loader::Records::new(RECORDS)
}

/// The embedded release, unpacked if it is not yet.
pub fn open() -> Result<OtpRoot, OtpError> {
    OtpRoot::open(&unpacked()?)
}

fn unpacked() -> Result<PathBuf, OtpError> {
    let mut reasons = Vec::new();
    for cache in [user_cache(), private_temporary()] {
        let Some((folder, create)) = cache else { continue };
        match create(&folder).and_then(|()| unpacked_below(&folder)) {
            Ok(root) => return Ok(root),
            Err(error) => reasons.push(format!("{}: {error}", folder.display())),
        }
    }
    Err(OtpError::CannotUnpack { why: reasons.join("; ") })
}

/// A folder, and what makes sure that it is there and ours.
type Place = (PathBuf, fn(&Path) -> io::Result<()>);

/// `girder` in the folder that the environment says is the user's for what can be made anew.
fn user_cache() -> Option<Place> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let cache =
        absolute("XDG_CACHE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".cache")))?;
    Some((cache.join("girder"), |folder| fs::create_dir_all(folder)))
}

/// A folder in the temporary one that nobody else can write to.
fn private_temporary() -> Option<Place> {
    let user = rustix::process::geteuid().as_raw();
    Some((std::env::temp_dir().join(format!("girder-{user}")), |folder| {
        match DirBuilder::new().mode(0o700).create(folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        // Everybody can make a folder of that name there, and put into it what they like.
        let found = fs::symlink_metadata(folder)?;
        let ours = found.uid() == rustix::process::geteuid().as_raw();
        if found.is_dir() && ours && found.mode() & 0o077 == 0 {
            Ok(())
        } else {
            Err(io::Error::other("it belongs to somebody else, or others may write to it"))
        }
    }))
}

/// The root below a folder, which exists; made if it is not there or not complete.
fn unpacked_below(folder: &Path) -> io::Result<PathBuf> {
    let root = folder.join(NAME);
    if is_complete(&root) {
        return Ok(root);
    }
    // One program at a time makes or replaces it: what another has just made must not be taken for
    // the damaged one that was there before.
    let lock = fs::File::open(folder)?;
    lock.lock()?;
    if is_complete(&root) {
        return Ok(root);
    }
    let aside = tempfile::Builder::new().prefix(".unpacking-").tempdir_in(folder)?;
    let made = aside.path().join(NAME);
    tar::Archive::new(flate2::read::GzDecoder::new(PACK)).unpack(&made)?;
    if fs::symlink_metadata(&root).is_ok() {
        fs::rename(&root, aside.path().join("damaged"))?;
    }
    fs::rename(&made, &root)?;
    Ok(root)
}

fn is_complete(root: &Path) -> bool {
    root.join(PROGRAMS).is_dir()
        && FILES.iter().all(|(path, size)| {
            fs::metadata(root.join(path))
                .is_ok_and(|found| found.len() == *size && found.mtime() == TIME)
        })
}
