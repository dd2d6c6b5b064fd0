//! Nodes that find each other and work together: `tests/distribution/pair.erl` does to a second node
//! what nodes do to each other, and prints what comes of it. Both nodes stock, one of them Girder,
//! both Girder: the output is the same. Further: a node that gets its name later, and bytes that are
//! no messages.
//!
//! Each test has a port mapper (`epmd`) of its own.
//!
//! Environment: `GIRDER_BIN` as in `differential`.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tests::background::Background;
use tests::otp::Otp;
use tests::run::{End, run};

const LIMIT: Duration = Duration::from_secs(120);

fn girder() -> PathBuf {
    match std::env::var_os("GIRDER_BIN") {
        Some(path) => tests::root().join(path),
        None => tests::target().join("release/girder"),
    }
}

/// A port mapper on a free port, and how nodes are started that use it.
struct Place {
    otp: Otp,
    port: u16,
    folder: PathBuf,
    _epmd: Background,
}

impl Place {
    fn new(name: &str, modules: &[&str]) -> Place {
        let otp = Otp::find().unwrap_or_else(|why| panic!("{why}"));
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
        let port = free.local_addr().expect("it has a number").port();
        drop(free);
        let folder = tests::target().join("distribution").join(name);
        std::fs::create_dir_all(&folder).expect("the target folder can be written");
        let epmd = bin(&otp).join("epmd");
        let port_text = port.to_string();
        let words = ["-port", &port_text, "-relaxed_command_check"];
        let epmd = Background::start(Command::new(epmd).args(words));
        let place = Place { otp, port, folder, _epmd: epmd };
        let mut compile = place.node(false);
        compile
            .current_dir(tests::root().join("tests/distribution"))
            .args(["-noshell", "-eval", "[D | Fs] = init:get_plain_arguments(), [{ok, _} = compile:file(F, [report, {outdir, D}]) || F <- Fs], halt()."])
            .arg("-extra")
            .arg(&place.folder)
            .args(modules);
        let ended = run(&mut compile, LIMIT).expect("stock starts");
        assert_eq!(ended.end, End::Status(0), "{}", String::from_utf8_lossy(&ended.stdout));
        place
    }

    /// An `erl`: Girder's if it is to be ours.
    fn node(&self, ours: bool) -> Command {
        let mut command = if ours {
            let mut command = Command::new(girder());
            command.env("GIRDER_OTP_ROOT", self.otp.root()).arg("erl");
            command
        } else {
            self.otp.erl()
        };
        command
            .current_dir(&self.folder)
            .env("ERL_EPMD_PORT", self.port.to_string())
            .env("ERL_CRASH_DUMP_SECONDS", "0")
            .env("HOME", &self.folder);
        command
    }

    /// A node of that name which runs `pair:Function()` and then halts.
    fn named(&self, ours: bool, name: &str, function: &str, words: &[&str]) -> Command {
        let mut command = self.node(ours);
        let eval = format!(
            "{{P, R}} = spawn_monitor(pair, {function}, []), receive {{'DOWN', R, process, P, normal}} -> halt(0); {{'DOWN', R, process, P, W}} -> io:format(\"~p~n\", [W]), halt(1) end."
        );
        command
            .args(words)
            .args(["-name", name, "-setcookie", "crumbs", "-start_epmd", "false"])
            .args(["-noshell", "-noinput", "-kernel", "logger_level", "none", "-eval"])
            .arg(eval);
        command
    }
}

/// The folder of the release's own programs.
fn bin(otp: &Otp) -> PathBuf {
    let entries = std::fs::read_dir(otp.root()).expect("the release can be read");
    let mut bins = entries.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    bins.find(|bin| bin.join("epmd").is_file()).expect("the release has an epmd")
}

fn pair(place: &Place, first: bool, peer: bool, words: &[&str]) -> String {
    let _peer = Background::start(&mut place.named(peer, "peer@127.0.0.1", "peer", words));
    let ended = run(&mut place.named(first, "first@127.0.0.1", "main", words), LIMIT)
        .expect("it can be started");
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.end, End::Status(0), "ours: {first}, {peer}: {text}{errors}");
    text
}

/// All pairings of the two machines print the same.
fn pairs(name: &str, words: &[&str]) {
    let place = Place::new(name, &["pair", "relay_dist"]);
    let stock = pair(&place, false, false, words);
    for (first, peer) in [(true, true), (true, false), (false, true)] {
        similar(&stock, &pair(&place, first, peer, words), &format!("ours: {first}, {peer}"));
    }
}

#[test]
fn nodes_of_both_kinds_work_together() {
    pairs("pair", &[]);
}

/// The controllers of connections are processes.
#[test]
fn processes_carry_connections() {
    pairs("relay", &["-proto_dist", "relay"]);
}

fn similar(stock: &str, ours: &str, what: &str) {
    for (a, b) in stock.lines().zip(ours.lines()) {
        assert_eq!(a, b, "{what}: where stock has the first line:\n{ours}");
    }
    assert_eq!(stock.len(), ours.len(), "{what}: {ours}");
}

/// What one node alone does, on stock and on Girder.
fn alone(module: &str) {
    let place = Place::new(module, &[module]);
    let outputs = [false, true].map(|ours| {
        let mut command = place.node(ours);
        let eval = format!("{module}:main(), halt(0).");
        command.args(["-setcookie", "crumbs", "-noshell", "-noinput"]).args([
            "-kernel",
            "logger_level",
            "none",
            "-eval",
            &eval,
        ]);
        let ended = run(&mut command, LIMIT).expect("it can be started");
        let text = String::from_utf8_lossy(&ended.stdout).into_owned();
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.end, End::Status(0), "ours: {ours}: {text}{errors}");
        text
    });
    similar(&outputs[0], &outputs[1], module);
}

#[test]
fn a_node_gets_a_name_and_loses_it() {
    alone("late");
}

#[test]
fn a_peer_that_does_not_keep_to_the_protocol_is_left() {
    alone("rude");
}

/// The words of `erl` about names, told back.
#[test]
fn names_on_the_command_line() {
    let place = Place::new("names", &[]);
    let eval = "io:format(\"~p ~p ~p ~p~n\", [is_alive(), lists:last(string:lexemes(atom_to_list(node()), \"@\")) =/= [], erlang:get_cookie(), nodes()]), halt().";
    let words: [&[&str]; 5] = [
        &["-name", "long@127.0.0.1", "-setcookie", "a"],
        &["-sname", "short@localhost", "-setcookie", "b", "-hidden"],
        &["-name", "x@127.0.0.1", "-setcookie", "c", "-connect_all", "false"],
        &["-name", "y@127.0.0.1", "-setcookie", "d", "-dist_listen", "false"],
        &["-name", "z@127.0.0.1", "-setcookie", "e", "-kernel", "inet_dist_listen_min", "0"],
    ];
    for words in words {
        let [stock, ours] = [false, true].map(|ours| {
            let mut command = place.node(ours);
            command.args(words).args(["-noshell", "-noinput"]);
            command.args(["-kernel", "logger_level", "none", "-eval", eval]);
            let ended = run(&mut command, LIMIT).expect("it can be started");
            assert_eq!(ended.end, End::Status(0), "{}", String::from_utf8_lossy(&ended.stdout));
            String::from_utf8_lossy(&ended.stdout).into_owned()
        });
        assert_eq!(stock, ours, "{words:?}");
    }
}
