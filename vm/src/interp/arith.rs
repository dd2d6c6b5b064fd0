//! Arithmetic. Small integers and immediate floats here, integers of a few more bits in `narrow`,
//! everything else in `term::arith`.

use super::bif::{fail_operator, fail_unnamed, finish};
use super::narrow::{self, Narrow};
use super::{ANY, M, exception, term};
use crate::term::arith::{self, ArithError};
use crate::term::{Area, Term, Word, atoms};

const SMALL_TAG: i64 = 0xF;

type Slow = for<'p> fn(&mut Area<'p>, Term<'p>, Term<'p>) -> arith::Result<'p>;

/// What an operator makes of two terms that are not small integers, or do not come to one.
#[derive(Clone, Copy)]
pub(super) struct General {
    /// Integers of up to 128 bits first.
    pub(super) narrow: Narrow,
    pub(super) wide: Slow,
    name: &'static str,
}

pub(super) const ADD: General = general(narrow::ADD, arith::add, "+");
pub(super) const SUB: General = general(narrow::SUB, arith::sub, "-");
pub(super) const MUL: General = general(narrow::MUL, arith::mul, "*");
pub(super) const FLOAT_DIV: General = general(|_, _| None, arith::div_float, "/");
pub(super) const INT_DIV: General = general(narrow::DIV, arith::div, "div");
pub(super) const REM: General = general(narrow::REM, arith::rem, "rem");
pub(super) const BAND: General = general(narrow::BAND, arith::band, "band");
pub(super) const BOR: General = general(narrow::BOR, arith::bor, "bor");
pub(super) const BXOR: General = general(narrow::BXOR, arith::bxor, "bxor");
/// For native code. Of a term and -1, as `bnot` is the same as `bxor` of that.
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
pub(super) const BNOT: General =
    general(narrow::BXOR, |area, a, _minus_one| arith::bnot(area, a), "bnot");
/// For native code. Of a term and 0.
#[cfg(all(target_arch = "x86_64", not(debug_assertions)))]
pub(super) const NEG: General =
    general(|n, _zero| n.checked_neg(), |area, a, _zero| arith::neg(area, a), "-");
pub(super) const BSL: General = general(narrow::BSL, arith::bsl, "bsl");
pub(super) const BSR: General = general(narrow::BSR, arith::bsr, "bsr");

const fn general(narrow: Narrow, wide: Slow, name: &'static str) -> General {
    General { narrow, wide, name }
}

/// `live` is in the high half of further word 1.
#[inline(always)]
pub(super) unsafe fn live(m: M) -> u16 {
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
                None => finish(m, w, m.any_c(), live(m), words),
                Some(e) => match name {
                    Some(name) => fail_operator(m, reason(e), name, &[a, b]),
                    None => fail_unnamed(m, reason(e)),
                },
            }
        }
    }
}

/// Integers of up to 128 bits first.
#[inline(always)]
unsafe fn narrow_or_slow(
    m: M,
    general: General,
    name: Option<&'static str>,
    a: Word,
    b: Word,
    words: usize,
) -> M {
    // SAFETY: both are terms.
    unsafe {
        match narrow::compute(m, general.narrow, a, b, live(m)) {
            Some((m, result)) => {
                m.set(m.any_c(), result);
                m.next(words)
            }
            None => slow(m, general.wide, name, a, b, words),
        }
    }
}

outlined! {
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
                None => finish(m, w, m.any_c(), live(m), 2),
                Some(e) => fail_operator(m, reason(e), name, &[a]),
            }
        }
    }
}

/// Defines the general cases of operators with two register operands.
macro_rules! general {
    ($($slow:ident = $general:expr;)*) => {
        $(slow! {
            unsafe fn $slow(m: M) -> M {
                // SAFETY: operands as in the table.
                unsafe {
                    let (a, b) = (m.get_a::<ANY>(), m.get_b::<ANY>());
                    narrow_or_slow(m, $general, Some($general.name), a, b, 2)
                }
            }
        })*
    };
}

/// Defines what operators do with two floats that are immediates.
macro_rules! floats {
    ($($alone:ident, $floats:ident = $slow:ident, $f:expr;)*) => {
        $(/// The compiler says that both are floats.
        #[inline(always)]
        pub(super) unsafe fn $alone<const K: u8>(m: M) -> M {
            // SAFETY: operands as in the table.
            unsafe {
                match m.get_a::<K>().self_tagged_float_op(m.get_b::<K>(), $f) {
                    Some(w) => {
                        m.set_c::<K>(w);
                        m.next(2)
                    }
                    None => $slow(m),
                }
            }
        }

        aside! {
            unsafe fn $floats<const K: u8>(m: M) -> M {
                // SAFETY: operands as in the table.
                unsafe { $alone::<K>(m) }
            }
        })*
    };
}

floats! {
    add_two_floats, add_floats = add_slow, |x, y| x + y;
    sub_two_floats, sub_floats = sub_slow, |x, y| x - y;
    mul_two_floats, mul_floats = mul_slow, |x, y| x * y;
}

general! {
    add_slow = ADD;
    sub_slow = SUB;
    mul_slow = MUL;
    float_div_slow = FLOAT_DIV;
    int_div_slow = INT_DIV;
    rem_slow = REM;
    band_slow = BAND;
    bor_slow = BOR;
    bxor_slow = BXOR;
    bsl_slow = BSL;
    bsr_slow = BSR;
}

slow! {
    unsafe fn add_c_slow(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let (a, b) = (m.get_a::<ANY>(), Word(m.word(2)));
            narrow_or_slow(m, ADD, None, a, b, 3)
        }
    }
}

slow! {
    unsafe fn sub_c_slow(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let (a, b) = (m.get_a::<ANY>(), Word(m.word(2)));
            narrow_or_slow(m, SUB, None, a, b, 3)
        }
    }
}

