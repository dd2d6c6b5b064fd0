//! `ets`: single objects and keys.

use vm::ets::{Access, any_table, table};
use vm::native::{Native, Outcome};
use vm::term::{Term, atoms};

vm::natives! {
    /// Objects and keys.
    pub static NATIVES: "ets" {
        "insert"/2 = insert,
        "insert_new"/2 = insert_new,
        "lookup"/2 = lookup,
        "lookup_element"/3 = lookup_element,
        "member"/2 = member,
        "delete"/2 = delete,
        "delete_object"/2 = delete_object,
        "take"/2 = take,
        "internal_delete_all"/2 = internal_delete_all,
        "first"/1 = first,
        "last"/1 = last,
        "next"/2 = next,
        "prev"/2 = prev,
        "slot"/2 = slot,
        "update_counter"/3 = update_counter,
        "update_counter"/4 = update_counter_or,
        "update_element"/3 = update_element,
    }
}

fn insert<'p>(cx: &mut Native<'p>, [id, what]: [Term<'p>; 2]) -> Outcome<'p> {
    table(cx, id, Access::Write)?.insert(cx, what)?;
    Ok(Term::bool(true))
}

fn insert_new<'p>(cx: &mut Native<'p>, [id, what]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(Term::bool(any_table(cx, id)?.insert_new(cx, what)?))
}

fn lookup<'p>(cx: &mut Native<'p>, [id, key]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(any_table(cx, id)?.lookup(cx, key)?)
}

fn lookup_element<'p>(cx: &mut Native<'p>, [id, key, position]: [Term<'p>; 3]) -> Outcome<'p> {
    Ok(any_table(cx, id)?.lookup_element(cx, key, position.as_usize())?)
}

fn member<'p>(cx: &mut Native<'p>, [id, key]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(Term::bool(any_table(cx, id)?.member(cx, key)?))
}

fn delete<'p>(cx: &mut Native<'p>, [id, key]: [Term<'p>; 2]) -> Outcome<'p> {
    any_table(cx, id)?.delete_key(cx, key)?;
    Ok(Term::bool(true))
}

fn delete_object<'p>(cx: &mut Native<'p>, [id, object]: [Term<'p>; 2]) -> Outcome<'p> {
    table(cx, id, Access::Write)?.delete_object(cx, object)?;
    Ok(Term::bool(true))
}

fn take<'p>(cx: &mut Native<'p>, [id, key]: [Term<'p>; 2]) -> Outcome<'p> {
    Ok(any_table(cx, id)?.take(cx, key)?)
}

fn internal_delete_all<'p>(cx: &mut Native<'p>, [id, _]: [Term<'p>; 2]) -> Outcome<'p> {
    table(cx, id, Access::Write)?.delete_all(cx)
}

/// A key, or `'$end_of_table'`.
pub(super) fn or_end(key: Option<Term<'_>>) -> Outcome<'_> {
    Ok(key.unwrap_or(Term::atom(atoms::END_OF_TABLE)))
}

fn first<'p>(cx: &mut Native<'p>, [id]: [Term<'p>; 1]) -> Outcome<'p> {
    let key = any_table(cx, id)?.first(cx, false)?;
    or_end(key)
}

fn last<'p>(cx: &mut Native<'p>, [id]: [Term<'p>; 1]) -> Outcome<'p> {
    let key = any_table(cx, id)?.first(cx, true)?;
    or_end(key)
}

fn next<'p>(cx: &mut Native<'p>, [id, key]: [Term<'p>; 2]) -> Outcome<'p> {
    let key = any_table(cx, id)?.next(cx, key, false)?;
    or_end(key)
}

fn prev<'p>(cx: &mut Native<'p>, [id, key]: [Term<'p>; 2]) -> Outcome<'p> {
    let key = any_table(cx, id)?.next(cx, key, true)?;
    or_end(key)
}

fn slot<'p>(cx: &mut Native<'p>, [id, i]: [Term<'p>; 2]) -> Outcome<'p> {
    let objects = table(cx, id, Access::Read)?.slot(cx, i.as_usize().unwrap_or(usize::MAX))?;
    or_end(objects)
}

fn update_counter<'p>(cx: &mut Native<'p>, [id, key, ops]: [Term<'p>; 3]) -> Outcome<'p> {
    Ok(table(cx, id, Access::Write)?.update_counter(cx, key, ops, None)?)
}

fn update_counter_or<'p>(
    cx: &mut Native<'p>,
    [id, key, ops, default]: [Term<'p>; 4],
) -> Outcome<'p> {
    Ok(table(cx, id, Access::Write)?.update_counter(cx, key, ops, Some(default))?)
}

fn update_element<'p>(cx: &mut Native<'p>, [id, key, spec]: [Term<'p>; 3]) -> Outcome<'p> {
    Ok(Term::bool(table(cx, id, Access::Write)?.update_element(cx, key, spec)?))
}
