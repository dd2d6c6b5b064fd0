//! `re`: regular expressions.
//!
//! Splitting, replacing, matching all and Unicode subjects that are not binaries are the release's
//! own Erlang code, which calls these natives. The last element of a `re_pattern` tuple is the
//! pattern's source ([`vm::regex::Source`]): the machine keeps what it compiled lately.

pub mod capture;
pub mod options;
pub mod run;

use crate::iolist;
use options::Options;
use std::sync::Arc;
use vm::native::{Native, Outcome, Raise};
use vm::regex::{CompileError, Regex, Source, compile_option};
use vm::term::{Term, atoms};

vm::natives! {
    /// Compiling and looking into patterns.
    pub static NATIVES: "re" {
        "version"/0 = version,
        "compile"/1 = compile_1,
        "compile"/2 = compile,
        "inspect"/2 = inspect,
    }
}

/// Bytes of a pattern that is compiled on an ordinary worker.
const BUDGET: usize = 4 << 10;

/// The bytes of an iolist.
fn bytes_of<'p>(t: Term<'p>) -> Result<Vec<u8>, Raise<'p>> {
    let size = iolist::size(t).map_err(|_| Raise::badarg())?;
    let mut bytes = vec![0; size];
    iolist::fill(t, &mut bytes).map_err(|_| Raise::badarg())?;
    Ok(bytes)
}

/// A trap to one of `re`'s own functions.
fn trap<'p>(cx: &Native<'p>, function: &str, args: Vec<Term<'p>>) -> Result<Raise<'p>, Raise<'p>> {
    let name = |s| cx.vm().atoms.intern(s).map_err(|_| Raise::system_limit());
    Ok(Raise::trap(name("re")?, name(function)?, args))
}

/// `{Text, Position}`
fn compile_error<'p>(cx: &mut Native<'p>, e: &CompileError) -> Term<'p> {
    let text = cx.string(&e.text);
    let at = cx.uint(e.offset as u64);
    cx.tuple(&[text, at])
}

/// `{re_pattern, Groups, Unicode, UseCRLF, Source}`
fn pattern_tuple<'p>(cx: &mut Native<'p>, regex: &Regex) -> Term<'p> {
    let source = cx.binary(&regex.source().to_bytes());
    let unicode = regex.source().options & compile_option::UNICODE != 0;
    cx.tuple(&[
        Term::atom(atoms::RE_PATTERN),
        Term::small(i64::from(regex.capture_count())),
        Term::small(i64::from(unicode)),
        Term::small(i64::from(regex.uses_crlf())),
        source,
    ])
}

/// A `re_pattern` tuple's source, and whether it says that it is for Unicode.
fn source_of<'p>(t: Term<'p>) -> Option<(Source, bool)> {
    let [tag, groups, unicode, crlf, source] = t.as_tuple_of::<5>()?;
    if !tag.is_atom(atoms::RE_PATTERN) || groups.as_small().is_none() || crlf.as_small().is_none() {
        return None;
    }
    let unicode = unicode.as_small()? != 0;
    let bytes = source.as_bits().filter(|b| b.is_binary())?.to_bytes();
    Some((Source::from_bytes(&bytes)?, unicode))
}

/// A `re_pattern` tuple's pattern.
fn regex_of<'p>(cx: &Native<'p>, t: Term<'p>) -> Result<Arc<Regex>, Raise<'p>> {
    let (source, _) = source_of(t).ok_or_else(Raise::badarg)?;
    cx.vm().regexes.get(&source).map_err(|_| Raise::badarg())
}

fn version<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    Ok(cx.binary(vm::regex::VERSION.as_bytes()))
}

fn compile_1<'p>(cx: &mut Native<'p>, args: [Term<'p>; 1]) -> Outcome<'p> {
    compile_in(cx, &args)
}

fn compile<'p>(cx: &mut Native<'p>, args: [Term<'p>; 2]) -> Outcome<'p> {
    compile_in(cx, &args)
}

fn compile_in<'p>(cx: &mut Native<'p>, args: &[Term<'p>]) -> Outcome<'p> {
    let pattern = args[0];
    let options = match args.get(1) {
        Some(list) => Options::of(cx, *list)?,
        None => Options::default(),
    };
    if options.only_for_run {
        return Err(options::bad_option(cx)?);
    }
    if options.is_unicode() && pattern.as_bits().is_none() {
        return Err(trap(cx, "ucompile", args.to_vec())?);
    }
    let source = options.source(bytes_of(pattern)?);
    if source.pattern.len() > BUDGET && !cx.is_patient() {
        return Err(Raise::Dirty);
    }
    cx.bump_reductions(10 + source.pattern.len() / 10);
    let (tag, value) = match cx.vm().regexes.get(&source) {
        Ok(regex) => (atoms::OK, pattern_tuple(cx, &regex)),
        Err(e) => (atoms::ERROR, compile_error(cx, &e)),
    };
    Ok(cx.tuple(&[Term::atom(tag), value]))
}

fn inspect<'p>(cx: &mut Native<'p>, [pattern, what]: [Term<'p>; 2]) -> Outcome<'p> {
    if !what.is_atom(atoms::NAMELIST) {
        return Err(Raise::badarg());
    }
    let regex = regex_of(cx, pattern)?;
    let mut names: Vec<&[u8]> = regex.names().into_iter().map(|(name, _)| name).collect();
    if regex.has_duplicate_names() {
        names.dedup();
    }
    let names: Vec<Term<'p>> = names.into_iter().map(|n| cx.binary(n)).collect();
    let names = cx.list(&names);
    Ok(cx.tuple(&[what, names]))
}
