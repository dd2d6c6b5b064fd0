//! `girder_stdio` compared with what `erl -noshell` has in its place, both on stock `erl`.
//!
//! The same probe asks two group leaders the same questions; what it prints must agree byte
//! for byte. Natives are stood in for by raw files, so the machine is not needed here.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use stdlib_beams::OtpRoot;

/// The answers of one group leader to the probe, given `input` on standard input.
fn answers(otp: &OtpRoot, ebin: &Path, mode: &str, leader: &str, input: &[u8]) -> Vec<u8> {
    let mut child = otp
        .stock_erl()
        .expect("the release has an emulator")
        .args([mode, "-pa"])
        .arg(ebin)
        .args(["-s", "stdio_probe", leader, "-s", "init", "stop"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the emulator starts");
    child
        .stdin
        .take()
        .expect("it is piped")
        .write_all(input)
        .expect("the emulator reads its input");
    let output = child.wait_with_output().expect("the emulator ends");
    assert!(output.status.success(), "{leader}: {}", output.status);
    output.stdout
}

fn compare(name: &str, input: &[u8]) {
    let otp = OtpRoot::find(None).expect("the tests need an OTP release: make otp");
    let ebin = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&ebin).expect("the folder can be made");
    let beam = stdlib_beams::own_module("girder_stdio").expect("it is one of ours");
    std::fs::write(ebin.join("girder_stdio.beam"), beam).expect("it can be written");
    let probe = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stdio_probe.erl");
    otp.erlc(&[], &[probe], &ebin)
        .unwrap_or_else(|error| panic!("the probe does not compile: {error}"));
    let stock = answers(&otp, &ebin, "-noshell", "stock", input);
    let girder = answers(&otp, &ebin, "-noinput", "girder", input);
    assert!(stock.ends_with(b"still_eof: eof\n"), "the probe ran through");
    assert_eq!(String::from_utf8_lossy(&girder), String::from_utf8_lossy(&stock));
    assert_eq!(girder, stock);
}

#[test]
fn answers_as_stock_does() {
    compare(
        "stdio-full",
        "erste Zeile ä\n\nthird, long enough to come in many pieces\r\n12345\n\
         42 word\nno number\n{a, [1, \"s\"]}.\nfoo(1) +\n 2.\n0815x\nignored\n"
            .as_bytes(),
    );
}

#[test]
fn ends_as_stock_does() {
    compare("stdio-empty", b"");
    compare("stdio-unfinished", b"one\ntwo");
}
