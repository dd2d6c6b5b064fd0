//! Arithmetic. Small integers and immediate floats here, everything else in `term::arith`.

use super::bif::{fail_operator, fail_unnamed, finish};
use super::{M, exception, term};
use crate::term::arith::{self, ArithError};
use crate::term::{Area, Term, Word, atoms};

const SMALL_TAG: i64 = 0xF;

type Slow = for<'p> fn(&mut Area<'p>, Term<'p>, Term<'p>) -> arith::Result<'p>;

/// `live` is in the high half of further word 1.
#[inline(always)]
unsafe fn live(m: M) -> u16 {
    // SAFETY: as the table says.
    unsafe { (m.word(1) >> 32) as u16 }
}

outlined! {
    /// The general case: integers of any size and floats. Without a name the operator is not in
    /// the stack trace of its error.
    unsafe fn slow(m: M, f: Slow, name: Option<&'static str>, a: Word, b: Word, words: usize) -> M {
        // SAFETY: both are terms; nothing moves while the result is built.
        unsafe {
            let mut error = None;
            let (m, w) = exception::build(m, |area| {
                f(area, term(a), term(b)).unwrap_or_else(|e| {
                    error = Some(e);
                    Term::nil()
                })
            });
            match error {
                None => finish(m, w, m.c(), live(m), words),
                Some(e) => match name {
                    Some(name) => fail_operator(m, reason(e), name, &[a, b]),
                    None => fail_unnamed(m, reason(e)),
                },
            }
        }
    }
}

#[inline(never)]
unsafe fn slow1(
    m: M,
    f: for<'p> fn(&mut Area<'p>, Term<'p>) -> arith::Result<'p>,
    name: &'static str,
    a: Word,
) -> M {
    // SAFETY: as `slow`.
    unsafe {
        let mut error = None;
        let (m, w) = exception::build(m, |area| {
            f(area, term(a)).unwrap_or_else(|e| {
                error = Some(e);
                Term::nil()
            })
        });
        match error {
            None => finish(m, w, m.c(), live(m), 2),
            Some(e) => fail_operator(m, reason(e), name, &[a]),
        }
    }
}

fn reason(e: ArithError) -> crate::term::Atom {
    match e {
        ArithError::Badarith => atoms::BADARITH,
        ArithError::SystemLimit => atoms::SYSTEM_LIMIT,
    }
}

#[inline(always)]
unsafe fn add_words(m: M, a: Word, b: Word, words: usize) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        if a.both_small(b) {
            let (r, overflow) = (a.0 as i64).overflowing_add(b.0 as i64 - SMALL_TAG);
            if !overflow {
                m.set(m.c(), Word(r as u64));
                return m.next(words);
            }
        } else if let Some(w) = a.self_tagged_float_op(b, |x, y| x + y) {
            m.set(m.c(), w);
            return m.next(words);
        }
        slow(m, arith::add, (words == 2).then_some("+"), a, b, words)
    }
}

#[inline(always)]
unsafe fn sub_words(m: M, a: Word, b: Word, words: usize) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        if a.both_small(b) {
            let (r, overflow) = (a.0 as i64).overflowing_sub(b.0 as i64 - SMALL_TAG);
            if !overflow {
                m.set(m.c(), Word(r as u64));
                return m.next(words);
            }
        } else if let Some(w) = a.self_tagged_float_op(b, |x, y| x - y) {
            m.set(m.c(), w);
            return m.next(words);
        }
        slow(m, arith::sub, (words == 2).then_some("-"), a, b, words)
    }
}

#[inline(always)]
pub(super) unsafe fn add(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { add_words(m, m.get(m.a()), m.get(m.b()), 2) }
}

#[inline(always)]
pub(super) unsafe fn add_c(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { add_words(m, m.get(m.a()), Word(m.word(2)), 3) }
}

#[inline(always)]
pub(super) unsafe fn sub(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { sub_words(m, m.get(m.a()), m.get(m.b()), 2) }
}

#[inline(always)]
pub(super) unsafe fn sub_c(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { sub_words(m, m.get(m.a()), Word(m.word(2)), 3) }
}

