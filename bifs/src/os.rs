//! `os`: the environment and the process of the operating system. Its clocks are in
//! `erlang::time`. Names and values are lists of characters inside, and outside as names of files are.

use crate::prim_file::names;
use vm::io::file_names::Encoding;
use vm::io::signals::Disposition;
use vm::native::{Native, Outcome, Raise};
use vm::term::{Term, atoms};

vm::natives! {
    /// Environment and process.
    pub static NATIVES: "os" {
        "getenv"/1 = getenv,
        "putenv"/2 = putenv,
        "unsetenv"/1 = unsetenv,
        "env"/0 = env,
        "getpid"/0 = getpid,
        "set_signal"/2 = set_signal,
    }
}

vm::natives! {
    /// What the terminal can show.
    pub static IO_NATIVES: "io" {
        "printable_range"/0 = printable_range,
    }
}

/// The bytes of a name or value: a list of characters.
pub(crate) fn native<'p>(cx: &Native<'p>, t: Term<'p>) -> Result<Vec<u8>, Raise<'p>> {
    names::encode_list(t, cx.vm().file_names.encoding).ok_or_else(Raise::badarg)
}

/// The bytes of a name.
pub(crate) fn name<'p>(cx: &Native<'p>, t: Term<'p>) -> Result<Vec<u8>, Raise<'p>> {
    let name = native(cx, t)?;
    if name.contains(&b'=') { Err(Raise::badarg()) } else { Ok(name) }
}

/// A name or value as a list; what is not in the machine's encoding byte by byte.
fn text<'p>(cx: &mut Native<'p>, bytes: &[u8]) -> Term<'p> {
    match (cx.vm().file_names.encoding, std::str::from_utf8(bytes)) {
        (Encoding::Utf8, Ok(s)) => cx.string(s),
        _ => cx.byte_list(bytes, Term::nil()),
    }
}

fn getenv<'p>(cx: &mut Native<'p>, [key]: [Term<'p>; 1]) -> Outcome<'p> {
    match cx.vm().environment.get(&name(cx, key)?) {
        Some(value) => Ok(text(cx, &value)),
        None => Ok(Term::bool(false)),
    }
}

fn putenv<'p>(cx: &mut Native<'p>, [key, value]: [Term<'p>; 2]) -> Outcome<'p> {
    cx.vm().environment.put(name(cx, key)?, native(cx, value)?);
    Ok(Term::bool(true))
}

fn unsetenv<'p>(cx: &mut Native<'p>, [key]: [Term<'p>; 1]) -> Outcome<'p> {
    cx.vm().environment.unset(&name(cx, key)?);
    Ok(Term::bool(true))
}

fn env<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let mut all = Vec::new();
    for (key, value) in cx.vm().environment.all() {
        let pair = [text(cx, &key), text(cx, &value)];
        all.push(cx.tuple(&pair));
    }
    Ok(cx.list(&all))
}

fn getpid<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(cx.string(&std::process::id().to_string()))
}

fn set_signal<'p>(cx: &mut Native<'p>, [signal, what]: [Term<'p>; 2]) -> Outcome<'p> {
    let disposition = match what.as_atom().map(|a| a.name()) {
        Some("default") => Disposition::Default,
        Some("ignore") => Disposition::Ignore,
        Some("handle") => Disposition::Handle,
        _ => {
            let cause = cx.atom("badopt")?;
            return Err(Raise::error_with_cause(atoms::BADARG, cause));
        }
    };
    let signal = signal.as_atom().ok_or_else(Raise::badarg)?;
    cx.set_signal(signal.name(), disposition).map_err(|_| Raise::badarg())?;
    Ok(Term::atom(atoms::OK))
}

fn printable_range<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let unicode = cx.vm().settings.printable_unicode;
    Ok(Term::atom(if unicode { atoms::UNICODE } else { atoms::LATIN1 }))
}
