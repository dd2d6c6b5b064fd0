//! Searching and splitting binaries.

use super::bytes::bytes_of;
use super::pattern::{Found, Pattern};
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

/// A search whose arguments are sound.
struct Search<'p> {
    bytes: std::borrow::Cow<'p, [u8]>,
    /// None: nothing can be found in the part to search, whatever the pattern is.
    pattern: Option<Pattern<'p>>,
    from: usize,
    to: usize,
}

impl<'p> Search<'p> {
    /// Checks what all have in common.
    fn new(
        cx: &mut Native<'p>,
        args: [Term<'p>; 3],
        scope: Option<(usize, usize)>,
    ) -> Result<Search<'p>, Raise<'p>> {
        let bytes = bytes_of(args[0])?;
        let (from, to) = scope.unwrap_or((0, bytes.len()));
        if to == 0 {
            return Ok(Search { bytes, pattern: None, from, to });
        }
        let pattern = Some(Pattern::of(args[1])?);
        cx.work((to - from) / BYTES_A_REDUCTION)?;
        Ok(Search { bytes, pattern, from, to })
    }

    fn find(&self) -> Option<Found> {
        self.pattern.as_ref()?.find(&self.bytes, self.from, self.to)
    }

    fn find_all(&self, cx: &mut Native<'p>) -> Vec<Found> {
        let all =
            self.pattern.as_ref().map_or(vec![], |p| p.find_all(&self.bytes, self.from, self.to));
        cx.bump_reductions(all.len() / 10);
        all
    }
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

/// The part to search by the options of `match` and `matches`.
fn scope_option<'p>(args: [Term<'p>; 3]) -> Result<Option<(usize, usize)>, Raise<'p>> {
    if args[2].is_nil() {
        return Ok(None);
    }
    let size = bytes_of(args[0])?.len();
    if args[2].as_cons().is_none() {
        return Err(Raise::badarg());
    }
    let mut last = None;
    for option in args[2].list() {
        last = Some(scope(option, size)?);
    }
    Ok(last)
}

fn place<'p>(cx: &mut Native<'p>, (at, length): Found) -> Term<'p> {
    let (at, length) = (cx.uint(at as u64), cx.uint(length as u64));
    cx.tuple(&[at, length])
}

fn match_in<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Outcome<'p> {
    let scope = scope_option(args)?;
    match Search::new(cx, args, scope)?.find() {
        Some(found) => Ok(place(cx, found)),
        None => Ok(Term::atom(atoms::NOMATCH)),
    }
}

fn matches_in<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Outcome<'p> {
    let scope = scope_option(args)?;
    let all = Search::new(cx, args, scope)?.find_all(cx);
    let all: Vec<Term<'p>> = all.into_iter().map(|found| place(cx, found)).collect();
    Ok(cx.list(&all))
}

fn split_in<'p>(cx: &mut Native<'p>, args: [Term<'p>; 3]) -> Outcome<'p> {
    let [subject, _, options] = args;
    let size = bytes_of(subject)?.len();
    if options.as_cons().is_none() && !options.is_nil() {
        return Err(Raise::badarg());
    }
    let (mut part, mut global, mut trim, mut trim_all) = (None, false, false, false);
    for option in options.list() {
        match option.as_atom() {
            Some(a) if a == atoms::GLOBAL => global = true,
            Some(a) if a == atoms::TRIM => trim = true,
            Some(a) if a == atoms::TRIM_ALL => trim_all = true,
            _ => part = Some(scope(option, size)?),
        }
    }
    let search = Search::new(cx, args, part)?;
    let places = if global { search.find_all(cx) } else { search.find().into_iter().collect() };
    // From the last part to the first: `trim` is over at the first that is not empty.
    let mut list = Term::nil();
    let mut end = size;
    let mut trimming = trim || trim_all;
    let starts = places.iter().map(|(at, length)| (at + length, *at));
    for (start, next_end) in starts.rev().chain([(0, 0)]) {
        if !trimming || end > start {
            let piece = cx.sub_binary(subject, &search.bytes, start, end);
            list = cx.cons(piece, list);
            trimming = trim_all;
        }
        end = next_end;
    }
    Ok(list)
}
