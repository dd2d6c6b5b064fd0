//! Girder's own Erlang modules: sources in `src/erl/`, compiled and embedded by `build.rs`.
//!
//! Invariant: a module of ours shadows a release's module of the same name, so none of ours
//! may have a name OTP uses (all begin with `girder_`; a test checks it).

use std::path::PathBuf;

use crate::root::OtpRoot;

include!(concat!(env!("OUT_DIR"), "/own_modules.rs"));

/// Where a module's `.beam` bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModuleSource {
    /// One of Girder's own, inside this program.
    Own(&'static [u8]),
    /// A file of the release.
    File(PathBuf),
}

/// Girder's own modules: name and `.beam` bytes, sorted by name.
pub fn own_modules() -> &'static [(&'static str, &'static [u8])] {
    OWN_MODULES
}

/// The `.beam` bytes of Girder's own module `name`.
pub fn own_module(name: &str) -> Option<&'static [u8]> {
    OWN_MODULES.iter().find(|(own, _)| *own == name).map(|(_, bytes)| *bytes)
}

impl OtpRoot {
    /// Where to load module `name` from: Girder's own modules first, then the release.
    pub fn source(&self, name: &str) -> Option<ModuleSource> {
        own_module(name)
            .map(ModuleSource::Own)
            .or_else(|| self.find_module(name).map(ModuleSource::File))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_modules_are_beams_with_names_of_their_own() {
        assert!(own_module("girder_stdio").is_some());
        assert!(own_modules().is_sorted_by_key(|(name, _)| *name));
        let root = OtpRoot::find(None).expect("the tests need an OTP release: make otp");
        for (name, bytes) in own_modules() {
            assert!(name.starts_with("girder_"), "{name} could shadow an OTP module");
            assert_eq!(&bytes[..4], b"FOR1", "{name}");
            assert_eq!(root.source(name), Some(ModuleSource::Own(bytes)), "{name} is ours");
        }
    }

    #[test]
    fn the_release_has_its_modules() {
        let root = OtpRoot::find(None).expect("the tests need an OTP release: make otp");
        assert!((25..100).contains(&root.release), "{}", root.release);
        for module in ["lists", "init", "prim_file", "gen_server", "compile"] {
            let Some(ModuleSource::File(path)) = root.source(module) else {
                panic!("{module} is in every release");
            };
            assert!(path.is_file());
            assert_eq!(root.modules()[module], path, "index and direct look agree");
        }
        assert_eq!(root.source("no_such_module"), None);
    }
}
