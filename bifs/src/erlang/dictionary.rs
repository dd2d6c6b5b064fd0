//! The process dictionary.

use vm::native::{Native, Outcome};
use vm::term::{Term, atoms, compare};

vm::natives! {
    /// Process dictionary.
    pub static NATIVES: "erlang" {
        "put"/2 = put,
        "get"/1 = get,
        "get"/0 = get_all,
        "get_keys"/0 = get_keys,
        "get_keys"/1 = get_keys_of,
        "erase"/1 = erase,
        "erase"/0 = erase_all,
    }
}

fn or_undefined(t: Option<Term<'_>>) -> Term<'_> {
    t.unwrap_or(Term::atom(atoms::UNDEFINED))
}

fn put<'p>(cx: &mut Native<'p>, [key, value]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(or_undefined(cx.dictionary_put(key, value)))
}

fn get<'p>(cx: &mut Native<'p>, [key]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(or_undefined(cx.dictionary_get(key)))
}

fn erase<'p>(cx: &mut Native<'p>, [key]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(or_undefined(cx.dictionary_erase(key)))
}

fn get_all<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let entries = cx.dictionary();
    cx.bump_reductions(entries.len());
    let pairs: Vec<_> = entries.iter().map(|e| cx.tuple(e)).collect();
    Ok(cx.list(&pairs))
}

fn erase_all<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let all = get_all(cx, [])?;
    cx.dictionary_clear();
    Ok(all)
}

fn get_keys<'p>(cx: &mut Native<'p>, []: [Term<'p>; 0]) -> Outcome<'p> {
    let keys: Vec<_> = cx.dictionary().into_iter().map(|[k, _]| k).collect();
    Ok(cx.list(&keys))
}

fn get_keys_of<'p>(cx: &mut Native<'p>, [value]: [Term<'p>; 1]) -> Outcome<'p> {
    let entries = cx.dictionary();
    cx.bump_reductions(entries.len());
    let has = |e: &[Term<'p>; 2]| compare::exact_eq(e[1], value);
    let keys: Vec<_> = entries.into_iter().filter(has).map(|[k, _]| k).collect();
    Ok(cx.list(&keys))
}
