//! Crash dumps: what stopped the machine, and that OTP's own reader (`crashdump_viewer`) finds in a
//! dump of Girder's what it finds in stock's of the same program, and what the program is known to
//! have left.
//!
//! Environment: `GIRDER_BIN` as in `differential`.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
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

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A folder of its own for each test, with the programs compiled by stock.
fn folder(otp: &Otp, name: &str) -> PathBuf {
    let folder = tests::target().join("crash_dumps").join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the target folder can be written");
    for module in ["crasher", "reader"] {
        let source = tests::root().join("tests/crash").join(module);
        let compile = format!(
            "{{ok, _}} = compile:file({source:?}, [debug_info, {{outdir, {folder:?}}}]), halt()."
        );
        let done = erl(otp, false, &folder, &[], &compile);
        assert_eq!(done.end, End::Status(0), "{}", text(&done.stdout));
    }
    folder
}

fn erl(otp: &Otp, ours: bool, folder: &Path, env: &[(&str, &str)], eval: &str) -> Ended {
    let mut command = if ours {
        let mut command = Command::new(girder());
        command.env("GIRDER_OTP_ROOT", otp.root()).arg("erl");
        command
    } else {
        otp.erl()
    };
    command
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .env_remove("ERL_CRASH_DUMP")
        .env_remove("ERL_CRASH_DUMP_SECONDS")
        .env_remove("ERL_CRASH_DUMP_BYTES")
        .args(["+pc", "unicode", "+t", "50000", "-noinput", "-pa", "."])
        .args(["-kernel", "logger_level", "none", "-eval", eval])
        .envs(env.iter().copied());
    run(&mut command, LIMIT).expect("both can be started")
}

/// Stops both in that way, and gives what is said on standard error and in the dump, of stock and
/// of Girder. What stock's dumps do not have whole is apart.
fn stopped(how: &str) -> [(Ended, String, String); 2] {
    let otp = Otp::find().unwrap_or_else(|why| panic!("{why}"));
    let folder = folder(&otp, how);
    [false, true].map(|ours| {
        let name = if ours { "girder.dump" } else { "stock.dump" };
        let env = [("ERL_CRASH_DUMP", name)];
        let ended = erl(&otp, ours, &folder, &env, &format!("crasher:stop({how})."));
        let eval = format!("reader:read(\"{name}\"), halt().");
        let read = erl(&otp, false, &folder, &[], &eval);
        assert_eq!(read.end, End::Status(0), "{}{}", text(&read.stdout), text(&read.stderr));
        let facts = text(&read.stdout);
        let (parts, rest): (Vec<&str>, Vec<&str>) =
            facts.split_inclusive('\n').partition(|line| line.starts_with("parts: "));
        (ended, rest.concat(), parts.concat())
    })
}

/// Both stop in the same way and say the same, but for the name of the file.
fn same_end(stock: &Ended, ours: &Ended) {
    let said = |e: &Ended| text(&e.stderr).replace("stock.dump", "girder.dump");
    assert_eq!(said(stock), said(ours));
    assert_eq!(stock.end, ours.end);
    assert_eq!(ours.end, End::Status(1));
}

/// The reader says the same of both dumps.
fn same_facts(stock: &str, ours: &str) {
    let only = |a: &str, b: &str| -> Vec<String> {
        let there: Vec<&str> = b.lines().collect();
        a.lines().filter(|line| !there.contains(line)).map(str::to_owned).collect()
    };
    let (missing, more) = (only(stock, ours), only(ours, stock));
    assert!(
        stock == ours,
        "stock alone:\n{}\nGirder alone:\n{}",
        missing.join("\n"),
        more.join("\n")
    );
}

#[test]
fn halt_with_a_slogan() {
    let [(stock, facts, _), (ours, our_facts, our_parts)] = stopped("halt");
    same_end(&stock, &ours);
    same_facts(&facts, &our_facts);
    // All of it, and nothing that the reader does not understand.
    assert!(our_facts.contains("slogan: \"this is the slogan\"\n"), "{our_facts}");
    assert!(our_facts.contains("1267650600228229401496703205376,"), "{our_facts}");
    assert!(!our_facts.contains("WARNING") && !our_facts.contains("CDV"), "{our_facts}");
    let whole = "{{100,<<86,187,93,201,240,203,60,17,224,173,67,156,215,229,191,220>>},{bits,3},[109,101,32],{fun_of,[main]}}";
    assert_eq!(our_parts, format!("parts: {{{whole},[]}}\n"));
}

#[test]
fn a_signal_asks_for_a_dump() {
    let [(stock, facts, _), (ours, our_facts, _)] = stopped("signal");
    same_end(&stock, &ours);
    same_facts(&facts, &our_facts);
}

#[test]
fn kernel_is_killed() {
    let [(stock, facts, _), (ours, our_facts, _)] = stopped("boot");
    same_end(&stock, &ours);
    same_facts(&facts, &our_facts);
}

#[test]
fn the_atom_table_is_full() {
    let [(stock, facts, _), (ours, our_facts, _)] = stopped("atoms");
    same_end(&stock, &ours);
    same_facts(&facts, &our_facts);
}

#[test]
fn memory_is_exhausted() {
    let [(stock, _, _), (ours, our_facts, _)] = stopped("memory");
    assert_eq!((&stock.end, &ours.end), (&End::Status(1), &End::Status(1)));
    for said in [text(&stock.stderr), text(&ours.stderr)] {
        assert!(said.starts_with("eheap_alloc: Cannot allocate "), "{said}");
        assert!(said.contains(" bytes of memory (of type \""), "{said}");
    }
    // The others' terms are there, whoever ran out of memory.
    assert!(our_facts.contains("truncated: []\n"), "{our_facts}");
    assert!(our_facts.contains("{on_stack,[1,2,3"), "{our_facts}");
}

/// The environment says whether there is a dump, where, and how long it may be.
#[test]
fn limits_are_kept() {
    let otp = Otp::find().unwrap_or_else(|why| panic!("{why}"));
    let folder = folder(&otp, "limits");
    let dump = |ours, env: &[(&str, &str)]| {
        let env: Vec<_> = env.iter().copied().chain([("ERL_CRASH_DUMP", "a.dump")]).collect();
        let _ = std::fs::remove_file(folder.join("a.dump"));
        let ended = erl(&otp, ours, &folder, &env, "halt(\"limited\").");
        (ended, std::fs::read(folder.join("a.dump")).ok())
    };
    for none in [("ERL_CRASH_DUMP_SECONDS", "0"), ("ERL_CRASH_DUMP_BYTES", "0")] {
        let [(stock, a), (ours, b)] = [dump(false, &[none]), dump(true, &[none])];
        assert_eq!((stock, a.is_none()), (ours, true), "{none:?}");
        assert!(b.is_none(), "{none:?}");
    }
    let short = [("ERL_CRASH_DUMP_BYTES", "1000")];
    let [(stock, a), (ours, b)] = [dump(false, &short), dump(true, &short)];
    let [a, b] = [a, b].map(|d| d.expect("there is a dump"));
    assert_eq!((stock, a.len()), (ours, b.len()));
    assert_eq!(a[1000..], b[1000..]);
    let long = [("ERL_CRASH_DUMP_SECONDS", "100"), ("ERL_CRASH_DUMP_BYTES", "1000000000")];
    let (_, b) = dump(true, &long);
    assert!(b.is_some_and(|b| b.ends_with(b"\n=end\n")));
}
