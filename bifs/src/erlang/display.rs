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

fn put<'p>(cx: &mut Native<'p>, bytes: &[u8]) -> Outcome<'p> {
    let mut out = cx.vm().stdout.lock();
    // As in stock, output that fails is lost.
    let _ = out.write_all(bytes).and_then(|()| out.flush());
    Ok(Term::atom(atoms::TRUE))
}

fn display<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let mut text = print::display(t);
    text.push(b'\n');
    put(cx, &text)
}

fn display_string<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let chars: Vec<Term<'p>> = vm::native::arg(t)?;
    let text = chars.into_iter().map(vm::native::arg::<char>).collect::<Result<String, _>>()?;
    put(cx, text.as_bytes())
}

fn display_nl<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    put(cx, b"\n")
}
