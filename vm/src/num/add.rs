//! Addition, subtraction and the sign operations. Linear, so ours at every length.

use std::cmp::Ordering;

use super::big::{BigBuf, BigRef, Limbs, cmp_magnitude};
use super::{MAX_LIMBS, SystemLimit};

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
    add(a, flipped(b))
}

/// `-a`.
pub fn neg(a: BigRef<'_>) -> BigBuf {
    flipped(a).to_owned()
}

/// `abs(a)`.
pub fn abs(a: BigRef<'_>) -> BigBuf {
    BigRef::new(false, a.limbs).to_owned()
}

fn flipped(a: BigRef<'_>) -> BigRef<'_> {
    BigRef::new(!a.negative, a.limbs)
}

/// Sum of two magnitudes.
fn add_magnitude(a: &[u64], b: &[u64]) -> Limbs {
    let mut sum = Limbs::from_elem(0, (a.len().max(b.len()) + 1).min(MAX_LIMBS + 1));
    let n = add_to(&mut sum, a, b);
    sum.truncate(n);
    sum
}

/// Writes the sum of two magnitudes to the beginning of `sum`, which is longer than both, and says how
/// long it is.
pub fn add_to(sum: &mut [u64], a: &[u64], b: &[u64]) -> usize {
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
    if carry {
        sum_high[high.len()] = 1;
    }
    long.len() + usize::from(carry)
}

/// Difference of two magnitudes, `a >= b`.
fn sub_magnitude(a: &[u64], b: &[u64]) -> Limbs {
    let mut difference = Limbs::with_capacity(a.len());
    let (low, high) = a.split_at(b.len());
    let mut borrow = false;
    difference.extend(low.iter().zip(b).map(|(x, y)| {
        let (limb, under) = x.borrowing_sub(*y, borrow);
        borrow = under;
        limb
    }));
    difference.extend(high.iter().map(|x| {
        let (limb, under) = x.overflowing_sub(u64::from(borrow));
        borrow = under;
        limb
    }));
    debug_assert!(!borrow, "magnitudes in the wrong order");
    difference
}
