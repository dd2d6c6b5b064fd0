//! The shell in a terminal: the same keys typed to stock and to Girder, the same screen.
//!
//! Each key press waits for what it must bring up, so that both have come to the same point when
//! the screens are compared; nothing waits for a time.
//!
//! Environment: `GIRDER_BIN` as in `differential`.
#![forbid(unsafe_code)]

use std::io::{Read, Write};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use tests::background::Background;
use tests::otp::Otp;

const LIMIT: Duration = Duration::from_secs(30);
/// Rows enough that nothing scrolls away.
const ROWS: u16 = 120;

/// What is typed, and what must then stand before the cursor: something that does not stand there
/// already.
type Step = (&'static str, &'static str);

const LEFT: &str = "\x1b[D";
const UP: &str = "\x1b[A";

fn girder() -> PathBuf {
    match std::env::var_os("GIRDER_BIN") {
        Some(path) => tests::root().join(path),
        None => tests::target().join("release/girder"),
    }
}

/// A program in a terminal, and what its screen shows.
struct Session {
    screen: vt100::Parser,
    /// All that came, as it came.
    raw: Vec<u8>,
    output: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    terminal: Box<dyn MasterPty + Send>,
}

impl Session {
    fn start(mut command: CommandBuilder, columns: u16) -> Session {
        command.env("TERM", "xterm");
        command.env("LC_ALL", "C.UTF-8");
        // No history of others, and none left behind.
        command.env("ERL_AFLAGS", "-kernel shell_history disabled");
        let size = |n| NonZero::new(n).expect("windows have a size");
        let window = PtySize { rows: ROWS, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(window).expect("the system has pseudoterminals");
        let child = pair.slave.spawn_command(command).expect("the program starts");
        drop(pair.slave);
        let mut from = pair.master.try_clone_reader().expect("a terminal can be read");
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = from.read(&mut buffer) {
                if send.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Session {
            screen: vt100::Parser::new(size(ROWS), size(columns), 0),
            raw: Vec::new(),
            output,
            keys: pair.master.take_writer().expect("a terminal can be written"),
            child,
            terminal: pair.master,
        }
    }

    /// What stands before the cursor, from a few rows above it on.
    fn line(&self) -> String {
        let screen = self.screen.screen();
        let (row, column) = screen.cursor_position();
        let above = row.saturating_sub(4);
        screen.contents_between(above, 0, row, column)
    }

    /// Takes in what the program writes until `done`.
    fn wait(&mut self, what: &str, done: impl Fn(&Session) -> bool) {
        let end = Instant::now() + LIMIT;
        while !done(self) {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => {
                    self.screen.process(&bytes);
                    self.raw.extend(bytes);
                }
                Err(RecvTimeoutError::Disconnected) if done(self) => return,
                Err(_) => panic!("waited for {what:?}:\n{}", self.screen.screen().contents()),
            }
        }
    }

    fn step(&mut self, (keys, shown): Step) {
        self.keys.write_all(keys.as_bytes()).expect("the terminal is there");
        self.wait(shown, |s| s.line().ends_with(shown));
    }

    /// Waits for the end and gives the screen below the banner and the exit status.
    fn finish(mut self) -> (String, u32) {
        loop {
            match self.output.recv_timeout(LIMIT) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("it does not end:\n{}", self.screen.screen().contents())
                }
            }
        }
        let status = self.child.wait().expect("it has ended").exit_code();
        drop(self.terminal);
        let text = self.screen.screen().contents();
        (text[text.find("Eshell").unwrap_or(0)..].to_owned(), status)
    }
}

/// An `erl`, stock's or ours.
fn erl_command(otp: &Otp, ours: bool) -> CommandBuilder {
    if ours {
        let mut ours = CommandBuilder::new(girder());
        ours.arg("erl");
        ours.env("GIRDER_OTP_ROOT", otp.root());
        return ours;
    }
    let stock = otp.erl();
    let mut erl = CommandBuilder::new(stock.get_program());
    for (name, value) in stock.get_envs() {
        match value {
            Some(value) => erl.env(name, value),
            None => erl.env_remove(name),
        }
    }
    erl
}

