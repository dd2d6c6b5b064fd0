//! Every .beam file of the installed OTP release, whole and damaged.
//!
//! The oracle for what a file says is stock `erl` (`beam_lib`); the property for damaged files is
//! that decoding answers, whatever the answer.

use std::path::{Path, PathBuf};
use std::process::Command;

fn otp_root() -> PathBuf {
    let out = Command::new("erl")
        .args(["-noshell", "-eval", "io:put_chars(code:root_dir()),halt()."])
        .output()
        .expect("these tests need a stock erl on the path");
    PathBuf::from(String::from_utf8(out.stdout).unwrap())
}

fn beams(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            beams(&path, found);
        } else if path.extension().is_some_and(|e| e == "beam") {
            found.push(path);
        }
    }
}

fn corpus() -> Vec<PathBuf> {
    let mut found = Vec::new();
    beams(&otp_root().join("lib"), &mut found);
    found.sort();
    assert!(
        found.len() > 200,
        "only {} .beam files under the OTP root",
        found.len()
    );
    found
}

#[test]
fn every_module_of_the_release_decodes() {
    for path in corpus() {
        let bytes = std::fs::read(&path).unwrap();
        let module = loader::decode(&bytes).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(
            Some(module.name()),
            path.file_stem().and_then(|s| s.to_str())
        );
        assert_eq!(
            module.exports.len() + module.locals.len(),
            module.code.function_count as usize
        );
    }
}

/// Module checksums are what `beam_lib:md5/1` says.
#[test]
fn checksums_agree_with_stock() {
    let program = "[case beam_lib:md5(F) of {ok,{M,D}} -> io:format(\"~s ~s~n\", \
                   [M,binary:encode_hex(D)]) end || F <- \
                   filelib:wildcard(code:lib_dir(stdlib)++\"/ebin/*.beam\")],halt().";
    let out = Command::new("erl")
        .args(["-noshell", "-eval", program])
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.lines().count() > 50);
    let files = corpus();
    for line in text.lines() {
        let (name, md5) = line.split_once(' ').unwrap();
        let path = files
            .iter()
            .find(|p| p.file_stem().unwrap() == name)
            .unwrap();
        let module = loader::decode(&std::fs::read(path).unwrap()).unwrap();
        let hex: String = module.md5.iter().map(|b| format!("{b:02X}")).collect();
        assert_eq!(hex, md5, "{name}");
    }
}
