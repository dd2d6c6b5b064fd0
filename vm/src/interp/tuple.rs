//! Tuples.

use super::M;
use crate::code::ops::NO_LIVE;
use crate::term::Word;
use crate::term::layout::header_arity;

#[inline(always)]
pub(super) unsafe fn get_tuple_element(m: M) -> M {
    // SAFETY: operands as in the table; the compiler has tested the tuple's arity.
    unsafe {
        let p = m.get(m.a()).boxed_ptr();
        m.set(m.c(), *p.add(1 + m.b() as usize));
        m.next(1)
    }
}

/// Two or three elements of one tuple.
#[inline(always)]
pub(super) unsafe fn get_tuple_elements(m: M) -> M {
    // SAFETY: as `get_tuple_element`; the tuple's register is not among the first targets.
    unsafe {
        let p = m.get(m.a()).boxed_ptr().add(1);
        let w = m.word(1);
        m.set(m.c(), *p.add(m.b() as usize));
        m.set((w >> 16) as u16, *p.add(w as u16 as usize));
        let third = (w >> 48) as u16;
        if third != NO_LIVE {
            m.set(third, *p.add((w >> 32) as u16 as usize));
        }
        m.next(2)
    }
}

#[inline(always)]
pub(super) unsafe fn set_tuple_element(m: M) -> M {
    // SAFETY: as `get_tuple_element`; the tuple was made just now by `setelement` and nobody else
    // has seen it.
    unsafe {
        let p = m.get(m.b()).boxed_ptr();
        *p.add(1 + m.word(1) as usize) = m.get(m.a());
        m.next(2)
    }
}

#[inline(always)]
pub(super) unsafe fn put_tuple(mut m: M) -> M {
    // SAFETY: operands as in the table; `TestHeap` has reserved 1 + arity words.
    unsafe {
        let h = Word(m.word(1));
        let n = header_arity(h);
        let p = m.hp;
        *p = h;
        for i in 0..n {
            *p.add(1 + i) = m.tagged(m.word(2 + i));
        }
        m.hp = p.add(1 + n);
        m.set(m.a(), Word::from_boxed_ptr(p));
        m.next(2 + n)
    }
}
