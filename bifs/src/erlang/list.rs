//! Lists: head, tail, length, append, subtract.

use crate::walk;
use std::cmp::Ordering;
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
    let items = right.list().take(missing);
    if items.clone().all(|t| t.word().is_plain()) {
        // Numbers are compared without branches that would have to be guessed.
        let mut away = Away::of(items.map(|t| t.word().0).collect(), u64::cmp);
        let take = |item: Term<'p>| item.word().is_plain() && away.take(item.word().0);
        return Ok(without(cx, (n, left), missing, take));
    }
    let mut away = Away::of(items.collect(), |a, b| compare_map_keys(*a, *b));
    Ok(without(cx, (n, left), missing, |item| away.take(item)))
}

/// Many items to take away, in order.
struct Away<T, C> {
    items: Vec<T>,
    /// How often each is still to be taken away; equal ones are counted at the first of them.
    counts: Vec<usize>,
    order: C,
}

impl<T: Copy, C: Fn(&T, &T) -> Ordering> Away<T, C> {
    fn of(mut items: Vec<T>, order: C) -> Away<T, C> {
        items.sort_unstable_by(&order);
        let mut counts = vec![1; items.len()];
        let mut first = 0;
        for i in 1..items.len() {
            if order(&items[first], &items[i]).is_eq() {
                counts[first] += 1;
                counts[i] = 0;
            } else {
                first = i;
            }
        }
        Away { items, counts, order }
    }

    /// Whether one of these is still to be taken away, which is done.
    #[inline]
    fn take(&mut self, item: T) -> bool {
        let i = self.items.partition_point(|t| (self.order)(t, &item).is_lt());
        let found = i < self.items.len()
            && self.counts[i] > 0
            && (self.order)(&self.items[i], &item).is_eq();
        if found {
            self.counts[i] -= 1;
        }
        found
    }
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
