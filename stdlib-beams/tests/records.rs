//! What the build has put on record serves the release that is installed.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use stdlib_beams::OtpRoot;

#[test]
fn modules_that_a_node_starts_with_are_on_record() {
    let otp = OtpRoot::find(None).expect("the tests need an OTP release: make otp");
    let records = stdlib_beams::records();
    let mut files: Vec<PathBuf> = Vec::new();
    for app in ["erts", "kernel", "stdlib", "compiler"] {
        let ebin = otp.apps.get(app).unwrap_or_else(|| panic!("the release has no {app}"));
        files.extend(std::fs::read_dir(ebin).unwrap().map(|entry| entry.unwrap().path()));
    }
    files.retain(|file| file.extension().is_some_and(|e| e == "beam"));
    assert!(files.len() > 200, "only {} modules", files.len());
    for file in files {
        assert!(records.has(&std::fs::read(&file).unwrap()), "{}", file.display());
    }
}
