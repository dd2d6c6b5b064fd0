//! `apply/2` and `apply/3` called as natives: what they apply is called in place of them.

use super::{M, call as calls, term};
use crate::native::NativeDef;
use crate::term::Term;

/// Calls what `apply` applies, once `leave` has set where it returns to. `None`: it is an error, or not
/// for this; nothing has been done then.
#[inline(always)]
pub(super) unsafe fn apply(m: M, def: &NativeDef, leave: impl FnOnce(M) -> M) -> Option<M> {
    // SAFETY: the arguments are in the first X registers.
    unsafe {
        let [a, b] = [0, 1].map(|i| term(*m.x.add(i)));
        if def.arity == 2 {
            let n = arguments(b)?;
            spread(m, b);
            let m = leave(m);
            return Some(calls::enter_fun(m, a.word(), n, m));
        }
        let (module, function) = (a.as_atom()?, b.as_atom()?);
        let args = term(*m.x.add(2));
        let n = arguments(args)?;
        // Those may stay in the stack trace although they are called last.
        if calls::may_only_raise(module, function) {
            return None;
        }
        spread(m, args);
        Some(calls::enter_named(leave(m), module, function, n))
    }
}

/// The length of a proper list of at most 255 elements.
#[inline(always)]
fn arguments(list: Term<'_>) -> Option<usize> {
    let (mut n, mut rest) = (0, list);
    while let Some([_, tail]) = rest.as_cell() {
        n += 1;
        rest = *tail;
        if n > 255 {
            return None;
        }
    }
    rest.is_nil().then_some(n)
}

/// Puts the elements of a list of at most 255 into the X registers.
#[inline(always)]
unsafe fn spread(m: M, list: Term<'_>) {
    let (mut to, mut rest) = (m.x, list);
    while let Some([arg, tail]) = rest.as_cell() {
        // SAFETY: there are more registers than that.
        unsafe {
            *to = arg.word();
            to = to.add(1);
        }
        rest = *tail;
    }
}
