//! Tests: types and comparisons. A test that fails branches.

use super::{M, term};
use crate::term::compare::{compare, eq, exact_eq};
use crate::term::layout::{Kind, header_kind};
use crate::term::{Word, atoms};
use std::cmp::Ordering;

#[inline(always)]
unsafe fn is_kind(w: Word, f: impl Fn(Kind) -> bool) -> bool {
    // SAFETY: a boxed term points to a header.
    w.is_boxed() && f(header_kind(unsafe { *w.boxed_ptr() }))
}

macro_rules! type_tests {
    ($($name:ident = $f:expr;)*) => {
        $(#[inline(always)]
        pub(super) unsafe fn $name(m: M) -> M {
            // SAFETY: operands as in the table; registers hold terms.
            unsafe {
                let w = m.get(m.a());
                m.test($f(w), 1)
            }
        })*
    };
}

type_tests! {
    is_integer = |w: Word| w.is_small() || is_kind(w, |k| matches!(k, Kind::BigPos | Kind::BigNeg));
    is_float = |w: Word| w.is_immediate_float() || is_kind(w, |k| k == Kind::Float);
    is_number = |w: Word| w.is_small() || w.is_immediate_float()
        || is_kind(w, |k| matches!(k, Kind::BigPos | Kind::BigNeg | Kind::Float));
    is_atom = Word::is_atom;
    is_boolean = |w: Word| w == Word::from_atom(atoms::TRUE) || w == Word::from_atom(atoms::FALSE);
    is_pid = |w: Word| w.is_local_pid() || is_kind(w, |k| k == Kind::ExtPid);
    is_port = |w: Word| w.is_local_port() || is_kind(w, |k| k == Kind::ExtPort);
    is_reference = |w: Word| is_kind(w, |k| matches!(k, Kind::Ref | Kind::MagicRef | Kind::ExtRef));
    is_nil = Word::is_nil;
    is_binary = |w: Word| term(w).as_bits().is_some_and(|b| b.is_binary());
    is_bitstr = |w: Word| is_kind(w, |k| matches!(k, Kind::HeapBits | Kind::SubBits));
    is_list = Word::is_list;
    is_nonempty_list = Word::is_cons;
    is_tuple = |w: Word| is_kind(w, |k| k == Kind::Tuple);
    is_map = |w: Word| is_kind(w, |k| matches!(k, Kind::FlatMap | Kind::HashMap));
    is_function = |w: Word| is_kind(w, |k| matches!(k, Kind::Fun | Kind::ExportFun));
}

#[inline(always)]
pub(super) unsafe fn is_function2(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let arity = term(m.tagged(m.word(1))).as_small();
        let ok = match m.term_a().view_fun_arity() {
            Some(n) => arity == Some(n as i64),
            None => false,
        };
        m.test(ok, 2)
    }
}

#[inline(always)]
pub(super) unsafe fn test_arity(m: M) -> M {
    // SAFETY: operands as in the table; the verifier has proved that `a` is a tuple.
    unsafe { m.test((*m.get(m.a()).boxed_ptr()).0 == m.word(1), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_tuple_of_arity(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let w = m.get(m.a());
        m.test(w.is_boxed() && (*w.boxed_ptr()).0 == m.word(1), 2)
    }
}

#[inline(always)]
pub(super) unsafe fn is_tagged_tuple(m: M) -> M {
    // SAFETY: operands as in the table; the header says that there is a first element.
    unsafe {
        let w = m.get(m.a());
        let ok = w.is_boxed() && {
            let p = w.boxed_ptr();
            (*p).0 == m.word(1) && (*p.add(1)).0 == m.word(2)
        };
        m.test(ok, 3)
    }
}

#[inline(always)]
unsafe fn less(a: Word, b: Word) -> bool {
    if a.both_small(b) {
        return (a.0 as i64) < (b.0 as i64);
    }
    // SAFETY: both are terms.
    unsafe { slow_compare(a, b) == Ordering::Less }
}

#[inline(never)]
unsafe fn slow_compare(a: Word, b: Word) -> Ordering {
    // SAFETY: both are terms.
    unsafe { compare(term(a), term(b)) }
}

#[inline(never)]
unsafe fn slow_exact(a: Word, b: Word) -> bool {
    // SAFETY: both are terms.
    unsafe { exact_eq(term(a), term(b)) }
}

#[inline(never)]
unsafe fn slow_eq(a: Word, b: Word) -> bool {
    // SAFETY: both are terms.
    unsafe { eq(term(a), term(b)) }
}

#[inline(always)]
pub(super) unsafe fn is_lt(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test_w1(less(m.get(m.a()), m.get(m.b())), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_lt_rc(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test(less(m.get(m.a()), Word(m.word(1))), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_lt_cr(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test(less(Word(m.word(1)), m.get(m.a())), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_ge(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test_w1(!less(m.get(m.a()), m.get(m.b())), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_ge_rc(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test(!less(m.get(m.a()), Word(m.word(1))), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_ge_cr(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test(!less(Word(m.word(1)), m.get(m.a())), 2) }
}

/// Whether two terms may be equal though their words differ: both are on a heap, or one is a
/// float's zero.
#[inline(always)]
unsafe fn exactly_equal(a: Word, b: Word) -> bool {
    if a == b {
        return true;
    }
    if a.is_small() || b.is_small() {
        return false;
    }
    // SAFETY: both are terms.
    unsafe { slow_exact(a, b) }
}

#[inline(always)]
unsafe fn equal(a: Word, b: Word) -> bool {
    if a == b {
        return true;
    }
    if a.both_small(b) {
        return false;
    }
    // SAFETY: both are terms.
    unsafe { slow_eq(a, b) }
}

#[inline(always)]
pub(super) unsafe fn is_eq(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test_w1(equal(m.get(m.a()), m.get(m.b())), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_ne(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test_w1(!equal(m.get(m.a()), m.get(m.b())), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_eq_exact(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test_w1(exactly_equal(m.get(m.a()), m.get(m.b())), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_ne_exact(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test_w1(!exactly_equal(m.get(m.a()), m.get(m.b())), 2) }
}

/// The immediate is no float, so equality is equality of words.
#[inline(always)]
pub(super) unsafe fn is_eq_exact_imm(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test(m.get(m.a()).0 == m.word(1), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_ne_exact_imm(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test(m.get(m.a()).0 != m.word(1), 2) }
}
