//! Atoms to and from text; tuples to and from lists.

use crate::{text, walk};
use vm::native::{Answer, Native, Outcome, Raise, arg};
use vm::term::atom::{AtomError, MAX_ATOM_CHARS};
use vm::term::{Atom, Term, atoms};

vm::natives! {
    /// Atoms and text, tuples and lists.
    pub static NATIVES: "erlang" {
        "atom_to_list"/1 = atom_to_list,
        "list_to_atom"/1 = list_to_atom,
        "list_to_existing_atom"/1 = list_to_existing_atom,
        "atom_to_binary"/2 = atom_to_binary,
        "binary_to_atom"/2 = binary_to_atom,
        "binary_to_existing_atom"/2 = binary_to_existing_atom,
        "tuple_to_list"/1 = tuple_to_list,
        "list_to_tuple"/1 = list_to_tuple,
    }
}

/// The most elements of a tuple, as in OTP.
const MAX_TUPLE: usize = (1 << 24) - 1;

fn atom_to_list<'p>(cx: &mut Native<'p>, [a]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(cx.string(arg::<Atom>(a)?.name()))
}

fn make<'p>(cx: &Native<'p>, name: &str) -> Outcome<'p> {
    // A full table stops stock; here it is an error of the caller.
    cx.vm().atoms.intern(name).map(Term::atom).map_err(|e| match e {
        AtomError::TooLong | AtomError::Full => Raise::system_limit(),
    })
}

fn existing<'p>(cx: &Native<'p>, name: &str) -> Outcome<'p> {
    cx.vm().atoms.existing(name).map(Term::atom).ok_or_else(Raise::badarg)
}

fn list_to_atom<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    make(cx, &text::char_list(list).ok_or_else(Raise::badarg)?)
}

fn list_to_existing_atom<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    existing(cx, &text::char_list(list).ok_or_else(Raise::badarg)?)
}

#[derive(PartialEq)]
enum Encoding {
    Latin1,
    Utf8,
}

fn encoding<'p>(t: Term<'p>) -> Result<Encoding, Raise<'p>> {
    if t.is_atom(atoms::UTF8) || t.is_atom(atoms::UNICODE) {
        Ok(Encoding::Utf8)
    } else if t.is_atom(atoms::LATIN1) {
        Ok(Encoding::Latin1)
    } else {
        Err(Raise::badarg())
    }
}

fn atom_to_binary<'p>(cx: &mut Native<'p>, [a, enc]: [Term<'p>; 2]) -> Outcome<'p> {
    let atom = arg::<Atom>(a)?;
    let name = atom.name();
    if encoding(enc)? == Encoding::Utf8 || atom.is_ascii() {
        return Ok(cx.binary(name.as_bytes()));
    }
    let latin1: Option<Vec<u8>> = name.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    Ok(cx.binary(&latin1.ok_or_else(Raise::badarg)?))
}

/// What `f` makes of the name in a binary.
fn of_name<'p>(
    binary: Term<'p>,
    enc: Term<'p>,
    f: impl FnOnce(&str) -> Outcome<'p>,
) -> Outcome<'p> {
    let bytes = text::binary(binary).ok_or_else(Raise::badarg)?;
    if encoding(enc)? == Encoding::Latin1 && !bytes.is_ascii() {
        return f(&bytes.iter().map(|b| char::from(*b)).collect::<String>());
    }
    match std::str::from_utf8(&bytes) {
        Ok(name) => f(name),
        Err(error) => {
            // What is too long is not looked at to its end.
            let start = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
            Err(if start.chars().nth(MAX_ATOM_CHARS - 1).is_some() {
                Raise::system_limit()
            } else {
                Raise::badarg()
            })
        }
    }
}

fn binary_to_atom<'p>(cx: &mut Native<'p>, [binary, enc]: [Term<'p>; 2]) -> Outcome<'p> {
    of_name(binary, enc, |name| make(cx, name))
}

fn binary_to_existing_atom<'p>(cx: &mut Native<'p>, [binary, enc]: [Term<'p>; 2]) -> Outcome<'p> {
    of_name(binary, enc, |name| existing(cx, name))
}

fn tuple_to_list<'p>(cx: &mut Native<'p>, [t]: [Term<'p>; 1]) -> Outcome<'p> {
    let items = t.as_tuple().ok_or_else(Raise::badarg)?;
    cx.work(items.len() / 16)?;
    Ok(cx.list(items))
}

fn list_to_tuple<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Answer<'p> {
    let mut few = walk::Few::of(list);
    match cx.tuple_of_few(walk::FEW, &mut few) {
        Some(tuple) if few.rest().is_nil() => Answer::of(Ok(tuple)),
        Some(_) => Answer::of(Err(Raise::badarg())),
        None => Answer::of(long_list_to_tuple(cx, list)),
    }
}

/// The same of a list of more than a few elements. Apart from it, which has little to save then.
#[inline(never)]
fn long_list_to_tuple<'p>(cx: &mut Native<'p>, list: Term<'p>) -> Outcome<'p> {
    let mut items = list.list();
    if let Some(tuple) = cx.tuple_in_room(walk::STRIDE, &mut items) {
        cx.bump_reductions(tuple.as_tuple().map_or(0, <[_]>::len) / walk::A_REDUCTION);
        return if items.rest().is_nil() { Ok(tuple) } else { Err(Raise::badarg()) };
    }
    let n = walk::length(cx, list)?;
    if n > MAX_TUPLE {
        return Err(Raise::badarg());
    }
    Ok(cx.tuple_of_few(n, &mut list.list()).expect("it is of so many items"))
}
