//! Natives of module `lists`.

use crate::walk;
use vm::native::{Native, Outcome, Raise};
use vm::term::compare::{eq, exact_eq, surely_differ};
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
    Ok(if walk::is_few(n) {
        cx.list_of_reversed(n, walk::few(list), tail)
    } else {
        cx.list_of_reversed(n, list.list(), tail)
    })
}

/// The first tuple whose element at `position` equals `key`, or `false`.
#[inline(always)]
fn find<'p>(cx: &mut Native<'p>, key: Term<'p>, position: Term<'p>, list: Term<'p>) -> Outcome<'p> {
    let i = match position.as_small() {
        Some(n @ 1..) => n as usize - 1,
        _ => return Err(Raise::badarg()),
    };
    // As long as words tell.
    let mut rest = list;
    for _ in 0..walk::FEW {
        let Some((t, tail)) = rest.as_cons() else {
            return if rest.is_nil() { Ok(Term::bool(false)) } else { Err(Raise::badarg()) };
        };
        if let Some(item) = t.as_tuple().and_then(|items| items.get(i)) {
            if item.word() == key.word() {
                return Ok(t);
            }
            if !surely_differ(*item, key) {
                break;
            }
        }
        rest = tail;
    }
    find_in_rest(cx, key, i, rest)
}

/// The same with what is left of the list. Apart from it, which has little to save then.
#[inline(never)]
fn find_in_rest<'p>(cx: &mut Native<'p>, key: Term<'p>, i: usize, list: Term<'p>) -> Outcome<'p> {
    let is_it = |t: Term<'p>| {
        let item = t.as_tuple().and_then(|items| items.get(i));
        item.is_some_and(|item| eq(*item, key)).then_some(t)
    };
    match walk::find(cx, list, is_it)? {
        Ok(found) => Ok(found),
        Err(rest) if rest.is_nil() => Ok(Term::bool(false)),
        Err(_) => Err(Raise::badarg()),
    }
}

fn keymember<'p>(cx: &mut Native<'p>, [key, position, list]: [Term<'p>; 3]) -> Outcome<'p> {
    Ok(Term::bool(find(cx, key, position, list)?.as_tuple().is_some()))
}

fn keysearch<'p>(cx: &mut Native<'p>, [key, position, list]: [Term<'p>; 3]) -> Outcome<'p> {
    let found = find(cx, key, position, list)?;
    match found.as_tuple() {
        Some(_) => Ok(cx.tuple(&[Term::atom(atoms::VALUE), found])),
        None => Ok(found),
    }
}

fn keyfind<'p>(cx: &mut Native<'p>, [key, position, list]: [Term<'p>; 3]) -> Outcome<'p> {
    find(cx, key, position, list)
}
