//! `erlang:display/1` and its like: output past the I/O system, for debugging.

use std::io::Write;
use vm::native::{Native, Outcome};
use vm::term::{Term, atoms, print};

vm::natives! {
    /// Debugging output.
    pub static NATIVES: "erlang" {
        "display"/1 = display,
        "display_string"/1 = display_string,
        "display_nl"/0 = display_nl,
    }
}

/// With line ends as stock has them here, whatever the output is.
pub(super) fn returns(text: &[u8]) -> Vec<u8> {
    text.split(|b| *b == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..])
}

fn display<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut text = print::display(t);
    text.push(b'\n');
    let mut out = cx.vm().stdout.lock();
    // As in stock, output that fails is lost.
    let _ = out.write_all(&returns(&text)).and_then(|()| out.flush());
    Ok(Term::atom(atoms::TRUE))
}

/// The text goes to standard error, unlike a term's.
fn put_error<'p>(text: &[u8]) -> Outcome<'p> {
    let _ = std::io::stderr().write_all(&returns(text));
    Ok(Term::atom(atoms::TRUE))
}

fn display_string<'p>(_: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let chars: Vec<Term<'p>> = vm::native::arg(t)?;
    let text = chars.into_iter().map(vm::native::arg::<char>).collect::<Result<String, _>>()?;
    put_error(text.as_bytes())
}

fn display_nl<'p>(_: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    put_error(b"\n")
}
