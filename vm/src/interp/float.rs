//! Floats in float registers.

use super::{ANY, M, term};
use crate::term::layout::{Kind, header};
use crate::term::{Word, arith, atoms};

#[inline(always)]
unsafe fn fr(m: M, i: u16) -> *mut f64 {
    // SAFETY: operands name float registers that exist.
    unsafe { (&raw mut (*m.w).float).cast::<f64>().add(i as usize) }
}

slow! {
    /// Of a zero or a boxed float.
    unsafe fn float_from_reg_general(m: M) -> M {
        // SAFETY: operands as in the table.
        unsafe {
            *fr(m, m.b()) = value(m.get_a::<ANY>());
            m.next(1)
        }
    }
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
        let w = m.get_a::<K>();
        match w.self_tagged_float_value() {
            Some(x) => *fr(m, m.b()) = x,
            None => return float_from_reg_general(m),
        }
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

/// A float as a term; two words are reserved in case it has to be boxed.
#[inline(always)]
unsafe fn to_word(m: &mut M, x: f64) -> Word {
    if let Some(w) = Word::try_float(x) {
        return w;
    }
    // SAFETY: the words are there.
    unsafe {
        let p = m.hp;
        *p = header(Kind::Float, 1);
        *p.add(1) = Word(x.to_bits());
        m.hp = p.add(2);
        Word::from_boxed_ptr(p)
    }
}

#[inline(always)]
pub(super) unsafe fn float_to_reg<const K: u8>(mut m: M) -> M {
    // SAFETY: operands as in the table; `TestHeap` has reserved two words.
    unsafe {
        let x = *fr(m, m.a());
        let w = to_word(&mut m, x);
        m.set_b::<K>(w);
        m.next(1)
    }
}

#[inline(always)]
pub(super) unsafe fn float_to_reg2<const K: u8>(mut m: M) -> M {
    // SAFETY: operands as in the table; `TestHeap` has reserved two words for each.
    unsafe {
        // One after the other: both at once would need more machine registers than there are.
        let x = *fr(m, m.a());
        let first = to_word(&mut m, x);
        m.set_b::<K>(first);
        let y = *fr(m, m.c());
        let second = to_word(&mut m, y);
        m.set_d::<K>(second);
        m.next(2)
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
unsafe fn result(m: M, r: f64, words: usize) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        if !r.is_finite() {
            return not_finite(m);
        }
        *fr(m, m.c()) = r;
        m.next(words)
    }
}

slow! {
    /// As in stock, the stack trace begins with the function, not with the operator.
    unsafe fn not_finite(m: M) -> M {
        // SAFETY: as `raise_atom`.
        unsafe { super::exception::raise_atom(m, atoms::BADARITH) }
    }
}

/// Defines an operator, and what it does behind the load of a float register.
macro_rules! operators {
    ($($alone:ident, $load:ident, $general:ident = $f:expr;)*) => {
        $(#[inline(always)]
        pub(super) unsafe fn $alone(m: M) -> M {
            // SAFETY: operands as in the table.
            unsafe { result(m, $f(*fr(m, m.a()), *fr(m, m.b())), 1) }
        }

        #[inline(always)]
        pub(super) unsafe fn $load<const K: u8>(m: M) -> M {
            // SAFETY: operands as in the table.
            unsafe {
                let Some(x) = m.get_a::<K>().self_tagged_float_value() else {
                    return $general(m);
                };
                *fr(m, m.b()) = x;
                // The one just loaded is not read back from memory.
                let kinds = if K == ANY { m.opcode() as u8 } else { K };
                let w = m.word(1);
                let left = if kinds & 2 != 0 { x } else { *fr(m, w as u16) };
                let right = if kinds & 4 != 0 { x } else { *fr(m, (w >> 16) as u16) };
                result(m, $f(left, right), 2)
            }
        }

        slow! {
            /// A zero or a boxed float is loaded.
            unsafe fn $general(m: M) -> M {
                // SAFETY: operands as in the table.
                unsafe {
                    *fr(m, m.b()) = value(m.get_a::<ANY>());
                    let w = m.word(1);
                    let r: f64 = $f(*fr(m, w as u16), *fr(m, (w >> 16) as u16));
                    if !r.is_finite() {
                        return super::exception::raise_atom(m, atoms::BADARITH);
                    }
                    *fr(m, m.c()) = r;
                    m.next(2)
                }
            }
        })*
    };
}

// A division by zero is not finite.
operators! {
    float_add, float_load_add, float_load_add_general = |a, b| a + b;
    float_sub, float_load_sub, float_load_sub_general = |a, b| a - b;
    float_mul, float_load_mul, float_load_mul_general = |a, b| a * b;
    float_div, float_load_div, float_load_div_general = |a, b| a / b;
}

#[inline(always)]
pub(super) unsafe fn float_negate(m: M) -> M {
    // SAFETY: operands as in the table.
    unsafe {
        *fr(m, m.c()) = -*fr(m, m.a());
        m.next(1)
    }
}
