//! `erlang:raise/3` called as a native: what is thrown once more is raised in place of it.

use super::{M, exception, term};
use crate::native::{Class, StackItem};
use crate::term::Term;

/// Raises what `raise/3` raises. `None`: it is left to the native, and nothing has been done.
#[inline(always)]
pub(super) unsafe fn raise(m: M) -> Option<M> {
    // SAFETY: the arguments are in the first X registers; the worker owns the process.
    unsafe {
        let [class, value, trace] = [0, 1, 2].map(|i| term(*m.x.add(i)));
        let class = class.as_atom().and_then(Class::from_atom)?;
        // Where it is on its way out the call ends it.
        if (*m.p).exiting || !is_whole(trace, m.vm().flags.backtrace_depth.get()) {
            return None;
        }
        Some(exception::raise_with_given(m, class, value.word(), trace.word()))
    }
}

/// Whether it is a stack trace as machines make them: of items with places, and of no more than `most`.
fn is_whole(trace: Term<'_>, most: usize) -> bool {
    let mut rest = trace;
    for _ in 0..=most {
        let Some((item, tail)) = rest.as_cons() else { return rest.is_nil() };
        if !matches!(StackItem::of(item), Some(StackItem::Whole)) {
            return false;
        }
        rest = tail;
    }
    false
}
