//! The program alone on a machine without Erlang: copied to a folder of its own, with no `erl` on
//! the path and an empty home. It has its OTP release within itself and unpacks it when it is first
//! started.
//!
//! Environment: `GIRDER_BIN` as in `differential`; it has to be built with the feature `pack`, as
//! it is by default.
#![forbid(unsafe_code)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tests::run::{End, run};

const LIMIT: Duration = Duration::from_secs(60);

const PROGRAM: &str = r#"-module(hello).
-export([main/0]).
-include_lib("kernel/include/file.hrl").
main() -> io:format("~p~n", [#file_info{type = hello}#file_info.type]).
"#;

const SCRIPT: &str = "#!/usr/bin/env escript\nmain(Words) -> io:format(\"~p~n\", [Words]).\n";

/// A machine without Erlang: a folder that holds the program, a home and a folder to work in.
struct Machine(PathBuf);

impl Machine {
    fn new(name: &str) -> Machine {
        let folder = std::env::temp_dir().join(format!("girder-{name}-{}", std::process::id()));
        for part in ["bin", "home", "work", "tmp"] {
            fs::create_dir_all(folder.join(part)).expect("a temporary folder can be made");
        }
        let built = match std::env::var_os("GIRDER_BIN") {
            Some(path) => tests::root().join(path),
            None => tests::target().join("release/girder"),
        };
        fs::copy(&built, folder.join("bin/girder"))
            .unwrap_or_else(|why| panic!("{}: {why}", built.display()));
        let machine = Machine(folder);
        machine.write("work/hello.erl", PROGRAM);
        machine.write("work/script", SCRIPT);
        machine
    }

    fn write(&self, path: &str, text: &str) {
        fs::write(self.0.join(path), text).expect("a temporary file can be written");
    }

    fn girder(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.0.join("bin/girder"));
        command
            .env_clear()
            .env("PATH", self.0.join("bin"))
            .env("HOME", self.0.join("home"))
            .env("TMPDIR", self.0.join("tmp"))
            .current_dir(self.0.join("work"))
            .args(words);
        command
    }

    /// What a command prints; it must end well.
    fn output(&self, mut command: Command) -> String {
        let ended = loop {
            match run(&mut command, LIMIT) {
                // A child that another test has just forked may still hold the copy open for writing.
                Err(e) if e.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                    std::thread::sleep(std::time::Duration::from_millis(10));
                }
                ended => break ended.expect("the program can be started"),
            }
        };
        let [out, err] = [&ended.stdout, &ended.stderr].map(|b| String::from_utf8_lossy(b));
        assert_eq!(ended.end, End::Status(0), "{command:?}\n{out}{err}");
        out.into_owned()
    }

    fn prints(&self, words: &[&str]) -> String {
        self.output(self.girder(words))
    }

    /// The unpacked release, the only thing in the cache.
    fn unpacked(&self, cache: &str) -> PathBuf {
        let found: Vec<PathBuf> = fs::read_dir(self.0.join(cache))
            .expect("there is a cache")
            .map(|entry| entry.expect("it can be listed").path())
            .collect();
        let [root] = found.as_slice() else { panic!("nothing is left lying about: {found:?}") };
        root.clone()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const CACHE: &str = "home/.cache/girder";

#[test]
fn all_programs_work() {
    let machine = Machine::new("alone");
    machine.prints(&["erlc", "hello.erl"]);
    assert_eq!(machine.prints(&["run", "hello.beam"]), "hello\n");
    assert_eq!(machine.prints(&["escript", "script", "a", "b"]), "[\"a\",\"b\"]\n");
    let root = machine.unpacked(CACHE);
    let words = ["erl", "-noshell", "-eval"];
    let eval = |text| machine.prints(&[&words[..], &[text]].concat());
    assert_eq!(eval("hello:main(), halt()."), "hello\n");
    let lib = format!("{}/lib/", root.display());
    assert!(eval("io:put_chars(code:lib_dir(stdlib)), halt().").starts_with(&lib));
    // Names of hosts, which the release's own program would ask for.
    let loopback = "io:write(inet:getaddr(\"localhost\", inet)), halt().";
    assert_eq!(eval(loopback), "{ok,{127,0,0,1}}");
    assert_eq!(eval("io:write(application:ensure_all_started(sasl)), halt()."), "{ok,[sasl]}");
    let parser = "ok = file:write_file(\"y.yrl\", \"Nonterminals a. Terminals b. Rootsymbol a. \
                  a -> b : x.\"), {ok, _} = yecc:file(\"y.yrl\"), io:write(c:c(y)), halt().";
    assert!(eval(parser).ends_with("{ok,y}"));
}

#[test]
fn a_damaged_cache_is_replaced() {
    let machine = Machine::new("damaged");
    let works = || {
        let words = ["erl", "-noshell", "-eval", "io:write(lists:sort([2,1])), halt()."];
        assert_eq!(machine.prints(&words), "[1,2]");
        machine.unpacked(CACHE)
    };
    let root = works();
    let lists = beam(&root, "stdlib", "lists");
    let whole = fs::read(&lists).expect("it is there");
    let damages: [&dyn Fn(); 4] = [
        &|| fs::write(&lists, &whole[..whole.len() / 2]).expect("it can be written"),
        // As long as before, and so seen by its time only.
        &|| fs::write(&lists, vec![0; whole.len()]).expect("it can be written"),
        &|| fs::remove_file(&lists).expect("it can be removed"),
        &|| fs::remove_dir_all(root.join("bin")).expect("it can be removed"),
    ];
    for damage in damages {
        damage();
        assert_eq!(works(), root);
        assert_eq!(fs::read(&lists).expect("it is there again"), whole);
    }
    // What is whole is left alone.
    let made = || fs::metadata(&root).and_then(|m| m.modified()).expect("it is there");
    let before = made();
    works();
    assert_eq!(made(), before);
}

#[test]
fn two_starts_at_once_do_no_harm() {
    let machine = Machine::new("together");
    let start = || {
        let words = ["erl", "-noshell", "-eval", "io:write(maps:keys(#{a => 1})), halt()."];
        assert_eq!(machine.prints(&words), "[a]");
    };
    for _ in 0..3 {
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(start);
            }
        });
        let root = machine.unpacked(CACHE);
        fs::remove_file(beam(&root, "kernel", "kernel")).expect("it can be removed");
    }
}

