//! Jumps, and code that stands in for something.

use super::{M, exception};
use crate::term::{Term, atoms};

outlined! {
    /// Where control does not come in code that a compiler made. If other code or a mistake of ours
    /// brings it here, the process pays, not the machine.
    pub(super) unsafe fn unreachable(m: M) -> M {
        // SAFETY: the process's state is whole.
        unsafe {
            let reason = m.vm().atoms.intern("illegal_instruction").unwrap_or(atoms::UNDEF);
            exception::exit_process(m, Term::atom(reason).word())
        }
    }
}

#[inline(always)]
pub(super) unsafe fn jump(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.branch() }
}

slow! {
    /// The function that the process was started with has returned.
    pub(super) unsafe fn exit_normal(m: M) -> M {
        // SAFETY: the stack is empty; nothing of the process is used afterwards.
        unsafe { exception::exit_process(m, Term::atom(atoms::NORMAL).word()) }
    }
}
