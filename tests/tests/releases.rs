//! A release made, booted and upgraded, as the OTP design principles tell, on stock and on Girder:
//! `tests/releases/` holds the application and what makes the release. Each makes its own in a
//! folder of its own; same standard output and exit status at each step.
//!
//! Environment: `GIRDER_BIN` as in `differential`.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tests::otp::Otp;
use tests::run::{End, run};

const LIMIT: Duration = Duration::from_secs(120);

/// The release in its first version goes to the second and back; then it starts in the second.
const STARTS: [(&str, &str, i32); 2] = [("1", "upgrade", 0), ("2", "restarted", 5)];

fn girder() -> PathBuf {
    match std::env::var_os("GIRDER_BIN") {
        Some(path) => tests::root().join(path),
        None => tests::target().join("release/girder"),
    }
}

/// The folder of the release's own programs.
fn bin(otp: &Otp) -> PathBuf {
    let entries = std::fs::read_dir(otp.root()).expect("the release can be read");
    let mut bins = entries.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    bins.find(|bin| bin.join("erlexec").is_file()).expect("the release has an erlexec")
}

/// The output of each step, the folder's name left out.
fn steps(otp: &Otp, ours: bool) -> Vec<String> {
    let folder = tests::target().join("releases").join(if ours { "girder" } else { "stock" });
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    let sources = tests::root().join("tests/releases");
    let mut outputs = Vec::new();
    let mut step = |command: &mut Command, root: &Path, status: i32| {
        command
            .env("ROOTDIR", root)
            .env("BINDIR", bin(otp))
            .env("EMU", "beam")
            .env("PROGNAME", "erl")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("RESTARTED")
            .env("ERL_CRASH_DUMP_SECONDS", "0");
        let ended = run(command, LIMIT).expect("it can be started");
        let text = String::from_utf8_lossy(&ended.stdout).into_owned();
        let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.end, End::Status(status), "girder: {ours}: {text}{errors}");
        outputs.push(text.replace(&*folder.to_string_lossy(), "FOLDER"));
    };
    let erlexec = || {
        if ours {
            let mut command = Command::new(girder());
            command.env("GIRDER_OTP_ROOT", otp.root()).arg("erlexec");
            return command;
        }
        Command::new(bin(otp).join("erlexec"))
    };
    // The maker is compiled by the machine it then runs on.
    let make = "{ok, M, B} = compile:file(release_maker, [binary, report]), code:load_binary(M, [], B), M:build(init:get_plain_arguments()).";
    let boot = otp.root().join("bin/no_dot_erlang");
    step(
        erlexec()
            .current_dir(sources)
            .args(["-noshell", "-boot"])
            .arg(boot)
            .args(["-eval", make, "-extra"])
            .arg(&folder),
        otp.root(),
        0,
    );
    for (version, function, status) in STARTS {
        let releases = folder.join("releases").join(version);
        step(
            erlexec()
                .current_dir(&folder)
                .args(["-noshell", "-args_file", "vm.args", "-boot"])
                .arg(releases.join("start"))
                .arg("-config")
                .arg(releases.join("sys"))
                .args(["-s", "store", function]),
            &folder,
            status,
        );
    }
    outputs
}

#[test]
fn a_release_is_made_booted_and_upgraded() {
    let otp = Otp::find().unwrap_or_else(|why| panic!("{why}"));
    let (stock, ours) = (steps(&otp, false), steps(&otp, true));
    for (stock, ours) in stock.iter().zip(&ours) {
        assert_eq!(stock, ours);
    }
}
