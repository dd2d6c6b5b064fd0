//! Walking lists of any length: what is long begins anew on a dirty worker (`Native::work`).

use vm::native::{Native, Raise};
use vm::term::Term;

/// Elements between two counts of the work done.
pub const STRIDE: usize = 4096;
/// Elements that count as one reduction.
pub const A_REDUCTION: usize = 16;
/// Lists of fewer elements are walked without more ado: nothing is counted, no place guessed.
pub const FEW: usize = A_REDUCTION;

/// Calls `f` with every element until it answers with something. Without an answer, what the list
/// ends with is given back.
#[inline(always)]
pub fn find<'p, R>(
    cx: &mut Native<'p>,
    list: Term<'p>,
    mut f: impl FnMut(Term<'p>) -> Option<R>,
) -> Result<Result<R, Term<'p>>, Raise<'p>> {
    let mut rest = list;
    for _ in 0..FEW {
        let Some((item, tail)) = rest.as_cons() else { return Ok(Err(rest)) };
        if let Some(found) = f(item) {
            return Ok(Ok(found));
        }
        rest = tail;
    }
    find_in_long(cx, rest, f)
}

/// The same of a list of which [`FEW`] elements have been seen.
#[inline(never)]
fn find_in_long<'p, R>(
    cx: &mut Native<'p>,
    rest: Term<'p>,
    mut f: impl FnMut(Term<'p>) -> Option<R>,
) -> Result<Result<R, Term<'p>>, Raise<'p>> {
    let mut it = rest.list();
    let mut n = FEW;
    for item in it.by_ref() {
        n += 1;
        if n == STRIDE {
            cx.work(STRIDE / A_REDUCTION)?;
            n = 0;
        }
        if let Some(found) = f(item) {
            cx.bump_reductions(n / A_REDUCTION);
            return Ok(Ok(found));
        }
    }
    cx.bump_reductions(n / A_REDUCTION);
    Ok(Err(it.rest()))
}

/// The elements of a short list, whose next places are not guessed.
pub struct Few<'p> {
    rest: Term<'p>,
}

impl<'p> Few<'p> {
    /// Those of `list`, up to its end, proper or not.
    #[inline(always)]
    pub fn of(list: Term<'p>) -> Few<'p> {
        Few { rest: list }
    }

    /// What has not been walked.
    #[inline(always)]
    pub fn rest(&self) -> Term<'p> {
        self.rest
    }
}

impl<'p> Iterator for Few<'p> {
    type Item = Term<'p>;

    #[inline(always)]
    fn next(&mut self) -> Option<Term<'p>> {
        let (item, tail) = self.rest.as_cons()?;
        self.rest = tail;
        Some(item)
    }
}

/// Length of a proper list; `badarg` for others.
#[inline]
pub fn length<'p>(cx: &mut Native<'p>, list: Term<'p>) -> Result<usize, Raise<'p>> {
    // Not by `find`, which asks of each element whether it is the last to be looked at.
    let mut rest = list;
    for n in 0..FEW {
        let Some((_, tail)) = rest.as_cons() else {
            return if rest.is_nil() { Ok(n) } else { Err(Raise::badarg()) };
        };
        rest = tail;
    }
    long_length(cx, rest)
}

/// The same of a list of which [`FEW`] elements have been seen.
#[inline(never)]
fn long_length<'p>(cx: &mut Native<'p>, rest: Term<'p>) -> Result<usize, Raise<'p>> {
    let mut it = rest.list();
    let mut n = FEW;
    while it.next().is_some() {
        n += 1;
        if n.is_multiple_of(STRIDE) {
            cx.work(STRIDE / A_REDUCTION)?;
        }
    }
    cx.bump_reductions(n % STRIDE / A_REDUCTION);
    if it.rest().is_nil() { Ok(n) } else { Err(Raise::badarg()) }
}

/// Calls `f` with every element of a proper list; `badarg` for others, and if `f` does not take one.
pub fn each<'p>(
    cx: &mut Native<'p>,
    list: Term<'p>,
    mut f: impl FnMut(Term<'p>) -> Option<()>,
) -> Result<(), Raise<'p>> {
    let end = find(cx, list, |item| f(item).is_none().then_some(()))?;
    if end.is_err_and(|rest| rest.is_nil()) { Ok(()) } else { Err(Raise::badarg()) }
}
