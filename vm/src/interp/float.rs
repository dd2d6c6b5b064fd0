//! Floats in float registers.

use super::{ANY, M, term};
use crate::term::layout::{Kind, header};
use crate::term::{Word, arith, atoms};

#[inline(always)]
unsafe fn fr(m: M, i: u16) -> *mut f64 {
    // SAFETY: operands name float registers that exist.
    unsafe { (&raw mut (*m.w).float).cast::<f64>().add(i as usize) }
}

/// The float in a register that the compiler has tested to hold one.
#[inline(always)]
unsafe fn value(w: Word) -> f64 {
    if w.is_immediate_float() {
        return w.immediate_float_value();
    }
    // SAFETY: not immediate, so a boxed float; anything else reads as zero.
    unsafe { term(w).as_float().unwrap_or(0.0) }
}

#[inline(always)]
pub(super) unsafe fn float_from_reg<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        *fr(m, m.b()) = value(m.get_a::<K>());
        m.next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn float_from_const(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        *fr(m, m.b()) = f64::from_bits(m.word(1));
        m.next(2)
    }
}

#[inline(always)]
pub(super) unsafe fn float_to_reg<const K: u8>(mut m: M) -> M {
    // SAFETY: operands as in the table; `TestHeap` has reserved two words for a boxed float.
    unsafe {
        let x = *fr(m, m.a());
        let w = match Word::try_float(x) {
            Some(w) => w,
            None => {
                let p = m.hp;
                *p = header(Kind::Float, 1);
                *p.add(1) = Word(x.to_bits());
                m.hp = p.add(2);
                Word::from_boxed_ptr(p)
            }
        };
        m.set_b::<K>(w);
        m.next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn float_move(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        *fr(m, m.b()) = *fr(m, m.a());
        m.next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn float_conv<const K: u8>(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let w = m.get_a::<K>();
        let x = if w.is_small() { w.small_value() as f64 } else { return float_conv_slow(m) };
        *fr(m, m.b()) = x;
        m.next(1)
    }
}

slow! {
    unsafe fn float_conv_slow(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            let w = m.get_a::<ANY>();
            match arith::to_f64(term(w)) {
                Ok(x) => {
                    *fr(m, m.b()) = x;
                    m.next(1)
                }
                // As in stock, the stack trace begins with the function, not with the operator.
                Err(_) => super::exception::raise_atom(m, atoms::BADARITH),
            }
        }
    }
}

#[inline(always)]
unsafe fn binary(m: M, f: impl Fn(f64, f64) -> f64) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        let (a, b) = (*fr(m, m.a()), *fr(m, m.b()));
        let r = f(a, b);
        if !r.is_finite() {
            return not_finite(m);
        }
        *fr(m, m.c()) = r;
        m.next(2)
    }
}

slow! {
    /// As in stock, the stack trace begins with the function, not with the operator.
    unsafe fn not_finite(m: M) -> M {
        // SAFETY: as `raise_atom`.
        unsafe { super::exception::raise_atom(m, atoms::BADARITH) }
    }
}

#[inline(always)]
pub(super) unsafe fn float_add(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { binary(m, |a, b| a + b) }
}

#[inline(always)]
pub(super) unsafe fn float_sub(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { binary(m, |a, b| a - b) }
}

#[inline(always)]
pub(super) unsafe fn float_mul(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe { binary(m, |a, b| a * b) }
}

#[inline(always)]
pub(super) unsafe fn float_div(m: M) -> M {
    // SAFETY: operands as in the table. A division by zero is not finite.
    unsafe { binary(m, |a, b| a / b) }
}

#[inline(always)]
pub(super) unsafe fn float_negate(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        *fr(m, m.c()) = -*fr(m, m.a());
        m.next(2)
    }
}
