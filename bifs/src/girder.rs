//! The natives of the machine's own Erlang modules: standard I/O (`girder_stdio`) and finding
//! and loading code (`girder_code`).

use std::borrow::Cow;
use std::io::{Read, Write};
use vm::native::{Native, Outcome, Raise, arg};
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// Standard output, standard error and standard input.
    pub static STDIO_NATIVES: "girder_stdio" {
        "write"/1 = write,
        "write_error"/1 = write_error,
        "flush"/0 = flush,
        dirty_io "read"/1 = read,
    }
}

vm::natives! {
    /// Object code: where it is, and loading it.
    pub static CODE_NATIVES: "girder_code" {
        "find"/1 = find,
        "load"/2 = load,
        "add_path"/2 = add_path,
    }
}

/// `ok`, or `{error, Reason}` of a failed operation.
fn io_result<'p>(cx: &mut Native<'p>, result: std::io::Result<()>) -> Outcome<'p> {
    match result {
        Ok(()) => Ok(Term::atom(atoms::OK)),
        Err(e) => io_error(cx, &e),
    }
}

fn io_error<'p>(cx: &mut Native<'p>, e: &std::io::Error) -> Outcome<'p> {
    let name = match e.kind() {
        std::io::ErrorKind::BrokenPipe => "epipe",
        std::io::ErrorKind::PermissionDenied => "eacces",
        std::io::ErrorKind::StorageFull => "enospc",
        std::io::ErrorKind::IsADirectory => "eisdir",
        _ => "eio",
    };
    let reason = cx.atom(name)?;
    Ok(cx.tuple(&[Term::atom(atoms::ERROR), reason]))
}

fn write<'p>(cx: &mut Native<'p>, [bytes]: [Term<'p>; 1]) -> Outcome<'p> {
    let bytes: Cow<'_, [u8]> = arg(bytes)?;
    cx.bump_reductions(bytes.len() / 64);
    let r = cx.vm().stdout.lock().write_all(&bytes);
    io_result(cx, r)
}

fn write_error<'p>(cx: &mut Native<'p>, [bytes]: [Term<'p>; 1]) -> Outcome<'p> {
    let bytes: Cow<'_, [u8]> = arg(bytes)?;
    let r = std::io::stderr().write_all(&bytes);
    io_result(cx, r)
}

fn flush<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let r = cx.vm().stdout.lock().flush();
    io_result(cx, r)
}

fn read<'p>(cx: &mut Native<'p>, [max]: [Term<'p>; 1]) -> Outcome<'p> {
    let max: usize = arg(max)?;
    let mut buffer = vec![0; max.clamp(1, 1 << 20)];
    match cx.aside().run(|| std::io::stdin().read(&mut buffer)) {
        Ok(0) => Ok(Term::atom(atoms::EOF)),
        Ok(n) => Ok(cx.binary(&buffer[..n])),
        Err(e) => io_error(cx, &e),
    }
}

fn find<'p>(cx: &mut Native<'p>, [module]: [Term<'p>; 1]) -> Outcome<'p> {
    let module: Atom = arg(module)?;
    match cx.vm().code_source.find(module.name()) {
        Some((bytes, file)) => {
            let bytes = cx.binary(&bytes);
            let file = cx.string(&file);
            Ok(cx.tuple(&[bytes, file]))
        }
        None => Ok(Term::atom(atoms::ERROR)),
    }
}

fn load<'p>(cx: &mut Native<'p>, [module, code]: [Term<'p>; 2]) -> Outcome<'p> {
    let name: Atom = arg(module)?;
    let bytes: Cow<'_, [u8]> = arg(code)?;
    cx.bump_reductions(bytes.len() / 16);
    let tag = |cx: &mut Native<'p>, tag: &str, t: Term<'p>| -> Outcome<'p> {
        let tag = cx.atom(tag)?;
        Ok(cx.tuple(&[tag, t]))
    };
    match cx.vm().load_module_named(name, &bytes) {
        Ok(l) if l.on_load => tag(cx, "on_load", module),
        Ok(_) => tag(cx, "module", module),
        Err(e) => {
            use vm::code::load::LoadFailure as F;
            match e {
                F::NotPurged => {
                    let r = cx.atom("not_purged")?;
                    tag(cx, "error", r)
                }
                F::Limit(_) => Err(Raise::system_limit()),
                F::Bad(_) | F::Unsupported(_) | F::WrongModule(_) => {
                    // The reason as an atom is what callers of `code` expect; the words go to
                    // standard error, as stock's loader has them in its error report.
                    let _ = writeln!(std::io::stderr(), "Loading of {} failed: {e}", name.name());
                    let r = cx.atom("badfile")?;
                    tag(cx, "error", r)
                }
            }
        }
    }
}

fn add_path<'p>(cx: &mut Native<'p>, [place, dir]: [Term<'p>; 2]) -> Outcome<'p> {
    let place: Atom = arg(place)?;
    let dir: Cow<'_, [u8]> = arg(dir)?;
    let dir = String::from_utf8_lossy(&dir);
    if cx.vm().code_source.add_path(&dir, place.name() == "first") {
        return Ok(Term::atom(atoms::TRUE));
    }
    let reason = cx.atom("bad_directory")?;
    Ok(cx.tuple(&[Term::atom(atoms::ERROR), reason]))
}
