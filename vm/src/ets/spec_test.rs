//! `erlang:match_spec_test/3`: trying out a match specification.

use super::match_run::Runner;
use super::match_spec::{Borrowed, Dialect, Owned, Source};
use crate::native::{Native, Outcome, Raise};
use crate::term::{Term, atoms};
use crate::trace::actions::Context;
use crate::trace::messages::name;

/// `{ok, Result, Flags, Complaints}` of a specification for tracing (`trace`) or tables, or
/// `{error, Complaints}`.
pub fn match_spec_test<'p>(
    cx: &mut Native<'p>,
    against: Term<'p>,
    spec: Term<'p>,
    trace: bool,
) -> Outcome<'p> {
    if trace && against.as_cons().is_none() && !against.is_nil() {
        return Err(Raise::badarg());
    }
    let dialect = if trace { Dialect::Call } else { Dialect::Table };
    let (texts, checked) = Borrowed::checked(cx, spec, dialect);
    let error = Term::atom(atoms::ERROR);
    let texts: Vec<Term<'p>> = texts
        .iter()
        .map(|text| {
            let text = cx.string(text);
            cx.tuple(&[error, text])
        })
        .collect();
    let texts = cx.list(&texts);
    let (result, flags) = if trace {
        let Ok(spec) = Owned::compile(cx, Source::Trace(spec, dialect)) else {
            return Ok(cx.tuple(&[error, texts]));
        };
        let context = Context { fake: true, ..Context::new(std::ptr::null()) };
        let matches = spec.run_trace(cx, against, &context);
        let result = match context.result.get() {
            // SAFETY: a term of the specification or the arguments, both of which are there.
            Some(w) if matches => crate::term::copy::to_area(
                unsafe { Term::from_word(w) },
                cx,
                super::ops::NO_LITERALS,
            ),
            _ => Term::bool(matches),
        };
        let mut flags = Vec::new();
        if context.return_trace.get() {
            flags.push(Term::atom(name(cx.vm(), "return_trace")));
        }
        if context.exception_trace.get() {
            flags.push(Term::atom(name(cx.vm(), "exception_trace")));
        }
        (result, cx.list(&flags))
    } else {
        let Ok(spec) = checked else {
            return Ok(cx.tuple(&[error, texts]));
        };
        // SAFETY: specification and object are the caller's and stay for the call.
        let mut runner = unsafe { Runner::new(&spec.spec, false, false) };
        let result = runner.run(cx, against).map_or(Term::bool(false), |v| v.take(cx));
        (result, Term::nil())
    };
    Ok(cx.tuple(&[Term::atom(atoms::OK), result, flags, texts]))
}
