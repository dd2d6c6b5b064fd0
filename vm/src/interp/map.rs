//! Maps.

use super::bif::finish;
use super::{M, exception, term};
use crate::term::map::{put_many, update_many};
use crate::term::{Area, Term, Word, atoms};

/// The pairs of the instruction's `count`.
unsafe fn pairs<'p>(m: M, n: usize) -> Vec<(Term<'p>, Term<'p>)> {
    // SAFETY: operands as in the table.
    unsafe {
        (0..n)
            .map(|i| (term(m.tagged(m.word(2 + 2 * i))), term(m.tagged(m.word(3 + 2 * i)))))
            .collect()
    }
}

/// Raises `error:{Tag, Value}`, or branches.
unsafe fn fail(m: M, tag: crate::term::Atom, value: Word) -> M {
    // SAFETY: `value` is a term.
    unsafe {
        if m.word(1) as i32 != 0 {
            return m.branch_w1();
        }
        exception::raise_built(m, |area: &mut Area<'_>| area.tuple(&[Term::atom(tag), term(value)]))
    }
}

slow! {
    pub(super) unsafe fn put_map_assoc(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let n = (m.word(1) >> 32) as usize;
            let map = m.term_a();
            let Some(view) = map.as_map() else { return fail(m, atoms::BADMAP, map.word()) };
            let pairs = pairs(m, n);
            let (m, w) = exception::build(m, |area| put_many(area, view, &pairs));
            finish(m, w, m.b(), m.c(), 2 + 2 * n)
        }
    }
}

slow! {
    pub(super) unsafe fn put_map_exact(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let n = (m.word(1) >> 32) as usize;
            let map = m.term_a();
            let Some(view) = map.as_map() else { return fail(m, atoms::BADMAP, map.word()) };
            let pairs = pairs(m, n);
            let mut missing = None;
            let (m, w) = exception::build(m, |area| {
                update_many(area, view, &pairs).unwrap_or_else(|key| {
                    missing = Some(key);
                    Term::nil()
                })
            });
            if let Some(key) = missing {
                return fail(m, atoms::BADKEY, key.word());
            }
            finish(m, w, m.b(), m.c(), 2 + 2 * n)
        }
    }
}

#[inline(always)]
pub(super) unsafe fn has_map_fields(m: M) -> M {
    // SAFETY: operands as in the table; the compiler has tested that `a` is a map.
    unsafe {
        let n = m.word(1) as usize;
        let Some(map) = m.term_a().as_map() else { return m.branch() };
        for i in 0..n {
            if !map.contains(term(m.tagged(m.word(2 + i)))) {
                return m.branch();
            }
        }
        m.next(2 + n)
    }
}

#[inline(always)]
pub(super) unsafe fn get_map_elements<const K: u8>(m: M) -> M {
    // SAFETY: as `has_map_fields`.
    unsafe {
        let n = m.word(1) as usize;
        let Some(map) = term(m.get_a::<K>()).as_map() else { return m.branch() };
        for i in 0..n {
            match map.get(term(m.tagged(m.word(2 + 2 * i)))) {
                Some(v) => m.set(m.word(3 + 2 * i) as u16, v.word()),
                None => return m.branch(),
            }
        }
        m.next(2 + 2 * n)
    }
}
