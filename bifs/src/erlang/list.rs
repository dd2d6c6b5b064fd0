//! Lists: head, tail, length, append, subtract.

use crate::walk;
use vm::native::{Native, Outcome, Raise};
use vm::term::Term;
use vm::term::compare::{compare_map_keys, exact_eq};

vm::natives! {
    /// Lists.
    pub static NATIVES: "erlang" {
        guard "hd"/1 = hd,
        guard "tl"/1 = tl,
        guard "length"/1 = length,
        "++"/2 = append,
        "append"/2 = append,
        "--"/2 = subtract,
        "subtract"/2 = subtract,
    }
}

fn hd<'p>(_: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(list.as_cons().ok_or_else(Raise::badarg)?.0)
}

fn tl<'p>(_: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    Ok(list.as_cons().ok_or_else(Raise::badarg)?.1)
}

fn length<'p>(cx: &mut Native<'p>, [list]: [Term<'p>; 1]) -> Outcome<'p> {
    let n = walk::length(cx, list)?;
    Ok(Term::small(n as i64))
}

fn append<'p>(cx: &mut Native<'p>, [left, right]: [Term<'p>; 2]) -> Outcome<'p> {
    if right.is_nil() && left.as_cons().is_some() {
        // Nothing to copy, but `left` must be a list all the same.
        walk::length(cx, left)?;
        return Ok(left);
    }
    let n = walk::length(cx, left)?;
    Ok(cx.list_of(n, left.list(), right))
}

/// Up to so many items to take away, looking at each is faster than sorting.
const FEW: usize = 8;

fn subtract<'p>(cx: &mut Native<'p>, [left, right]: [Term<'p>; 2]) -> Outcome<'p> {
    let n = walk::length(cx, left)?;
    let missing = walk::length(cx, right)?;
    cx.work((n + missing) / 4)?;
    if missing <= FEW {
        let mut room = [Term::nil(); FEW];
        room.iter_mut().zip(walk::Few::of(right)).for_each(|(place, item)| *place = item);
        let mut left_over = missing;
        let take = |item| {
            let place = room[..left_over].iter().position(|t| exact_eq(*t, item));
            if let Some(i) = place {
                left_over -= 1;
                room[i] = room[left_over];
            }
            place.is_some()
        };
        return Ok(without(cx, (n, left), missing, take));
    }
    let mut away: Vec<Term<'p>> = right.list().take(missing).collect();
    away.sort_by(|a, b| compare_map_keys(*a, *b));
    // How often each is still to be taken away; equal ones are counted at the first of them.
    let mut counts = vec![1usize; away.len()];
    let mut first = 0;
    for i in 1..away.len() {
        if exact_eq(away[first], away[i]) {
            counts[first] += 1;
            counts[i] = 0;
        } else {
            first = i;
        }
    }
    let take = |item| {
        let i = away.partition_point(|t| compare_map_keys(*t, item).is_lt());
        let found = i < away.len() && counts[i] > 0 && exact_eq(away[i], item);
        if found {
            counts[i] -= 1;
        }
        found
    };
    Ok(without(cx, (n, left), missing, take))
}

/// A list of `n` items without those that `take` says yes to, of which there are at most `missing`.
fn without<'p>(
    cx: &mut Native<'p>,
    (n, list): (usize, Term<'p>),
    mut missing: usize,
    mut take: impl FnMut(Term<'p>) -> bool,
) -> Term<'p> {
    let mut it = list.list();
    cx.list_up_to(n, || {
        while missing > 0
            && let Some(item) = it.next()
        {
            if !take(item) {
                return Ok(item);
            }
            missing -= 1;
        }
        Err(it.rest())
    })
}