/// Types the same to both, `last` as what ends them, and compares what is on the screen in the end.
/// Nothing waits for what `last` brings up: the end may overtake it.
fn same(columns: u16, steps: &[Step], last: &str) {
    let otp = Otp::find().expect("stock Erlang is needed");
    let [stock, ours] = [erl_command(&otp, false), erl_command(&otp, true)].map(|command| {
        let mut session = Session::start(command, columns);
        for step in steps {
            session.step(*step);
        }
        session.keys.write_all(last.as_bytes()).expect("the terminal is there");
        session.finish()
    });
    assert_eq!(ours.0, stock.0);
    assert_eq!(ours.1, stock.1);
}

#[test]
fn lines_are_edited_and_remembered() {
    same(
        80,
        &[
            ("", "1> "),
            ("lists:seq(1,5).\r", "2> "),
            ("foo", "2> foo"),
            (LEFT, "2> fo"),
            (LEFT, "2> f"),
            ("X", "2> fX"),
            ("\x01", "2> "),
            ("\x0b1+1.", "2> 1+1."),
            ("\r", "3> "),
            (UP, "3> 1+1."),
            (UP, "3> lists:seq(1,5)."),
            ("\x7f\x7f\x7f7).", "3> lists:seq(1,7)."),
            ("\r", "4> "),
            ("io:format(\"~ts~n\", [[229, 228, 8364]]).\r", "5> "),
            ("\"åäö\".", "5> \"åäö\"."),
            ("\r", "6> "),
            ("io:get_line(\"name> \").\r", "name> "),
            ("abc\r", "7> "),
            ("lists:du\t", "7> lists:duplicate("),
            ("2, x).\r", "8> "),
            ("io:getopts().\r", "9> "),
            ("halt(3).", "9> halt(3)."),
        ],
        "\r",
    );
}

#[test]
fn long_lines_go_on_in_the_next_row() {
    same(
        30,
        &[
            ("", "1> "),
            ("\"abcdefghijklmnopqrstuvwxyzABCDEFGHIJ", "HIJ"),
            (LEFT, "GHI"),
            ("\x01", "1> "),
            ("\x05", "HIJ"),
            ("\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f", "y"),
            ("0123456789\".", "89\"."),
            ("\x01", "1> "),
            ("\x1b[C\x04", "1> \""),
            ("\r", "2> "),
            ("123456789012345678901234567.", "67."),
            ("\x7f\x7f", "6"),
            (".\r", "3> "),
            ("halt(0).", "3> halt(0)."),
        ],
        "\r",
    );
}

#[test]
fn interrupts_bring_up_the_menus() {
    same(
        80,
        &[
            ("", "1> "),
            ("\x07", "--> "),
            ("h\r", "this message\n --> "),
            ("j\r", "{shell,start,[init]}\n --> "),
            ("s\r", "s\n --> "),
            ("c\r", "1> "),
            ("1 + 1.\r", "2> "),
            ("\x07", "--> "),
            ("k 2\r", "k 2\n --> "),
            ("c 1\r", "c 1\n"),
            ("2 + 2.\r", "2> "),
            ("\x03", "(d)istribution\n"),
            (
                "?\r",
                "?\nInvalid option '?'. Please enter one of the following:\nBREAK: (a)bort (A)bort with dump (c)ontinue (p)roc info (i)nfo\n       (l)oaded (v)ersion (k)ill (D)b-tables (d)istribution\n",
            ),
            ("a", "\na"),
        ],
        "\r",
    );
}

