//! Selection among many values.

use super::{M, term};
use crate::term::Word;
use crate::term::compare::exact_eq;

/// Branches by the `i`th of the offsets behind the `n` values.
#[inline(always)]
unsafe fn take(m: M, n: usize, i: usize) -> M {
    // SAFETY: the table has n values and then n offsets.
    unsafe { m.branch_by(m.word(2 + n + i) as i32) }
}

/// Finds `key` among the `n` ascending words of the table.
#[inline(always)]
unsafe fn find(m: M, key: u64, n: usize) -> Option<usize> {
    // SAFETY: the table has n values.
    unsafe {
        let values = m.ip.add(2);
        let (mut from, mut len) = (0, n);
        while len > 8 {
            let half = len / 2;
            if *values.add(from + half) <= key {
                from += half;
                len -= half;
            } else {
                len = half;
            }
        }
        (from..from + len).find(|i| *values.add(*i) == key)
    }
}

/// Small integers that lie close together: the offsets begin at the lowest.
#[inline(always)]
pub(super) unsafe fn select_dense<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let key = m.get_a::<K>();
        // The difference of two smalls has the lower tag bits clear; of anything else it has not.
        let i = key.0.wrapping_sub(m.word(1)).rotate_right(4);
        if i < m.word(2) { m.branch_by(m.word(3 + i as usize) as i32) } else { m.branch() }
    }
}

#[inline(always)]
pub(super) unsafe fn select_imm<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; no value is a float.
    unsafe {
        let n = m.word(1) as usize;
        match find(m, m.get_a::<K>().0, n) {
            Some(i) => take(m, n, i),
            None => m.branch(),
        }
    }
}

slow! {
    pub(super) unsafe fn select_val(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let n = m.word(1) as usize;
            let key = term(m.get(m.a()));
            match (0..n).find(|i| exact_eq(key, term(Word(m.word(2 + i))))) {
                Some(i) => take(m, n, i),
                None => m.branch(),
            }
        }
    }
}

#[inline(always)]
pub(super) unsafe fn select_arity<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let n = m.word(1) as usize;
        let w = m.get_a::<K>();
        if !w.is_boxed() {
            return m.branch();
        }
        match find(m, (*w.boxed_ptr()).0, n) {
            Some(i) => take(m, n, i),
            None => m.branch(),
        }
    }
}
