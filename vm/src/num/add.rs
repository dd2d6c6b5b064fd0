//! Addition, subtraction and the sign operations. Linear, so ours at every length.

use std::cmp::Ordering;

use super::SystemLimit;
use super::big::{BigBuf, BigRef, Limbs, cmp_magnitude};

/// `a + b`.
pub fn add(a: BigRef<'_>, b: BigRef<'_>) -> Result<BigBuf, SystemLimit> {
    if a.negative == b.negative {
        return BigBuf::new(a.negative, add_magnitude(a.limbs, b.limbs));
    }
    // Opposite signs: the larger magnitude gives the sign, and the result cannot outgrow it.
    Ok(match cmp_magnitude(a.limbs, b.limbs) {
        Ordering::Equal => BigBuf::default(),
        Ordering::Greater => BigBuf::normalised(a.negative, sub_magnitude(a.limbs, b.limbs)),
        Ordering::Less => BigBuf::normalised(b.negative, sub_magnitude(b.limbs, a.limbs)),
    })
}

/// `a - b`.
pub fn sub(a: BigRef<'_>, b: BigRef<'_>) -> Result<BigBuf, SystemLimit> {
    add(a, neg(b))
}

/// `-a`.
#[inline]
pub fn neg(a: BigRef<'_>) -> BigRef<'_> {
    BigRef { negative: !a.negative && !a.is_zero(), ..a }
}

/// `abs(a)`.
#[inline]
pub fn abs(a: BigRef<'_>) -> BigRef<'_> {
    BigRef { negative: false, ..a }
}

/// Sum of two magnitudes.
fn add_magnitude(a: &[u64], b: &[u64]) -> Limbs {
    let mut sum = Limbs::from_elem(0, a.len().max(b.len()) + 1);
    add_to(&mut sum, a, b);
    sum
}

/// Writes the sum of two magnitudes to `sum`, which is zero and one limb longer than the longer of them.
pub fn add_to(sum: &mut [u64], a: &[u64], b: &[u64]) {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let (low, high) = long.split_at(short.len());
    let (sum_low, sum_high) = sum.split_at_mut(short.len());
    let mut carry = false;
    // Four at a time, for which the carry stays where the processor has it.
    let (to_fours, to_rest) = sum_low.as_chunks_mut::<4>();
    let (x_fours, x_rest) = low.as_chunks::<4>();
    let (y_fours, y_rest) = short.as_chunks::<4>();
    for ((to, x), y) in to_fours.iter_mut().zip(x_fours).zip(y_fours) {
        let (a, c) = x[0].carrying_add(y[0], carry);
        let (b, c) = x[1].carrying_add(y[1], c);
        let (d, c) = x[2].carrying_add(y[2], c);
        let (e, c) = x[3].carrying_add(y[3], c);
        (*to, carry) = ([a, b, d, e], c);
    }
    for ((to, x), y) in to_rest.iter_mut().zip(x_rest).zip(y_rest) {
        (*to, carry) = x.carrying_add(*y, carry);
    }
    for (to, x) in sum_high.iter_mut().zip(high) {
        (*to, carry) = x.overflowing_add(u64::from(carry));
    }
    sum_high[high.len()] = u64::from(carry);
}

/// Difference of two magnitudes, `a >= b`.
fn sub_magnitude(a: &[u64], b: &[u64]) -> Limbs {
    let mut difference = Limbs::from_elem(0, a.len());
    sub_to(&mut difference, a, b);
    difference
}

/// Writes the difference of two magnitudes, `a >= b`, to `difference`, which is as long as `a`.
#[inline]
pub fn sub_to(difference: &mut [u64], a: &[u64], b: &[u64]) {
    let (low, high) = a.split_at(b.len());
    let (to_low, to_high) = difference.split_at_mut(b.len());
    let mut borrow = false;
    for ((to, x), y) in to_low.iter_mut().zip(low).zip(b) {
        (*to, borrow) = x.borrowing_sub(*y, borrow);
    }
    for (to, x) in to_high.iter_mut().zip(high) {
        (*to, borrow) = x.overflowing_sub(u64::from(borrow));
    }
    debug_assert!(!borrow, "magnitudes in the wrong order");
}
