//! Where an OTP release is and which `.beam` files it holds.
//!
//! Not here: obtaining a release (`fetch`), reading what a `.beam` contains (`loader`).
//! Invariant: an [`OtpRoot`] exists only for a folder that holds kernel, stdlib and the
//! preloaded modules, so that those who take one need not ask again.
//! `build.rs` includes this file too, so it uses nothing else of the crate.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The environment variable that names the OTP root to use.
pub const OTP_ROOT_VARIABLE: &str = "GIRDER_OTP_ROOT";

/// Where a release unpacked from Debian's packages lies below the `target` folder.
const UNPACKED: &str = "otp/usr/lib/erlang";

/// An OTP release on this machine.
#[derive(Debug)]
pub struct OtpRoot {
    /// The root folder: it holds `lib` and `erts-VERSION`.
    pub path: PathBuf,
    /// The release number, for instance 25.
    pub release: u32,
    /// Each application's newest `ebin` folder; `erts` is where the preloaded modules are.
    pub apps: BTreeMap<String, PathBuf>,
    pub(crate) erts_version: String,
    index: OnceLock<HashMap<String, PathBuf>>,
}

/// Why there is no OTP release to use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OtpError {
    /// Neither a flag, the environment, the path nor the target folder led to a release.
    NotFound,
    /// The release embedded in the program cannot be unpacked.
    CannotUnpack {
        /// The folders that were tried, and what is wrong with them.
        why: String,
    },
    /// The folder that was asked for is not an OTP root.
    NotAnOtpRoot {
        /// The folder.
        path: PathBuf,
        /// What it lacks.
        missing: String,
    },
}

impl fmt::Display for OtpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OtpError::NotFound => write!(
                f,
                "no Erlang/OTP release found: set {OTP_ROOT_VARIABLE} to the root of one, \
                 install Erlang, or run `make otp` to unpack Debian's packages under target/otp"
            ),
            OtpError::CannotUnpack { why } => write!(
                f,
                "there is no folder to unpack the embedded Erlang/OTP release to ({why}): set \
                 XDG_CACHE_HOME to one, or {OTP_ROOT_VARIABLE} to the root of a release"
            ),
            OtpError::NotAnOtpRoot { path, missing } => {
                write!(f, "{} is not an Erlang/OTP root: {missing}", path.display())
            }
        }
    }
}

impl std::error::Error for OtpError {}

impl OtpRoot {
    /// Finds the release to use: `flag` if given, else [`OTP_ROOT_VARIABLE`], else the root
    /// beside an `erl` on the path, else one unpacked under the target folder that holds the
    /// running program.
    ///
    /// A root that was asked for by flag or variable and does not serve is an error; the
    /// search does not silently go on to another release.
    pub fn find(flag: Option<&Path>) -> Result<OtpRoot, OtpError> {
        let near = std::env::current_exe().ok();
        Self::find_near(flag, near.as_deref())
    }

    /// As [`OtpRoot::find`], looking for the unpacked release in the folders above `near`.
    pub fn find_near(flag: Option<&Path>, near: Option<&Path>) -> Result<OtpRoot, OtpError> {
        if let Some(root) = Self::find_chosen(flag)? {
            return Ok(root);
        }
        Self::usual_places(near)
            .find_map(|path| OtpRoot::open(&path).ok())
            .ok_or(OtpError::NotFound)
    }

