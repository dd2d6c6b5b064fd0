//! Searching and splitting binaries.

use super::bytes::bytes_of;
use super::pattern::{Found, with_pattern};
use vm::native::{Native, Outcome, Raise, arg};
use vm::term::{Term, atoms};

vm::natives! {
    /// Searching and splitting.
    pub static NATIVES: "binary" {
        "match"/2 = match_2,
        "match"/3 = match_3,
        "matches"/2 = matches_2,
        "matches"/3 = matches_3,
        "split"/2 = split_2,
        "split"/3 = split_3,
    }
}

/// Bytes searched that count as one reduction.
const BYTES_A_REDUCTION: usize = 256;

/// What an optional last argument is when it is not given.
fn none<'p>() -> Term<'p> {
    Term::nil()
}

fn match_2<'p>(cx: &mut Native<'p>, [b, p]: [Term<'p>; 2]) -> Outcome<'p> {
    match_in(cx, [b, p, none()])
}

fn match_3<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Outcome<'p> {
    match_in(cx, args)
}

fn matches_2<'p>(cx: &mut Native<'p>, [b, p]: [Term<'p>; 2]) -> Outcome<'p> {
    matches_in(cx, [b, p, none()])
}

fn matches_3<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Outcome<'p> {
    matches_in(cx, args)
}

fn split_2<'p>(cx: &mut Native<'p>, [b, p]: [Term<'p>; 2]) -> Outcome<'p> {
    split_in(cx, [b, p, none()])
}

fn split_3<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Outcome<'p> {
    split_in(cx, args)
}

/// The first place of a pattern in a part of some bytes.
#[inline(always)]
fn find<'p>(
    cx: &mut Native<'p>,
    bytes: &[u8],
    pattern: Term<'p>,
    (from, to): (usize, usize),
) -> Result<Option<Found>, Raise<'p>> {
    // Nothing is there, whatever the pattern is.
    if to == 0 {
        return Ok(None);
    }
    cx.work((to - from) / BYTES_A_REDUCTION)?;
    with_pattern(pattern, |pattern| pattern.find(bytes, from, to))
}

/// All places of it.
fn find_all<'p>(
    cx: &mut Native<'p>,
    bytes: &[u8],
    pattern: Term<'p>,
    (from, to): (usize, usize),
) -> Result<Vec<Found>, Raise<'p>> {
    if to == 0 {
        return Ok(Vec::new());
    }
    cx.work((to - from) / BYTES_A_REDUCTION)?;
    let all = with_pattern(pattern, |pattern| pattern.find_all(bytes, from, to))?;
    cx.bump_reductions(all.len() / 10);
    Ok(all)
}

/// The part of `size` bytes that `{scope, {Position, Length}}` names; a negative length is a part
/// that ends at the position.
fn scope<'p>(option: Term<'p>, size: usize) -> Result<(usize, usize), Raise<'p>> {
    let [tag, part] = arg::<[Term<'p>; 2]>(option)?;
    let [position, length] = arg::<[Term<'p>; 2]>(part)?;
    let (position, length) = (arg::<usize>(position)?, arg::<i64>(length)?);
    let far = length.unsigned_abs() as usize;
    let (from, to) = if length < 0 {
        (position.checked_sub(far), Some(position))
    } else {
        (Some(position), position.checked_add(far))
    };
    match (from, to) {
        (Some(from), Some(to)) if tag.is_atom(atoms::SCOPE) && to <= size => Ok((from, to)),
        _ => Err(Raise::badarg()),
    }
}

/// The part of `size` bytes to search by the options of `match` and `matches`.
#[inline(always)]
fn scope_option<'p>(options: Term<'p>, size: usize) -> Result<(usize, usize), Raise<'p>> {
    if options.is_nil() { Ok((0, size)) } else { last_scope(options, size) }
}

#[inline(never)]
fn last_scope<'p>(options: Term<'p>, size: usize) -> Result<(usize, usize), Raise<'p>> {
    if options.as_cons().is_none() {
        return Err(Raise::badarg());
    }
    let mut last = (0, size);
    for option in options.list() {
        last = scope(option, size)?;
    }
    Ok(last)
}

fn place<'p>(cx: &mut Native<'p>, (at, length): Found) -> Term<'p> {
    let (at, length) = (cx.uint(at as u64), cx.uint(length as u64));
    cx.tuple(&[at, length])
}

#[inline(always)]
fn match_in<'p>(cx: &mut Native<'p>, [subject, pattern, options]: [Term<'p>; 3]) -> Outcome<'p> {
    let bytes = bytes_of(subject)?;
    let part = scope_option(options, bytes.len())?;
    match find(cx, &bytes, pattern, part)? {
        Some(found) => Ok(place(cx, found)),
        None => Ok(Term::atom(atoms::NOMATCH)),
    }
}

fn matches_in<'p>(cx: &mut Native<'p>, [subject, pattern, options]: [Term<'p>; 3]) -> Outcome<'p> {
    let bytes = bytes_of(subject)?;
    let part = scope_option(options, bytes.len())?;
    let all = find_all(cx, &bytes, pattern, part)?;
    let all: Vec<Term<'p>> = all.into_iter().map(|found| place(cx, found)).collect();
    Ok(cx.list(&all))
}

fn split_in<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Outcome<'p> {
    let [subject, pattern, options] = args;
    let bytes = bytes_of(subject)?;
    let size = bytes.len();
    if options.as_cons().is_none() && !options.is_nil() {
        return Err(Raise::badarg());
    }
    let (mut part, mut global, mut trim, mut trim_all) = ((0, size), false, false, false);
    for option in options.list() {
        match option.as_atom() {
            Some(a) if a == atoms::GLOBAL => global = true,
            Some(a) if a == atoms::TRIM => trim = true,
            Some(a) if a == atoms::TRIM_ALL => trim_all = true,
            _ => part = scope(option, size)?,
        }
    }
    let (one, all);
    let places: &[Found] = if global {
        all = find_all(cx, &bytes, pattern, part)?;
        &all
    } else {
        one = find(cx, &bytes, pattern, part)?;
        one.as_slice()
    };
    // From the last part to the first: `trim` is over at the first that is not empty.
    let mut list = Term::nil();
    let mut end = size;
    let mut trimming = trim || trim_all;
    let starts = places.iter().map(|(at, length)| (at + length, *at));
    for (start, next_end) in starts.rev().chain([(0, 0)]) {
        if !trimming || end > start {
            let piece = cx.sub_binary(subject, &bytes, start, end);
            list = cx.cons(piece, list);
            trimming = trim_all;
        }
        end = next_end;
    }
    Ok(list)
}
