//! Where modules are found: folders given on the command line, the machine's own modules, and the
//! OTP release.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use stdlib_beams::{ModuleSource, OtpRoot};
use vm::vm::CodeSource;

/// Folders first, then the release (with the machine's own modules before it).
pub struct CodePath {
    folders: Mutex<Vec<PathBuf>>,
    last: Mutex<Vec<PathBuf>>,
    release: OtpRoot,
}

impl CodePath {
    /// Looks in `folders`, in that order, then in the release.
    pub fn new(folders: Vec<PathBuf>, release: OtpRoot) -> CodePath {
        CodePath { folders: Mutex::new(folders), last: Mutex::default(), release }
    }

    fn in_folders(folders: &[PathBuf], module: &str) -> Option<(Vec<u8>, String)> {
        let file = format!("{module}.beam");
        folders.iter().find_map(|f| read(&f.join(&file)))
    }
}

fn read(path: &Path) -> Option<(Vec<u8>, String)> {
    Some((std::fs::read(path).ok()?, path.to_string_lossy().into_owned()))
}

impl CodeSource for CodePath {
    fn find(&self, module: &str) -> Option<(Vec<u8>, String)> {
        if module.contains('/') {
            return None;
        }
        let folders = self.folders.lock().ok()?;
        Self::in_folders(&folders, module)
            .or_else(|| match self.release.source(module)? {
                ModuleSource::Own(bytes) => Some((bytes.to_vec(), format!("{module}.beam"))),
                ModuleSource::File(path) => read(&path),
            })
            .or_else(|| Self::in_folders(&self.last.lock().ok()?, module))
    }

    fn add_path(&self, dir: &str, first: bool) -> bool {
        let path = PathBuf::from(dir);
        if !path.is_dir() {
            return false;
        }
        if first {
            if let Ok(mut folders) = self.folders.lock() {
                folders.insert(0, path);
            }
        } else if let Ok(mut last) = self.last.lock() {
            last.push(path);
        }
        true
    }
}
