//! Walking lists of any length: what is long begins anew on a dirty worker (`Native::work`).

use vm::native::{Native, Raise};
use vm::term::Term;

/// Elements between two counts of the work done.
const STRIDE: usize = 4096;
/// Elements that count as one reduction.
const A_REDUCTION: usize = 16;

/// Calls `f` with every element until it answers with something. Without an answer, what the list
/// ends with is given back.
pub fn find<'p, R>(
    cx: &mut Native<'p>,
    list: Term<'p>,
    mut f: impl FnMut(Term<'p>) -> Option<R>,
) -> Result<Result<R, Term<'p>>, Raise<'p>> {
    let mut it = list.list();
    let mut n = 0;
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

/// Length of a proper list; `badarg` for others.
pub fn length<'p>(cx: &mut Native<'p>, list: Term<'p>) -> Result<usize, Raise<'p>> {
    // Not by `find`, which asks of each element whether it is the last to be looked at.
    let mut it = list.list();
    let mut n = 0;
    while it.next().is_some() {
        n += 1;
        if n % STRIDE == 0 {
            cx.work(STRIDE / A_REDUCTION)?;
        }
    }
    cx.bump_reductions(n % STRIDE / A_REDUCTION);
    if it.rest().is_nil() { Ok(n) } else { Err(Raise::badarg()) }
}

/// The elements of a proper list; `badarg` for others.
pub fn items<'p>(cx: &mut Native<'p>, list: Term<'p>) -> Result<Vec<Term<'p>>, Raise<'p>> {
    let n = length(cx, list)?;
    let mut it = list.list();
    Ok((0..n).map(|_| it.next().expect("there are as many")).collect())
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
