//! Tuples.

use super::{M, control};
use crate::term::Word;
use crate::term::layout::{Kind, header_arity, header_kind, tuple_header};

/// Before an instruction that takes an element of a tuple where the verifier has not proved that
/// there is one.
#[inline(always)]
pub(super) unsafe fn check_tuple<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; a boxed term points to a header.
    unsafe {
        let w = m.get_a::<K>();
        let large = w.is_boxed() && {
            let h = *w.boxed_ptr();
            header_kind(h) == Kind::Tuple && header_arity(h) >= m.b() as usize
        };
        if large { m.next(1) } else { control::unreachable(m) }
    }
}

#[inline(always)]
pub(super) unsafe fn get_tuple_element<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; the verifier has proved that there is such an element, or a
    // `CheckTuple` comes before.
    unsafe {
        let p = m.get_a::<K>().boxed_ptr();
        m.set_c::<K>(*p.add(1 + m.b() as usize));
        m.next(1)
    }
}

/// Two elements of one tuple.
#[inline(always)]
pub(super) unsafe fn get_tuple_elements<const K: u8>(m: M) -> M {
    // SAFETY: as `get_tuple_element`; the tuple's register is not the first target.
    unsafe {
        let p = m.get_a::<K>().boxed_ptr().add(1);
        m.set_c::<K>(*p.add(m.b() as usize));
        m.set_d::<K>(*p.add((m.word(1) >> 16) as usize));
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
unsafe fn put_two<const K: u8>(mut m: M, first: Word, second: Word, words: usize) -> M {
    // SAFETY: operands as in the table; `TestHeap` has reserved three words.
    unsafe {
        let p = m.hp;
        *p = tuple_header(2);
        *p.add(1) = first;
        *p.add(2) = second;
        m.hp = p.add(3);
        m.set_a::<K>(Word::from_boxed_ptr(p));
        m.next(words)
    }
}

#[inline(always)]
pub(super) unsafe fn put_tuple2<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { put_two::<K>(m, m.get_b::<K>(), m.get_c::<K>(), 1) }
}

#[inline(always)]
pub(super) unsafe fn put_tuple2_cr<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { put_two::<K>(m, Word(m.word(1)), m.get_c::<K>(), 2) }
}

#[inline(always)]
pub(super) unsafe fn put_tuple<const K: u8>(mut m: M) -> M {
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
        m.set_a::<K>(Word::from_boxed_ptr(p));
        m.next(2 + n)
    }
}
