//! The native half of OTP's preloaded module `prim_file`: files and folders.
//!
//! Here is what its parts share: the path that every operation takes, and the shapes of answers.
//! All that may block is `dirty_io`.

pub mod handle;
pub mod info;
pub mod names;
pub mod tree;

use rustix::io::Errno;
use std::ffi::{CStr, CString};
use vm::io::errno;
use vm::native::{Native, Outcome};
use vm::term::{Term, View, atoms};

/// `{error, Reason}` of an error of the operating system.
fn failed<'p>(cx: &mut Native<'p>, e: Errno) -> Outcome<'p> {
    let reason = cx.atom(errno::name(e))?;
    Ok(cx.tuple(&[Term::atom(atoms::ERROR), reason]))
}

/// `ok`, or `{error, Reason}`.
fn done<'p>(cx: &mut Native<'p>, result: Result<(), Errno>) -> Outcome<'p> {
    match result {
        Ok(()) => Ok(Term::atom(atoms::OK)),
        Err(e) => failed(cx, e),
    }
}

/// `{ok, Value}`
fn ok<'p>(cx: &mut Native<'p>, value: Term<'p>) -> Outcome<'p> {
    Ok(cx.tuple(&[Term::atom(atoms::OK), value]))
}

/// `{ok, Bytes}` of a name or path, or `{error, Reason}`.
fn ok_bytes<'p>(cx: &mut Native<'p>, result: Result<CString, Errno>) -> Outcome<'p> {
    match result {
        Ok(name) => {
            let name = cx.binary(name.as_bytes());
            ok(cx, name)
        }
        Err(e) => failed(cx, e),
    }
}

/// A path as `internal_name2native` makes it: a binary with one zero or more at its end and none
/// elsewhere.
fn path(t: Term<'_>) -> Result<CString, Errno> {
    let bits = t.as_bits().filter(|b| b.is_binary()).ok_or(Errno::INVAL)?;
    let bytes = bits.to_bytes();
    let path = CStr::from_bytes_until_nul(&bytes).map_err(|_| Errno::INVAL)?;
    let rest = &bytes[path.count_bytes()..];
    if rest.iter().all(|b| *b == 0) { Ok(path.to_owned()) } else { Err(Errno::INVAL) }
}

/// An integer that C would take as an `int`.
fn int(t: Term<'_>) -> Option<i32> {
    t.as_i64().and_then(|n| n.try_into().ok())
}

/// Whether it is a number at all: those that do not fit are `einval`, the rest is `badarg`.
fn is_number(t: Term<'_>) -> bool {
    matches!(t.view(), View::Small(_) | View::Big(_) | View::Float(_))
}
