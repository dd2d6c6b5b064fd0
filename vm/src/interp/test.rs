//! Tests: types and comparisons. A test that fails branches.

use super::{ANY, M, term};
use crate::code::{Export, Lambda};
use crate::term::compare::{compare, eq, exact_eq};
use crate::term::layout::{Kind, header_kind};
use crate::term::{Term, Word, atoms};

#[inline(always)]
unsafe fn is_kind(w: Word, f: impl Fn(Kind) -> bool) -> bool {
    // SAFETY: a boxed term points to a header.
    w.is_boxed() && f(header_kind(unsafe { *w.boxed_ptr() }))
}

macro_rules! type_tests {
    ($($name:ident = $f:expr;)*) => {
        $(#[inline(always)]
        pub(super) unsafe fn $name<const K: u8>(m: M) -> M {
            // SAFETY: operands as in the table; registers hold terms.
            unsafe {
                let w = m.get_a::<K>();
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
    is_binary = |w: Word| w.is_boxed() && {
        // Both kinds have their bit size in one of the two words behind the header.
        let p = w.boxed_ptr();
        match header_kind(*p) {
            Kind::HeapBits => (*p.add(1)).0.is_multiple_of(8),
            Kind::SubBits => (*p.add(2)).0.is_multiple_of(8),
            _ => false,
        }
    };
    is_bitstr = |w: Word| is_kind(w, |k| matches!(k, Kind::HeapBits | Kind::SubBits));
    is_list = Word::is_list;
    is_nonempty_list = Word::is_cons;
    is_tuple = |w: Word| is_kind(w, |k| k == Kind::Tuple);
    is_map = |w: Word| is_kind(w, |k| matches!(k, Kind::FlatMap | Kind::HashMap));
    is_function = |w: Word| is_kind(w, |k| matches!(k, Kind::Fun | Kind::ExportFun));
}

#[inline(always)]
pub(super) unsafe fn is_function2<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; the first word of a fun leads to what it is made of.
    unsafe {
        let arity = m.tagged(m.word(1));
        let w = m.get_a::<K>();
        if !w.is_boxed() {
            return m.branch();
        }
        let p = w.boxed_ptr();
        let n = match header_kind(*p) {
            Kind::Fun => (*((*p.add(1)).0 as *const Lambda)).arity,
            Kind::ExportFun => (*((*p.add(1)).0 as *const Export)).arity,
            _ => return m.branch(),
        };
        m.test(arity == Word::small(i64::from(n)), 2)
    }
}

#[inline(always)]
pub(super) unsafe fn test_arity<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; the verifier has proved that `a` is a tuple.
    unsafe { m.test((*m.get_a::<K>().boxed_ptr()).0 == m.word(1), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_tuple_of_arity<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let w = m.get_a::<K>();
        m.test(w.is_boxed() && (*w.boxed_ptr()).0 == m.word(1), 2)
    }
}

#[inline(always)]
pub(super) unsafe fn is_tagged_tuple<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table; the header says that there is a first element.
    unsafe {
        let w = m.get_a::<K>();
        let ok = w.is_boxed() && {
            let p = w.boxed_ptr();
            (*p).0 == m.word(1) && (*p.add(1)).0 == m.word(2)
        };
        m.test(ok, 3)
    }
}

/// Defines comparisons of order: of two registers, with a small constant on the right, on the
/// left. Other than small integers are immediate floats in the second function, all else in the
/// third.
macro_rules! orders {
    ($($name:ident, $floats:ident, $general:ident: $left:ident, $right:ident, $words:literal, $test:ident, $yes:ident;)*) => {
        $(#[inline(always)]
        pub(super) unsafe fn $name<const K: u8>(m: M) -> M {
            // SAFETY: operands as in the table.
            unsafe {
                let (a, b) = ($left::<K>(m), $right::<K>(m));
                if !a.both_small(b) {
                    return $floats::<K>(m);
                }
                m.$test((a.0 as i64).cmp(&(b.0 as i64)).$yes(), $words)
            }
        }

        aside! {
            unsafe fn $floats<const K: u8>(m: M) -> M {
                // SAFETY: operands as in the table.
                unsafe {
                    let (a, b) = ($left::<K>(m), $right::<K>(m));
                    match a.compare_self_tagged_floats(b) {
                        Some(ordering) => m.$test(ordering.$yes(), $words),
                        None => $general(m),
                    }
                }
            }
        }

        slow! {
            unsafe fn $general(m: M) -> M {
                // SAFETY: operands as in the table; both are terms.
                unsafe {
                    let (a, b) = ($left::<ANY>(m), $right::<ANY>(m));
                    m.$test(compare(term(a), term(b)).$yes(), $words)
                }
            }
        })*
    };
}

#[inline(always)]
unsafe fn reg_a<const K: u8>(m: M) -> Word {
    // SAFETY: operands as in the table.
    unsafe { m.get_a::<K>() }
}

#[inline(always)]
unsafe fn reg_b<const K: u8>(m: M) -> Word {
    // SAFETY: operands as in the table.
    unsafe { m.get_b::<K>() }
}

#[inline(always)]
unsafe fn constant<const K: u8>(m: M) -> Word {
    // SAFETY: operands as in the table.
    unsafe { Word(m.word(1)) }
}

orders! {
    is_lt, is_lt_floats, is_lt_general: reg_a, reg_b, 2, test_w1, is_lt;
    is_lt_rc, is_lt_rc_floats, is_lt_rc_general: reg_a, constant, 2, test, is_lt;
    is_lt_cr, is_lt_cr_floats, is_lt_cr_general: constant, reg_a, 2, test, is_lt;
    is_ge, is_ge_floats, is_ge_general: reg_a, reg_b, 2, test_w1, is_ge;
    is_ge_rc, is_ge_rc_floats, is_ge_rc_general: reg_a, constant, 2, test, is_ge;
    is_ge_cr, is_ge_cr_floats, is_ge_cr_general: constant, reg_a, 2, test, is_ge;
}

/// Defines tests of equality. Words that are the same are equal; whether others are is known at
/// once if `$differ` says that they cannot be, else it is in the second function.
macro_rules! equalities {
    ($($name:ident, $general:ident: $differ:ident, $eq:ident, $wanted:literal;)*) => {
        $(#[inline(always)]
        pub(super) unsafe fn $name<const K: u8>(m: M) -> M {
            // SAFETY: operands as in the table.
            unsafe {
                let (a, b) = (m.get_a::<K>(), m.get_b::<K>());
                if a != b && !$differ(a, b) {
                    return $general(m);
                }
                m.test_w1((a == b) == $wanted, 2)
            }
        }

        slow! {
            unsafe fn $general(m: M) -> M {
                // SAFETY: operands as in the table; both are terms.
                unsafe {
                    let equal = $eq(term(m.get_a::<ANY>()), term(m.get_b::<ANY>()));
                    m.test_w1(equal == $wanted, 2)
                }
            }
        })*
    };
}

/// Two words that are not the same and one of which is an immediate are different terms, but for
/// the two zeros of floats.
#[inline(always)]
fn differ_exactly(a: Word, b: Word) -> bool {
    (a.is_immediate() || b.is_immediate()) && !(a.is_float_zero() && b.is_float_zero())
}

/// As [`differ_exactly`]; and a number may equal one of another kind.
#[inline(always)]
fn differ(a: Word, b: Word) -> bool {
    a.both_small(b) || a.is_atom() || b.is_atom() || a.is_nil() || b.is_nil()
}

equalities! {
    is_eq, is_eq_general: differ, eq, true;
    is_ne, is_ne_general: differ, eq, false;
    is_eq_exact, is_eq_exact_general: differ_exactly, exact_eq, true;
    is_ne_exact, is_ne_exact_general: differ_exactly, exact_eq, false;
}

/// The immediate is no float, so equality is equality of words.
#[inline(always)]
pub(super) unsafe fn is_eq_exact_imm<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test(m.get_a::<K>().0 == m.word(1), 2) }
}

