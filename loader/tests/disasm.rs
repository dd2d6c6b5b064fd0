//! Snapshot of a disassembly. The module is compiled by the installed `erlc`; the snapshot is of
//! what OTP 25 makes of it.
#![forbid(unsafe_code)]

use std::path::Path;
use std::process::Command;

#[test]
fn demo_module() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR"));
    // Relative to its folder, so that file names in the line table are the same everywhere.
    let status = Command::new("erlc")
        .args(["+deterministic", "-o", out.to_str().unwrap(), "demo.erl"])
        .current_dir(here)
        .status()
        .expect("this test needs stock Erlang on the path; make test provides it");
    assert!(status.success());
    let module = loader::load(&std::fs::read(out.join("demo.beam")).unwrap()).unwrap();
    insta::assert_snapshot!(loader::disasm::disassemble(&module));
}