#[test]
fn the_environment_says_where() {
    let machine = Machine::new("where");
    let words = ["erl", "-noshell", "-eval", "io:put_chars(code:root_dir()), halt()."];
    let mut command = machine.girder(&words);
    command.env("XDG_CACHE_HOME", machine.0.join("home/elsewhere"));
    let root = machine.output(command);
    assert_eq!(Path::new(&root), machine.unpacked("home/elsewhere/girder"));
    // A release that was asked for goes before.
    let mut command = machine.girder(&words);
    command.env("GIRDER_OTP_ROOT", &root);
    assert_eq!(machine.output(command), root);
    assert!(!machine.0.join(CACHE).exists());

    // Without a home, a folder in the temporary one, which nobody else may write to.
    let mut command = machine.girder(&words);
    command.env_remove("HOME");
    let root = PathBuf::from(machine.output(command));
    let folder = root.parent().expect("it is in a folder");
    assert_eq!(folder.parent(), Some(machine.0.join("tmp").as_path()));
    let open = |mode| fs::set_permissions(folder, fs::Permissions::from_mode(mode));
    open(0o777).expect("it is ours");
    let mut command = machine.girder(&words);
    command.env_remove("HOME");
    let ended = run(&mut command, LIMIT).expect("the program can be started");
    assert_eq!(ended.end, End::Status(1));
    let why = String::from_utf8_lossy(&ended.stderr);
    assert!(why.contains("others may write to it"), "{why}");
}

/// The file of a module in an unpacked release.
fn beam(root: &Path, app: &str, module: &str) -> PathBuf {
    let apps = fs::read_dir(root.join("lib")).expect("a release has applications");
    apps.map(|entry| entry.expect("they can be listed").path())
        .find(|path| {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            name.split('-').next() == Some(app)
        })
        .expect("the release has the application")
        .join(format!("ebin/{module}.beam"))
}
