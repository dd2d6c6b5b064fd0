//! Bit syntax against stock Erlang: one module of cases, run here and on `erl`, compiled as of now
//! and as for releases before 25 (which build bitstrings in steps). The results are one term, and
//! the same.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use vm::native::{Native, NativeDef, Outcome, Raise};
use vm::process::spawn::{Call, spawn_root};
use vm::term::Term;
use vm::term::external::{EncodeOptions, encode};
use vm::vm::CodeSource;
use vm::{Config, Vm};

vm::natives! {
    /// Hands a result out.
    pub static NATIVES: "test" {
        "done"/1 = done,
    }
}

vm::natives! {
    /// What compilers add to bit syntax on their own.
    pub static SIZES: "erlang" {
        guard "length"/1 = length,
        guard "byte_size"/1 = byte_size,
        guard "bit_size"/1 = bit_size,
    }
}

fn length<'p>(_: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    list.list_len().map(|n| Term::small(n as i64)).ok_or_else(Raise::badarg)
}

fn byte_size<'p>(_: &mut Native<'p>, [bits]: [Term<'p>; 1]) -> Outcome<'p> {
    let bits = bits.as_bits().ok_or_else(Raise::badarg)?;
    Ok(Term::small(bits.bits.div_ceil(8) as i64))
}

fn bit_size<'p>(_: &mut Native<'p>, [bits]: [Term<'p>; 1]) -> Outcome<'p> {
    let bits = bits.as_bits().ok_or_else(Raise::badarg)?;
    Ok(Term::small(bits.bits as i64))
}

static TABLES: &[&[NativeDef]] = &[NATIVES, SIZES];
static RESULT: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fn done<'p>(cx: &mut Native<'p>, [result]: [Term<'p>; 1]) -> Outcome<'p> {
    let bytes = encode(result, cx.vm(), EncodeOptions::default());
    *RESULT.lock().expect("nobody panics with it") = bytes.unwrap_or_default();
    cx.vm().stop(0);
    Ok(Term::nil())
}

/// The test loads its module itself.
struct NoCode;

impl CodeSource for NoCode {
    fn find(&self, _: &str) -> Option<(Vec<u8>, String)> {
        None
    }

    fn add_path(&self, _: &str, _: bool) -> bool {
        false
    }
}

fn run(command: &mut Command) {
    let out =
        command.output().expect("this test needs stock Erlang on the path; make test provides it");
    assert!(out.status.success(), "{command:?}: {}", String::from_utf8_lossy(&out.stdout));
}

fn same_as_stock(name: &str, option: &[&str]) {
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/bit_syntax/bit_syntax.erl");
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).expect("cargo gives a writable folder");
    run(Command::new("erlc").args(option).arg("-o").arg(&dir).arg(&source));
    run(Command::new("erl")
        .current_dir(&dir)
        .args(["-noshell", "-pa", ".", "-eval"])
        .arg("bit_syntax:to_file(\"stock\"), halt(0)."));
    let stock = std::fs::read(dir.join("stock")).expect("stock has written it");
    let beam = std::fs::read(dir.join("bit_syntax.beam")).expect("compiled");

    let config = Config {
        workers: 1,
        process_limit: 1024,
        atom_limit: 1 << 20,
        slice_seed: None,
        compile_after: None,
        natives: TABLES,
        release: 25,
        code_source: Box::new(NoCode),
        records: Default::default(),
        settings: vm::settings::Settings::new(1),
    };
    let vm = Vm::new(config).expect("memory");
    let loaded = vm.load_module(&beam).unwrap_or_else(|e| panic!("{e}"));
    let function = vm.atoms.intern("start").expect("room for atoms");
    let call = Call { module: loaded.name, function, args: &[] };
    spawn_root(&vm, call, None).unwrap_or_else(|_| panic!("room for a process"));
    vm.run().expect("threads");
    let ours = std::mem::take(&mut *RESULT.lock().expect("nobody panics with it"));
    if ours != stock {
        std::fs::write(dir.join("ours"), &ours).expect("writable");
        let at = ours.iter().zip(&stock).position(|(a, b)| a != b);
        panic!("differs from byte {at:?} on, see {} (ours and stock)", dir.display());
    }
}

#[test]
fn bit_syntax_as_stock() {
    // One after the other: the result goes through one static.
    same_as_stock("bit_syntax_now", &[]);
    same_as_stock("bit_syntax_r24", &["+r24"]);
    same_as_stock("bit_syntax_r22", &["+r22"]);
    same_as_stock("bit_syntax_no_opt", &["+no_copt", "+no_bsm_opt"]);
}
