//! Between integers and floats: conversion both ways and exact order.

use std::cmp::Ordering;

use super::big::{BigBuf, BigRef, cmp};
use super::shift;

/// The integer as a float, as OTP makes it; `None` when no finite float is that large.
///
/// OTP sums the limbs from the top in float arithmetic, so that what is longer than one limb is
/// rounded more than once. The result can be one unit in the last place off the nearest float;
/// programs see that, hence the same sum here.
pub fn to_f64(a: BigRef<'_>) -> Option<f64> {
    const BASE: f64 = 18_446_744_073_709_551_616.0;
    let mut sum = 0.0f64;
    for &limb in a.limbs.iter().rev() {
        sum = sum * BASE + limb as f64;
        if !sum.is_finite() {
            return None;
        }
    }
    Some(if a.negative { -sum } else { sum })
}

/// From here on a float has no fraction, and may be more than 64 bits signed hold.
pub const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// A float that is finite and at least [`TWO_63`], or at most that below zero: the integer that its
/// highest bits are, and how many bits come behind them.
#[inline]
pub fn mantissa(f: f64) -> (u64, u64) {
    const FRACTION_BITS: u32 = f64::MANTISSA_DIGITS - 1;
    let bits = f.abs().to_bits();
    let mantissa = bits & ((1 << FRACTION_BITS) - 1) | 1 << FRACTION_BITS;
    (mantissa, (bits >> FRACTION_BITS) - 1023 - u64::from(FRACTION_BITS))
}

/// The integer of a float that has no fraction; `None` unless it is finite.
pub fn whole(f: f64) -> Option<BigBuf> {
    if f.abs() < TWO_63 {
        return Some(BigBuf::from(f as i64));
    }
    if !f.is_finite() {
        return None;
    }
    let (mantissa, count) = mantissa(f);
    // At most 1,024 bits: the limit is far.
    shift::bsl(BigRef { negative: f < 0.0, limbs: &[mantissa] }, count as i64).ok()
}

/// Exact order of an integer and a finite float, as Erlang's `<` and `==` see it.
pub fn cmp_f64(a: BigRef<'_>, f: f64) -> Ordering {
    let truncated = f.trunc();
    let Some(integer) = whole(truncated) else {
        return if f > 0.0 { Ordering::Less } else { Ordering::Greater };
    };
    cmp(a, integer.as_ref()).then_with(|| truncated.partial_cmp(&f).unwrap_or(Ordering::Equal))
}
