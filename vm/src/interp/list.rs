//! Lists.

use super::zeal::zealous;
use super::{ANY, M, control, make_room, stubs};
use crate::term::Word;

#[inline(always)]
pub(super) unsafe fn get_list<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; the verifier has proved that `a` is a cons cell, or a
    // `CheckCons` comes before.
    unsafe {
        let p = m.get_a::<K>().cons_ptr();
        let (h, t) = (*p, *p.add(1));
        m.set_b::<K>(h);
        m.set_c::<K>(t);
        m.next(1)
    }
}

/// Takes a cons cell apart, or branches if there is none.
#[inline(always)]
pub(super) unsafe fn is_nonempty_get_list<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let w = m.get_a::<K>();
        if !w.is_cons() {
            return m.branch_w1();
        }
        let p = w.cons_ptr();
        let (h, t) = (*p, *p.add(1));
        m.set_b::<K>(h);
        m.set_c::<K>(t);
        m.next(2)
    }
}

/// Before an instruction that takes a cons cell apart where the verifier has not proved that it is
/// one.
#[inline(always)]
pub(super) unsafe fn check_cons<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { if m.get_a::<K>().is_cons() { m.next(1) } else { control::unreachable(m) } }
}

#[inline(always)]
pub(super) unsafe fn get_hd<const K: u8>(m: M) -> M {
    // SAFETY: as `get_list`.
    unsafe {
        m.set_b::<K>(*m.get_a::<K>().cons_ptr());
        m.next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn get_tl<const K: u8>(m: M) -> M {
    // SAFETY: as `get_list`.
    unsafe {
        m.set_b::<K>(*m.get_a::<K>().cons_ptr().add(1));
        m.next(1)
    }
}

#[inline(always)]
unsafe fn build<const K: u8>(mut m: M, head: Word, tail: Word, words: usize) -> M {
    // SAFETY: `TestHeap` has reserved the two words.
    unsafe {
        *m.hp = head;
        *m.hp.add(1) = tail;
        m.set_c::<K>(Word::from_cons_ptr(m.hp));
        m.hp = m.hp.add(2);
        m.next(words)
    }
}

#[inline(always)]
pub(super) unsafe fn put_list<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { build::<K>(m, m.get_a::<K>(), m.get_b::<K>(), 1) }
}

/// The reserve that comes before it too.
#[inline(always)]
pub(super) unsafe fn test_heap_put_list<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        if m.free() < m.word(1) as u32 as usize || zealous(m) {
            return put_list_without_room(m);
        }
        build::<K>(m, m.get_a::<K>(), m.get_b::<K>(), 2)
    }
}

slow! {
    unsafe fn put_list_without_room(m: M) -> M {
        // SAFETY: registers below `live` are terms; those of the cell are read after the collection.
        unsafe {
            let (need, live) = (m.word(1) as u32 as usize, (m.word(1) >> 32) as u16 as usize);
            let m = make_room(m, need, live, m.word(1) >> 48 != 0);
            if m.ip == stubs::stop() {
                return m;
            }
            build::<ANY>(m, m.get_a::<ANY>(), m.get_b::<ANY>(), 2)
        }
    }
}

/// The head is a constant.
#[inline(always)]
pub(super) unsafe fn put_list_cr<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { build::<K>(m, Word(m.word(1)), m.get_b::<K>(), 2) }
}

/// The tail is a constant.
#[inline(always)]
pub(super) unsafe fn put_list_rc<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { build::<K>(m, m.get_a::<K>(), Word(m.word(1)), 2) }
}
