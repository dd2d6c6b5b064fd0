//! `re:run/2,3`: one match.
//!
//! Matching cannot be interrupted. It is tried with few steps first; what needs more, and long
//! subjects, go to a dirty worker.

use super::capture::Capture;
use super::options::Options;
use super::{bytes_of, compile_error, pattern_tuple, source_of, trap};
use std::borrow::Cow;
use std::sync::Arc;
use vm::native::{Native, Outcome, Raise};
use vm::regex::{Limits, MatchError, Regex, Subject};
use vm::term::{Term, atoms};

vm::natives! {
    /// Matching.
    pub static NATIVES: "re" {
        "run"/2 = run_2,
        "run"/3 = run_3,
        "internal_run"/4 = internal_run,
    }
}

/// Bytes of a subject, or of a pattern not compiled before, that an ordinary worker takes.
const BUDGET: usize = 16 << 10;

/// Steps of matching on an ordinary worker, all places where a match may begin together.
const STEPS: usize = 200_000;

fn run_2<'p>(cx: &mut Native<'p>, args: [Term<'p>; 2]) -> Outcome<'p> {
    run(cx, &args)
}

fn run_3<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Outcome<'p> {
    run(cx, &args)
}

fn internal_run<'p>(cx: &mut Native<'p>, args: [Term<'p>; 4]) -> Outcome<'p> {
    run(cx, &args)
}

/// What a call is about, once its pattern is compiled; or its answer, if it has one by that.
enum Compiled<'p> {
    Pattern(Arc<Regex>),
    Answer(Term<'p>),
}

fn run<'p>(cx: &mut Native<'p>, args: &[Term<'p>]) -> Outcome<'p> {
    // The fourth says whether the subject was checked before, which it is again here.
    if args.get(3).is_some_and(|first| first.as_bool().is_none()) {
        return Err(Raise::badarg());
    }
    let options = match args.get(2) {
        Some(list) => Options::of(cx, *list)?,
        None => Options::default(),
    };
    let three = [args[0], args[1], args.get(2).copied().unwrap_or(Term::nil())];
    let regex = match compiled(cx, three, &options)? {
        Compiled::Pattern(regex) => regex,
        Compiled::Answer(answer) => return Ok(answer),
    };
    let capture = match options.capture {
        Some((what, form)) => Capture::of(what, form, &regex)?,
        None => Capture::all(),
    };
    let subject = args[0];
    let bytes = match subject.as_bits().filter(|b| b.is_binary()) {
        Some(bits) => bits.to_bytes(),
        None => Cow::Owned(bytes_of(subject)?),
    };
    let mut limits = options.limits;
    let mut cut = false;
    if !cx.is_patient() {
        if bytes.len() > BUDGET {
            return Err(Raise::Dirty);
        }
        let few = (STEPS / (bytes.len() + 1)) as u32;
        if limits.steps.is_none_or(|n| n > few) {
            limits = Limits { steps: Some(few), ..limits };
            cut = true;
        }
    }
    let text = Subject::of(&bytes, &regex).ok_or_else(Raise::badarg)?;
    cx.bump_reductions(5 + bytes.len() / 100);
    let found = cx.aside().run(|| regex.find(text, options.offset, options.find, limits));
    let failure = match found {
        Ok(Some(groups)) => return Ok(capture.answer(cx, subject, &bytes, &groups)),
        Ok(None) | Err(MatchError::Loop) => return Ok(Term::atom(atoms::NOMATCH)),
        Err(MatchError::BadText) => return Err(Raise::badarg()),
        Err(MatchError::BadOffset) if options.offset <= bytes.len() => return Err(Raise::badarg()),
        Err(MatchError::BadOffset) => {
            let reason = cx.atom("internal_error")?;
            return Err(Raise::error(reason));
        }
        Err(MatchError::MatchLimit) if cut => return Err(Raise::Dirty),
        Err(MatchError::MatchLimit) => atoms::MATCH_LIMIT,
        Err(MatchError::RecursionLimit) => atoms::MATCH_LIMIT_RECURSION,
    };
    if !options.report_errors {
        return Ok(Term::atom(atoms::NOMATCH));
    }
    Ok(cx.tuple(&[Term::atom(atoms::ERROR), Term::atom(failure)]))
}

/// Compiles the pattern, or leaves what is not one match of bytes to the Erlang part of `re`.
fn compiled<'p>(
    cx: &mut Native<'p>,
    [subject, pattern, list]: [Term<'p>; 3],
    options: &Options<'p>,
) -> Result<Compiled<'p>, Raise<'p>> {
    let as_list = options.capture.is_some_and(|(_, form)| form.is_atom(atoms::LIST));
    // Text that the Erlang part converts first, or the result of which it converts.
    let converts = subject.as_bits().is_none() || as_list && !options.global;
    let is_text = pattern.as_bits().is_some() || pattern.as_cons().is_some() || pattern.is_nil();
    if is_text {
        if options.is_unicode() && (converts || pattern.as_bits().is_none()) {
            return Err(trap(cx, "urun", vec![subject, pattern, list])?);
        }
        let source = options.source(bytes_of(pattern)?);
        if source.pattern.len() > BUDGET && !cx.is_patient() {
            return Err(Raise::Dirty);
        }
        let regex = match cx.vm().regexes.get(&source) {
            Ok(regex) => regex,
            Err(e) if options.report_errors => {
                let e = compile_error(cx, &e);
                let e = cx.tuple(&[Term::atom(atoms::COMPILE), e]);
                let answer = cx.tuple(&[Term::atom(atoms::ERROR), e]);
                return Ok(Compiled::Answer(answer));
            }
            Err(_) => return Err(Raise::badarg()),
        };
        if options.global {
            let compiled = pattern_tuple(cx, &regex);
            let clean = Term::bool(options.only_for_compile);
            let with = cx.tuple(&[list, clean, pattern]);
            return Err(trap(cx, "grun", vec![subject, compiled, with])?);
        }
        return Ok(Compiled::Pattern(regex));
    }
    let (source, unicode) =
        source_of(pattern).filter(|_| !options.only_for_compile).ok_or_else(Raise::badarg)?;
    if unicode && converts {
        return Err(trap(cx, "urun", vec![subject, pattern, list])?);
    }
    if options.global {
        let with = cx.tuple(&[list, Term::bool(false)]);
        return Err(trap(cx, "grun", vec![subject, pattern, with])?);
    }
    let source = if options.overrides() { options.override_in(source) } else { source };
    cx.vm().regexes.get(&source).map(Compiled::Pattern).map_err(|_| Raise::badarg())
}
