//! The machine's small integers, and arithmetic on machine words that may outgrow them.

use std::cmp::Ordering;

use super::big::{BigBuf, InlineInt};
use super::{SystemLimit, shift};

/// Bits of a small integer, sign included.
pub const SMALL_BITS: u32 = 60;
/// Smallest integer a term holds without a heap object.
pub const SMALL_MIN: i64 = -(1 << (SMALL_BITS - 1));
/// Largest integer a term holds without a heap object.
pub const SMALL_MAX: i64 = (1 << (SMALL_BITS - 1)) - 1;

/// Whether a term holds `n` without a heap object.
#[inline]
pub const fn is_small(n: i64) -> bool {
    SMALL_MIN <= n && n <= SMALL_MAX
}

/// `a + b`, which always fits.
#[inline]
pub const fn add_i64(a: i64, b: i64) -> i128 {
    a as i128 + b as i128
}

/// `a - b`, which always fits.
#[inline]
pub const fn sub_i64(a: i64, b: i64) -> i128 {
    a as i128 - b as i128
}

/// `a * b`, which always fits.
#[inline]
pub const fn mul_i64(a: i64, b: i64) -> i128 {
    a as i128 * b as i128
}

/// `a bsl count`; a negative count shifts right.
#[inline]
pub fn bsl_i64(a: i64, count: i64) -> Result<BigBuf, SystemLimit> {
    if (0..64).contains(&count) {
        return Ok(BigBuf::from(i128::from(a) << count));
    }
    shift::bsl(InlineInt::from(a).as_ref(), count)
}

/// `a bsr count`; a negative count shifts left.
#[inline]
pub fn bsr_i64(a: i64, count: i64) -> Result<BigBuf, SystemLimit> {
    if count >= 0 {
        return Ok(BigBuf::from(a >> count.min(63)));
    }
    shift::bsr(InlineInt::from(a).as_ref(), count)
}

/// Exact order of an integer and a finite float, as Erlang's `<` and `==` see it.
#[inline]
pub fn cmp_i64_f64(n: i64, f: f64) -> Ordering {
    const TWO_63: f64 = 9_223_372_036_854_775_808.0;
    if f >= TWO_63 {
        return Ordering::Less;
    }
    if f < -TWO_63 {
        return Ordering::Greater;
    }
    let whole = f as i64;
    n.cmp(&whole).then_with(|| (whole as f64).partial_cmp(&f).unwrap_or(Ordering::Equal))
}
