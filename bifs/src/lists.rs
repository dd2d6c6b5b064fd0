//! Natives of module `lists`.

use crate::walk;
use vm::native::{Native, Outcome, Raise};
use vm::term::compare::{eq, exact_eq};
use vm::term::{Term, atoms};

vm::natives! {
    /// Module `lists`.
    pub static NATIVES: "lists" {
        "member"/2 = member,
        "reverse"/2 = reverse,
        "keymember"/3 = keymember,
        "keysearch"/3 = keysearch,
        "keyfind"/3 = keyfind,
    }
}

fn member<'p>(cx: &mut Native<'p>, [item, list]: [Term<'p>; 2]) -> Outcome<'p> {
    let found = if item.word().is_plain() {
        walk::find(cx, list, |t| (t.word() == item.word()).then_some(()))
    } else {
        walk::find(cx, list, |t| exact_eq(t, item).then_some(()))
    };
    match found? {
        Ok(()) => Ok(Term::bool(true)),
        Err(rest) if rest.is_nil() => Ok(Term::bool(false)),
        Err(_) => Err(Raise::badarg()),
    }
}

fn reverse<'p>(cx: &mut Native<'p>, [list, tail]: [Term<'p>; 2]) -> Outcome<'p> {
    // Checked first, so that nothing is built for what is no list.
    let n = walk::length(cx, list)?;
    Ok(cx.list_of_reversed(n, list.list(), tail))
}

/// The first tuple whose element at `position` equals `key`.
fn find<'p>(
    cx: &mut Native<'p>,
    key: Term<'p>,
    position: Term<'p>,
    list: Term<'p>,
) -> Result<Option<Term<'p>>, Raise<'p>> {
    let position = position.as_small().filter(|n| *n >= 1).ok_or_else(Raise::badarg)?;
    let i = position as usize - 1;
    let is_it = |t: Term<'p>| {
        t.as_tuple().and_then(|items| items.get(i)).is_some_and(|item| eq(*item, key)).then_some(t)
    };
    match walk::find(cx, list, is_it)? {
        Ok(found) => Ok(Some(found)),
        Err(rest) if rest.is_nil() => Ok(None),
        Err(_) => Err(Raise::badarg()),
    }
}

fn keymember<'p>(cx: &mut Native<'p>, [key, position, list]: [Term<'p>; 3]) -> Outcome<'p> {
    Ok(Term::bool(find(cx, key, position, list)?.is_some()))
}

fn keysearch<'p>(cx: &mut Native<'p>, [key, position, list]: [Term<'p>; 3]) -> Outcome<'p> {
    match find(cx, key, position, list)? {
        Some(t) => Ok(cx.tuple(&[Term::atom(atoms::VALUE), t])),
        None => Ok(Term::atom(atoms::FALSE)),
    }
}

fn keyfind<'p>(cx: &mut Native<'p>, [key, position, list]: [Term<'p>; 3]) -> Outcome<'p> {
    Ok(find(cx, key, position, list)?.unwrap_or(Term::atom(atoms::FALSE)))
}
