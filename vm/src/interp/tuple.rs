//! Tuples.

use super::{M, control};
use crate::code::ops::NO_LIVE;
use crate::term::Word;
use crate::term::layout::{Kind, header_arity, header_kind};

/// Before an instruction that takes an element of a tuple where the verifier has not proved that
/// there is one.
#[inline(always)]
pub(super) unsafe fn check_tuple(m: M) -> M {
    // SAFETY: operands as in the table; a boxed term points to a header.
    unsafe {
        let w = m.get(m.a());
        let large = w.is_boxed() && {
            let h = *w.boxed_ptr();
            header_kind(h) == Kind::Tuple && header_arity(h) >= m.b() as usize
        };
        if large { m.next(1) } else { control::unreachable(m) }
    }
}

#[inline(always)]
pub(super) unsafe fn get_tuple_element(m: M) -> M {
    // SAFETY: operands as in the table; the verifier has proved that there is such an element, or a
    // `CheckTuple` comes before.
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
    // SAFETY: operands as in the table; the verifier has proved that `setelement` has made the tuple
    // just now, that it has such an element, and that nothing has been built since.
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
