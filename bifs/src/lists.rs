//! Natives of module `lists`.

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
    let mut it = list.list();
    let mut n = 0;
    let found = it.by_ref().inspect(|_| n += 1).any(|t| exact_eq(t, item));
    cx.bump_reductions(n / 16);
    if found || it.rest().is_nil() { Ok(Term::bool(found)) } else { Err(Raise::badarg()) }
}

fn reverse<'p>(cx: &mut Native<'p>, [list, tail]: [Term<'p>; 2]) -> Outcome<'p> {
    // Checked first, so that nothing is built for what is no list.
    let n = list.list_len().ok_or_else(Raise::badarg)?;
    let mut reversed = tail;
    for item in list.list() {
        reversed = cx.cons(item, reversed);
    }
    cx.bump_reductions(n / 16);
    Ok(reversed)
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
    let mut it = list.list();
    let mut n = 0;
    let is_it = |t: Term<'p>| {
        t.as_tuple().and_then(|items| items.get(i)).is_some_and(|item| eq(*item, key))
    };
    let found = it.by_ref().inspect(|_| n += 1).find(|t| is_it(*t));
    cx.bump_reductions(n / 16);
    if found.is_some() || it.rest().is_nil() { Ok(found) } else { Err(Raise::badarg()) }
}

fn keymember<'p>(cx: &mut Native<'p>, [key, position, list]: [Term<'p>; 3]) -> Outcome<'p> {
    Ok(Term::bool(find(cx, key, position, list)?.is_some()))
}

fn keysearch<'p>(cx: &mut Native<'p>, [key, position, list]: [Term<'p>; 3]) -> Outcome<'p> {
    match find(cx, key, position, list)? {
        Some(t) => {
            let value =
                Term::atom(cx.vm().atoms.intern("value").map_err(|_| Raise::system_limit())?);
            Ok(cx.tuple(&[value, t]))
        }
        None => Ok(Term::atom(atoms::FALSE)),
    }
}

fn keyfind<'p>(cx: &mut Native<'p>, [key, position, list]: [Term<'p>; 3]) -> Outcome<'p> {
    Ok(find(cx, key, position, list)?.unwrap_or(Term::atom(atoms::FALSE)))
}
