//! `girder erl` and its like against stock with the same words: same standard output, same exit
//! status, and the same beginning of standard error where a line is refused.
//!
//! Environment: `GIRDER_BIN` as in `differential`.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tests::otp::Otp;
use tests::run::{Ended, run};

const LIMIT: Duration = Duration::from_secs(30);

/// Words of `erl`, separated by blanks. They say all there is to say on standard output.
const SAME_OUTPUT: &[&str] = &[
    "-emu_args_exit +P 2000 -noshell foo -- bar -extra x",
    "-emu_args_exit -detached +Bi +B c +c +c false +sbt u +MBas gf -make",
    "-emu_args_exit -compile -smp auto -configfd 0 -name a@b -env A B",
    "-emu_name_exit",
    "-noshell -eval halt(3).",
    "-noshell -eval halt().",
    "-noshell -eval halt(300).",
    "-noshell -eval io:put_chars(<<$h,$i>>),halt().",
    "-noshell -eval init:stop().",
    "-noshell -eval init:stop(7).",
    "-noshell -s erlang halt",
    "-noshell -run init stop 5",
    "-noshell -eval io:write(init:get_plain_arguments()),halt(). -extra a -b +c",
    "-noshell -foo 1 2 -foo 3 -eval io:write(init:get_argument(foo)),halt().",
    "-noshell -kernel hello world -eval io:write(application:get_env(kernel,hello)),halt().",
    "-noshell -mode embedded -eval io:write(code:get_mode()),halt().",
    "+S 3:2 +P 5000 +Q 3000 +t 100000 -noshell -eval io:write([erlang:system_info(I)||I<-[schedulers,schedulers_online,atom_limit,port_limit]]),halt().",
    "+SDcpu 1:1 +SDio 4 +A 7 -noshell -eval io:write([erlang:system_info(I)||I<-[dirty_cpu_schedulers,dirty_io_schedulers,thread_pool_size]]),halt().",
    "+sct L0-3t0,1,0,1c0,0,1,1p0n0:L7-4c0-3n1p1 +sbt ns -noshell -eval io:write([erlang:system_info(I)||I<-[cpu_topology,scheduler_bind_type]]),halt().",
    "+ssrct +stbt db -noshell -eval io:write([erlang:system_info(I)||I<-[cpu_topology,scheduler_bind_type,scheduler_bindings]]),halt().",
    "+sbt db -noshell -eval io:write([erlang:system_info(I)||I<-[cpu_topology,scheduler_bind_type,scheduler_bindings]]),halt().",
    "+K true +A5 -noshell -eval io:write(erlang:system_info(thread_pool_size)),halt().",
    "+pc unicode +W i -noshell -eval io:write([io:printable_range(),error_logger:warning_map()]),halt().",
    "-boot nosuch",
    "-boot start_clean -noshell -eval error(foo).",
    "-noshell -eval io:write(erlang:pre_loaded()--[prim_socket,prim_net,socket_registry]),halt().",
];

/// Words that are refused: the first line of standard error is compared too.
const REFUSED: &[&str] = &[
    "+sct L0:L0",
    "+sct L0c0L1",
    "+sct L0-1c0-2",
    "+sct L0p0n0:L1p1",
    "+ssrct +sbt db",
    "+sbt ts +sct L0",
    "+P",
    "+P 3",
    "+Q x",
    "+S x",
    "+S 1:2",
    "+SDcpu 1:2",
    "+SDio 0",
    "+SP x",
    "+sbt xx",
    "+sbwt much",
    "+swt none",
    "+szz",
    "+zfoo",
    "+W q",
    "+C never",
    "+R 22",
    "+M true",
    "+Msu x",
    "+MBas x",
    "+MBe x",
    "+MBacul 200",
    "+MXas aoff",
    "+MIscmgc 3",
    "+MIe false",
    "+MTacul 10",
    "+MYe false",
    "+MMx 1",
    "+Muxx 1",
    "+Mea x",
    "+Mex 1",
    "+Mlpm x",
    "+Mdai x",
    "+JMsingle true",
    "+JPperf x",
    "+JX",
    "+T 10",
    "+t 5",
    "+pc greek",
    "+hms 0",
    "+hmqd off",
    "+zdbbl 0",
    "+a 1",
    "-env A",
    "-sname",
    "-start_epmd maybe",
    "-no_epmd",
    "-smp disable",
    "-args_file /nonexistent/file",
];

fn girder() -> PathBuf {
    match std::env::var_os("GIRDER_BIN") {
        Some(path) => tests::root().join(path),
        None => tests::target().join("release/girder"),
    }
}

/// A folder for crash dumps and the like.
fn scratch() -> PathBuf {
    let folder = tests::target().join("command_line");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    folder
}

fn both(otp: &Otp, words: &str) -> (Ended, Ended) {
    both_started(otp, words, |command| command)
}

