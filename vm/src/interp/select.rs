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
        let values = std::slice::from_raw_parts(m.ip.add(2), n);
        if n <= 8 { values.iter().position(|v| *v == key) } else { values.binary_search(&key).ok() }
    }
}

#[inline(always)]
pub(super) unsafe fn select_imm(m: M) -> M {
    // SAFETY: operands as in the table; no value is a float.
    unsafe {
        let n = m.word(1) as usize;
        match find(m, m.get(m.a()).0, n) {
            Some(i) => take(m, n, i),
            None => m.branch(),
        }
    }
}

#[inline(always)]
pub(super) unsafe fn select_val(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let n = m.word(1) as usize;
        let key = m.term_a();
        match (0..n).find(|i| exact_eq(key, term(Word(m.word(2 + i))))) {
            Some(i) => take(m, n, i),
            None => m.branch(),
        }
    }
}

#[inline(always)]
pub(super) unsafe fn select_arity(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let n = m.word(1) as usize;
        let w = m.get(m.a());
        if !w.is_boxed() {
            return m.branch();
        }
        match find(m, (*w.boxed_ptr()).0, n) {
            Some(i) => take(m, n, i),
            None => m.branch(),
        }
    }
}
