//! The rules of the house that no compiler checks: who may depend on whom, that every source file
//! says what it is, and that only the machine itself may contain unsafe code.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Each package of the workspace and what it may depend on among ours.
const MAY_USE: &[(&str, &[&str])] = &[
    ("loader", &[]),
    ("vm", &["loader"]),
    ("bifs", &["vm"]),
    ("stdlib-beams", &["loader"]),
    ("cli", &["loader", "vm", "bifs", "stdlib-beams"]),
    ("tests", &["loader", "stdlib-beams"]),
    ("benches", &["stdlib-beams"]),
];

/// Packages in which unsafe code is forbidden.
const SAFE: &[&str] = &["loader", "bifs", "stdlib-beams", "cli", "tests", "benches"];

/// Everything under version control, with what is new and not ignored.
fn tracked() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .current_dir(tests::root())
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .output()
        .expect("git runs");
    assert!(
        listed.status.success(),
        "git ls-files failed: {}",
        String::from_utf8_lossy(&listed.stderr)
    );
    String::from_utf8(listed.stdout)
        .expect("file names are UTF-8")
        .lines()
        .map(PathBuf::from)
        .filter(|path| tests::root().join(path).is_file())
        .collect()
}

fn read(path: &Path) -> String {
    let whole = tests::root().join(path);
    fs::read_to_string(&whole).unwrap_or_else(|error| panic!("{}: {error}", whole.display()))
}

/// The names in the dependency tables of a manifest, of every kind (normal, dev, build, target).
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = table.ends_with("dependencies");
            if let Some((_, name)) = table.rsplit_once("dependencies.") {
                names.insert(name.trim_matches('"').to_string());
            }
        } else if inside && !line.starts_with('#') {
            let name: String =
                line.chars().take_while(|c| c.is_alphanumeric() || "-_".contains(*c)).collect();
            if !name.is_empty() {
                names.insert(name);
            }
        }
    }
    names
}

#[test]
fn the_dependency_rule_holds() {
    let ours: BTreeSet<&str> = MAY_USE.iter().map(|(package, _)| *package).collect();
    let workspace = read(Path::new("Cargo.toml"));
    let members: BTreeSet<&str> = workspace
        .lines()
        .find_map(|line| line.strip_prefix("members = ["))
        .expect("the workspace lists its members on one line")
        .trim_end_matches(']')
        .split(',')
        .map(|name| name.trim().trim_matches('"'))
        .collect();
    assert_eq!(
        members, ours,
        "a package of the workspace without a rule, or a rule without a package"
    );
    for (package, may_use) in MAY_USE {
        let manifest = read(&Path::new(package).join("Cargo.toml"));
        for name in dependencies(&manifest) {
            assert!(
                !ours.contains(name.as_str()) || may_use.contains(&name.as_str()),
                "{package} depends on {name}, which the dependency rule forbids"
            );
        }
    }
}

#[test]
fn dependencies_of_every_kind_are_seen() {
    let manifest = "[dependencies]\nvm.workspace = true\nnom = \"8\"\n[dev-dependencies]\nbifs = { path = \"..\" }\n[dependencies.loader]\npath = \"x\"\n[lints]\nworkspace = true\n";
    let names = dependencies(manifest);
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["bifs", "loader", "nom", "vm"]);
}

#[test]
fn every_source_file_says_what_it_is() {
    let sources: Vec<PathBuf> =
        tracked().into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs")).collect();
    assert!(sources.len() >= MAY_USE.len(), "git lists too few source files: {sources:?}");
    let silent: Vec<&PathBuf> =
        sources.iter().filter(|path| !read(path).starts_with("//!")).collect();
    assert!(silent.is_empty(), "these files do not start with //!: {silent:?}");
}

#[test]
fn unsafe_code_stays_inside_the_machine() {
    for package in SAFE {
        let roots: Vec<PathBuf> =
            tracked().into_iter().filter(|path| is_crate_root(package, path)).collect();
        assert!(!roots.is_empty(), "{package} has no crate root");
        for path in roots {
            assert!(
                read(&path).contains("#![forbid(unsafe_code)]"),
                "{} does not forbid unsafe code",
                path.display()
            );
        }
    }
}

/// Library and program roots, and each integration test, which is a crate of its own.
fn is_crate_root(package: &str, path: &Path) -> bool {
    let Ok(inside) = path.strip_prefix(package) else {
        return false;
    };
    let inside = inside.to_string_lossy();
    let single = |folder: &str| {
        inside.strip_prefix(folder).is_some_and(|file| file.ends_with(".rs") && !file.contains('/'))
    };
    inside == "src/lib.rs"
        || inside == "src/main.rs"
        || single("src/bin/")
        || single("tests/")
        || single("benches/")
}
