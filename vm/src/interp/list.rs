//! Lists.

use super::{M, control};
use crate::term::Word;

#[inline(always)]
pub(super) unsafe fn get_list(m: M) -> M {
    // SAFETY: operands as in the table; the verifier has proved that `a` is a cons cell, or a
    // `CheckCons` comes before.
    unsafe {
        let p = m.get(m.a()).cons_ptr();
        let (h, t) = (*p, *p.add(1));
        m.set(m.b(), h);
        m.set(m.c(), t);
        m.next(1)
    }
}

/// Takes a cons cell apart, or branches if there is none.
#[inline(always)]
pub(super) unsafe fn is_nonempty_get_list(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let w = m.get(m.a());
        if !w.is_cons() {
            return m.branch();
        }
        let p = w.cons_ptr();
        let (h, t) = (*p, *p.add(1));
        let to = m.word(1);
        m.set(to as u16, h);
        m.set((to >> 16) as u16, t);
        m.next(2)
    }
}

/// Before an instruction that takes a cons cell apart where the verifier has not proved that it is
/// one.
#[inline(always)]
pub(super) unsafe fn check_cons(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { if m.get(m.a()).is_cons() { m.next(1) } else { control::unreachable(m) } }
}

#[inline(always)]
pub(super) unsafe fn get_hd(m: M) -> M {
    // SAFETY: as `get_list`.
    unsafe {
        m.set(m.b(), *m.get(m.a()).cons_ptr());
        m.next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn get_tl(m: M) -> M {
    // SAFETY: as `get_list`.
    unsafe {
        m.set(m.b(), *m.get(m.a()).cons_ptr().add(1));
        m.next(1)
    }
}

#[inline(always)]
unsafe fn build(mut m: M, head: Word, tail: Word, words: usize) -> M {
    // SAFETY: `TestHeap` has reserved the two words.
    unsafe {
        *m.hp = head;
        *m.hp.add(1) = tail;
        m.set(m.c(), Word::from_cons_ptr(m.hp));
        m.hp = m.hp.add(2);
        m.next(words)
    }
}

#[inline(always)]
pub(super) unsafe fn put_list(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { build(m, m.get(m.a()), m.get(m.b()), 1) }
}

#[inline(always)]
pub(super) unsafe fn put_list_tagged(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { build(m, m.tagged(m.word(1)), m.tagged(m.word(2)), 3) }
}
