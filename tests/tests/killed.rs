//! A node that is killed while it commits to mnesia: what it had said was committed is there when
//! it starts again, on stock and on Girder.
//!
//! Environment: `GIRDER_BIN` as in `differential`.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tests::otp::Otp;
use tests::run::{End, Ended, run};

const LIMIT: Duration = Duration::from_secs(60);

fn girder() -> PathBuf {
    match std::env::var_os("GIRDER_BIN") {
        Some(path) => tests::root().join(path),
        None => tests::target().join("release/girder"),
    }
}

fn call(otp: &Otp, ours: bool, function: &str) -> Ended {
    let mut command = if ours {
        let mut command = Command::new(girder());
        command.env("GIRDER_OTP_ROOT", otp.root()).arg("erl");
        command
    } else {
        otp.erl()
    };
    let folder = tests::target().join("killed").join(if ours { "girder" } else { "stock" });
    let eval = format!(
        "{{ok, M, B}} = compile:file(committed, [binary, report]), code:load_binary(M, [], B), M:{function}(hd(init:get_plain_arguments()))."
    );
    command
        .current_dir(tests::root().join("tests/killed"))
        .args(["-noshell", "-kernel", "logger_level", "none", "-eval", &eval, "-extra"])
        .arg(folder);
    run(&mut command, LIMIT).expect("it can be started")
}

/// The last number that was printed with the end of its line.
fn last(ended: &Ended) -> u32 {
    let text = String::from_utf8_lossy(&ended.stdout);
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let number = whole.lines().last().and_then(|line| line.parse().ok());
    number.unwrap_or_else(|| panic!("{text}{}", String::from_utf8_lossy(&ended.stderr)))
}

#[test]
fn what_was_committed_outlives_the_node() {
    let otp = Otp::find().unwrap_or_else(|why| panic!("{why}"));
    let _ = std::fs::remove_dir_all(tests::target().join("killed"));
    std::fs::create_dir_all(tests::target().join("killed")).expect("the target folder is there");
    for ours in [false, true] {
        let written = call(&otp, ours, "write");
        assert!(!matches!(written.end, End::Status(_) | End::TimedOut(_)), "{}", written.end);
        let read = call(&otp, ours, "read");
        assert_eq!(read.end, End::Status(0), "{}", String::from_utf8_lossy(&read.stderr));
        let (said, left) = (last(&written), last(&read));
        assert!(said >= 100, "it was killed before it was told to be");
        // The last ones may have been committed and killed on the way to being said.
        assert!(left >= said, "girder: {ours}: {left} of {said} rows");
    }
}
