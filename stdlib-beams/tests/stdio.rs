//! `girder_stdio` compared with what `erl -noshell` has in its place, both on stock `erl`.
//!
//! The same probe asks two group leaders the same questions; what it prints must agree byte
//! for byte. Natives are stood in for by raw files, so the machine is not needed here.
#![forbid(unsafe_code)]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use stdlib_beams::OtpRoot;

/// A probe ready to run: the release and the folder with the compiled modules.
struct Probe {
    otp: OtpRoot,
    ebin: PathBuf,
}

impl Probe {
    /// Compiles into a folder of its own, because tests run side by side.
    fn new(name: &str) -> Probe {
        let otp = OtpRoot::find(None).expect("the tests need an OTP release: make otp");
        let ebin = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&ebin).expect("the folder can be made");
        let beam = stdlib_beams::own_module("girder_stdio").expect("it is one of ours");
        std::fs::write(ebin.join("girder_stdio.beam"), beam).expect("it can be written");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stdio_probe.erl");
        otp.erlc(&[], &[source], &ebin)
            .unwrap_or_else(|error| panic!("the probe does not compile: {error}"));
        Probe { otp, ebin }
    }

    /// Starts one part of the probe on one of the two group leaders.
    fn start(&self, leader: &str, part: &str) -> Child {
        // Stock's own standard I/O must not read what the other is to read.
        let mode = if leader == "stock" { "-noshell" } else { "-noinput" };
        self.otp
            .stock_erl()
            .expect("the release has an emulator")
            .args([mode, "-pa"])
            .arg(&self.ebin)
            .args(["-s", "stdio_probe", leader, part, "-s", "init", "stop"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the emulator starts")
    }

    /// All it prints, given `input` on standard input.
    fn answers(&self, leader: &str, input: &[u8]) -> Vec<u8> {
        let mut child = self.start(leader, "all");
        let mut stdin = child.stdin.take().expect("it is piped");
        stdin.write_all(input).expect("the emulator reads its input");
        drop(stdin);
        let output = child.wait_with_output().expect("the emulator ends");
        assert!(output.status.success(), "{leader}: {}", output.status);
        output.stdout
    }

    /// All it prints, given a line only after it has printed `go on`.
    fn pending(&self, leader: &str) -> String {
        let mut child = self.start(leader, "pending");
        let mut stdin = child.stdin.take().expect("it is piped");
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut text = String::new();
        while !text.ends_with("go on\n") {
            let read = stdout.read_line(&mut text).expect("it prints text");
            assert!(read > 0, "{leader} ended early: {text}");
        }
        stdin.write_all(b"at last\n").expect("the emulator reads its input");
        stdout.read_to_string(&mut text).expect("it prints text");
        assert!(child.wait().expect("the emulator ends").success());
        text
    }
}

fn compare(name: &str, input: &[u8]) {
    let probe = Probe::new(name);
    let stock = probe.answers("stock", input);
    let girder = probe.answers("girder", input);
    assert!(stock.ends_with(b"still_eof: eof\n"), "the probe ran through");
    assert_eq!(String::from_utf8_lossy(&girder), String::from_utf8_lossy(&stock));
    assert_eq!(girder, stock);
}

#[test]
fn waiting_for_input_does_not_stop_output() {
    let probe = Probe::new("stdio-pending");
    let girder = probe.pending("girder");
    assert_eq!(girder, probe.pending("stock"));
    assert!(girder.starts_with("line> line> options: "), "{girder}");
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