/// What a choice of the break menu writes, in both; `before` is typed to the shell first.
fn menu(before: &[Step], choices: &[Step], after: &[Step]) -> [String; 2] {
    let otp = Otp::find().expect("stock Erlang is needed");
    let stock = otp.erl();
    let mut erl = CommandBuilder::new(stock.get_program());
    for (name, value) in stock.get_envs() {
        match value {
            Some(value) => erl.env(name, value),
            None => erl.env_remove(name),
        }
    }
    let mut ours = CommandBuilder::new(girder());
    ours.arg("erl");
    ours.env("GIRDER_OTP_ROOT", otp.root());
    [erl, ours].map(|command| {
        let mut session = Session::start(command, 80);
        session.step(("", "1> "));
        for step in before {
            session.step(*step);
        }
        session.step(("\x03", "(d)istribution\n"));
        session.raw.clear();
        for (keys, shown) in choices {
            session.keys.write_all(keys.as_bytes()).expect("the terminal is there");
            session
                .wait(shown, |s| String::from_utf8_lossy(&s.raw).replace('\r', "").contains(shown));
        }
        let text = String::from_utf8_lossy(&session.raw).replace('\r', "");
        for step in after {
            session.step(*step);
        }
        drop(session.child.kill());
        text
    })
}

/// The part of a listing from the line `from` on that has `with` in it, up to the next such line.
fn part<'t>(text: &'t str, from: &str, with: &str) -> Vec<&'t str> {
    let parts = text.split(from).skip(1);
    let found = parts.filter(|part| part.contains(with)).last();
    found.unwrap_or_else(|| panic!("no {with:?} in {text}")).lines().collect()
}

/// What stands before the colon of each line.
fn heads(lines: &[&str]) -> Vec<String> {
    let head = |line: &&str| line.split_once(": ").map(|(head, _)| head.to_owned());
    lines.iter().filter_map(head).collect()
}

#[test]
fn the_break_menu_shows_processes() {
    let spawn = "P = spawn(fun() -> register(shown, self()), put(k, \"v\"), receive {never, X} -> X end end), P ! {a, message}, ok.\r";
    let [stock, ours] =
        menu(&[(spawn, "2> ")], &[("p\r", "=port:#Port<0.3>"), ("", "Queue: 0\n")], &[]);
    let [stock, ours] = [&stock, &ours].map(|text| part(text, "=proc:", "Name: shown\n"));
    // What it is in the machine's own terms differs; where it returns to is a line of its own.
    let own = |line: &String| line != "CP" && line != "Current call";
    let [a, b] =
        [&stock, &ours].map(|lines| heads(lines).into_iter().filter(own).collect::<Vec<_>>());
    assert_eq!(a, b);
    for line in
        ["State: Waiting", "Spawned as: erlang:apply/2", "Dictionary: [{k,\"v\"}]", "arity = 0"]
    {
        assert!(stock.contains(&line) && ours.contains(&line), "{line}: {stock:#?}{ours:#?}");
    }
    assert!(ours.contains(&"Message queue length: 1"), "{ours:#?}");
}

#[test]
fn the_break_menu_shows_tables_and_nodes() {
    let table = "ets:new(shown, [named_table, bag]), ets:insert(shown, {key, [1.5, \"text\"]}).\r";
    let choices = [("D\r", "Name: shown\n"), ("", "\"text\"]}]\n")];
    let [stock, ours] = menu(&[(table, "2> ")], &choices, &[]);
    let tables = [&stock, &ours].map(|text| part(text, "=ets:", "Name: shown\n"));
    let objects = tables.map(|lines| {
        let objects = lines.iter().find(|line| line.ends_with("]"));
        objects.map(|line| line.split_once(": ").expect("a number of a bucket").1.to_owned())
    });
    assert_eq!(objects[0], objects[1]);
    let [stock, ours] = menu(&[], &[("d\r", "=no_distribution\n")], &[]);
    assert_eq!(stock, ours);
}

