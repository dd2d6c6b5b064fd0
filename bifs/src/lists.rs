//! Natives of module `lists`.

use crate::walk;
use std::num::NonZero;
use vm::native::{Answer, Native, Outcome, Raise};
use vm::term::compare::{Unlike, eq_of_others, exact_eq};
use vm::term::{ElementAt, Term, atoms};

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
    let mut few = walk::Few::of(list);
    let (tail, _) = cx.list_of_reversed_in_room(walk::FEW, &mut few, tail);
    if few.rest().is_nil() {
        return Ok(tail);
    }
    let mut long = few.rest().list();
    let (tail, n) = cx.list_of_reversed_in_room(walk::STRIDE, &mut long, tail);
    cx.bump_reductions(n / walk::A_REDUCTION);
    let rest = long.rest();
    if rest.is_nil() {
        return Ok(tail);
    }
    // Memory for the rest is taken at once.
    let n = walk::length(cx, rest)?;
    Ok(cx.list_of_reversed(n, rest.list(), tail))
}

/// What comes of looking for a key by words alone.
enum Found<'p> {
    /// The first tuple that has it.
    Tuple(Term<'p>),
    /// A tuple whose element may equal it, and this element.
    Perhaps(Term<'p>, Term<'p>),
    /// There is none up to where the list ends, or up to so many as were to be seen.
    Not,
}

/// Looks for the first tuple that has `key`. `most` is how many are to be seen, one or more, and then how
/// many of them have not been.
#[inline(always)]
fn find_word<'p>(
    key: Term<'p>,
    unlike: Unlike,
    element: ElementAt,
    tuples: impl Iterator<Item = Term<'p>>,
    most: &mut usize,
) -> Found<'p> {
    for tuple in tuples {
        if let Some(item) = element.of(tuple) {
            if item.word() == key.word() {
                return Found::Tuple(tuple);
            }
            if !unlike.surely(item) {
                *most -= 1;
                return Found::Perhaps(tuple, item);
            }
        }
        *most -= 1;
        if *most == 0 {
            break;
        }
    }
    Found::Not
}

/// Looks for the first tuple of `list` whose element at `position` equals `key`. The answer is what `of`
/// makes of it, or of none.
#[inline(always)]
fn find<'p>(
    cx: &mut Native<'p>,
    [key, position, list]: [Term<'p>; 3],
    of: impl Fn(&mut Native<'p>, Option<Term<'p>>) -> Term<'p>,
) -> Answer<'p> {
    let position = position.as_small().and_then(|n| u64::try_from(n).ok());
    let Some(position) = position.and_then(NonZero::new) else {
        return Answer::of(Err(Raise::badarg()));
    };
    let element = ElementAt::new(position);
    let mut few = walk::Few::of(list);
    let mut rest = list;
    if let Some(unlike) = Unlike::simple(key) {
        match find_word(key, unlike, element, &mut few, &mut { walk::FEW }) {
            Found::Tuple(tuple) => return Answer::of(Ok(of(cx, Some(tuple)))),
            Found::Perhaps(..) => {}
            Found::Not if few.rest().is_nil() => return Answer::of(Ok(of(cx, None))),
            Found::Not => rest = few.rest(),
        }
    }
    find_in_rest(cx, key, element, rest, of)
}

/// The same where it is not to be found by words in the first few tuples. Apart from it, which has little
/// to save then.
#[inline(never)]
fn find_in_rest<'p>(
    cx: &mut Native<'p>,
    key: Term<'p>,
    element: ElementAt,
    list: Term<'p>,
    of: impl Fn(&mut Native<'p>, Option<Term<'p>>) -> Term<'p>,
) -> Answer<'p> {
    let unlike = Unlike::to(key);
    let (mut tuples, mut left) = (list.list(), walk::STRIDE);
    let found = loop {
        match find_word(key, unlike, element, &mut tuples, &mut left) {
            Found::Tuple(tuple) => break Some(tuple),
            Found::Perhaps(tuple, item) if eq_of_others(item, key) => break Some(tuple),
            Found::Not if tuples.rest().is_nil() => break None,
            Found::Not if left > 0 => return Answer::of(Err(Raise::badarg())),
            _ => {}
        }
        if left == 0 {
            if let Err(raise) = cx.work(walk::STRIDE / walk::A_REDUCTION) {
                return Answer::of(Err(raise));
            }
            left = walk::STRIDE;
        }
    };
    cx.bump_reductions((walk::STRIDE - left) / walk::A_REDUCTION);
    Answer::of(Ok(of(cx, found)))
}

fn keymember<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Answer<'p> {
    find(cx, args, |_, found| Term::bool(found.is_some()))
}

fn keysearch<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Answer<'p> {
    find(cx, args, |cx, found| match found {
        Some(tuple) => cx.tuple(&[Term::atom(atoms::VALUE), tuple]),
        None => Term::bool(false),
    })
}

fn keyfind<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Answer<'p> {
    find(cx, args, |_, found| found.unwrap_or(Term::bool(false)))
}