slow! {
    unsafe fn bnot_slow(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe { slow1(m, arith::bnot, "bnot", m.get_a::<ANY>()) }
    }
}

slow! {
    unsafe fn neg_slow(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe { slow1(m, arith::neg, "-", m.get_a::<ANY>()) }
    }
}

fn reason(e: ArithError) -> crate::term::Atom {
    match e {
        ArithError::Badarith => atoms::BADARITH,
        ArithError::SystemLimit => atoms::SYSTEM_LIMIT,
    }
}

/// Defines a sum and a difference: of two registers, and of a register and a constant, of which only
/// the register is to be looked at.
macro_rules! sums {
    ($($both:ident, $constant:ident = $op:ident, $floats:ident, $slow:ident;)*) => {
        $(#[inline(always)]
        pub(super) unsafe fn $both<const K: u8>(m: M) -> M {
            // SAFETY: operands as in the table.
            unsafe {
                let (a, b) = (m.get_a::<K>(), m.get_b::<K>());
                if a.both_small(b) {
                    let (r, overflow) = (a.0 as i64).$op(b.0 as i64 - SMALL_TAG);
                    if !overflow {
                        m.set_c::<K>(Word(r as u64));
                        return m.next(2);
                    }
                }
                $floats::<K>(m)
            }
        }

        #[inline(always)]
        pub(super) unsafe fn $constant<const K: u8>(m: M) -> M {
            // SAFETY: operands as in the table.
            unsafe {
                let a = m.get_a::<K>();
                if a.is_small() {
                    let (r, overflow) = (a.0 as i64).$op(m.word(2) as i64 - SMALL_TAG);
                    if !overflow {
                        m.set_c::<K>(Word(r as u64));
                        return m.next(3);
                    }
                }
                $slow(m)
            }
        })*
    };
}

sums! {
    add, add_c = overflowing_add, add_floats, add_c_slow;
    sub, sub_c = overflowing_sub, sub_floats, sub_c_slow;
}

#[inline(always)]
pub(super) unsafe fn mul<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get_a::<K>(), m.get_b::<K>());
        if a.both_small(b) {
            // One factor untagged, the other shifted: the product is shifted as a small is.
            let (r, overflow) = a.small_value().overflowing_mul(b.0 as i64 - SMALL_TAG);
            if !overflow {
                m.set_c::<K>(Word((r + SMALL_TAG) as u64));
                return m.next(2);
            }
        }
        mul_floats::<K>(m)
    }
}

#[inline(always)]
pub(super) unsafe fn div<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get_a::<K>(), m.get_b::<K>());
        if let Some(w) = a.self_tagged_float_op(b, |x, y| x / y) {
            m.set_c::<K>(w);
            return m.next(2);
        }
        float_div_slow(m)
    }
}

#[inline(always)]
pub(super) unsafe fn int_div<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get_a::<K>(), m.get_b::<K>());
        // -1 is left to the general case: the smallest small divided by it is no small.
        if a.both_small(b) && b.small_value() > 0 {
            m.set_c::<K>(Word::small(a.small_value() / b.small_value()));
            return m.next(2);
        }
        int_div_slow(m)
    }
}

#[inline(always)]
pub(super) unsafe fn rem<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get_a::<K>(), m.get_b::<K>());
        if a.both_small(b) && b.small_value() > 0 {
            m.set_c::<K>(Word::small(a.small_value() % b.small_value()));
            return m.next(2);
        }
        rem_slow(m)
    }
}

#[inline(always)]
pub(super) unsafe fn band<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get_a::<K>(), m.get_b::<K>());
        if a.both_small(b) {
            m.set_c::<K>(Word(a.0 & b.0));
            return m.next(2);
        }
        band_slow(m)
    }
}

#[inline(always)]
pub(super) unsafe fn bor<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get_a::<K>(), m.get_b::<K>());
        if a.both_small(b) {
            m.set_c::<K>(Word(a.0 | b.0));
            return m.next(2);
        }
        bor_slow(m)
    }
}

#[inline(always)]
pub(super) unsafe fn bxor<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get_a::<K>(), m.get_b::<K>());
        if a.both_small(b) {
            m.set_c::<K>(Word((a.0 ^ b.0) | SMALL_TAG as u64));
            return m.next(2);
        }
        bxor_slow(m)
    }
}

#[inline(always)]
pub(super) unsafe fn bsl<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get_a::<K>(), m.get_b::<K>());
        if a.both_small(b) && (0..60).contains(&b.small_value()) {
            let (v, n) = (a.small_value(), b.small_value());
            let r = v << n;
            if r >> n == v
                && let Some(w) = Word::try_small(r)
            {
                m.set_c::<K>(w);
                return m.next(2);
            }
        }
        bsl_slow(m)
    }
}

#[inline(always)]
pub(super) unsafe fn bsr<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (m.get_a::<K>(), m.get_b::<K>());
        if a.both_small(b) && b.small_value() >= 0 {
            m.set_c::<K>(Word::small(a.small_value() >> b.small_value().min(63)));
            return m.next(2);
        }
        bsr_slow(m)
    }
}

#[inline(always)]
pub(super) unsafe fn bnot<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let a = m.get_a::<K>();
        if a.is_small() {
            m.set_c::<K>(Word::small(!a.small_value()));
            return m.next(2);
        }
        bnot_slow(m)
    }
}

#[inline(always)]
pub(super) unsafe fn neg<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let a = m.get_a::<K>();
        if a.is_small()
            && let Some(small) = Word::try_small(-a.small_value())
        {
            m.set_c::<K>(small);
            return m.next(2);
        }
        neg_slow(m)
    }
}