#[inline(always)]
pub(super) unsafe fn mul(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get(m.a()), m.get(m.b()));
        if a.both_small(b) {
            // One factor untagged, the other shifted: the product is shifted as a small is.
            let (r, overflow) = a.small_value().overflowing_mul(b.0 as i64 - SMALL_TAG);
            if !overflow {
                m.set(m.c(), Word((r + SMALL_TAG) as u64));
                return m.next(2);
            }
        } else if let Some(w) = a.self_tagged_float_op(b, |x, y| x * y) {
            m.set(m.c(), w);
            return m.next(2);
        }
        slow(m, arith::mul, Some("*"), a, b, 2)
    }
}

#[inline(always)]
pub(super) unsafe fn div(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get(m.a()), m.get(m.b()));
        if let Some(w) = a.self_tagged_float_op(b, |x, y| x / y) {
            m.set(m.c(), w);
            return m.next(2);
        }
        slow(m, arith::div_float, Some("/"), a, b, 2)
    }
}

#[inline(always)]
pub(super) unsafe fn int_div(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get(m.a()), m.get(m.b()));
        // -1 is left to the general case: the smallest small divided by it is no small.
        if a.both_small(b) && b.small_value() > 0 {
            m.set(m.c(), Word::small(a.small_value() / b.small_value()));
            return m.next(2);
        }
        slow(m, arith::div, Some("div"), a, b, 2)
    }
}

#[inline(always)]
pub(super) unsafe fn rem(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get(m.a()), m.get(m.b()));
        if a.both_small(b) && b.small_value() > 0 {
            m.set(m.c(), Word::small(a.small_value() % b.small_value()));
            return m.next(2);
        }
        slow(m, arith::rem, Some("rem"), a, b, 2)
    }
}

#[inline(always)]
pub(super) unsafe fn band(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get(m.a()), m.get(m.b()));
        if a.both_small(b) {
            m.set(m.c(), Word(a.0 & b.0));
            return m.next(2);
        }
        slow(m, arith::band, Some("band"), a, b, 2)
    }
}

#[inline(always)]
pub(super) unsafe fn bor(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get(m.a()), m.get(m.b()));
        if a.both_small(b) {
            m.set(m.c(), Word(a.0 | b.0));
            return m.next(2);
        }
        slow(m, arith::bor, Some("bor"), a, b, 2)
    }
}

#[inline(always)]
pub(super) unsafe fn bxor(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get(m.a()), m.get(m.b()));
        if a.both_small(b) {
            m.set(m.c(), Word((a.0 ^ b.0) | SMALL_TAG as u64));
            return m.next(2);
        }
        slow(m, arith::bxor, Some("bxor"), a, b, 2)
    }
}

#[inline(always)]
pub(super) unsafe fn bsl(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get(m.a()), m.get(m.b()));
        if a.both_small(b) && (0..60).contains(&b.small_value()) {
            let (v, n) = (a.small_value(), b.small_value());
            let r = v << n;
            if r >> n == v
                && let Some(w) = Word::try_small(r)
            {
                m.set(m.c(), w);
                return m.next(2);
            }
        }
        slow(m, arith::bsl, Some("bsl"), a, b, 2)
    }
}

#[inline(always)]
pub(super) unsafe fn bsr(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get(m.a()), m.get(m.b()));
        if a.both_small(b) && b.small_value() >= 0 {
            m.set(m.c(), Word::small(a.small_value() >> b.small_value().min(63)));
            return m.next(2);
        }
        slow(m, arith::bsr, Some("bsr"), a, b, 2)
    }
}

#[inline(always)]
pub(super) unsafe fn bnot(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let a = m.get(m.a());
        if a.is_small() {
            m.set(m.c(), Word::small(!a.small_value()));
            return m.next(2);
        }
        slow1(m, arith::bnot, "bnot", a)
    }
}

#[inline(always)]
pub(super) unsafe fn neg(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { slow1(m, arith::neg, "-", m.get(m.a())) }
}