    /// The release that somebody has chosen: by `flag`, by [`OTP_ROOT_VARIABLE`], or by having its
    /// `erl` on the path.
    pub fn find_chosen(flag: Option<&Path>) -> Result<Option<OtpRoot>, OtpError> {
        if let Some(path) = flag {
            return OtpRoot::open(path).map(Some);
        }
        if let Some(path) = std::env::var_os(OTP_ROOT_VARIABLE).filter(|value| !value.is_empty()) {
            return OtpRoot::open(Path::new(&path)).map(Some);
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        Ok(Self::beside_erl(&path).iter().find_map(|path| OtpRoot::open(path).ok()))
    }

    /// Where a release is without anybody having said so, best first, and in the folders above
    /// `near` one that was unpacked.
    fn usual_places(near: Option<&Path>) -> impl Iterator<Item = PathBuf> {
        let usual = ["/usr/lib/erlang", "/usr/local/lib/erlang"].map(PathBuf::from);
        let above = near.into_iter().flat_map(Path::ancestors).map(|folder| folder.join(UNPACKED));
        usual.into_iter().chain(above)
    }

    /// The folders worth trying, best first, given a `PATH` value.
    fn beside_erl(path: &OsStr) -> Vec<PathBuf> {
        let mut candidates = Vec::new();
        for folder in std::env::split_paths(path) {
            // Girder may itself be installed as `erl`: then nothing beside it is a release,
            // `open` refuses the folder and the search goes on along the path.
            if let Ok(erl) = folder.join("erl").canonicalize() {
                let above = |levels| erl.ancestors().nth(levels).map(Path::to_path_buf);
                // ROOT/bin/erl and ROOT/erts-VERSION/bin/erl, and PREFIX/bin/erl for PREFIX/lib/erlang.
                candidates.extend(above(2));
                candidates.extend(above(3));
                candidates.extend(above(2).map(|prefix| prefix.join("lib/erlang")));
            }
        }
        candidates
    }

    /// Takes `path` as the root of a release, after a look at whether it is one.
    pub fn open(path: &Path) -> Result<OtpRoot, OtpError> {
        let refuse = |missing: &str| OtpError::NotAnOtpRoot {
            path: path.to_path_buf(),
            missing: missing.to_owned(),
        };
        // Absolute, so that the release is still there after the program changes its folder.
        let root = path.canonicalize().map_err(|error| refuse(&error.to_string()))?;
        let mut apps: BTreeMap<String, (Vec<u64>, PathBuf)> = BTreeMap::new();
        let mut erts_version: Option<String> = None;
        for entry in folders(&root) {
            if let Some(version) = name_of(&entry).and_then(|name| name.strip_prefix("erts-")) {
                let newer =
                    erts_version.as_deref().is_none_or(|old| numbers(old) < numbers(version));
                if newer && entry.join("bin").is_dir() {
                    erts_version = Some(version.to_owned());
                }
            }
        }
        // Preloaded modules: Debian has them in lib/erts-VERSION/ebin, a release made by OTP's
        // own build has them in erts-VERSION/ebin or only there.
        let inner = erts_version.iter().map(|version| root.join(format!("erts-{version}")));
        for entry in folders(&root.join("lib")).into_iter().chain(inner) {
            let ebin = entry.join("ebin");
            let Some(name) = name_of(&entry).filter(|_| ebin.is_dir()) else {
                continue;
            };
            let (name, version) = split_version(name);
            let known = apps.get(name).map(|(version, _)| version.as_slice());
            if known.is_none_or(|known| known < version.as_slice()) {
                apps.insert(name.to_owned(), (version, ebin));
            }
        }
        let apps: BTreeMap<String, PathBuf> =
            apps.into_iter().map(|(name, (_, ebin))| (name, ebin)).collect();
        let erts_version = erts_version.ok_or_else(|| refuse("it has no erts-VERSION/bin"))?;
        for (app, module) in [("kernel", "kernel"), ("stdlib", "lists"), ("erts", "init")] {
            let found =
                apps.get(app).is_some_and(|ebin| ebin.join(format!("{module}.beam")).is_file());
            if !found {
                return Err(refuse(&format!("it has no {module}.beam of {app}")));
            }
        }
        let release = release_number(&root, &erts_version)
            .ok_or_else(|| refuse("its release number cannot be read"))?;
        Ok(OtpRoot { path: root, release, apps, erts_version, index: OnceLock::new() })
    }

    /// The version of the release's emulator, for instance `13.1.5`.
    pub fn erts_version(&self) -> &str {
        &self.erts_version
    }

    /// The `.beam` file of a module that the release's emulator has built in.
    pub fn find_preloaded(&self, name: &str) -> Option<PathBuf> {
        let path = self.apps.get("erts")?.join(format!("{name}.beam"));
        path.is_file().then_some(path)
    }

    /// The `.beam` file of the release's module `name`, preloaded modules included.
    ///
    /// The first call for a module outside erts, kernel, stdlib and compiler lists every
    /// application's folder once.
    pub fn find_module(&self, name: &str) -> Option<PathBuf> {
        // A module name is any atom: it must not lead out of the folders.
        if name.is_empty() || name.contains(['/', '\\', '\0']) {
            return None;
        }
        let file = format!("{name}.beam");
        // What every program asks for first needs no index.
        let common = ["stdlib", "kernel", "erts", "compiler"];
        let direct = common
            .iter()
            .filter_map(|app| self.apps.get(*app))
            .map(|ebin| ebin.join(&file))
            .find(|path| path.is_file());
        direct.or_else(|| self.index.get_or_init(|| self.build_index()).get(name).cloned())
    }

    /// Every module of the release with its file, for those who want all of them.
    pub fn modules(&self) -> &HashMap<String, PathBuf> {
        self.index.get_or_init(|| self.build_index())
    }

    fn build_index(&self) -> HashMap<String, PathBuf> {
        let mut index = HashMap::new();
        for ebin in self.apps.values() {
            let Ok(entries) = std::fs::read_dir(ebin) else {
                continue;
            };
            for entry in entries.flatten() {
                let file = entry.file_name();
                if let Some(module) = file.to_str().and_then(|name| name.strip_suffix(".beam")) {
                    index.entry(module.to_owned()).or_insert_with(|| entry.path());
                }
            }
        }
        index
    }

    /// Stock's own emulator of this release, ready for arguments, if the release has one.
    ///
    /// It runs wherever the release was unpacked: `bin/erl` has its root written into it and
    /// would not.
    pub fn stock_erl(&self) -> Option<Command> {
        self.bin().join("beam.smp").is_file().then(|| self.program("erlexec")).flatten()
    }

    /// Compiles Erlang sources with the release's own compiler into `into`, which must exist.
    ///
    /// `options` are as `erlc` takes them (`+deterministic`). The error is what it printed.
    pub fn erlc(&self, options: &[&str], sources: &[PathBuf], into: &Path) -> Result<(), String> {
        let mut command = self
            .program("erlc")
            .ok_or_else(|| format!("{} has no erlc to compile with", self.path.display()))?;
        command.args(options).arg("-o").arg(into).args(sources);
        let output =
            command.output().map_err(|error| format!("cannot run the compiler: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let text = [output.stdout, output.stderr].concat();
        Err(String::from_utf8_lossy(&text).into_owned())
    }

    fn bin(&self) -> PathBuf {
        self.path.join(format!("erts-{}", self.erts_version)).join("bin")
    }

    /// A program of the release's emulator folder with the environment it expects.
    fn program(&self, name: &str) -> Option<Command> {
        let bin = self.bin();
        let program = bin.join(name);
        program.is_file().then(|| {
            let mut command = Command::new(program);
            command
                .env("ROOTDIR", &self.path)
                .env("BINDIR", &bin)
                .env("EMU", "beam")
                .env("PROGNAME", "erl")
                .env("ERLC_EMULATOR", bin.join("erlexec"))
                // An erlc server would outlive the build and could be another release's.
                .env_remove("ERLC_USE_SERVER");
            // The user's own defaults would make results differ from machine to machine.
            for variable in
                ["ERL_FLAGS", "ERL_AFLAGS", "ERL_ZFLAGS", "ERL_LIBS", "ERL_COMPILER_OPTIONS"]
            {
                command.env_remove(variable);
            }
            command
        })
    }
}

/// The sub-folders of `folder`; none if it cannot be read.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name().and_then(OsStr::to_str)
}

/// `kernel-8.5.3` is application `kernel`, version 8, 5, 3.
fn split_version(folder: &str) -> (&str, Vec<u64>) {
    match folder.rsplit_once('-') {
        Some((name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            (name, numbers(version))
        }
        _ => (folder, Vec::new()),
    }
}

fn numbers(version: &str) -> Vec<u64> {
    version.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
}

/// The release number: `releases/start_erl.data` says it, and the emulator's version implies it
/// where that file is missing (erts 13 is OTP 25, and both have gone up together since).
fn release_number(root: &Path, erts_version: &str) -> Option<u32> {
    let stated = std::fs::read_to_string(root.join("releases/start_erl.data"))
        .ok()
        .and_then(|text| text.split_whitespace().nth(1)?.parse().ok());
    stated.or_else(|| {
        let major: u32 = erts_version.split('.').next()?.parse().ok()?;
        major.checked_add(12)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for one test, removed at the end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let path =
                std::env::temp_dir().join(format!("girder-root-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).expect("a temporary folder can be made");
            Scratch(path.canonicalize().expect("the folder was just made"))
        }

        fn file(&self, path: &str, text: &str) {
            let path = self.0.join(path);
            std::fs::create_dir_all(path.parent().expect("the file is in the folder"))
                .expect("a temporary folder can be made");
            std::fs::write(path, text).expect("a temporary file can be written");
        }

        fn release(&self, prefix: &str) {
            self.file(&format!("{prefix}erts-15.2/bin/erl"), "");
            self.file(&format!("{prefix}lib/erts-15.2/ebin/init.beam"), "");
            self.file(&format!("{prefix}lib/kernel-9.2/ebin/kernel.beam"), "");
            self.file(&format!("{prefix}lib/kernel-10.1/ebin/kernel.beam"), "");
            self.file(&format!("{prefix}lib/stdlib-6.2/ebin/lists.beam"), "");
            self.file(&format!("{prefix}lib/my_app-1.0/ebin/my_app.beam"), "");
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn takes_the_newest_version_of_each_application() {
        let scratch = Scratch::new("newest");
        scratch.release("");
        let root = OtpRoot::open(&scratch.0).expect("this is a release");
        assert_eq!(root.release, 27);
        assert_eq!(
            root.apps["kernel"],
            scratch.0.join("lib/kernel-10.1/ebin"),
            "10.1 is newer than 9.2, though not as text"
        );
        assert_eq!(
            root.find_module("my_app"),
            Some(scratch.0.join("lib/my_app-1.0/ebin/my_app.beam"))
        );
    }

    #[test]
    fn the_stated_release_number_wins() {
        let scratch = Scratch::new("stated");
        scratch.release("");
        scratch.file("releases/start_erl.data", "15.2 29\n");
        let root = OtpRoot::open(&scratch.0).expect("this is a release");
        assert_eq!(root.release, 29);
    }

    #[test]
    fn a_folder_without_preloaded_modules_is_refused() {
        let scratch = Scratch::new("preloaded");
        scratch.release("");
        std::fs::remove_dir_all(scratch.0.join("lib/erts-15.2")).expect("it was just made");
        let error = OtpRoot::open(&scratch.0).expect_err("init.beam is missing");
        assert!(
            error.to_string().ends_with("is not an Erlang/OTP root: it has no init.beam of erts"),
            "{error}"
        );
        scratch.file("erts-15.2/ebin/init.beam", "");
        OtpRoot::open(&scratch.0).expect("erts-VERSION/ebin serves as well");
    }

    #[test]
    fn a_wrong_flag_is_an_error_and_not_passed_over() {
        let error = OtpRoot::find(Some(Path::new("/nonexistent"))).expect_err("no such folder");
        assert!(error.to_string().starts_with("/nonexistent is not"), "{error}");
    }

    #[test]
    fn module_names_do_not_lead_out_of_the_release() {
        let scratch = Scratch::new("escape");
        scratch.release("");
        scratch.file("secret.beam", "");
        let root = OtpRoot::open(&scratch.0).expect("this is a release");
        assert_eq!(root.find_module("../../../secret"), None);
        assert_eq!(root.find_module(""), None);
        assert_eq!(root.find_module("nosuch"), None);
    }

    #[cfg(unix)]
    #[test]
    fn follows_links_from_the_path_and_finds_what_was_unpacked() {
        let scratch = Scratch::new("candidates");
        scratch.release("opt/otp/");
        scratch.release("target/otp/usr/lib/erlang/");
        scratch.file("opt/otp/bin/erl", "");
        scratch.file("bin/other", "");
        std::os::unix::fs::symlink("../opt/otp/bin/erl", scratch.0.join("bin/erl"))
            .expect("links can be made");
        let exe = scratch.0.join("target/release/girder");
        let found = OtpRoot::beside_erl(scratch.0.join("bin").as_os_str());
        assert_eq!(found[0], scratch.0.join("opt/otp"));
        let unpacked = scratch.0.join("target/otp/usr/lib/erlang");
        assert!(OtpRoot::usual_places(Some(&exe)).any(|place| place == unpacked));
        OtpRoot::open(&unpacked).expect("the unpacked release serves");
    }
}