/// Runs them as `start` says it of the commands.
fn both_started(otp: &Otp, words: &str, start: fn(Command) -> Command) -> (Ended, Ended) {
    let words: Vec<&str> = words.split_whitespace().collect();
    let stock = otp.erl();
    let mut ours = Command::new(girder());
    ours.env("GIRDER_OTP_ROOT", otp.root()).arg("erl");
    let ended = [stock, ours].map(|command| {
        let mut command = start(command);
        command
            .current_dir(scratch())
            .env("LC_ALL", "C.UTF-8")
            .env("HOME", "/nonexistent")
            .env("ERL_CRASH_DUMP_SECONDS", "0")
            .args(&words);
        run(&mut command, LIMIT).expect("both can be started")
    });
    let [stock, ours] = ended;
    (stock, ours)
}

/// The command with no more than one processor to use.
fn on_one_processor(command: Command) -> Command {
    let mut on_one = Command::new("sh");
    let first = "p=$(taskset -cp $$) && p=${p##*: } && exec taskset -c ${p%%[!0-9]*} \"$@\"";
    on_one.args(["-c", first, "sh"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => on_one.env(name, value),
            None => on_one.env_remove(name),
        };
    }
    on_one
}

/// How many schedulers there are, and how many of them run processes.
#[test]
fn processors_that_may_not_be_used_are_counted_apart() {
    let otp = Otp::find().unwrap_or_else(|why| panic!("{why}"));
    let items = "schedulers,schedulers_online,dirty_cpu_schedulers,dirty_cpu_schedulers_online,\
                 logical_processors,logical_processors_online,logical_processors_available";
    for flags in ["", "+S 4", "+S 0:0", "+SP 100:50"] {
        let words = format!(
            "{flags} -noshell -eval io:write([erlang:system_info(I)||I<-[{items}]]),halt()."
        );
        let (stock, ours) = both_started(&otp, &words, on_one_processor);
        assert!(stock.stdout.ends_with(b",1]"), "{flags}: {}", text(&stock.stderr));
        assert_eq!(text(&stock.stdout), text(&ours.stdout), "{flags}");
    }
}

/// `erlexec`, which start scripts of releases call, takes the root and the names from the
/// environment.
#[test]
fn a_release_is_found_by_the_environment() {
    let otp = Otp::find().unwrap_or_else(|why| panic!("{why}"));
    let bin = std::fs::read_dir(otp.root())
        .expect("the release can be read")
        .filter_map(|entry| Some(entry.ok()?.path().join("bin/erlexec")))
        .find(|erlexec| erlexec.is_file())
        .expect("the release has an erlexec");
    let folder = bin.parent().expect("it is in a folder").to_owned();
    // A root that is not all of OTP, as that of a release.
    let root = scratch().join("release");
    std::fs::create_dir_all(&root).expect("the target folder can be written");
    let _ = std::os::unix::fs::symlink(otp.root().join("lib"), root.join("lib"));
    let boot = otp.root().join("bin/no_dot_erlang");
    let told = "io:format(\"~p~n\", [[init:get_argument(A) || A <- [root, bindir, progname]] ++ [code:root_dir(), code:lib_dir(), code:lib_dir(kernel)]]), halt(4).";
    let mut ours = Command::new(girder());
    ours.env("GIRDER_OTP_ROOT", otp.root()).arg("erlexec");
    let [stock, ours] = [&mut Command::new(&bin), &mut ours].map(|command| {
        command
            .env("ROOTDIR", &root)
            .env("BINDIR", &folder)
            .env("EMU", "beam")
            .env("PROGNAME", "some name")
            .env("HOME", "/nonexistent")
            .args(["-noshell", "-boot", &boot.to_string_lossy(), "-eval", told]);
        run(command, LIMIT).expect("both can be started")
    });
    assert_eq!(stock.end, tests::run::End::Status(4), "{}", text(&stock.stderr));
    assert_eq!((stock.end, text(&stock.stdout)), (ours.end, text(&ours.stdout)));
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_same_words_do_the_same() {
    let otp = Otp::find().unwrap_or_else(|why| panic!("{why}"));
    let mut wrong = Vec::new();
    for words in SAME_OUTPUT {
        let (stock, ours) = both(&otp, words);
        if stock.end != ours.end || stock.stdout != ours.stdout {
            wrong.push(format!(
                "{words}\n  stock: {}: {}\n  girder: {}: {}{}",
                stock.end,
                text(&stock.stdout),
                ours.end,
                text(&ours.stdout),
                text(&ours.stderr)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_same_words_are_refused() {
    let otp = Otp::find().unwrap_or_else(|why| panic!("{why}"));
    let first = |e: &Ended| text(&e.stderr).lines().next().unwrap_or_default().to_owned();
    let mut wrong = Vec::new();
    for words in REFUSED {
        let (stock, ours) = both(&otp, words);
        if stock.end != ours.end || first(&stock) != first(&ours) {
            let (a, b) = (first(&stock), first(&ours));
            wrong.push(format!("{words}\n  {}: {a}\n  {}: {b}", stock.end, ours.end));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
