//! Tuples by their elements.

use crate::walk;
use vm::native::{Native, Outcome, Raise, arg};
use vm::term::Term;

vm::natives! {
    /// Tuples.
    pub static NATIVES: "erlang" {
        guard "element"/2 = element,
        guard "tuple_size"/1 = tuple_size,
        "setelement"/3 = setelement,
        "make_tuple"/2 = make_tuple,
        "make_tuple"/3 = make_tuple_3,
        "append_element"/2 = append_element,
        "insert_element"/3 = insert_element,
        "delete_element"/2 = delete_element,
    }
}

/// The most elements of a tuple, as in OTP.
const MAX_TUPLE: usize = (1 << 24) - 1;

/// The index from 0 that a position from 1 to `n` names.
fn index<'p>(position: Term<'p>, n: usize) -> Result<usize, Raise<'p>> {
    let i = arg::<usize>(position)?;
    if (1..=n).contains(&i) { Ok(i - 1) } else { Err(Raise::badarg()) }
}

fn element<'p>(_: &mut Native<'p>, [position, tuple]: [Term<'p>; 2]) -> Outcome<'p> {
    let items = arg::<&[Term<'p>]>(tuple)?;
    Ok(items[index(position, items.len())?])
}

fn tuple_size<'p>(_: &mut Native<'p>, [tuple]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(Term::small(arg::<&[Term<'p>]>(tuple)?.len() as i64))
}

fn setelement<'p>(cx: &mut Native<'p>, [position, tuple, value]: [Term<'p>; 3]) -> Outcome<'p> {
    let items = arg::<&[Term<'p>]>(tuple)?;
    let i = index(position, items.len())?;
    cx.work(items.len() / 64)?;
    Ok(cx.tuple_with(items, i, value))
}

fn size<'p>(n: Term<'p>) -> Result<usize, Raise<'p>> {
    let n = arg::<usize>(n)?;
    if n > MAX_TUPLE { Err(Raise::badarg()) } else { Ok(n) }
}

fn make_tuple<'p>(cx: &mut Native<'p>, [n, value]: [Term<'p>; 2]) -> Outcome<'p> {
    let n = size(n)?;
    cx.work(n / 64)?;
    Ok(cx.tuple_filled(n, value, |_| ()))
}

fn make_tuple_3<'p>(cx: &mut Native<'p>, [n, value, list]: [Term<'p>; 3]) -> Outcome<'p> {
    let n = size(n)?;
    cx.work(n / 64)?;
    walk::length(cx, list)?;
    let mut placed = Ok(());
    let tuple = cx.tuple_filled(n, value, |items| {
        placed = list.list().try_for_each(|pair| {
            let [position, value] = arg::<[Term<'p>; 2]>(pair)?;
            items[index(position, n)?] = value;
            Ok(())
        });
    });
    placed.map(|()| tuple)
}

fn append_element<'p>(cx: &mut Native<'p>, [tuple, value]: [Term<'p>; 2]) -> Outcome<'p> {
    let items = arg::<&[Term<'p>]>(tuple)?;
    if items.len() >= MAX_TUPLE {
        return Err(Raise::badarg());
    }
    cx.work(items.len() / 64)?;
    Ok(cx.tuple_of([items, &[value]]))
}

fn insert_element<'p>(cx: &mut Native<'p>, [position, tuple, value]: [Term<'p>; 3]) -> Outcome<'p> {
    let items = arg::<&[Term<'p>]>(tuple)?;
    if items.len() >= MAX_TUPLE {
        return Err(Raise::badarg());
    }
    let (before, after) = items.split_at(index(position, items.len() + 1)?);
    cx.work(items.len() / 64)?;
    Ok(cx.tuple_of([before, &[value], after]))
}

fn delete_element<'p>(cx: &mut Native<'p>, [position, tuple]: [Term<'p>; 2]) -> Outcome<'p> {
    let items = arg::<&[Term<'p>]>(tuple)?;
    let i = index(position, items.len())?;
    cx.work(items.len() / 64)?;
    Ok(cx.tuple_of([&items[..i], &items[i + 1..]]))
}
