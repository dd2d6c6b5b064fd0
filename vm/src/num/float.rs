//! Between integers and floats: conversion both ways and exact order.

use std::cmp::Ordering;

use super::big::{BigBuf, BigRef, Limbs, cmp};
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

/// The integer a float is, towards zero; `None` unless the float is finite.
pub fn trunc(f: f64) -> Option<BigBuf> {
    whole(f.trunc())
}

/// The largest integer not above a float; `None` unless the float is finite.
pub fn floor(f: f64) -> Option<BigBuf> {
    whole(f.floor())
}

/// The smallest integer not below a float; `None` unless the float is finite.
pub fn ceil(f: f64) -> Option<BigBuf> {
    whole(f.ceil())
}

/// The nearest integer, halves away from zero; `None` unless the float is finite.
pub fn round(f: f64) -> Option<BigBuf> {
    whole(f.round())
}

/// The integer of a float that has no fraction.
fn whole(f: f64) -> Option<BigBuf> {
    if !f.is_finite() {
        return None;
    }
    const FRACTION_BITS: u32 = f64::MANTISSA_DIGITS - 1;
    let bits = f.abs().to_bits();
    let exponent = (bits >> FRACTION_BITS) as i64 - 1023 - i64::from(FRACTION_BITS);
    if f == 0.0 {
        return Some(BigBuf::default());
    }
    // A float without fraction and not zero is at least 1, hence not subnormal.
    let mantissa = bits & ((1 << FRACTION_BITS) - 1) | 1 << FRACTION_BITS;
    let magnitude = BigBuf::normalised(f < 0.0, Limbs::from_slice(&[mantissa]));
    if exponent <= 0 {
        // No bit below the point is set, so that nothing is rounded.
        let limbs = Limbs::from_slice(&[mantissa >> exponent.unsigned_abs()]);
        return Some(BigBuf::normalised(f < 0.0, limbs));
    }
    // At most 1,024 bits: the limit is far.
    shift::bsl(magnitude.as_ref(), exponent).ok()
}

/// Exact order of an integer and a finite float, as Erlang's `<` and `==` see it.
pub fn cmp_f64(a: BigRef<'_>, f: f64) -> Ordering {
    let truncated = f.trunc();
    let Some(integer) = whole(truncated) else {
        return if f > 0.0 { Ordering::Less } else { Ordering::Greater };
    };
    cmp(a, integer.as_ref()).then_with(|| truncated.partial_cmp(&f).unwrap_or(Ordering::Equal))
}