#[inline(always)]
pub(super) unsafe fn is_ne_exact_imm<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { m.test(m.get_a::<K>().0 != m.word(1), 2) }
}

/// Defines comparisons whose value is asked for: `$quick` knows it of two words, or `$general` finds
/// it.
macro_rules! values {
    ($($name:ident, $general:ident: $quick:expr, $full:expr;)*) => {
        $(#[inline(always)]
        pub(super) unsafe fn $name<const K: u8>(m: M) -> M {
            // SAFETY: operands as in the table.
            unsafe {
                match $quick(m.get_a::<K>(), m.get_b::<K>()) {
                    Some(value) => {
                        m.set_c::<K>(Term::bool(value).word());
                        m.next(1)
                    }
                    None => $general(m),
                }
            }
        }

        slow! {
            unsafe fn $general(m: M) -> M {
                // SAFETY: operands as in the table; both are terms.
                unsafe {
                    let value = $full(term(m.get_a::<ANY>()), term(m.get_b::<ANY>()));
                    m.set_c::<ANY>(Term::bool(value).word());
                    m.next(1)
                }
            }
        })*
    };
}

/// The order of small integers.
#[inline(always)]
fn small_order(a: Word, b: Word) -> Option<std::cmp::Ordering> {
    a.both_small(b).then(|| (a.0 as i64).cmp(&(b.0 as i64)))
}

/// Whether two words are equal, if `differ` says that others than the same are not.
#[inline(always)]
fn equal_words(a: Word, b: Word, differ: impl Fn(Word, Word) -> bool) -> Option<bool> {
    (a == b || differ(a, b)).then_some(a == b)
}

values! {
    lt_value, lt_value_general:
        |a, b| small_order(a, b).map(|o| o.is_lt()), |a, b| compare(a, b).is_lt();
    ge_value, ge_value_general:
        |a, b| small_order(a, b).map(|o| o.is_ge()), |a, b| compare(a, b).is_ge();
    eq_value, eq_value_general: |a, b| equal_words(a, b, differ), |a, b| eq(a, b);
    ne_value, ne_value_general: |a, b| equal_words(a, b, differ).map(|e| !e), |a, b| !eq(a, b);
    eq_exact_value, eq_exact_value_general:
        |a, b| equal_words(a, b, differ_exactly), |a, b| exact_eq(a, b);
    ne_exact_value, ne_exact_value_general:
        |a, b| equal_words(a, b, differ_exactly).map(|e| !e), |a, b| !exact_eq(a, b);
}
