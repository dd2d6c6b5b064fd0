//! What OTP's `seq_trace` is made of.

use vm::native::{Native, Outcome, Raise};
use vm::term::{Atom, Term};

vm::natives! {
    /// Sequential tracing.
    pub static NATIVES: "erlang" {
        "seq_trace"/2 = seq_trace,
        "seq_trace_info"/1 = info,
        "seq_trace_print"/1 = print,
        "seq_trace_print"/2 = print_labelled,
    }
}

fn seq_trace<'p>(cx: &mut Native<'p>, [item, value]: [Term<'p>; 2]) -> Outcome<'p> {
    let item = item.as_atom().map(Atom::name).ok_or_else(Raise::badarg)?;
    cx.set_token_item(item, value).ok_or_else(Raise::badarg)
}

fn info<'p>(cx: &mut Native<'p>, [item]: [Term<'p>; 1]) -> Outcome<'p> {
    let what = item.as_atom().map(Atom::name).ok_or_else(Raise::badarg)?;
    let value = cx.token_item(what).ok_or_else(Raise::badarg)?;
    if value.is_nil() && !cx.has_token() {
        return Ok(value);
    }
    Ok(cx.tuple(&[item, value]))
}

fn print<'p>(cx: &mut Native<'p>, [what]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::bool(cx.print_with_token(None, what)))
}

fn print_labelled<'p>(cx: &mut Native<'p>, [label, what]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(Term::bool(cx.print_with_token(Some(label), what)))
}
