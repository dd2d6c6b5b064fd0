//! `erts_debug`: what programs ask about how terms are stored.

use vm::native::{Native, Outcome};
use vm::term::Term;
use vm::term::copy::copied_size;

vm::natives! {
    /// The storage of terms.
    pub static NATIVES: "erts_debug" {
        "flat_size"/1 = flat_size,
        "same"/2 = same,
    }
}

/// The words of a copy that shares nothing. `{}` takes none, as in stock.
fn flat_size<'p>(cx: &mut Native<'p>, [term]: [Term<'p>; 1]) -> Outcome<'p> {
    cx.work_on(term)?;
    let words = match term.as_tuple() {
        Some([]) => 0,
        _ => copied_size(term, (0, 0)),
    };
    Ok(cx.uint(words as u64))
}

/// Whether both are one object.
fn same<'p>(_: &mut Native<'p>, [a, b]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(Term::bool(a.word() == b.word()))
}