#[test]
fn the_break_menu_kills() {
    // It does not catch `kill`, and another process says what became of it.
    let spawn = "spawn(fun() -> {_, R} = spawn_monitor(fun() -> process_flag(trap_exit, true), register(victim, self()), receive never -> ok end end), receive {_, R, _, _, Why} -> io:format(\"victim: ~p~n\", [Why]) end end), ok.\r";
    let otp = Otp::find().expect("stock Erlang is needed");
    let mut ours = CommandBuilder::new(girder());
    ours.arg("erl");
    ours.env("GIRDER_OTP_ROOT", otp.root());
    let mut session = Session::start(ours, 80);
    session.step(("", "1> "));
    session.step((spawn, "2> "));
    session.step(("\x03", "(d)istribution\n"));
    session.raw.clear();
    let mut key = "k\r";
    loop {
        session.raw.clear();
        session.keys.write_all(key.as_bytes()).expect("the terminal is there");
        session.wait("a process", |s| s.raw.ends_with(b"(k)ill (n)ext (r)eturn:\r\n"));
        let text = String::from_utf8_lossy(&session.raw).replace('\r', "");
        assert!(!text.contains("=proc:<0.0.0>"), "the victim is not there");
        key = "n\r";
        if text.contains("Name: victim\n") {
            break;
        }
    }
    // There is always another: the first of all is never the victim.
    session.raw.clear();
    session.keys.write_all(b"k\r").expect("the terminal is there");
    session.wait("another", |s| s.raw.ends_with(b"(k)ill (n)ext (r)eturn:\r\n"));
    session.raw.clear();
    session.keys.write_all(b"r\r").expect("the terminal is there");
    session.wait("its end", |s| String::from_utf8_lossy(&s.raw).contains("victim: killed"));
    drop(session.child.kill());
}

/// `-remsh`: a shell on another node, whichever machine either is.
#[test]
fn a_shell_on_another_node() {
    let otp = Otp::find().expect("stock Erlang is needed");
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("there is a free port");
    let port = free.local_addr().expect("it has a number").port().to_string();
    drop(free);
    let bin = std::path::Path::new(otp.erl().get_program()).with_file_name("epmd");
    let _epmd = Background::start(std::process::Command::new(bin).args(["-port", &port]));
    let words = ["-setcookie", "crumbs", "-start_epmd", "false", "-name"];
    let steps: [Step; 6] = [
        ("", "(far@127.0.0.1)1> "),
        ("node().\r", "(far@127.0.0.1)2> "),
        ("X = lists:du\t", "2> X = lists:duplicate("),
        ("2, y).\r", "(far@127.0.0.1)3> "),
        ("io:format(\"~p~n\", [{X, node()}]).\r", "(far@127.0.0.1)4> "),
        ("\x07", " --> "),
    ];
    for far_is_ours in [false, true] {
        let mut far = if far_is_ours {
            let mut far = std::process::Command::new(girder());
            far.env("GIRDER_OTP_ROOT", otp.root()).arg("erl");
            far
        } else {
            otp.erl()
        };
        far.env("ERL_EPMD_PORT", &port).args(words).arg("far@127.0.0.1");
        let _far = Background::start(far.args(["-noshell", "-noinput"]));
        wait_for_node(&port);
        let [stock, ours] = [erl_command(&otp, false), erl_command(&otp, true)].map(|mut near| {
            near.env("ERL_EPMD_PORT", &port);
            near.args(words);
            near.args(["near@127.0.0.1", "-remsh", "far@127.0.0.1"]);
            let mut session = Session::start(near, 80);
            for step in steps {
                session.step(step);
            }
            session.keys.write_all(b"q\r").expect("the terminal is there");
            session.finish()
        });
        assert_eq!(stock, ours, "the other node is ours: {far_is_ours}");
    }
}

/// Waits until some node is known to the port mapper.
fn wait_for_node(port: &str) {
    let end = Instant::now() + LIMIT;
    while Instant::now() < end {
        if let Ok(mut epmd) = std::net::TcpStream::connect(format!("127.0.0.1:{port}")) {
            let mut names = Vec::new();
            // Its request for names: a length and a letter.
            if epmd.write_all(&[0, 1, b'n']).is_ok()
                && epmd.read_to_end(&mut names).is_ok()
                && names.windows(4).any(|w| w == b"name")
            {
                return;
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("the node does not come up");
}
